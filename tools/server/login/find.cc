// Tested by tests/conformance (`auth`).
#include "tools/server/login/find.h"

#include "sluice/binder.h"
#include "sluice/index_text.h"
#include "sluice/sql.h"
#include "sluice/strings.h"
#include "tools/server/settings/checks.h"

namespace sluice::login {
namespace {

// The collation of the unique index over that one column; none without one.
std::optional<std::string> CollationOf(const Collection& collection, std::string_view field) {
  for (const Index& index : collection.indexes) {
    const std::optional<IndexText> text = ParseIndexText(index.sql);
    if (!text || !text->unique || text->columns.size() != 1) continue;
    if (EqualsIgnoreCase(text->columns[0].name, field)) return text->columns[0].collation;
  }
  return std::nullopt;
}

StatusOr<std::optional<writes::Record>> FindIn(store::Connection& connection,
                                               const Collection& collection, std::string_view field,
                                               std::string_view value, std::string_view collation) {
  const bool ignored = EqualsIgnoreCase(collation, "nocase");
  return writes::FindRecordBy(
      connection, collection, {{field, std::string(value)}},
      ignored ? writes::LetterCase::kIgnored : writes::LetterCase::kMatters);
}

}  // namespace

StatusOr<std::optional<writes::Record>> FindByUnique(store::Connection& connection,
                                                     const Collection& collection,
                                                     std::string_view field,
                                                     std::string_view value) {
  const std::optional<std::string> collation = CollationOf(collection, field);
  if (!collation)
    return absl::InternalError("no unique index on " + collection.name + "." + std::string(field));
  return FindIn(connection, collection, field, value, *collation);
}

StatusOr<std::optional<writes::Record>> FindByEmail(store::Connection& connection,
                                                    const Collection& collection,
                                                    std::string_view email) {
  return FindIn(connection, collection, "email", email,
                CollationOf(collection, "email").value_or(""));
}

StatusOr<std::optional<writes::Record>> FindByIdentity(store::Connection& connection,
                                                       const Collection& collection,
                                                       const store::AuthOptions& options,
                                                       std::string_view field,
                                                       std::string_view identity) {
  if (!field.empty()) return FindByUnique(connection, collection, field, identity);
  for (const bool emails : {true, false}) {
    for (const std::string& name : options.identity_fields) {
      if ((name == "email") != emails) continue;
      if (emails && !settings::IsEmail(identity)) continue;
      SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> found,
                              FindByUnique(connection, collection, name, identity));
      if (found) return found;
    }
  }
  return std::nullopt;
}

StatusOr<std::string> AnyPasswordHash(store::Connection& connection, const Schema& schema,
                                      const Collection& collection) {
  Query query;
  query.collection = &collection;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(query, schema, {.filter_mode = BindMode::kOpen}));
  SelectOptions options;
  options.columns = {"password"};
  options.limit = true;
  SLUICE_ASSIGN_OR_RETURN(store::Statement * statement,
                          connection.Prepare(SelectRows(plan, Sqlite(), options).text));
  const store::StatementUse use(statement);
  use->Bind(1, ValueView::Integer(1));
  SLUICE_ASSIGN_OR_RETURN(const bool row, use->Step());
  return row ? std::string(use->Column(0).text) : std::string();
}

}  // namespace sluice::login
