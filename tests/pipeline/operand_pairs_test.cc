// Every operator between every two kinds of operand, over rows at the edges of
// every class: PostgreSQL answers as SQLite does.
#include <algorithm>

#include "gtest/gtest.h"

#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/pipeline/databases.h"
#include "tests/pipeline/question.h"
#include "tests/support/schemas.h"

namespace sluice {
namespace {

constexpr const char* kOperands[] = {"t",
                                     "n",
                                     "f",
                                     "j",
                                     "d",
                                     "g",
                                     "opts",
                                     "one",
                                     "id",
                                     "j.a",
                                     "j.b",
                                     "g.lon",
                                     "many:length",
                                     "opts:each",
                                     "one:each",
                                     "one.name",
                                     "one.size",
                                     "many.name",
                                     "many.size",
                                     "t:lower",
                                     "n:lower",
                                     "j:lower",
                                     "@collection.parts.size",
                                     "''",
                                     "'a'",
                                     "'10'",
                                     "'0.1'",
                                     "10",
                                     "-1.5",
                                     "0.1",
                                     "true",
                                     "false",
                                     "null",
                                     "@year",
                                     "@now",
                                     "strftime('%Y', d)",
                                     "geoDistance(g.lon, g.lat, 10, n)"};
constexpr const char* kOperators[] = {"=", "!=", ">", "<=", "~", "!~", "?=", "?!=", "?<", "?~"};

std::string Sorted(const StatusOr<Ids>& ids) {
  if (!ids.ok()) return "error";
  Ids sorted = *ids;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::string& id : sorted) text += id + " ";
  return text;
}

TEST(OperandPairs, AnswerAlikeOnBothDatabases) {
  const auto schema = EdgeSchema();
  SqliteDatabase sqlite(*schema, EdgeRows());
  const auto postgres = PostgresDatabase::Copy(*schema, sqlite);
  if (postgres == nullptr) GTEST_SKIP() << "without PostgreSQL";
  SelectOptions options;
  options.columns = {"id"};
  options.order = false;
  std::size_t count = 0;
  std::size_t different = 0;
  for (const char* left : kOperands) {
    for (const char* right : kOperands) {
      for (const char* op : kOperators) {
        Question question;
        question.collection = "items";
        question.restricted = false;
        question.filter = std::string(left) + " " + op + " " + right;
        const StatusOr<Bound> bound = Ask(question, *schema);
        ASSERT_TRUE(bound.ok()) << *question.filter << bound.status();
        const Plan simple = Simplify(bound->plan);
        const std::string want = Sorted(sqlite.Run(simple, SelectRows(simple, Sqlite(), options)));
        EXPECT_NE(want, "error") << *question.filter;
        ++count;
        const SqlStatement statement = SelectRows(simple, Postgres(), options);
        const StatusOr<Ids> ids = postgres->Run(simple, statement);
        if (Sorted(ids) == want) continue;
        if (++different > 20) continue;
        ADD_FAILURE() << *question.filter << "\nsqlite   " << want << "\npostgres " << Sorted(ids)
                      << "\n"
                      << statement.text << "\n"
                      << ids.status();
      }
    }
  }
  EXPECT_EQ(different, 0);
  RecordProperty("filters", static_cast<int>(count));
}

// Ties are broken by the row id, which is PostgreSQL's own last key.
TEST(OperandPairs, SortAlikeOnBothDatabases) {
  const auto schema = EdgeSchema();
  SqliteDatabase sqlite(*schema, EdgeRows());
  const auto postgres = PostgresDatabase::Copy(*schema, sqlite);
  if (postgres == nullptr) GTEST_SKIP() << "without PostgreSQL";
  SelectOptions options;
  options.columns = {"id", "t"};
  for (const std::string key :
       {"t",        "n",         "f",         "j",       "d",           "g",         "opts",
        "one",      "j.a",       "j.b",       "g.lon",   "many:length", "opts:each", "one.name",
        "one.size", "many.name", "many.size", "t:lower", "n:lower",     "j:lower"}) {
    for (const std::string& sort : {key, "-" + key, key + ",-n", "-f," + key}) {
      Question question;
      question.collection = "items";
      question.restricted = false;
      question.sort = sort + ",@rowid";
      const StatusOr<Bound> bound = Ask(question, *schema);
      ASSERT_TRUE(bound.ok()) << sort << bound.status();
      const Plan simple = Simplify(bound->plan);
      const StatusOr<Ids> want = sqlite.Run(simple, SelectRows(simple, Sqlite(), options));
      const StatusOr<Ids> got = postgres->Run(simple, SelectRows(simple, Postgres(), options));
      ASSERT_TRUE(want.ok()) << sort << want.status();
      ASSERT_TRUE(got.ok()) << sort << got.status();
      EXPECT_EQ(*got, *want) << sort;
    }
  }
}

}  // namespace
}  // namespace sluice
