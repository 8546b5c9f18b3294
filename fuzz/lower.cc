// Bind and lower: every placeholder has its parameter, SQLite takes the text, and
// nothing of the input stands in it.
//
// An input: a byte for the collection, one for who asks, then filter, sort and
// rule, separated by \x1f.
#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "sqlite3.h"

#include "fuzz/target.h"
#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/support/schemas.h"

namespace sluice::fuzz {
namespace {

// What the peer takes of a client (F-26), and a rule beside it.
constexpr std::size_t kInputBytesMax = 8192;
// SQLite's time to prepare grows with the joins; 64 take minutes in all.
constexpr std::size_t kJoinsMax = 16;

// One schema with its tables, empty: preparing needs no rows.
class Place {
 public:
  Place() : schema_(ExampleSchema()) {
    sqlite3_open(":memory:", &db_);
    if (sqlite3_exec(db_, CreateTablesSql(*schema_, Sqlite()).c_str(), nullptr, nullptr, nullptr) !=
        SQLITE_OK)
      Broken("the tables cannot be made", sqlite3_errmsg(db_));
    auth_ = {schema_->Find("members"), "m1", "ann@x.io", true, true};
    request_.now = 1'704'067'200'000;
    request_.query = {{"a", "x"}, {"empty", ""}};
    request_.headers = {{"x_token", "t"}};
  }

  const Schema& schema() const { return *schema_; }

  BindOptions Options(unsigned char who) {
    request_.auth = (who & 1U) != 0 ? &auth_ : nullptr;
    BindOptions options;
    options.request = &request_;
    options.filter_mode = (who & 2U) != 0 ? BindMode::kOpen : BindMode::kRestricted;
    return options;
  }

  void Prepare(const Collection& collection, const SqlStatement& statement) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v2(
        db_, statement.text.data(), static_cast<int>(statement.text.size()), &prepared, nullptr);
    const int parameters = sqlite3_bind_parameter_count(prepared);
    sqlite3_finalize(prepared);
    if (code != SQLITE_OK) {
      // Its own limits: the depth of an expression, the number of joins.
      const std::string message = sqlite3_errmsg(db_);
      // A view has no insertion order; the peer leaves it to SQLite to say so (F-135).
      if (collection.is_view() && message == "no such column: v0._rowid_")
        return Count("views in the order of rows");
      if (message.find("too large") == std::string::npos &&
          message.find("at most") == std::string::npos)
        Broken(message, statement.text);
      return Count("statements beyond SQLite's limits");
    }
    if (static_cast<std::size_t>(parameters) != statement.params.size())
      Broken("parameters and placeholders differ in number", statement.text);
    Count("statements prepared");
  }

 private:
  std::shared_ptr<const Schema> schema_;
  sqlite3* db_ = nullptr;
  AuthRecord auth_;
  RequestContext request_;
};

// The texts between single quotes that the printers write themselves.
bool IsOurText(std::string_view text) {
  for (std::string_view ours : {"", "[]", "\\", "%", "array", "$.v", "v", "{\"lon\":0,\"lat\":0}",
                                "$", "$[#-1]", "true", "false", "text", "blob", "0"}) {
    if (text == ours) return true;
  }
  return false;
}

bool IsName(const Schema& schema, std::string_view name) {
  if (name == "id" || name == "rowid" || name == "value" || name == "key") return true;
  for (const auto& collection : schema.collections()) {
    if (collection->name == name || collection->FindField(name) != nullptr) return true;
  }
  return false;
}

// A16: quoted names are the schema's, quoted texts are ours, numbers are small:
// what a client sent can only be a parameter.
void CheckText(const Schema& schema, const std::string& sql) {
  for (std::size_t at = 0; at < sql.size(); ++at) {
    const char c = sql[at];
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e || c == ';')
      Broken("a character that we never write", sql);
    if (c == '\'' || c == '"') {
      const std::size_t end = sql.find(c, at + 1);
      if (end == std::string::npos) Broken("an open quote", sql);
      const std::string_view quoted = std::string_view(sql).substr(at + 1, end - at - 1);
      if (c == '\'' ? !IsOurText(quoted) : !IsName(schema, quoted))
        Broken("a text that is not ours", sql);
      at = end;
    } else if (sql.compare(at, 2, "--") == 0 || sql.compare(at, 2, "/*") == 0) {
      Broken("a comment", sql);
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      const std::size_t end = std::min(sql.size(), sql.find_first_not_of("0123456789.", at));
      if (end - at > 5) Broken("a number that is not ours", sql);
      at = end - 1;
    }
  }
}

// Placeholders of the other dialect are `$n`; all have a parameter.
void CheckPostgres(const SqlStatement& statement) {
  for (std::size_t at = 0; (at = statement.text.find('$', at)) != std::string::npos; ++at) {
    if (at + 1 >= statement.text.size() ||
        std::isdigit(static_cast<unsigned char>(statement.text[at + 1])) == 0)
      continue;
    const std::size_t number = std::strtoul(statement.text.c_str() + at + 1, nullptr, 10);
    if (number == 0 || number > statement.params.size())
      Broken("a placeholder without a parameter", statement.text);
  }
}

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at; (at = text.find('\x1f')) != std::string_view::npos;
       text.remove_prefix(at + 1))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  parts.resize(3);
  return parts;
}

void Print(Place& place, const Plan& plan) {
  (void)Dump(plan);
  std::size_t joins = 0;
  for (const Variable& variable : plan.variables) joins += variable.bound ? 0 : 1;
  const Plan simple = Simplify(plan);
  (void)Dump(simple);
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  const std::vector<SqlStatement> statements = {SelectRows(simple, Sqlite(), options),
                                                SelectCount(simple, Sqlite())};
  for (const SqlStatement& statement : statements) {
    CheckText(place.schema(), statement.text);
    if (joins <= kJoinsMax) place.Prepare(*plan.collection, statement);
  }
  CheckPostgres(SelectRows(simple, Postgres(), options));
}

}  // namespace

void Lower(std::string_view input) {
  static auto* const place = new Place;
  if (input.size() < 2 || input.size() > kInputBytesMax) return;
  const auto& collections = place->schema().collections();
  const auto pick = static_cast<unsigned char>(input[0]);
  const auto parts = Split(input.substr(2));
  const StatusOr<Ast> filter = ParseFilter(parts[0]);
  const StatusOr<SortList> sort = ParseSort(parts[1]);
  const StatusOr<Ast> rule = ParseFilter(parts[2]);
  Query query;
  query.collection = collections[pick % collections.size()].get();
  if (filter.ok()) query.filter = &*filter;
  if (sort.ok()) query.sort = &*sort;
  if (rule.ok()) query.rule = &*rule;
  const StatusOr<Plan> plan =
      Bind(query, place->schema(), place->Options(static_cast<unsigned char>(input[1])));
  if (plan.ok()) {
    Count("queries bound");
    Print(*place, *plan);
  } else if (!absl::IsInvalidArgument(plan.status())) {
    Broken("a mistake that is not the user's", plan.status().ToString());
  }
}

}  // namespace sluice::fuzz
