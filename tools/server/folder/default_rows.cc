// The texts are compared with a folder of the peer's, column by column, in
// tests/server/folder_test.cc.
#include "tools/server/folder/default_rows.h"

#include "tools/server/collections/auth_options.h"
#include "tools/server/json/json_text.h"

namespace sluice::folder {
namespace {

// ---- fields, as they are stored (S-19, S-20) ----

constexpr char kId[] =
    R"({"autogeneratePattern":"[a-z0-9]{15}","help":"","hidden":false,"id":"text3208210256","max":15,"min":15,"name":"id",)"
    R"("pattern":"^[a-z0-9]+$","presentable":false,"primaryKey":true,"required":true,"system":true,"type":"text"})";
constexpr char kTokenKey[] =
    R"({"autogeneratePattern":"[a-zA-Z0-9]{50}","help":"","hidden":true,"id":"text2504183744","max":60,"min":30,"name":"tokenKey",)"
    R"("pattern":"","presentable":false,"primaryKey":false,"required":true,"system":true,"type":"text"})";
constexpr char kEmail[] =
    R"({"exceptDomains":null,"help":"","hidden":false,"id":"email3885137012","name":"email","onlyDomains":null,)"
    R"("presentable":false,"required":true,"system":true,"type":"email"})";
constexpr char kAvatar[] =
    R"({"help":"","hidden":false,"id":"file376926767","maxSelect":1,"maxSize":0,"mimeTypes":["image/jpeg","image/png",)"
    R"("image/svg+xml","image/gif","image/webp"],"name":"avatar","presentable":false,"protected":false,"required":false,)"
    R"("system":false,"thumbs":null,"type":"file"})";

std::string BoolText(bool value) { return value ? "true" : "false"; }

struct TextField {
  std::string id;
  std::string name;
  bool required = true;
  bool hidden = false;
  bool system = true;
  int max = 0;
};

std::string Text(const TextField& field) {
  return R"({"autogeneratePattern":"","help":"","hidden":)" + BoolText(field.hidden) +
         R"(,"id":")" + field.id + R"(","max":)" + std::to_string(field.max) +
         R"(,"min":0,"name":")" + field.name +
         R"(","pattern":"","presentable":false,"primaryKey":false,"required":)" +
         BoolText(field.required) + R"(,"system":)" + BoolText(field.system) + R"(,"type":"text"})";
}

std::string Password(int cost, int min) {
  return R"({"cost":)" + std::to_string(cost) +
         R"(,"help":"","hidden":true,"id":"password901924565","max":0,"min":)" +
         std::to_string(min) +
         R"(,"name":"password","pattern":"","presentable":false,"required":true,"system":true,"type":"password"})";
}

std::string Bool(std::string_view id, std::string_view name) {
  return R"({"help":"","hidden":false,"id":")" + std::string(id) + R"(","name":")" +
         std::string(name) +
         R"(","presentable":false,"required":false,"system":true,"type":"bool"})";
}

// `created` and `updated`.
std::string Autodates(bool system) {
  const std::string end =
      R"(,"presentable":false,"system":)" + BoolText(system) + R"(,"type":"autodate"})";
  return R"({"hidden":false,"id":"autodate2990389176","name":"created","onCreate":true,"onUpdate":false)" +
         end +
         R"(,{"hidden":false,"id":"autodate3332085495","name":"updated","onCreate":true,"onUpdate":true)" +
         end;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

const TextField kCollectionRef{"text455797646", "collectionRef"};
const TextField kRecordRef{"text127846527", "recordRef"};

std::string AuthFields() {
  return Join({kId, Password(0, 8), kTokenKey, kEmail, Bool("bool1547992806", "emailVisibility"),
               Bool("bool256245529", "verified")});
}

// ---- tables (S-27, S-28) ----

std::string Column(std::string_view name) {
  std::string column = "`";
  column += name;
  if (name == "id")
    return column + "` TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL";
  if (name == "emailVisibility" || name == "verified")
    return column + "` BOOLEAN DEFAULT FALSE NOT NULL";
  return column + "` TEXT DEFAULT '' NOT NULL";
}

// `columns` in alphabetical order.
std::string Table(const std::string& name, const std::vector<std::string_view>& columns) {
  std::vector<std::string> definitions;
  for (const std::string_view column : columns) definitions.push_back(Column(column));
  std::string text;
  for (const std::string& definition : definitions) text += (text.empty() ? "" : ", ") + definition;
  return "CREATE TABLE `" + name + "` (" + text + ")";
}

// ---- indexes (S-24, S-35) ----

struct IndexTexts {
  std::string stored;
  std::string executed;
};

// Stored as the peer's migrations wrote it, blanks between the columns or not.
IndexTexts ColumnsIndex(const std::string& head, const std::string& table,
                        const std::vector<std::string>& columns, const std::string& separator) {
  std::string stored;
  std::string executed;
  for (const std::string& column : columns) {
    stored += (stored.empty() ? "" : separator) + column;
    executed += (executed.empty() ? "" : ",") + std::string("\n  `") + column + "`";
  }
  const std::string start = head + " ON `" + table + "` (";
  return {start + stored + ")", start + executed + "\n)"};
}

std::vector<IndexTexts> AuthIndexes(const std::string& id, const std::string& table) {
  const std::string token_key =
      "CREATE UNIQUE INDEX `idx_tokenKey_" + id + "` ON `" + table + "` (`tokenKey`)";
  const std::string email =
      "CREATE UNIQUE INDEX `idx_email_" + id + "` ON `" + table + "` (`email`) WHERE `email` != ''";
  return {{token_key, token_key}, {email, email}};
}

void AddIndexes(DefaultCollection& collection, const std::vector<IndexTexts>& indexes) {
  std::vector<std::string> stored;
  for (const IndexTexts& index : indexes) {
    std::string text;
    json::AppendString(text, index.stored);
    stored.push_back(std::move(text));
    collection.statements.push_back(index.executed);
  }
  collection.row.indexes = "[" + Join(stored) + "]";
}

// ---- collections ----

constexpr char kOwnerRule[] =
    "@request.auth.id != '' && recordRef = @request.auth.id && collectionRef = "
    "@request.auth.collectionId";

DefaultCollection SystemBase(const std::string& id, const std::string& name,
                             const std::vector<std::string>& fields,
                             const std::vector<std::string_view>& columns) {
  DefaultCollection collection;
  store::CollectionRow& row = collection.row;
  row.id = id;
  row.system = true;
  row.type = "base";
  row.name = name;
  row.options = "{}";
  row.fields = "[" +
               Join({kId, Text(kCollectionRef), Text(kRecordRef), Join(fields), Autodates(true)}) +
               "]";
  row.list_rule = row.view_rule = kOwnerRule;
  collection.statements.push_back(Table(name, columns));
  return collection;
}

DefaultCollection Mfas() {
  DefaultCollection made =
      SystemBase("pbc_2279338944", "_mfas", {Text({"text1582905952", "method"})},
                 {"collectionRef", "created", "id", "method", "recordRef", "updated"});
  AddIndexes(made, {ColumnsIndex("CREATE INDEX `idx_mfas_collectionRef_recordRef`", "_mfas",
                                 {"collectionRef", "recordRef"}, ",")});
  return made;
}

DefaultCollection Otps() {
  TextField sent_to{"text3866985172", "sentTo"};
  sent_to.required = false;
  sent_to.hidden = true;
  DefaultCollection made =
      SystemBase("pbc_1638494021", "_otps", {Password(8, 0), Text(sent_to)},
                 {"collectionRef", "created", "id", "password", "recordRef", "sentTo", "updated"});
  AddIndexes(made, {ColumnsIndex("CREATE INDEX `idx_otps_collectionRef_recordRef`", "_otps",
                                 {"collectionRef", "recordRef"}, ", ")});
  return made;
}

DefaultCollection ExternalAuths() {
  const std::string name = "_externalAuths";
  DefaultCollection made = SystemBase(
      "pbc_2281828961", name,
      {Text({"text2462348188", "provider"}), Text({"text1044722854", "providerId"})},
      {"collectionRef", "created", "id", "provider", "providerId", "recordRef", "updated"});
  made.row.delete_rule = kOwnerRule;
  AddIndexes(made, {ColumnsIndex("CREATE UNIQUE INDEX `idx_externalAuths_record_provider`", name,
                                 {"collectionRef", "recordRef", "provider"}, ", "),
                    ColumnsIndex("CREATE UNIQUE INDEX `idx_externalAuths_collection_provider`",
                                 name, {"collectionRef", "provider", "providerId"}, ", ")});
  return made;
}

DefaultCollection AuthOrigins() {
  const std::string name = "_authOrigins";
  DefaultCollection made =
      SystemBase("pbc_4275539003", name, {Text({"text4228609354", "fingerprint"})},
                 {"collectionRef", "created", "fingerprint", "id", "recordRef", "updated"});
  made.row.delete_rule = kOwnerRule;
  AddIndexes(made, {ColumnsIndex("CREATE UNIQUE INDEX `idx_authOrigins_unique_pairs`", name,
                                 {"collectionRef", "recordRef", "fingerprint"}, ", ")});
  return made;
}

DefaultCollection Superusers() {
  DefaultCollection made;
  made.row.id = "pbc_3142635823";
  made.row.system = true;
  made.row.type = "auth";
  made.row.name = "_superusers";
  made.row.fields = "[" + Join({AuthFields(), Autodates(true)}) + "]";
  made.row.options = collections::AuthOptionsJson({.token_seconds = 86400});
  made.statements.push_back(Table(made.row.name, {"created", "email", "emailVisibility", "id",
                                                  "password", "tokenKey", "updated", "verified"}));
  AddIndexes(made, AuthIndexes(made.row.id, made.row.name));
  return made;
}

// S-25.
DefaultCollection Users() {
  TextField name{"text1579384326", "name"};
  name.required = false;
  name.system = false;
  name.max = 255;
  DefaultCollection made;
  made.row.id = "_pb_users_auth_";
  made.row.type = "auth";
  made.row.name = "users";
  made.row.fields = "[" + Join({AuthFields(), Text(name), kAvatar, Autodates(false)}) + "]";
  made.row.options =
      collections::AuthOptionsJson({.mapped_name = "name", .mapped_avatar = "avatar"});
  made.row.list_rule = made.row.view_rule = made.row.update_rule = made.row.delete_rule =
      "id = @request.auth.id";
  made.row.create_rule = "";
  made.statements.push_back(
      Table(made.row.name, {"avatar", "created", "email", "emailVisibility", "id", "name",
                            "password", "tokenKey", "updated", "verified"}));
  AddIndexes(made, AuthIndexes(made.row.id, made.row.name));
  return made;
}

}  // namespace

std::vector<DefaultCollection> DefaultCollections(std::string_view now) {
  std::vector<DefaultCollection> collections = {Mfas(),        Otps(),       ExternalAuths(),
                                                AuthOrigins(), Superusers(), Users()};
  for (DefaultCollection& collection : collections)
    collection.row.created = collection.row.updated = now;
  return collections;
}

std::vector<std::string> SystemMigrations() {
  return {"1640988000_aux_init.go",
          "1640988000_init.go",
          "1717233556_v0.23_migrate.go",
          "1717233557_v0.23_migrate2.go",
          "1717233558_v0.23_migrate3.go",
          "1717233559_v0.23_migrate4.go",
          "1763020353_update_default_auth_alert_templates.go",
          "1778828400_normalize_indexes.go"};
}

}  // namespace sluice::folder
