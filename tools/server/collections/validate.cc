// Fields are in validate_field.cc, options of auth collections in
// validate_auth.cc. Tested by tests/conformance (`collections`).
#include "tools/server/collections/validate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "sluice/binder.h"
#include "sluice/ddl.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "tools/server/collections/view_query.h"
#include "tools/server/store/collection_tables.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

bool IsWordChar(char c) {
  const char lower = LowerAscii(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsWordChar);
}

std::int64_t Characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

bool HasVia(std::string_view name) { return LowerAscii(name).find("_via_") != std::string::npos; }

void ValidateId(const Candidate& candidate, FieldErrors& errors) {
  const std::string& id = candidate.draft.id;
  if (candidate.before != nullptr) return;  // a changed id never gets here
  if (id.empty()) return errors.Add({"id"}, Required());
  if (Characters(id) > 100) return errors.Add({"id"}, LengthOutOfRange(1, 100));
  if (!IsWord(id)) return errors.Add({"id"}, InvalidFormat());
  for (const auto& other : candidate.schema.collections()) {
    if (other->id == id && other.get() != &candidate.collection) {
      return errors.Add({"id"}, {"validation_invalid_or_existing_id",
                                 "The model id is invalid or already exists."});
    }
  }
}

void ValidateType(const Candidate& candidate, FieldErrors& errors) {
  const std::string& type = candidate.draft.type;
  if (type != "base" && type != "auth" && type != "view") return errors.Add({"type"}, NotAllowed());
  if (candidate.before != nullptr && candidate.before->type != type) {
    errors.Add({"type"},
               {"validation_collection_type_change", "Collection type cannot be changed."});
  }
}

void ValidateName(const Candidate& candidate, FieldErrors& errors) {
  const std::string& name = candidate.draft.name;
  const Draft* before = candidate.before;
  const auto add = [&errors](Mistake mistake) { errors.Add({"name"}, std::move(mistake)); };
  if (name.empty()) return add(Required());
  if (Characters(name) > 255) return add(LengthOutOfRange(1, 255));
  if (HasVia(name)) return add({"validation_found_via", "The value cannot contain \"_via_\"."});
  if (!IsWord(name)) return add(InvalidFormat());
  if (before != nullptr && before->system && before->name != name) {
    return add(
        {"validation_collection_system_name_change", "System collection name cannot be changed."});
  }
  for (const auto& other : candidate.schema.collections()) {
    if (other.get() != &candidate.collection && EqualsIgnoreCase(other->name, name)) {
      return add({"validation_collection_name_exists",
                  "Collection name must be unique (case insensitive)."});
    }
  }
  for (const auto& other : candidate.schema.collections()) {
    if (other.get() != &candidate.collection && other->id == name) {
      return add({"validation_collection_name_id_duplicate",
                  "The name must not match an existing collection id."});
    }
  }
  const bool renamed = before == nullptr || !EqualsIgnoreCase(before->name, name);
  if (!renamed || candidate.saved) return;
  const StatusOr<bool> taken = store::HasTable(candidate.connection, name);
  if (!taken.ok() || *taken) {
    add({"validation_collection_name_invalid",
         "The name shouldn't match with an existing internal table."});
  }
}

// ---- fields ----

Mistake MissingField(std::string_view name) {
  return {"validation_missing_" + std::string(name) + "_field",
          "System \"" + std::string(name) + "\" field is required."};
}

// True when something about the list itself is wrong; then its items are not
// looked at.
bool ValidateFieldList(const Candidate& candidate, FieldErrors& errors) {
  const std::vector<bj::object>& fields = candidate.draft.fields;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string id = Text(fields[i], "id");
    if (ids.insert(id).second) continue;
    errors.Add(
        {"fields", std::to_string(i), "id"},
        {"validation_duplicated_field_id", "Duplicated or invalid field id \"" + id + "\"."});
    return true;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string name = Text(fields[i], "name");
    if (names.insert(LowerAscii(name)).second) continue;
    errors.Add({"fields", std::to_string(i), "name"},
               {"validation_duplicated_field_name",
                "Duplicated or invalid field name " + name + ".",
                {{"fieldName", name}}});
    return true;
  }
  if (fields.empty()) {
    errors.Add({"fields"}, Required());
    return true;
  }
  const Field* id = candidate.collection.FindField("id");
  if (id == nullptr || id->type != FieldType::kText || !id->primary_key) {
    errors.Add({"fields"},
               {"validation_missing_primary_key", "Missing or invalid \"id\" PK field."});
    return true;
  }
  if (!candidate.draft.is_auth()) return false;
  constexpr std::array<std::pair<std::string_view, FieldType>, 5> kNeeded = {
      {{"password", FieldType::kPassword},
       {"tokenKey", FieldType::kText},
       {"email", FieldType::kEmail},
       {"emailVisibility", FieldType::kBool},
       {"verified", FieldType::kBool}}};
  for (const auto& [name, type] : kNeeded) {
    const Field* field = candidate.collection.FindField(name);
    if (field != nullptr && field->type == type) continue;
    errors.Add({"fields"}, MissingField(name));
    return true;
  }
  return false;
}

bool ValidateFieldChanges(const Candidate& candidate, FieldErrors& errors) {
  if (candidate.before == nullptr || candidate.draft.is_view()) return false;
  const auto with_id = [](const std::vector<bj::object>& fields, const std::string& id) {
    return std::find_if(fields.begin(), fields.end(),
                        [&id](const bj::object& field) { return Text(field, "id") == id; });
  };
  for (const bj::object& old : candidate.before->fields) {
    if (!Bool(old, "system")) continue;
    const auto now = with_id(candidate.draft.fields, Text(old, "id"));
    if (now != candidate.draft.fields.end() && Text(*now, "name") == Text(old, "name")) continue;
    errors.Add({"fields"},
               {"validation_system_field_change", "System fields cannot be deleted or renamed."});
    return true;
  }
  for (std::size_t i = 0; i < candidate.draft.fields.size(); ++i) {
    const bj::object& field = candidate.draft.fields[i];
    const auto old = with_id(candidate.before->fields, Text(field, "id"));
    if (old == candidate.before->fields.end() || Text(*old, "type") == Text(field, "type"))
      continue;
    errors.Add({"fields", std::to_string(i)},
               {"validation_field_type_change", "Field type cannot be changed."});
    return true;
  }
  return false;
}

bool ValidateReservedNames(const Candidate& candidate, FieldErrors& errors) {
  if (!candidate.draft.is_auth()) return false;
  for (std::size_t i = 0; i < candidate.draft.fields.size(); ++i) {
    const std::string name = Text(candidate.draft.fields[i], "name");
    if (!EqualsIgnoreCase(name, "passwordConfirm") && !EqualsIgnoreCase(name, "oldPassword"))
      continue;
    errors.Add(
        {"fields", std::to_string(i), "name"},
        {"validation_reserved_field_name", "The field name is reserved and cannot be used."});
    return true;
  }
  return false;
}

void ValidateFields(const Candidate& candidate, FieldErrors& errors) {
  if (ValidateFieldList(candidate, errors) || ValidateFieldChanges(candidate, errors) ||
      ValidateReservedNames(candidate, errors))
    return;
  for (std::size_t i = 0; i < candidate.draft.fields.size(); ++i)
    ValidateField(candidate, i, errors);
}

// ---- rules ----

void ValidateRules(const Candidate& candidate, FieldErrors& errors) {
  struct Rule {
    std::string_view key;
    RuleText Draft::*rule;
    bool writes;
  };
  constexpr std::array<Rule, 5> kRules = {{{"listRule", &Draft::list_rule, false},
                                           {"viewRule", &Draft::view_rule, false},
                                           {"createRule", &Draft::create_rule, true},
                                           {"updateRule", &Draft::update_rule, true},
                                           {"deleteRule", &Draft::delete_rule, true}}};
  for (const Rule& rule : kRules) {
    const RuleText& text = candidate.draft.*rule.rule;
    if (candidate.draft.is_view() && rule.writes) {
      if (text) errors.Add({rule.key}, {"validation_nil", "must be blank"});
      continue;
    }
    if (text) ValidateRule(candidate, {rule.key}, *text, errors);
    if (candidate.before != nullptr && candidate.before->system &&
        candidate.before->*rule.rule != text) {
      errors.Add({rule.key}, {"validation_collection_system_rule_change",
                              "System collection API rule cannot be changed."});
    }
  }
}

// ---- indexes ----

// The definition apart from the index's name.
std::string Definition(const Index& index) {
  std::string text = index.unique ? "unique" : "";
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    text += "\n" + LowerAscii(index.columns[i]) + (index.descending[i] ? " desc" : "");
  }
  return text + "\n" + index.where + "\n" + std::string(index.sql.substr(index.sql.find('(') + 1));
}

void ValidateIndexes(const Candidate& candidate, FieldErrors& errors) {
  const std::vector<std::string>& indexes = candidate.draft.indexes;
  if (candidate.draft.is_view()) {
    if (!indexes.empty())
      errors.Add({"indexes"},
                 {"validation_indexes_not_supported", "View collections don't support indexes."});
    return;
  }
  std::set<std::string> names;
  std::set<std::string> definitions;
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    const auto add = [&](Mistake mistake) {
      errors.Add({"indexes", std::to_string(i)}, std::move(mistake));
    };
    const std::string canonical = CanonicalIndex(indexes[i], candidate.draft.name);
    const std::optional<Index> index = ParseIndex(canonical);
    if (canonical.empty() || !index || index->name.empty()) {
      return add({"validation_invalid_index_expression", "Invalid CREATE INDEX expression."});
    }
    if (!names.insert(LowerAscii(index->name)).second) {
      return add({"validation_duplicated_index_name", "The index name already exists."});
    }
    for (const auto& other : candidate.schema.collections()) {
      if (other.get() == &candidate.collection) continue;
      for (const Index& used : other->indexes) {
        if (!EqualsIgnoreCase(used.name, index->name)) continue;
        return add({"validation_existing_index_name",
                    "The index name is already used in " + other->name + " collection.",
                    {{"usedTableName", other->name}}});
      }
    }
    if (!definitions.insert(Definition(*index)).second) {
      return add(
          {"validation_duplicated_index_definition", "The index definition already exists."});
    }
  }
  if (candidate.before == nullptr) return;
  for (const std::string& sql : candidate.before->indexes) {
    const std::optional<Index> old = ParseIndex(sql);
    if (!old || !old->unique || old->columns.size() != 1 ||
        candidate.collection.HasUniqueIndexOn(old->columns[0]))
      continue;
    for (const bj::object& field : candidate.before->fields) {
      const std::string name = Text(field, "name");
      if (!Bool(field, "system") || name == "id" || !EqualsIgnoreCase(name, old->columns[0]))
        continue;
      return errors.Add({"indexes"}, {"validation_invalid_unique_system_field_index",
                                      "Unique index definition on system fields (" + name +
                                          ") is invalid or missing.",
                                      {{"fieldName", name}}});
    }
  }
}

void ValidateViewQuery(const Candidate& candidate, FieldErrors& errors) {
  constexpr std::size_t kErrorMax = 500;
  constexpr std::chrono::seconds kQueryTime{30};
  if (candidate.draft.view_query.empty()) return errors.Add({"viewQuery"}, Required());
  // A query that never ends must not hold up all writes.
  candidate.connection.SetLimits(nullptr, std::chrono::steady_clock::now() + kQueryTime);
  const auto fields =
      DryRunView(candidate.connection, candidate.draft.view_query, candidate.schema);
  candidate.connection.ClearLimits();
  if (fields.ok()) return;
  errors.Add(
      {"viewQuery"},
      {"validation_invalid_view_query",
       "Invalid query - " + std::string(AsStd(fields.status().message())).substr(0, kErrorMax)});
}

}  // namespace

void ValidateRule(const Candidate& candidate, FieldErrors::Path path, std::string_view rule,
                  FieldErrors& errors) {
  if (rule.empty()) return;
  const auto bind = [&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(const Ast ast, ParseFilter(rule, RuleLimits()));
    const RequestContext nothing;
    Query query;
    query.collection = &candidate.collection;
    query.rule = &ast;
    return Bind(query, candidate.schema, {.filter_mode = BindMode::kOpen, .request = &nothing})
        .status();
  };
  const Status status = bind();
  if (status.ok()) return;
  const std::optional<Diagnostic> diagnostic = GetDiagnostic(status);
  errors.Add(path, {"validation_invalid_rule",
                    "Invalid rule. Raw error: " +
                        (diagnostic ? diagnostic->message : std::string(AsStd(status.message())))});
}

FieldErrors Validate(const Candidate& candidate) {
  FieldErrors errors;
  ValidateId(candidate, errors);
  if (candidate.before != nullptr && candidate.before->system != candidate.draft.system) {
    errors.Add({"system"}, {"validation_collection_system_flag_change",
                            "System collection state cannot be changed."});
  }
  ValidateType(candidate, errors);
  ValidateName(candidate, errors);
  ValidateFields(candidate, errors);
  ValidateRules(candidate, errors);
  ValidateIndexes(candidate, errors);
  if (candidate.draft.is_auth()) ValidateAuthOptions(candidate, errors);
  if (candidate.draft.is_view()) ValidateViewQuery(candidate, errors);
  return errors;
}

}  // namespace sluice::collections
