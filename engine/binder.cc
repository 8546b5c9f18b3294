// Conditions, comparisons and the whole query. Entry: Bind.
// Tested by tests/engine/binder_test.cc.
#include <algorithm>
#include <array>

#include "engine/binder_impl.h"

namespace sluice {
namespace {

// Shown where no request is given (F-90).
const RequestContext& NoRequest() {
  static const RequestContext kNone;
  return kNone;
}

std::string_view OperandToken(const Ast& ast, const Node& node) {
  if (const auto* call = std::get_if<Call>(&node.kind)) return ast.Text(call->name);
  if (const auto* text = std::get_if<TextLiteral>(&node.kind)) return text->value;
  return ast.Text(node.span);
}

Status WithPlace(const Status& status, std::string_view code, Span span, std::string message) {
  if (!absl::IsInvalidArgument(status) || GetDiagnostic(status)) return status;
  return MakeError(Diagnostic{std::string(code), span, std::move(message), ""});
}

bool IsOrdering(CompareOp op) {
  const CompareOp plain = WithoutAny(op);
  return plain >= CompareOp::kGreater && plain <= CompareOp::kLessEqual;
}

CompareForm OrderingForm(CompareOp op) {
  switch (WithoutAny(op)) {
    case CompareOp::kGreater:
      return CompareForm::kGreater;
    case CompareOp::kGreaterEqual:
      return CompareForm::kGreaterEqual;
    case CompareOp::kLess:
      return CompareForm::kLess;
    default:
      return CompareForm::kLessEqual;
  }
}

}  // namespace

Value PatternOf(const Value& value) {
  switch (value.storage) {
    case StorageClass::kText:
      return Value::Text(WrapLikePattern(value.text));
    case StorageClass::kReal:
      return Value::Text(WrapLikePattern(PlainDecimalText(value.real)));
    case StorageClass::kInteger:
      return Value::Text(WrapLikePattern(std::to_string(value.integer)));
    case StorageClass::kNull:
      break;
  }
  return Value::Text(WrapLikePattern(""));
}

Value IdsValue(const std::vector<std::string>& ids) {
  JsonValue list(JsonValue::Kind::kArray);
  for (const std::string& id : ids) list.items.push_back(JsonValue::String(id));
  return Value::Text(ToJsonText(list));
}

StatusOr<Plan> Bind(const Query& query, const Schema& schema, const BindOptions& options) {
  return Binder(schema, options).Bind(query);
}

bool MentionsRestrictedPrefix(std::string_view text, std::string* which) {
  for (std::string_view prefix : {"@collection.", "@request."}) {
    if (text.find(prefix) == std::string_view::npos) continue;
    if (which != nullptr) *which = std::string(prefix);
    return true;
  }
  return false;
}

const RequestContext& Binder::request() const {
  return options_.request == nullptr ? NoRequest() : *options_.request;
}

StatusOr<Plan> Binder::Bind(const Query& query) {
  plan_.collection = query.collection;
  plan_.virtual_row = options_.virtual_row;
  Variable base;
  base.collection = query.collection;
  base.to_one = true;
  base.path = query.collection->name;
  plan_.variables.push_back(std::move(base));
  notes_.emplace_back();

  ReserveFor(query);
  Scope scope{0, kBaseVar, query.collection, BindMode::kOpen};
  std::vector<CondId> terms;
  SLUICE_RETURN_IF_ERROR(AddRowConditions(query, terms));
  if (query.rule != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(const CondId cond, BindPart(*query.rule, scope, "rule"));
    terms.push_back(cond);
  }
  scope.mode = options_.filter_mode;
  if (query.filter != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(const CondId cond, BindPart(*query.filter, scope, "filter"));
    terms.push_back(cond);
  }
  if (query.sort != nullptr) SLUICE_RETURN_IF_ERROR(BindSort(*query.sort, scope));
  terms.insert(terms.end(), added_.begin(), added_.end());
  plan_.condition = Junction(LogicalOp::kAnd, std::move(terms));
  SLUICE_RETURN_IF_ERROR(CheckAliases());
  SLUICE_RETURN_IF_ERROR(CheckTables());
  return std::move(plan_);
}

// Enough for what most queries bind to, so that the vectors seldom grow.
void Binder::ReserveFor(const Query& query) {
  std::size_t nodes = 4;
  for (const Ast* ast : {query.rule, query.filter})
    nodes += ast == nullptr ? 0 : ast->nodes().size();
  plan_.exprs.reserve(nodes + nodes / 4);
  plan_.conds.reserve(nodes);
  plan_.slots.reserve(nodes / 2);
  slot_texts_.reserve(nodes / 2);
}

Status Binder::AddRowConditions(const Query& query, std::vector<CondId>& terms) {
  const Field* id = query.collection->FindField("id");
  if ((query.row_id != nullptr || query.ids != nullptr) && id == nullptr) {
    return absl::FailedPreconditionError("the collection has no id field");
  }
  if (query.row_id != nullptr) {
    const Operand value = ParameterOperand(SlotSource::kRowId, Value::Text(*query.row_id), "id");
    terms.push_back(
        Add(Cond{CompareCond{CompareForm::kEqual, Add(ColumnExpr{kBaseVar, id}), value.expr}}));
  }
  if (query.ids != nullptr) {
    const SlotId slot = AddSlot(SlotSource::kIds, IdsValue(*query.ids), "ids");
    terms.push_back(Add(Cond{InListCond{Add(ColumnExpr{kBaseVar, id}), slot}}));
  }
  return absl::OkStatus();
}

StatusOr<CondId> Binder::BindPart(const Ast& ast, const Scope& scope, std::string_view part) {
  part_ = std::string(part);
  place_ = {.text = part == "rule" ? PlaceText::kRule : PlaceText::kFilter};
  StatusOr<CondId> cond = BindNode(ast, ast.root(), scope);
  if (cond.ok() || GetDiagnostic(cond.status())) return cond;
  return WithPlace(cond.status(), std::string(part) + "_unresolved", ast.node(ast.root()).span,
                   std::string(AsStd(cond.status().message())));
}

// Recursion is bounded: a tree nests at most as deep as it has comparisons.
StatusOr<CondId> Binder::BindNode(const Ast& ast, NodeId id, const Scope& scope) {
  const Node& node = ast.node(id);
  const auto* logical = std::get_if<Logical>(&node.kind);
  if (logical == nullptr) {
    StatusOr<CondId> cond = BindComparison(ast, node, scope);
    if (options_.places != nullptr && cond.ok()) NotePlace(*cond, ast, node);
    return cond;
  }
  std::vector<CondId> terms;
  terms.reserve(logical->terms.size());
  for (NodeId term : logical->terms) {
    SLUICE_ASSIGN_OR_RETURN(const CondId cond, BindNode(ast, term, scope));
    terms.push_back(cond);
  }
  const CondId group = Junction(logical->op, std::move(terms));
  if (options_.places != nullptr) NotePlace(group, ast, node);
  return group;
}

void Binder::NotePlace(CondId cond, const Ast& ast, const Node& node) {
  CondPlace place = place_;
  place.cond = cond;
  place.span = node.span;
  if (const auto* comparison = std::get_if<Comparison>(&node.kind)) {
    place.comparison = true;
    place.left = ast.node(comparison->left).span;
    place.right = ast.node(comparison->right).span;
  }
  if (place.text == PlaceText::kListRule) {
    const auto before = static_cast<std::uint32_t>(kListRuleBegin.size());
    for (Span* span : {&place.span, &place.left, &place.right})
      *span = span->begin < before ? Span{} : Span{span->begin - before, span->end - before};
  }
  options_.places->push_back(place);
}

StatusOr<CondId> Binder::BindComparison(const Ast& ast, const Node& node, const Scope& scope) {
  const Comparison& comparison = std::get<Comparison>(node.kind);
  SLUICE_ASSIGN_OR_RETURN(Operand left, BindOperandNamed(ast, comparison.left, scope, "left"));
  SLUICE_ASSIGN_OR_RETURN(Operand right, BindOperandNamed(ast, comparison.right, scope, "right"));
  for (const Operand* side : {&left, &right}) {
    if (!IsStrict(scope) || !side->email || !side->multi || IsAny(comparison.op)) continue;
    return WithPlace(BindError("hidden addresses"), part_ + "_unresolved", node.span,
                     "addresses of many rows are compared with ?" +
                         std::string(ToText(comparison.op)) + " only: some may be hidden");
  }
  return MakeComparison(comparison.op, left, right, scope);
}

StatusOr<Operand> Binder::BindOperandNamed(const Ast& ast, NodeId id, const Scope& scope,
                                           std::string_view side) {
  StatusOr<Operand> operand = BindOperand(ast, id, scope);
  if (operand.ok() || GetDiagnostic(operand.status())) return operand;
  const Node& node = ast.node(id);
  std::string message = "invalid " + std::string(side) + " operand " +
                        Quoted(OperandToken(ast, node)) + " - " +
                        std::string(AsStd(operand.status().message()));
  return WithPlace(operand.status(), part_ + "_unresolved", node.span, std::move(message));
}

StatusOr<Operand> Binder::BindOperand(const Ast& ast, NodeId id, const Scope& scope) {
  const Node& node = ast.node(id);
  if (const auto* text = std::get_if<TextLiteral>(&node.kind))
    return LiteralOperand(Value::Text(text->value), node, scope);
  if (const auto* number = std::get_if<NumberLiteral>(&node.kind))
    return LiteralOperand(Value::Real(number->value), node, scope);
  if (std::holds_alternative<Call>(node.kind)) return BindCall(ast, node, scope);
  return BindIdentifier(ast.Text(node.span), scope);
}

// ---- comparisons ----

// The comparison on the current row, the e-mail post-condition (F-114), and
// for a multi-valued side the all-values part (F-59).
CondId Binder::MakeComparison(CompareOp op, const Operand& left, const Operand& right,
                              const Scope& scope) {
  std::vector<CondId> terms = {MakeCompare(op, left, right)};
  for (const Operand* side : {&left, &right}) {
    if (!side->email) continue;
    const Field* visibility =
        plan_.variables[side->email_row].collection->FindField("emailVisibility");
    if (visibility == nullptr) continue;
    const ExprId shown = Add(ColumnExpr{side->email_row, visibility});
    terms.push_back(
        Add(Cond{CompareCond{CompareForm::kEqual, shown, Add(ConstantExpr{Value::Bool(true)})}}));
  }
  if (!IsAny(op) && (left.multi || right.multi))
    terms.push_back(MakeAllValues(op, left, right, scope));
  return Junction(LogicalOp::kAnd, std::move(terms));
}

CondId Binder::MakeAllValues(CompareOp op, const Operand& left, const Operand& right,
                             const Scope& scope) {
  AllValuesCond all;
  Operand inner_left = left;
  Operand inner_right = right;
  if (left.multi) inner_left = CloneOperand(left, scope, all.variables);
  if (right.multi) inner_right = CloneOperand(right, scope, all.variables);
  // F-64: against many, the other side is treated as an ordinary operand.
  if (!left.multi) inner_left.mode = NullMode::kAuto;
  if (!right.multi) inner_right.mode = NullMode::kAuto;
  all.condition = MakeCompare(op, inner_left, inner_right);
  return Add(Cond{std::move(all)});
}

Operand Binder::CloneOperand(const Operand& operand, const Scope& scope, std::vector<VarId>& own) {
  std::vector<std::pair<VarId, VarId>> map;
  std::vector<VarId> used;
  VisitExprVariables(plan_, operand.expr, [&used](VarId var) { used.push_back(var); });
  for (VarId var : used) CloneVariable(var, scope, map, own);
  Operand clone = operand;
  clone.expr = CloneExpr(operand.expr, map);
  clone.parameters = 0;
  clone.empty_parameter = false;
  return clone;
}

VarId Binder::CloneVariable(VarId var, const Scope& scope,
                            std::vector<std::pair<VarId, VarId>>& map, std::vector<VarId>& own) {
  for (const auto& [from, to] : map) {
    if (from == var) return to;
  }
  if (var == scope.base) {
    // The all-values part reads the base row anew by its id (F-59). For a
    // table that is the row itself.
    if (!plan_.variables[var].collection->is_view()) return var;
    Variable same;
    same.domain = Domain::kSameId;
    same.parent = var;
    same.collection = plan_.variables[var].collection;
    same.bound = true;
    same.path = plan_.variables[var].path;
    plan_.variables.push_back(std::move(same));
    notes_.emplace_back();
  } else {
    if (var == kBaseVar) return var;
    Variable copy = plan_.variables[var];
    const bool rooted = copy.domain == Domain::kCollection || copy.domain == Domain::kAuth ||
                        copy.domain == Domain::kSlotRows || copy.domain == Domain::kSlotElements;
    if (!rooted) copy.parent = CloneVariable(copy.parent, scope, map, own);
    copy.bound = true;
    plan_.variables.push_back(std::move(copy));
    VariableNote note = notes_[var];
    notes_.push_back(std::move(note));
  }
  const VarId fresh = static_cast<VarId>(plan_.variables.size() - 1);
  map.emplace_back(var, fresh);
  own.push_back(fresh);
  return fresh;
}

ExprId Binder::CloneExpr(ExprId id, const std::vector<std::pair<VarId, VarId>>& map) {
  const auto mapped = [&map](VarId var) {
    for (const auto& [from, to] : map) {
      if (from == var) return to;
    }
    return var;
  };
  Expr expr = plan_.exprs[id];
  if (auto* column = std::get_if<ColumnExpr>(&expr)) column->var = mapped(column->var);
  if (auto* json = std::get_if<JsonExpr>(&expr)) json->var = mapped(json->var);
  if (auto* length = std::get_if<LengthExpr>(&expr)) length->var = mapped(length->var);
  if (auto* element = std::get_if<ElementExpr>(&expr)) element->var = mapped(element->var);
  if (auto* lower = std::get_if<LowerExpr>(&expr))
    lower->argument = CloneExpr(lower->argument, map);
  if (auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    for (ExprId& argument : strftime->arguments) argument = CloneExpr(argument, map);
  }
  if (auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    for (ExprId& argument : geo->arguments) argument = CloneExpr(argument, map);
  }
  return Add(std::move(expr));
}

CondId Binder::MakeCompare(CompareOp op, Operand left, Operand right) {
  if (IsOrdering(op)) return Add(Cond{CompareCond{OrderingForm(op), left.expr, right.expr}});
  const CompareOp plain = WithoutAny(op);
  if (plain == CompareOp::kLike || plain == CompareOp::kNotLike) {
    return MakeLike(plain == CompareOp::kNotLike, left, right);
  }
  return MakeEquality(plain == CompareOp::kNotEqual, left, right);
}

// The decision table of F-44.
CondId Binder::MakeEquality(bool negated, const Operand& left, const Operand& right) {
  const auto compare = [&](CompareForm form, ExprId l, ExprId r) {
    // Each negated form stands right behind its positive one.
    return Add(Cond{
        CompareCond{static_cast<CompareForm>(static_cast<int>(form) + (negated ? 1 : 0)), l, r}});
  };
  const auto or_empty_text = [&](const Operand& side) {
    return side.CountsEmpty() ? Add(ConstantExpr{Value::Text("")}) : side.expr;
  };
  if (left.mode == NullMode::kOff || right.mode == NullMode::kOff)
    return compare(CompareForm::kIs, left.expr, right.expr);
  if (left.CountsEmpty() && right.CountsEmpty()) return Add(Cond{ConstantCond{ToTruth(!negated)}});
  if (left.KnownNonEmpty() || right.KnownNonEmpty()) {
    return compare(CompareForm::kEqual, or_empty_text(left), or_empty_text(right));
  }
  if (left.CountsEmpty()) return compare(CompareForm::kLeftEmpty, left.expr, right.expr);
  if (right.CountsEmpty()) return compare(CompareForm::kRightEmpty, left.expr, right.expr);
  return compare(CompareForm::kCoalesceEqual, left.expr, right.expr);
}

// F-52 to F-55.
CondId Binder::MakeLike(bool negated, const Operand& left, const Operand& right) {
  CompareForm form = negated ? CompareForm::kNotLikeContains : CompareForm::kLikeContains;
  ExprId pattern = right.expr;
  if (right.parameters > 0) {
    form = negated ? CompareForm::kNotLike : CompareForm::kLike;
    pattern = CloneExpr(right.expr, {});
    WrapLikeSlots(pattern);
  }
  return Add(Cond{CompareCond{form, left.expr, pattern}});
}

// Gives each bound value below `id` a slot of its own that holds its pattern.
void Binder::WrapLikeSlots(ExprId id) {
  Expr& expr = plan_.exprs[id];
  if (auto* use = std::get_if<SlotExpr>(&expr)) {
    const Slot slot = plan_.slots[use->slot];
    const std::string& shown = slot_texts_[use->slot];
    Value pattern = shown.empty() ? PatternOf(slot.value) : Value::Text(WrapLikePattern(shown));
    use->slot = AddSlot(slot.source, std::move(pattern), slot.name);
    plan_.slots.back().literal = slot.literal;
    plan_.slots.back().look = slot.look;
    plan_.slots.back().pattern = true;
    return;
  }
  if (const auto* lower = std::get_if<LowerExpr>(&expr)) return WrapLikeSlots(lower->argument);
  if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    for (ExprId argument : std::vector<ExprId>(strftime->arguments)) WrapLikeSlots(argument);
  } else if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    for (ExprId argument : std::array<ExprId, 4>(geo->arguments)) WrapLikeSlots(argument);
  }
}

// ---- sort ----

Status Binder::BindSort(const SortList& sort, const Scope& scope) {
  for (const SortKey& key : sort.keys) {
    SortTerm term;
    term.descending = key.descending;
    if (key.name == "@random" || key.name == "@rowid") {
      term.kind = key.name == "@random" ? SortKind::kRandom : SortKind::kRowId;
      plan_.sort.push_back(term);
      continue;
    }
    StatusOr<Operand> operand = BindFieldName(key.name, scope);
    if (operand.ok() && operand->email && IsStrict(scope))
      operand = BindError("addresses are no sort key: some may be hidden");
    const bool column = operand.ok() && !operand->null_constant && !operand->truth_constant &&
                        operand->parameters == 0 &&
                        !std::holds_alternative<SlotExpr>(plan_.exprs[operand->expr]);
    if (!column) {
      std::string hint = operand.ok() ? "only columns can be sorted by"
                                      : std::string(AsStd(operand.status().message()));
      return MakeError(Diagnostic{"sort_unresolved", key.span,
                                  "invalid sort field " + Quoted(key.name), std::move(hint)});
    }
    term.expr = operand->expr;
    plan_.sort.push_back(term);
  }
  return absl::OkStatus();
}

// ---- checks of the whole ----

// F-104: the later collection of a reused alias took the earlier one's place;
// what was bound before must exist there.
Status Binder::CheckAliases() {
  const auto rebind = [this](VarId var, const Field*& field) -> Status {
    if (!notes_[var].replaced) return absl::OkStatus();
    const Field* now = plan_.variables[var].collection->FindField(field->name);
    if (now == nullptr)
      return MakeError(Diagnostic{"alias_reused",
                                  {},
                                  "no such column: " + field->name,
                                  "give each @collection alias one collection"});
    field = now;
    return absl::OkStatus();
  };
  for (Expr& expr : plan_.exprs) {
    if (auto* column = std::get_if<ColumnExpr>(&expr))
      SLUICE_RETURN_IF_ERROR(rebind(column->var, column->field));
    if (auto* json = std::get_if<JsonExpr>(&expr))
      SLUICE_RETURN_IF_ERROR(rebind(json->var, json->field));
    if (auto* length = std::get_if<LengthExpr>(&expr))
      SLUICE_RETURN_IF_ERROR(rebind(length->var, length->field));
  }
  return absl::OkStatus();
}

Status Binder::CheckTables() {
  const auto free = std::count_if(plan_.variables.begin(), plan_.variables.end(),
                                  [](const Variable& v) { return !v.bound; });
  if (static_cast<std::size_t>(free) > options_.tables_max) {
    return MakeError(
        Diagnostic{"too_many_tables",
                   {},
                   "at most " + std::to_string(options_.tables_max) + " tables in a join",
                   "use fewer different relation paths"});
  }
  return absl::OkStatus();
}

// ---- building ----

SlotId Binder::AddSlot(SlotSource source, Value value, std::string_view name) {
  plan_.slots.push_back(Slot{source, std::move(value), std::string(name)});
  slot_texts_.emplace_back();
  return static_cast<SlotId>(plan_.slots.size() - 1);
}

CondId Binder::Junction(LogicalOp op, std::vector<CondId> terms) {
  if (terms.empty()) return Add(Cond{ConstantCond{ToTruth(op == LogicalOp::kAnd)}});
  if (terms.size() == 1) return terms[0];
  return Add(Cond{JunctionCond{op, std::move(terms)}});
}

Operand Binder::ParameterOperand(SlotSource source, Value value, std::string_view name) {
  Operand operand;
  operand.parameters = 1;
  operand.empty_parameter = value.storage == StorageClass::kText && value.text.empty();
  operand.expr = Add(SlotExpr{AddSlot(source, std::move(value), name)});
  return operand;
}

Operand Binder::LiteralOperand(Value value, const Node& node, const Scope& scope) {
  Operand operand = ParameterOperand(SlotSource::kLiteral, std::move(value), "");
  // Rules of joined rows have scopes of their own.
  if (scope.id == 0 && part_ == "filter") plan_.slots.back().literal = node.span.begin + 1;
  return operand;
}

Operand Binder::NullOperand() {
  Operand operand;
  operand.null_constant = true;
  operand.expr = Add(ConstantExpr{Value::Null()});
  return operand;
}

Operand Binder::TruthOperand(bool value) {
  Operand operand;
  operand.truth_constant = true;
  operand.expr = Add(ConstantExpr{Value::Bool(value)});
  return operand;
}

VarId Binder::FindOrAddVariable(const Scope& scope, Variable variable, std::string_view alias) {
  for (VarId var = 1; var < plan_.variables.size(); ++var) {
    Variable& known = plan_.variables[var];
    const VariableNote& note = notes_[var];
    if (note.scope != scope.id || known.bound || known.domain != variable.domain ||
        note.alias != alias)
      continue;
    if (known.domain == Domain::kCollection) {
      if (known.collection == variable.collection) return var;
      known.collection = variable.collection;
      known.path = variable.path;
      notes_[var].replaced = true;
      notes_[var].restricted = false;
      return var;
    }
    if (known.parent == variable.parent && known.collection == variable.collection &&
        known.column == variable.column)
      return var;
  }
  plan_.variables.push_back(std::move(variable));
  notes_.push_back(VariableNote{scope.id, std::string(alias), false, false});
  return static_cast<VarId>(plan_.variables.size() - 1);
}

}  // namespace sluice
