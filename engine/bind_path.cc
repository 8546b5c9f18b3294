// What an identifier means: fields, relations, back-relations, @collection
// and modifiers (F-69 to F-89, F-103 to F-105, F-115 to F-122).
// Entry: Binder::BindIdentifier. Tested by tests/engine/binder_test.cc.
#include <algorithm>
#include <utility>

#include "engine/binder_impl.h"
#include "sluice/parser.h"

namespace sluice {

// Where a walk along a path stands.
struct Binder::PathState {
  std::vector<std::string_view> segments;
  std::size_t at = 0;
  VarId var = kBaseVar;
  const Collection* collection = nullptr;
  std::size_t hops = 0;
  bool multi = false;
  // @request.auth and @request.body paths: what is missing is NULL (F-101).
  bool missing_is_null = false;
  std::string prefix;  // the path so far, for people
};

namespace {

constexpr std::string_view kCollectionPrefix = "@collection.";
constexpr std::string_view kRequestPrefix = "@request.";

bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsWordChar);
}

bool IsPathText(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsWordChar(c) || c == '.' || c == ':'; });
}

// F-69 for `@collection.<word>[:<word>].<word|.|:>*<word>`.
bool IsCollectionName(std::string_view name) {
  const std::string_view rest = name.substr(kCollectionPrefix.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view head = rest.substr(0, dot);
  const std::string_view path = rest.substr(dot + 1);
  const std::size_t colon = head.find(':');
  const bool head_fits = colon == std::string_view::npos
                             ? IsWord(head)
                             : IsWord(head.substr(0, colon)) && IsWord(head.substr(colon + 1));
  return head_fits && !path.empty() && IsPathText(path) && IsWordChar(path.back());
}

// F-69 for `@request.…`.
bool IsRequestName(std::string_view name) {
  const std::string_view rest = name.substr(kRequestPrefix.size());
  if (rest == "context" || rest == "method") return true;
  for (std::string_view kind : {"auth.", "body.", "query.", "headers."}) {
    if (rest.substr(0, kind.size()) != kind) continue;
    const std::string_view path = rest.substr(kind.size());
    return !path.empty() && IsPathText(path) && IsWordChar(path.back());
  }
  return false;
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && IsWordChar(name.front()) && IsPathText(name);
}

bool IsListField(const Field& field) {
  return field.type == FieldType::kSelect || field.type == FieldType::kRelation ||
         field.type == FieldType::kFile;
}

bool IsJsonField(const Field& field) {
  return field.type == FieldType::kJson || field.type == FieldType::kGeoPoint;
}

// True when no two rows of `collection` can share a value of `column`: F-89's
// index may be partial, which the peer ignores and a plan may not.
bool IsProvablyUnique(const Collection& collection, std::string_view column) {
  if (collection.is_view()) return false;
  for (const Index& index : collection.indexes) {
    if (index.unique && index.where.empty() && index.columns.size() == 1 &&
        EqualsIgnoreCase(index.columns[0], column)) {
      return true;
    }
  }
  return false;
}

// `$.a[1]` from the segments behind a json field (F-79).
std::string JsonPathText(const std::vector<std::string_view>& segments, std::size_t from) {
  std::string path = "$";
  for (std::size_t i = from; i < segments.size(); ++i) {
    std::string key;
    for (char c : segments[i]) {
      if (c != ':') key += c;
    }
    const bool index = !key.empty() && std::all_of(key.begin(), key.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
    path += index ? "[" + key + "]" : "." + key;
  }
  return path;
}

}  // namespace

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> segments;
  std::size_t begin = 0;
  for (std::size_t dot; (dot = path.find('.', begin)) != std::string_view::npos; begin = dot + 1) {
    segments.push_back(path.substr(begin, dot - begin));
  }
  segments.push_back(path.substr(begin));
  return segments;
}

NameAndModifier SplitModifier(std::string_view segment) {
  const std::size_t colon = segment.find(':');
  if (colon == std::string_view::npos || segment.find(':', colon + 1) != std::string_view::npos)
    return {segment, {}, false};
  return {segment.substr(0, colon), segment.substr(colon + 1), true};
}

bool IsKnownModifier(std::string_view modifier) {
  return modifier == "isset" || modifier == "each" || modifier == "length" || modifier == "lower" ||
         modifier == "changed";
}

StatusOr<Operand> Binder::BindIdentifier(std::string_view name, const Scope& scope) {
  if (std::optional<Value> macro = MacroValue(name, request().now)) {
    return ParameterOperand(SlotSource::kMacro, *std::move(macro), name);
  }
  StatusOr<Operand> field = BindFieldName(name, scope);
  if (field.ok()) return field;
  // F-30: only as a fallback, a field of that name wins.
  if (EqualsIgnoreCase(name, "null")) return NullOperand();
  if (EqualsIgnoreCase(name, "true")) return TruthOperand(true);
  if (EqualsIgnoreCase(name, "false")) return TruthOperand(false);
  return field;
}

StatusOr<Operand> Binder::BindFieldName(std::string_view name, const Scope& scope) {
  if (options_.plain_names_only) return BindPlainName(name, scope);
  if (name.substr(0, kCollectionPrefix.size()) == kCollectionPrefix && IsCollectionName(name)) {
    return BindCollectionPath(name, scope);
  }
  if (name.substr(0, kRequestPrefix.size()) == kRequestPrefix && IsRequestName(name))
    return BindRequestName(name, scope);
  if (!IsPlainName(name)) return BindError("failed to resolve field " + Quoted(name));
  PathState state;
  state.segments = SplitPath(name);
  state.var = scope.base;
  state.collection = scope.collection;
  return WalkPath(std::move(state), scope);
}

// F-124: a fixed list of names, and paths below a json field.
StatusOr<Operand> Binder::BindPlainName(std::string_view name, const Scope& scope) {
  PathState state;
  state.segments = SplitPath(name);
  state.var = scope.base;
  state.collection = scope.collection;
  const Field* field = scope.collection->FindField(state.segments[0]);
  const bool path = state.segments.size() > 1;
  if (field == nullptr || (path && field->type != FieldType::kJson)) {
    return BindError("failed to resolve field " + Quoted(name));
  }
  if (path) return JsonPath(state, *field, 1, scope);
  Operand operand;
  operand.expr = Add(ColumnExpr{scope.base, field});
  return operand;
}

StatusOr<Operand> Binder::BindCollectionPath(std::string_view name, const Scope& scope) {
  const std::string_view rest = name.substr(kCollectionPrefix.size());
  const std::size_t dot = rest.find('.');
  const NameAndModifier head = SplitModifier(rest.substr(0, dot));
  const Collection* collection = schema_.Find(head.name);
  if (collection == nullptr) {
    return BindError("failed to load collection " + Quoted(head.name) + " from field path " +
                     Quoted(name));
  }
  Variable variable;
  variable.domain = Domain::kCollection;
  variable.parent = kBaseVar;
  variable.collection = collection;
  variable.path = std::string(kCollectionPrefix) + std::string(rest.substr(0, dot));
  const std::string alias = head.has_modifier ? ":" + std::string(head.modifier) : collection->name;
  PathState state;
  state.var = FindOrAddVariable(scope, std::move(variable), alias);
  state.collection = collection;
  state.multi = true;
  state.segments = SplitPath(rest.substr(dot + 1));
  state.prefix = std::string(kCollectionPrefix) + std::string(rest.substr(0, dot));
  SLUICE_RETURN_IF_ERROR(RestrictJoinedRow(state.var, scope));
  return WalkPath(std::move(state), scope);
}

StatusOr<Operand> Binder::WalkPath(PathState state, const Scope& scope) {
  for (; state.at + 1 < state.segments.size(); ++state.at) {
    const std::string_view segment = state.segments[state.at];
    const Field* field = state.collection->FindField(segment);
    if (field == nullptr) {
      if (segment.find("_via_") != std::string_view::npos) {
        SLUICE_RETURN_IF_ERROR(FollowBackRelation(state, segment, scope));
        continue;
      }
      if (state.missing_is_null) return NullOperand();
      return BindError("failed to resolve field " + Quoted(segment));
    }
    if (scope.mode == BindMode::kRestricted && field->hidden) {
      return BindError("non-filterable field " + Quoted(segment));
    }
    if (IsJsonField(*field)) return JsonPath(state, *field, state.at + 1, scope);
    if (field->type != FieldType::kRelation) {
      return BindError("field " + Quoted(segment) + " is not a valid relation");
    }
    if (state.hops >= options_.relation_hops_max) {
      return BindError("max nested relations reached for field " + Quoted(segment));
    }
    // F-84: `rel.id` is `rel` itself.
    if (!field->multiple() && state.at + 2 == state.segments.size() &&
        state.segments[state.at + 1] == "id") {
      Operand operand;
      operand.expr = Add(ColumnExpr{state.var, field});
      operand.multi = state.multi;
      return operand;
    }
    SLUICE_RETURN_IF_ERROR(FollowRelation(state, *field, scope));
  }
  return LastSegment(state, state.segments.back(), scope);
}

StatusOr<Operand> Binder::LastSegment(PathState& state, std::string_view segment,
                                      const Scope& scope) {
  const NameAndModifier split = SplitModifier(segment);
  const Field* field = state.collection->FindField(split.name);
  if (split.has_modifier && !IsKnownModifier(split.modifier)) {
    return BindError("unknown modifier in " + Quoted(segment));
  }
  if (field == nullptr) {
    if (state.missing_is_null) return NullOperand();
    return BindError("unknown field " + Quoted(split.name));
  }
  if (scope.mode == BindMode::kRestricted && field->hidden) {
    return BindError("non-filterable field " + Quoted(split.name));
  }
  Operand operand;
  operand.multi = state.multi;
  if (split.modifier == "length" && IsListField(*field)) {
    operand.expr = Add(LengthExpr{state.var, field});
    return operand;
  }
  if (split.modifier == "each" && IsListField(*field)) {
    Variable elements;
    elements.domain = Domain::kElements;
    elements.parent = state.var;
    elements.column = field->name;
    elements.path =
        (state.prefix.empty() ? "" : state.prefix + ".") + std::string(split.name) + ":each";
    operand.multi = state.multi || field->multiple();
    operand.expr = Add(ElementExpr{FindOrAddVariable(scope, std::move(elements))});
    return operand;
  }
  if (field->type == FieldType::kJson) {
    operand.mode = NullMode::kOff;
    operand.expr = Add(
        JsonExpr{state.var, field, AddSlot(SlotSource::kJsonPath, Value::Text("$"), field->name)});
  } else {
    operand.expr = Add(ColumnExpr{state.var, field});
  }
  if (split.modifier == "lower") operand.expr = Add(LowerExpr{operand.expr});
  if (scope.mode == BindMode::kRestricted && field->name == "email" &&
      state.collection->is_auth()) {
    operand.email = true;
    operand.email_row = state.var;
  }
  return operand;
}

StatusOr<Operand> Binder::JsonPath(PathState& state, const Field& field, std::size_t next,
                                   const Scope& scope) {
  Operand operand;
  operand.mode = NullMode::kOff;
  operand.multi = state.multi;
  // Such a path fails when a row is looked at, be it one that nobody may see.
  const auto is_empty = [](std::string_view segment) {
    return segment.find_first_not_of(':') == std::string_view::npos;
  };
  if (IsStrict(scope) && std::any_of(state.segments.begin() + static_cast<std::ptrdiff_t>(next),
                                     state.segments.end(), is_empty))
    return BindError("malformed JSON path below " + Quoted(field.name));
  std::string path = JsonPathText(state.segments, next);
  const SlotId slot = AddSlot(SlotSource::kJsonPath, Value::Text(std::move(path)), field.name);
  operand.expr = Add(JsonExpr{state.var, &field, slot});
  return operand;
}

Status Binder::FollowRelation(PathState& state, const Field& field, const Scope& scope) {
  const Collection* target = schema_.FindById(field.collection_id);
  if (target == nullptr) {
    return BindError("failed to load field " + Quoted(field.name) + " collection");
  }
  ++state.hops;
  if (!state.prefix.empty()) state.prefix += '.';
  state.prefix += field.name;
  Variable row;
  row.domain = Domain::kRelation;
  row.parent = state.var;
  row.collection = target;
  row.column = field.name;
  row.to_one = !target->is_view();
  row.path = state.prefix;
  if (field.multiple()) {
    Variable elements;
    elements.domain = Domain::kElements;
    elements.parent = state.var;
    elements.column = field.name;
    elements.path = state.prefix + ":each";
    row.parent = FindOrAddVariable(scope, std::move(elements));
    row.column.clear();
    state.multi = true;
  }
  state.var = FindOrAddVariable(scope, std::move(row));
  state.collection = target;
  return RestrictJoinedRow(state.var, scope);
}

Status Binder::FollowBackRelation(PathState& state, std::string_view segment, const Scope& scope) {
  const std::size_t via = segment.rfind("_via_");
  const std::string_view collection_name = segment.substr(0, via);
  const std::string_view field_name = segment.substr(via + 5);
  const Collection* back = schema_.Find(collection_name);
  if (back == nullptr) {
    return BindError("failed to load back relation field " + Quoted(segment) + " collection");
  }
  const Field* field = back->FindField(field_name);
  if (field == nullptr) return BindError("missing back relation field " + Quoted(field_name));
  if (scope.mode == BindMode::kRestricted && field->hidden) {
    return BindError("non-filterable back relation field " + Quoted(field_name));
  }
  if (field->type != FieldType::kRelation)
    return BindError("invalid back relation field " + Quoted(field_name));
  if (field->collection_id != state.collection->id) {
    return BindError("invalid collection reference of a back relation field " + Quoted(field_name));
  }
  if (state.hops >= options_.relation_hops_max) {
    return BindError("max nested relations reached for field " + Quoted(segment));
  }
  ++state.hops;
  if (!state.prefix.empty()) state.prefix += '.';
  state.prefix += segment;
  Variable row;
  row.domain = field->multiple() ? Domain::kBackElements : Domain::kBack;
  row.parent = state.var;
  row.collection = back;
  row.column = field->name;
  row.to_one = !field->multiple() && IsProvablyUnique(*back, field->name);
  row.path = state.prefix;
  if (field->multiple() || !back->HasUniqueIndexOn(field->name)) state.multi = true;
  state.var = FindOrAddVariable(scope, std::move(row));
  state.collection = back;
  return RestrictJoinedRow(state.var, scope);
}

// Whether a rule asks for more than who the caller is, and what time it is.
bool Binder::HangsOnRow(const Ast& rule, const Collection& collection) const {
  const auto is_fixed = [&](const Node& node) {
    if (!std::holds_alternative<Identifier>(node.kind)) return true;
    const std::string_view name = rule.Text(node.span);
    if (name.substr(0, kRequestPrefix.size()) == kRequestPrefix) return true;
    if (MacroValue(name, 0)) return true;
    const bool literal = EqualsIgnoreCase(name, "null") || EqualsIgnoreCase(name, "true") ||
                         EqualsIgnoreCase(name, "false");
    return literal && collection.FindField(name) == nullptr;
  };
  return !std::all_of(rule.nodes().begin(), rule.nodes().end(), is_fixed);
}

// F-115 to F-120: a client may only look at joined rows that it may list.
Status Binder::RestrictJoinedRow(VarId var, const Scope& scope) {
  if (scope.mode != BindMode::kRestricted || notes_[var].restricted) return absl::OkStatus();
  notes_[var].restricted = true;
  const Collection& collection = *plan_.variables[var].collection;
  if (!collection.list_rule) {
    return BindError(
        Quoted(collection.name) +
        " fields can be accessed only when allowHiddenFields is enabled or by superusers");
  }
  if (collection.list_rule->empty()) return absl::OkStatus();
  // The line breaks are the peer's: a comment may end a rule (F-120).
  StatusOr<Ast> ast =
      ParseFilter(std::string(kListRuleBegin) + *collection.list_rule + "\n)", RuleLimits());
  if (IsStrict(scope) && ast.ok()) {
    // A row without a joined row passes, one whose joined rows are all refused
    // does not: which of the two it is, nobody else may learn. Blanks keep the
    // places in the text.
    StatusOr<Ast> alone = ParseFilter(
        std::string(kListRuleBegin.size() - 2, ' ') + "(\n" + *collection.list_rule + "\n)",
        RuleLimits());
    if (alone.ok() && HangsOnRow(*alone, collection)) {
      return BindError("the list rule of " + Quoted(collection.name) +
                       " differs by row: strict mode has no paths through it");
    }
    ast = std::move(alone);
  }
  const Scope rule_scope{scopes_++, var, &collection, BindMode::kOpen};
  const CondPlace outside = std::exchange(
      place_, CondPlace{.text = PlaceText::kListRule, .collection = &collection, .var = var});
  const StatusOr<CondId> cond = ast.ok() ? BindNode(*ast, ast->root(), rule_scope) : ast.status();
  place_ = outside;
  if (!cond.ok()) {
    // The mistake's place is in that rule, not in the text that led here.
    return BindError("the list rule of " + Quoted(collection.name) +
                     " fails: " + std::string(AsStd(cond.status().message())));
  }
  added_.push_back(*cond);
  return absl::OkStatus();
}

// ---- @request paths that end in stored rows ----

StatusOr<Operand> Binder::BindAuth(std::string_view name,
                                   const std::vector<std::string_view>& segments,
                                   const Scope& scope) {
  const AuthRecord* auth = request().auth;
  if (auth == nullptr || auth->collection == nullptr) return NullOperand();
  if (segments.size() == 1) {
    const std::string_view key = segments[0];
    if (key == "id") return ParameterOperand(SlotSource::kRequest, Value::Text(auth->id), name);
    if (key == "collectionId")
      return ParameterOperand(SlotSource::kRequest, Value::Text(auth->collection->id), name);
    if (key == "collectionName")
      return ParameterOperand(SlotSource::kRequest, Value::Text(auth->collection->name), name);
    if (key == "email")
      return ParameterOperand(SlotSource::kRequest, Value::Text(auth->email), name);
    const bool visibility = key == "emailVisibility";
    if (visibility || key == "verified") {
      const bool value = visibility ? auth->email_visibility : auth->verified;
      Operand operand = ParameterOperand(SlotSource::kRequest, Value::Bool(value), name);
      slot_texts_.back() = value ? "true" : "false";
      return operand;
    }
  }
  Variable row;
  row.domain = Domain::kAuth;
  row.collection = auth->collection;
  row.to_one = true;
  row.path = "@request.auth";
  row.slot = AddSlot(SlotSource::kAuthId, Value::Text(auth->id), "@request.auth.id");
  PathState state;
  state.var = FindOrAddVariable(scope, std::move(row));
  state.collection = auth->collection;
  state.missing_is_null = true;
  state.segments = segments;
  state.prefix = "@request.auth";
  return WalkPath(std::move(state), scope);
}

StatusOr<Operand> Binder::BindBodyRelation(const std::vector<std::string_view>& segments,
                                           const Field& field, const Scope& scope) {
  const Collection* target = schema_.FindById(field.collection_id);
  if (target == nullptr) return NullOperand();
  JsonValue ids(JsonValue::Kind::kArray);
  if (const JsonValue* value = request().body.Find(field.name)) {
    const auto add = [&ids](const JsonValue& item) {
      if (item.kind == JsonValue::Kind::kString && !item.string.empty()) ids.items.push_back(item);
    };
    if (value->kind == JsonValue::Kind::kArray) {
      for (const JsonValue& item : value->items) add(item);
    } else {
      add(*value);
    }
  }
  if (ids.items.empty()) return NullOperand();
  Variable rows;
  rows.domain = Domain::kSlotRows;
  rows.collection = target;
  rows.column = field.name;
  rows.path = "@request.body." + field.name;
  // One of a scope's body variables per field: the slot is made once.
  const SlotId slot = AddSlot(SlotSource::kIds, Value::Text(ToJsonText(ids)), rows.path);
  rows.slot = slot;
  PathState state;
  state.var = FindOrAddVariable(scope, std::move(rows), "body:" + field.name);
  state.collection = target;
  state.missing_is_null = true;
  state.multi = field.multiple();
  state.segments.assign(segments.begin() + 1, segments.end());
  state.prefix = "@request.body." + field.name;
  return WalkPath(std::move(state), scope);
}

}  // namespace sluice
