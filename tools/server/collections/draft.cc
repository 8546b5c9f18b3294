// Tested by tests/conformance (`collections`).
#include "tools/server/collections/draft.h"

#include <algorithm>
#include <array>
#include <utility>

#include "boost/crc.hpp"

#include "sluice/ddl.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/collections/auth_options.h"
#include "tools/server/collections/collection_json.h"
#include "tools/server/collections/shapes.h"
#include "tools/server/http/json_text.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;

constexpr std::size_t kSecretSize = 50;
constexpr std::size_t kIndexNameMax = 64;

bj::string_view Boost(std::string_view text) { return {text.data(), text.size()}; }

std::string Checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return std::to_string(crc.checksum());
}

bj::object IdField() {
  bj::object field = NewField(FieldType::kText, "id");
  Set(field, "id", "text3208210256");
  Set(field, "autogeneratePattern", "[a-z0-9]{15}");
  Set(field, "min", std::int64_t{15});
  Set(field, "max", std::int64_t{15});
  return field;
}

struct AuthField {
  std::string_view name;
  FieldType type;
};
constexpr std::array<AuthField, 5> kAuthFields = {{{"password", FieldType::kPassword},
                                                   {"tokenKey", FieldType::kText},
                                                   {"email", FieldType::kEmail},
                                                   {"emailVisibility", FieldType::kBool},
                                                   {"verified", FieldType::kBool}}};

bj::object NewAuthField(const AuthField& wanted) {
  bj::object field = NewField(wanted.type, wanted.name);
  if (wanted.name == "password") Set(field, "min", std::int64_t{8});
  if (wanted.name == "tokenKey") {
    Set(field, "min", std::int64_t{30});
    Set(field, "max", std::int64_t{60});
    Set(field, "autogeneratePattern", "[a-zA-Z0-9]{50}");
  }
  if (wanted.name == "email") Set(field, "required", true);
  return field;
}

bj::object* FieldNamed(std::vector<bj::object>& fields, std::string_view name) {
  for (bj::object& field : fields) {
    if (Text(field, "name") == name) return &field;
  }
  return nullptr;
}

void CompleteIdField(std::vector<bj::object>& fields) {
  bj::object* id = FieldNamed(fields, "id");
  if (id == nullptr || Text(*id, "type") != "text") {
    std::vector<bj::object> behind;
    behind.swap(fields);
    fields.push_back(IdField());
    FieldList list(fields);
    for (bj::object& field : behind) list.Add(std::move(field));
    id = FieldNamed(fields, "id");
    if (id == nullptr || Text(*id, "type") != "text") return;
  }
  for (const char* flag : {"system", "required", "primaryKey"}) Set(*id, flag, true);
  Set(*id, "hidden", false);
  if (Text(*id, "pattern").empty()) Set(*id, "pattern", "^[a-z0-9]+$");
}

void CompleteAuthFields(std::vector<bj::object>& fields) {
  for (const AuthField& wanted : kAuthFields) {
    bj::object* field = FieldNamed(fields, wanted.name);
    if (field == nullptr) {
      FieldList(fields).Add(NewAuthField(wanted));
      field = FieldNamed(fields, wanted.name);
      if (field == nullptr) continue;
    } else if (Text(*field, "type") != ToText(wanted.type)) {
      const std::string id = Text(*field, "id");
      *field = NewAuthField(wanted);
      Set(*field, "id", Boost(id));
    }
    Set(*field, "system", true);
    if (wanted.name == "password" || wanted.name == "tokenKey") {
      Set(*field, "hidden", true);
      Set(*field, "required", true);
    }
    if (wanted.name == "email") Set(*field, "hidden", false);
  }
}

bool HasUniqueIndex(const std::vector<std::string>& indexes, std::string_view column) {
  return std::any_of(indexes.begin(), indexes.end(), [column](const std::string& sql) {
    const std::optional<Index> index = ParseIndex(sql);
    return index && index->unique && index->columns.size() == 1 &&
           EqualsIgnoreCase(index->columns[0], column);
  });
}

void AddAuthIndexes(Draft& draft, const std::string& index_id) {
  for (const std::string column : {"tokenKey", "email"}) {
    if (HasUniqueIndex(draft.indexes, column)) continue;
    const std::string name = ("idx_" + column + "_" + index_id).substr(0, kIndexNameMax);
    std::string sql =
        "CREATE UNIQUE INDEX `" + name + "` ON `" + draft.name + "` (`" + column + "`)";
    if (column == "email") sql += " WHERE `email` != ''";
    draft.indexes.push_back(std::move(sql));
  }
}

bj::object& MutablePart(bj::value& object, std::string_view key) {
  return object.get_object()[Boost(key)].get_object();
}

// S-24: what nobody can change of the superusers.
void FixSuperusers(Draft& draft) {
  bj::object& oauth2 = MutablePart(draft.auth, "oauth2");
  Set(oauth2, "enabled", false);
  Set(oauth2, "providers", nullptr);
  Set(MutablePart(draft.auth, "passwordAuth"), "enabled", true);
  if (Bool(MutablePart(draft.auth, "otp"), "enabled"))
    Set(MutablePart(draft.auth, "mfa"), "enabled", true);
}

void CompleteAuthOptions(Draft& draft, const Draft* before) {
  if (draft.name == kSuperusers) FixSuperusers(draft);
  bj::object& oauth2 = MutablePart(draft.auth, "oauth2");
  for (auto& member : oauth2["mappedFields"].get_object()) {
    if (FieldNamed(draft.fields, std::string_view(member.value().get_string().data(),
                                                  member.value().get_string().size())) == nullptr) {
      member.value() = "";
    }
  }
  // Whoever is logged in must pass the new rule.
  if (before != nullptr && before->is_auth() &&
      before->auth.at("authRule") != draft.auth.at("authRule")) {
    Set(MutablePart(draft.auth, "authToken"), "secret", Boost(auth::RandomText(kSecretSize)));
  }
}

bj::value DefaultAuthOptions() {
  bj::value options = ZeroValue(AuthShape());
  const StatusOr<bj::value> defaults =
      http::ParseJson(AuthOptionsJson({}), http::JsonTail::kMustBeBlank);
  if (defaults.ok()) MergeTyped(options, *defaults, AuthShape(), BodyKind::kJson);
  return options;
}

// ---- decoding ----

bool DecodeText(std::string& into, const bj::value* from, BodyKind kind) {
  if (from == nullptr) return true;
  bj::value value = Boost(into);
  if (!MergeTyped(value, *from, {.kind = ShapeKind::kText}, kind)) return false;
  into = std::string(value.get_string());
  return true;
}

bool DecodeRule(RuleText& into, const bj::value* from, BodyKind kind) {
  if (from == nullptr) return true;
  bj::value value;
  if (!MergeTyped(value, *from, {.kind = ShapeKind::kNullableText}, kind)) return false;
  into = value.is_null() ? RuleText() : RuleText(std::string(value.get_string()));
  return true;
}

bool DecodeFields(std::vector<bj::object>& into, const bj::value& from, BodyKind kind) {
  if (kind == BodyKind::kForm && from.is_string()) {
    const StatusOr<bj::value> parsed = http::ParseJson(
        {from.get_string().data(), from.get_string().size()}, http::JsonTail::kMustBeBlank);
    return parsed.ok() && !parsed->is_string() && DecodeFields(into, *parsed, BodyKind::kJson);
  }
  into.clear();
  if (from.is_null()) return true;
  if (!from.is_array()) return false;
  FieldList list(into);
  for (const bj::value& item : from.get_array()) {
    if (!item.is_object()) return false;
    const bj::value* type = FindKey(item.get_object(), "type");
    if (type == nullptr || !type->is_string()) return false;
    const std::optional<FieldType> known =
        ParseFieldType({type->get_string().data(), type->get_string().size()});
    if (!known) return false;
    bj::value field = ZeroValue(FieldShape(*known));
    if (!MergeTyped(field, item, FieldShape(*known), kind)) return false;
    list.Add(std::move(field.get_object()));
  }
  return true;
}

bool DecodeIndexes(std::vector<std::string>& into, const bj::value& from, BodyKind kind) {
  bj::value texts;
  if (!MergeTyped(texts, from, {.kind = ShapeKind::kTexts}, kind)) return false;
  into.clear();
  if (texts.is_null()) return true;
  for (const bj::value& text : texts.get_array()) into.emplace_back(text.get_string());
  return true;
}

}  // namespace

std::string Text(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(Boost(key));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool Bool(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(Boost(key));
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::int64_t Integer(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains(Boost(key));
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

void Set(bj::object& object, std::string_view key, bj::value value) {
  object[Boost(key)] = std::move(value);
}

const bj::object& Part(const bj::value& object, std::string_view key) {
  return object.get_object().at(Boost(key)).get_object();
}

bj::object NewField(FieldType type, std::string_view name) {
  bj::object field = ZeroValue(FieldShape(type)).get_object();
  Set(field, "name", Boost(name));
  Set(field, "type", Boost(ToText(type)));
  return field;
}

FieldList::FieldList(std::vector<bj::object>& fields) : fields_(fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    by_id_.try_emplace(Text(fields[i], "id"), i);
    by_name_.try_emplace(Text(fields[i], "name"), i);
  }
}

void FieldList::Add(bj::object field) {
  std::string id = Text(field, "id");
  const std::string name = Text(field, "name");
  auto same = by_id_.end();
  if (!id.empty()) {
    same = by_id_.find(id);
  } else if (const auto named = by_name_.find(name); named != by_name_.end()) {
    id = Text(fields_[named->second], "id");
    same = by_id_.find(id);
  } else {
    const std::string base = Text(field, "type") + Checksum(name);
    id = base;
    for (int counter = 2; by_id_.contains(id); ++counter) id = base + std::to_string(counter);
  }
  Set(field, "id", Boost(id));
  std::size_t place = fields_.size();
  if (same != by_id_.end()) {
    place = same->second;
    const auto old = by_name_.find(Text(fields_[place], "name"));
    if (old != by_name_.end() && old->second == place) by_name_.erase(old);
    fields_[place] = std::move(field);
  } else {
    by_id_.emplace(id, place);
    fields_.push_back(std::move(field));
  }
  by_name_.try_emplace(name, place);
}

Draft NewDraft(std::string_view type) {
  Draft draft;
  draft.type = std::string(type);
  draft.auth = draft.is_auth() ? DefaultAuthOptions() : ZeroValue(AuthShape());
  return draft;
}

StatusOr<Draft> DraftOf(const Collection& collection) {
  Draft draft;
  draft.id = collection.id;
  draft.name = collection.name;
  draft.type = collection.is_auth() ? "auth" : collection.is_view() ? "view" : "base";
  draft.system = collection.system;
  draft.list_rule = collection.list_rule;
  draft.view_rule = collection.view_rule;
  draft.create_rule = collection.create_rule;
  draft.update_rule = collection.update_rule;
  draft.delete_rule = collection.delete_rule;
  for (const Index& index : collection.indexes) draft.indexes.push_back(index.sql);
  draft.created = collection.created;
  draft.updated = collection.updated;
  draft.view_query = collection.view_query;
  for (const Field& field : collection.fields) {
    SLUICE_ASSIGN_OR_RETURN(const bj::value stored,
                            http::ParseJson(field.options_json, http::JsonTail::kMustBeBlank));
    bj::value value = ZeroValue(FieldShape(field.type));
    if (!MergeTyped(value, stored, FieldShape(field.type), BodyKind::kJson)) {
      return absl::DataLossError("the field " + collection.name + "." + field.name +
                                 " holds an option of another kind");
    }
    draft.fields.push_back(std::move(value.get_object()));
  }
  draft.auth = ZeroValue(AuthShape());
  if (collection.is_auth()) {
    SLUICE_ASSIGN_OR_RETURN(const bj::value stored,
                            http::ParseJson(collection.options_json, http::JsonTail::kMustBeBlank));
    if (!MergeTyped(draft.auth, stored, AuthShape(), BodyKind::kJson)) {
      return absl::DataLossError("the options of the collection " + collection.name +
                                 " hold a value of another kind");
    }
  }
  return draft;
}

bool Decode(Draft& draft, const bj::object& body, BodyKind kind) {
  const auto key = [&body](std::string_view name) { return FindKey(body, name); };
  if (!DecodeText(draft.type, key("type"), kind)) return false;
  if (draft.type.empty()) draft.type = "base";
  bj::value system = draft.system;
  if (const bj::value* given = key("system");
      given != nullptr && !MergeTyped(system, *given, {.kind = ShapeKind::kBool}, kind))
    return false;
  draft.system = system.get_bool();
  if (!DecodeText(draft.id, key("id"), kind) || !DecodeText(draft.name, key("name"), kind) ||
      !DecodeRule(draft.list_rule, key("listRule"), kind) ||
      !DecodeRule(draft.view_rule, key("viewRule"), kind) ||
      !DecodeRule(draft.create_rule, key("createRule"), kind) ||
      !DecodeRule(draft.update_rule, key("updateRule"), kind) ||
      !DecodeRule(draft.delete_rule, key("deleteRule"), kind)) {
    return false;
  }
  if (const bj::value* fields = key("fields");
      fields != nullptr && !DecodeFields(draft.fields, *fields, kind))
    return false;
  const bj::value* indexes = key("indexes");
  draft.indexes_given = indexes != nullptr && !indexes->is_null();
  if (indexes != nullptr && !DecodeIndexes(draft.indexes, *indexes, kind)) return false;
  if (draft.is_view()) return DecodeText(draft.view_query, key("viewQuery"), kind);
  if (!draft.is_auth()) return true;
  return MergeTyped(draft.auth, kind == BodyKind::kForm ? NestFormKeys(body, AuthShape()) : body,
                    AuthShape(), kind);
}

std::string AutoId(const Draft& draft, const std::function<bool(const std::string&)>& taken) {
  const std::string base = "pbc_" + Checksum(draft.type + draft.name);
  std::string id = base;
  for (int counter = 2; taken(id); ++counter) id = base + std::to_string(counter);
  return id;
}

void Complete(Draft& draft, const Draft* before, const std::string& index_id) {
  if (draft.is_view()) return;
  CompleteIdField(draft.fields);
  if (draft.is_auth()) {
    CompleteAuthFields(draft.fields);
    AddAuthIndexes(draft, index_id);
    CompleteAuthOptions(draft, before);
  }
  for (std::string& index : draft.indexes) index = StoredIndex(index, draft.name);
}

store::CollectionRow RowOf(const Draft& draft) {
  store::CollectionRow row;
  row.id = draft.id;
  row.system = draft.system;
  row.type = draft.type;
  row.name = draft.name;
  row.list_rule = draft.list_rule;
  row.view_rule = draft.view_rule;
  row.create_rule = draft.create_rule;
  row.update_rule = draft.update_rule;
  row.delete_rule = draft.delete_rule;
  row.created = draft.created;
  row.updated = draft.updated;
  bj::array fields;
  for (const bj::object& field : draft.fields) fields.push_back(field);
  http::AppendJsonValue(row.fields, fields);
  bj::array indexes;
  for (const std::string& index : draft.indexes) indexes.emplace_back(Boost(index));
  http::AppendJsonValue(row.indexes, indexes);
  row.options = "{}";
  if (draft.is_auth()) {
    row.options.clear();
    AppendOrdered(row.options, draft.auth);
  } else if (draft.is_view()) {
    row.options.clear();
    AppendOrdered(row.options, bj::object{{"viewQuery", Boost(draft.view_query)}});
  }
  return row;
}

}  // namespace sluice::collections
