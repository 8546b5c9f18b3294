// Tested by tests/server/schema_catalog_test.cc.
#include "tools/server/store/schema_catalog.h"

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"

#include "tools/server/store/statistics_table.h"
#include "tools/server/store/system_tables.h"

namespace sluice::store {
namespace {

namespace bj = boost::json;

StatusOr<bj::value> ParseJson(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  bj::parse_options options;
  options.max_depth = 100;
  options.allow_invalid_utf8 = true;
  bj::value value = bj::parse({text.data(), text.size()}, error, {}, options);
  if (error)
    return absl::FailedPreconditionError(std::string(what) +
                                         " is not valid JSON: " + error.message());
  return value;
}

std::string TextMember(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool BoolMember(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::int64_t IntegerMember(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

StatusOr<Field> ReadField(const bj::value& value, const std::string& collection) {
  if (!value.is_object())
    return absl::FailedPreconditionError("a field of the collection " + collection +
                                         " is no object");
  const bj::object& object = value.get_object();
  Field field;
  field.id = TextMember(object, "id");
  field.name = TextMember(object, "name");
  const std::string type = TextMember(object, "type");
  const std::optional<FieldType> known = ParseFieldType(type);
  if (!known) {
    return absl::FailedPreconditionError("the field " + collection + "." + field.name +
                                         " has the unknown type \"" + type +
                                         "\"; the folder may be from a newer version");
  }
  field.type = *known;
  field.system = BoolMember(object, "system");
  field.hidden = BoolMember(object, "hidden");
  field.primary_key = BoolMember(object, "primaryKey");
  field.collection_id = TextMember(object, "collectionId");
  field.max_select =
      static_cast<std::uint32_t>(std::max<std::int64_t>(0, IntegerMember(object, "maxSelect")));
  field.options_json = bj::serialize(value);
  return field;
}

RuleText Nullable(const Statement& row, int column) {
  const ValueView value = row.Column(column);
  if (value.is_null()) return std::nullopt;
  return std::string(value.text);
}

RuleText RuleMember(const bj::object& options, std::string_view key) {
  const bj::value* value = options.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

Affinity AffinityOfDeclaredType(std::string_view declared) {
  const std::string type = LowerAscii(declared);
  const auto has = [&type](std::string_view part) { return type.find(part) != std::string::npos; };
  if (type.empty()) return Affinity::kNone;
  if (has("int")) return Affinity::kNumeric;
  if (has("char") || has("clob") || has("text")) return Affinity::kText;
  if (has("blob")) return Affinity::kBlob;
  return Affinity::kNumeric;
}

// View columns have the affinity of the table column that they name directly,
// else none (F-36): what SQLite itself says about the view.
Status ReadViewAffinities(Connection& connection, Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(Statement * statement,
                          connection.Prepare("SELECT name, type FROM pragma_table_info(?1)"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(collection.name));
  for (Field& field : collection.fields) field.view_affinity = Affinity::kNone;
  while (true) {
    StatusOr<bool> row = use->Step();
    // A view over tables that are gone is broken, not the folder.
    if (!row.ok() || !*row) return absl::OkStatus();
    for (Field& field : collection.fields) {
      if (use->Column(0).text == field.name)
        field.view_affinity = AffinityOfDeclaredType(use->Column(1).text);
    }
  }
}

CollectionRow ReadRow(const Statement& row) {
  const auto text = [&row](int column) { return std::string(row.Column(column).text); };
  CollectionRow read;
  read.id = text(0);
  read.system = row.Column(1).integer != 0;
  read.type = text(2);
  read.name = text(3);
  read.fields = text(4);
  read.indexes = text(5);
  read.list_rule = Nullable(row, 6);
  read.view_rule = Nullable(row, 7);
  read.create_rule = Nullable(row, 8);
  read.update_rule = Nullable(row, 9);
  read.delete_rule = Nullable(row, 10);
  read.options = text(11);
  read.created = text(12);
  read.updated = text(13);
  return read;
}

StatusOr<bool> HasColumn(Connection& connection, std::string_view table, std::string_view column) {
  SLUICE_ASSIGN_OR_RETURN(
      Statement * statement,
      connection.Prepare("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2"));
  const StatementUse use(statement);
  use->Bind(1, ValueView::Text(table));
  use->Bind(2, ValueView::Text(column));
  return use->Step();
}

// S-14.
Status CheckFolder(Connection& connection) {
  SLUICE_ASSIGN_OR_RETURN(const bool collections, HasColumn(connection, "_collections", "id"));
  if (!collections)
    return absl::FailedPreconditionError(
        "data.db has no _collections table: this is no PocketBase data folder");
  SLUICE_ASSIGN_OR_RETURN(const bool admins, HasColumn(connection, "_admins", "id"));
  SLUICE_ASSIGN_OR_RETURN(const bool fields, HasColumn(connection, "_collections", "fields"));
  if (admins || !fields) {
    return absl::FailedPreconditionError(
        "the folder was written by a PocketBase before 0.23; start it once with PocketBase 0.23 or "
        "later, which upgrades it, "
        "and serve it then");
  }
  return absl::OkStatus();
}

StatusOr<Settings> LoadSettings(Connection& connection, const SettingsOpener& opener) {
  SLUICE_ASSIGN_OR_RETURN(const bool params, HasColumn(connection, "_params", "value"));
  if (!params) return Settings();
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> stored, ReadSettingsRow(connection));
  if (!stored) return Settings();
  return ParseSettings(*stored, opener);
}

constexpr char kCollectionsQuery[] =
    "SELECT id, system, type, name, fields, indexes, listRule, viewRule, createRule, updateRule, "
    "deleteRule, options, created, "
    "updated FROM _collections ORDER BY _rowid_";

}  // namespace

StatusOr<Settings> ParseSettings(const std::string& stored, const SettingsOpener& opener) {
  constexpr std::string_view kName = "the settings row";
  StatusOr<bj::value> value = ParseJson(stored, kName);
  if (!value.ok()) {
    if (!opener) {
      return absl::FailedPreconditionError(
          "the settings of this folder are damaged, or encrypted: then name the environment "
          "variable with their key "
          "(--encryptionEnv NAME)");
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string opened, opener(stored));
    SLUICE_ASSIGN_OR_RETURN(value, ParseJson(opened, kName));
  }
  Settings settings;
  // A stored list replaces the default one as a whole.
  settings.rate_limits.rules.clear();
  SLUICE_RETURN_IF_ERROR(MergeSettings(*value, settings));
  return settings;
}

StatusOr<std::shared_ptr<Collection>> MakeCollection(CollectionRow row) {
  auto collection = std::make_shared<Collection>();
  collection->id = std::move(row.id);
  collection->system = row.system;
  collection->name = std::move(row.name);
  collection->type = row.type == "auth"   ? CollectionType::kAuth
                     : row.type == "view" ? CollectionType::kView
                                          : CollectionType::kBase;
  SLUICE_ASSIGN_OR_RETURN(const bj::value fields,
                          ParseJson(row.fields, "fields of the collection " + collection->name));
  if (fields.is_array()) {
    for (const bj::value& value : fields.get_array()) {
      SLUICE_ASSIGN_OR_RETURN(Field field, ReadField(value, collection->name));
      collection->fields.push_back(std::move(field));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(const bj::value indexes,
                          ParseJson(row.indexes, "indexes of the collection " + collection->name));
  if (indexes.is_array()) {
    for (const bj::value& value : indexes.get_array()) {
      if (!value.is_string()) continue;
      if (std::optional<Index> index = ParseIndex(std::string(value.get_string())))
        collection->indexes.push_back(*std::move(index));
    }
  }
  collection->list_rule = std::move(row.list_rule);
  collection->view_rule = std::move(row.view_rule);
  collection->create_rule = std::move(row.create_rule);
  collection->update_rule = std::move(row.update_rule);
  collection->delete_rule = std::move(row.delete_rule);
  collection->options_json = std::move(row.options);
  collection->created = std::move(row.created);
  collection->updated = std::move(row.updated);
  SLUICE_ASSIGN_OR_RETURN(
      const bj::value options,
      ParseJson(collection->options_json, "options of the collection " + collection->name));
  if (options.is_object()) {
    const bj::object& object = options.get_object();
    collection->view_query = TextMember(object, "viewQuery");
    collection->auth_rule = RuleMember(object, "authRule");
    collection->manage_rule = RuleMember(object, "manageRule");
  }
  return collection;
}

StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(Connection& connection,
                                                       const SettingsOpener& opener,
                                                       const SnapshotOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const auto read, ReadSnapshot::Begin(connection));
  SLUICE_RETURN_IF_ERROR(CheckFolder(connection));
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->strict = options.strict;
  snapshot->cost_max = options.cost_max;
  SLUICE_ASSIGN_OR_RETURN(snapshot->schema_version, connection.SchemaVersion());
  std::vector<std::shared_ptr<Collection>> loaded;
  {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(kCollectionsQuery));
    const StatementUse use(statement);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
      if (!row) break;
      SLUICE_ASSIGN_OR_RETURN(auto collection, MakeCollection(ReadRow(*use)));
      if (collection->is_auth()) {
        auto options = std::make_shared<const AuthOptions>(ReadAuthOptions(*collection));
        snapshot->auth_token_secrets[collection->id] = options->auth_token.secret;
        snapshot->auth_options[collection->id] = std::move(options);
      }
      loaded.push_back(std::move(collection));
    }
  }
  std::vector<std::shared_ptr<const Collection>> collections;
  for (auto& collection : loaded) {
    if (collection->is_view()) SLUICE_RETURN_IF_ERROR(ReadViewAffinities(connection, *collection));
    snapshot->rules[collection->id] = {
        ParseRule(collection->list_rule),   ParseRule(collection->view_rule),
        ParseRule(collection->create_rule), ParseRule(collection->update_rule),
        ParseRule(collection->delete_rule), ParseRule(collection->manage_rule)};
    collections.push_back(std::move(collection));
  }
  snapshot->schema = std::make_shared<const Schema>(std::move(collections));
  SLUICE_ASSIGN_OR_RETURN(Statistics statistics, ReadStatistics(connection));
  snapshot->statistics = std::make_shared<const Statistics>(std::move(statistics));
  SLUICE_ASSIGN_OR_RETURN(snapshot->settings, LoadSettings(connection, opener));
  return snapshot;
}

StatusOr<std::string> CatalogFingerprint(Connection& connection) {
  SLUICE_ASSIGN_OR_RETURN(const bool params, HasColumn(connection, "_params", "value"));
  // Concatenated as they are, which is far cheaper than quote(), between signs
  // that JSON has none of.
  std::string columns;
  for (const char* column : {"id", "type", "name", "fields", "indexes", "listRule", "viewRule",
                             "createRule", "updateRule", "deleteRule", "options", "updated"}) {
    columns +=
        std::string(columns.empty() ? "" : "||char(31)||") + "ifnull(" + column + ",char(30))";
  }
  const std::string collections = "SELECT group_concat(" + columns + ",char(29)) FROM _collections";
  const std::string settings =
      params ? "SELECT typeof(value)||CAST(value AS TEXT) FROM _params WHERE id = 'settings'"
             : "SELECT ''";
  std::string text;
  for (const std::string& query : {collections, settings}) {
    SLUICE_ASSIGN_OR_RETURN(Statement * statement, connection.Prepare(query));
    const StatementUse use(statement);
    SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
    if (row) text += use->Column(0).text;
  }
  return text;
}

}  // namespace sluice::store
