// What the statements of record writes do on a real SQLite and a real
// PostgreSQL, which must be the same (R-61, R-91, R-94, R-122).
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sqlite3.h"

#include "sluice/mutations.h"
#include "sluice/value.h"
#include "tests/sqlgen/mutations_collections.h"
#include "tests/support/schemas.h"

#if SLUICE_WITH_POSTGRES
#include "tests/support/postgres_server.h"
#endif

namespace sluice {
namespace {

using Strings = std::vector<std::string>;
using Rows = std::vector<Strings>;

// Runs statements of one dialect; cells as text, `NULL` for NULL.
class Database {
 public:
  virtual ~Database() = default;
  virtual const Dialect& dialect() const = 0;
  virtual void Script(const std::string& sql) = 0;
  virtual Rows Run(const RowStatement& statement, const std::vector<Value>& values) = 0;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase() { sqlite3_open(":memory:", &db_); }
  ~SqliteDatabase() override { sqlite3_close(db_); }

  const Dialect& dialect() const override { return Sqlite(); }

  void Script(const std::string& sql) override {
    ASSERT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_) << sql;
  }

  Rows Run(const RowStatement& statement, const std::vector<Value>& values) override {
    sqlite3_stmt* prepared = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, statement.text.c_str(), -1, &prepared, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_) << statement.text;
    EXPECT_EQ(sqlite3_bind_parameter_count(prepared), static_cast<int>(statement.params.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
      Bind(prepared, static_cast<int>(i + 1), values[i]);
    Rows rows;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
      Strings& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, i));
        row.emplace_back(text == nullptr ? "NULL" : text);
      }
    }
    EXPECT_EQ(code, SQLITE_DONE) << sqlite3_errmsg(db_) << statement.text;
    sqlite3_finalize(prepared);
    return rows;
  }

  // What the planner says it will do.
  std::string Explain(const RowStatement& statement) {
    RowStatement explain = statement;
    explain.text = "EXPLAIN QUERY PLAN " + statement.text;
    std::string lines;
    for (const Strings& row : Run(explain, {})) lines += row[3] + "\n";
    return lines;
  }

 private:
  static void Bind(sqlite3_stmt* statement, int index, const Value& value) {
    switch (value.storage) {
      case StorageClass::kNull:
        sqlite3_bind_null(statement, index);
        return;
      case StorageClass::kInteger:
        sqlite3_bind_int64(statement, index, value.integer);
        return;
      case StorageClass::kReal:
        sqlite3_bind_double(statement, index, value.real);
        return;
      case StorageClass::kText:
        sqlite3_bind_text(statement, index, value.text.data(), static_cast<int>(value.text.size()),
                          SQLITE_TRANSIENT);
        return;
    }
  }

  sqlite3* db_ = nullptr;
};

#if SLUICE_WITH_POSTGRES
class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const PostgresServer& server)
      : connection_(*PostgresConnection::Open(server)) {
    Script(std::string(PostgresFunctions()));
    Script("SET search_path = pg_temp");
  }

  const Dialect& dialect() const override { return Postgres(); }

  void Script(const std::string& sql) override {
    const Status status = connection_->Execute(sql);
    ASSERT_TRUE(status.ok()) << status << sql;
  }

  Rows Run(const RowStatement& statement, const std::vector<Value>& values) override {
    std::vector<PostgresConnection::Cell> cells;
    for (const Value& value : values) {
      char buffer[32];
      const auto text = TextOf(value.view(), buffer);
      cells.push_back(text ? PostgresConnection::Cell(*text) : std::nullopt);
    }
    auto answer = connection_->Query(statement.text, cells);
    EXPECT_TRUE(answer.ok()) << answer.status() << statement.text;
    Rows rows;
    if (!answer.ok()) return rows;
    for (const auto& cells_of_row : *answer) {
      Strings& row = rows.emplace_back();
      for (const auto& cell : cells_of_row) row.push_back(cell.value_or("NULL"));
    }
    return rows;
  }

 private:
  std::unique_ptr<PostgresConnection> connection_;
};
#endif

class MutationsRun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
#if SLUICE_WITH_POSTGRES
    auto server = PostgresServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
#endif
  }
#if SLUICE_WITH_POSTGRES
  static void TearDownTestSuite() { server_.reset(); }
  static std::unique_ptr<PostgresServer> server_;
#endif

  void SetUp() override {
    databases_.push_back(std::make_unique<SqliteDatabase>());
#if SLUICE_WITH_POSTGRES
    databases_.push_back(std::make_unique<PostgresDatabase>(*server_));
#endif
    for (auto& database : databases_) {
      const Schema schema(
          {std::make_shared<const Collection>(things_), std::make_shared<const Collection>(mfas_)});
      std::string script = CreateTablesSql(schema, database->dialect());
      for (std::size_t at; (at = script.find("TABLE \"thi\"ngs\"")) != std::string::npos;)
        script.replace(at, 15, "TABLE \"thi\"\"ngs\"");
      if (&database->dialect() == &Postgres()) {
        for (std::size_t at = 0; (at = script.find("CREATE ", at)) != std::string::npos; at += 12)
          script.insert(at + 7, "TEMP ");
      }
      database->Script(script);
    }
  }

  static std::vector<Value> Row(const std::string& id, Value num, Value js, const std::string& one,
                                const std::string& many) {
    return {Value::Text(id),
            std::move(num),
            Value::Integer(1),
            std::move(js),
            Value::Text(one),
            Value::Text(many),
            Value::Text("{\"lon\":0,\"lat\":0}")};
  }

  static void Insert(Database& database, const Collection& collection,
                     const std::vector<Value>& values) {
    database.Run(InsertRow(collection, database.dialect()), values);
  }

  Rows Ids(Database& database, const RowStatement& statement, const std::string& value) {
    Rows rows = database.Run(statement, {Value::Text(value)});
    for (Strings& row : rows) row.resize(1);
    return rows;
  }

  const Collection things_ = Things();
  const Collection mfas_ = Mfas();
  std::vector<std::unique_ptr<Database>> databases_;
};

#if SLUICE_WITH_POSTGRES
std::unique_ptr<PostgresServer> MutationsRun::server_;
#endif

TEST_F(MutationsRun, RowsAreMadeChangedAndDeleted) {
  for (auto& database : databases_) {
    const Dialect& dialect = database->dialect();
    Insert(*database, things_, Row("a", Value::Real(1.5), Value(), "x", "[\"x\"]"));
    Insert(*database, things_, Row("b", Value::Integer(2), Value::Text("{\"k\":1}"), "", "[]"));
    const RowStatement select = SelectRow(things_, dialect);
    EXPECT_EQ(database->Run(select, {Value::Text("a")}),
              (Rows{{"a", "1.5", "1", "NULL", "x", "[\"x\"]", "{\"lon\":0,\"lat\":0}"}}));
    database->Run(
        UpdateRow(things_, dialect),
        {Value::Integer(-3), Value::Integer(0), Value::Text("[1]"), Value::Text("y"),
         Value::Text("[\"y\",\"z\"]"), Value::Text("{\"lon\":1,\"lat\":2}"), Value::Text("a")});
    EXPECT_EQ(database->Run(select, {Value::Text("a")}),
              (Rows{{"a", "-3", "0", "[1]", "y", "[\"y\",\"z\"]", "{\"lon\":1,\"lat\":2}"}}));
    database->Run(UpdateColumns(things_, {"one"}, dialect), {Value::Text("q"), Value::Text("b")});
    EXPECT_EQ(database->Run(select, {Value::Text("b")}),
              (Rows{{"b", "2", "1", "{\"k\":1}", "q", "[]", "{\"lon\":0,\"lat\":0}"}}));
    database->Run(UpdateColumns(things_, {}, dialect), {Value::Text("b")});
    database->Run(DeleteRow(things_, dialect), {Value::Text("a")});
    EXPECT_EQ(database->Run(select, {Value::Text("a")}), Rows());
    EXPECT_EQ(database->Run(select, {Value::Text("b")}).size(), 1u);
  }
}

// R-94: a bare number is kept as a number, everything else to the letter.
TEST_F(MutationsRun, JsonNumbersAreKeptAsNumbers) {
  const std::pair<const char*, const char*> kCases[] = {
      {"1.0", "1"},
      {"1e5", "100000"},
      {"0.10", "0.1"},
      {"12345678901234567890", "1.2345678901234567e+19"},
      {"-0.5", "-0.5"},
      {"9007199254740993", "9007199254740993"},
      {"\"1.0\"", "\"1.0\""},
      {"[1.0]", "[1.0]"},
      {" 7 ", "7"},
      {"true", "true"},
      {"null", "null"},
      {"-0.0", "0"},
      {"1e300", "1.0e+300"},
      {"9.5e18", "9.5e+18"},
      {"1e18", "1000000000000000000"},
      {"", ""},
  };
  for (auto& database : databases_) {
    int number = 0;
    for (const auto& [sent, kept] : kCases) {
      const std::string id = "j" + std::to_string(++number);
      Insert(*database, things_, Row(id, Value::Integer(0), Value::Text(sent), "", "[]"));
      EXPECT_EQ(database->Run(SelectRow(things_, database->dialect()), {Value::Text(id)})[0][3],
                kept)
          << database->dialect().name() << " " << sent;
      database->Run(UpdateColumns(things_, {"js"}, database->dialect()),
                    {Value::Text(sent), Value::Text(id)});
      EXPECT_EQ(database->Run(SelectRow(things_, database->dialect()), {Value::Text(id)})[0][3],
                kept);
    }
  }
}

TEST_F(MutationsRun, DeleteWhereTakesRowsThatHaveAllValues) {
  for (auto& database : databases_) {
    const char* const kRows[][3] = {
        {"1", "users", "a"}, {"2", "users", "b"}, {"3", "admins", "a"}, {"4", "users", "a"}};
    for (const auto& row : kRows) {
      Insert(*database, mfas_, {Value::Text(row[0]), Value::Text(row[1]), Value::Text(row[2])});
    }
    database->Run(DeleteWhere(mfas_, {"collectionRef", "recordRef"}, database->dialect()),
                  {Value::Text("users"), Value::Text("a")});
    const RowStatement count = CountIds(mfas_, database->dialect());
    EXPECT_EQ(database->Run(count, {Value::Text(R"(["1","4"])")}), (Rows{{"0"}}));
    EXPECT_EQ(database->Run(count, {Value::Text(R"(["2","3"])")}), (Rows{{"2"}}));
  }
}

TEST_F(MutationsRun, ReferencesOfASingleRelation) {
  const std::pair<const char*, const char*> kRows[] = {
      {"a", "x"}, {"b", ""}, {"c", "X"}, {"d", "xx"}, {"e", "[\"x\"]"}};
  for (auto& database : databases_) {
    for (const auto& [id, one] : kRows) {
      Insert(*database, things_, Row(id, Value::Integer(0), Value(), one, "[]"));
    }
    const RowStatement references =
        SelectReferences(things_, things_.fields[4], database->dialect());
    EXPECT_EQ(Ids(*database, references, "x"), (Rows{{"a"}}));
    EXPECT_EQ(Ids(*database, references, "gone"), Rows());
  }
}

// A list in any spelling, and what only looks like one; the id stands in it as
// an element, as part of one, as a key, escaped, or not at all.
TEST_F(MutationsRun, ReferencesOfAMultipleRelation) {
  const std::pair<const char*, bool> kLists[] = {
      {R"(["abc"])", true},
      {R"(["x","abc"])", true},
      {R"([ "abc" , "x" ])", true},
      {R"(["abc","abc"])", true},
      {R"(["\u0061bc"])", true},
      {R"(["x","a\u0062c"])", true},
      {R"(abc)", true},
      {R"([])", false},
      {R"(["abcd"])", false},
      {R"(["xabc"])", false},
      {R"(["ABC"])", false},
      {R"([["abc"]])", false},
      {R"({"abc":1})", false},
      {R"(["\"abc"])", false},
      {R"(["abc)", false},
      {R"([null,1,true])", false},
      {R"(["a\\u0062c"])", false},
      {R"()", false},
  };
  for (auto& database : databases_) {
    const RowStatement references =
        SelectReferences(things_, things_.fields[5], database->dialect());
    for (const auto& [list, holds] : kLists) {
      Insert(*database, things_, Row("row", Value::Integer(0), Value(), "", list));
      EXPECT_EQ(Ids(*database, references, "abc"), holds ? (Rows{{"row"}}) : Rows())
          << database->dialect().name() << " " << list;
      database->Run(DeleteRow(things_, database->dialect()), {Value::Text("row")});
    }
  }
}

TEST_F(MutationsRun, CountIdsCountsRowsNotMentions) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"([])", "0"},           {R"(["a"])", "1"}, {R"(["a","b"])", "2"}, {R"(["a","a"])", "1"},
      {R"(["a","gone"])", "1"}, {R"(["A"])", "0"}, {R"([""])", "0"},      {R"(["\u0061"])", "1"},
  };
  for (auto& database : databases_) {
    for (const char* id : {"a", "b", "c"}) {
      Insert(*database, mfas_, {Value::Text(id), Value::Text(""), Value::Text("")});
    }
    for (const auto& [ids, count] : kCases) {
      EXPECT_EQ(database->Run(CountIds(mfas_, database->dialect()), {Value::Text(ids)}),
                (Rows{{count}}))
          << ids;
    }
  }
}

// R-61: ASCII letters only.
TEST_F(MutationsRun, IdsAreFoundExactlyOrIgnoringCase) {
  struct Case {
    const char* id;
    bool exact;
    bool ignoring_case;
  };
  const Case kCases[] = {{"AbC", true, true},  {"abc", false, true}, {"ABC", false, true},
                         {"É", true, true},    {"é", false, false},  {"ab", false, false},
                         {"ab_", false, false}};
  for (auto& database : databases_) {
    for (const char* id : {"AbC", "É"}) {
      Insert(*database, mfas_, {Value::Text(id), Value::Text(""), Value::Text("")});
    }
    for (const Case& one : kCases) {
      const std::vector<Value> id = {Value::Text(one.id)};
      EXPECT_EQ(database->Run(HasId(mfas_, database->dialect()), id).size(), one.exact) << one.id;
      EXPECT_EQ(database->Run(HasIdIgnoringCase(mfas_, database->dialect()), id).size(),
                one.ignoring_case)
          << one.id;
    }
  }
}

// The indexes that auth collections have: unique, and not of empty texts.
TEST(MutationsPlan, IndexesServeTextsOfAnyLetterCase) {
  SqliteDatabase database;
  database.Script(
      "CREATE TABLE _mfas (id TEXT PRIMARY KEY NOT NULL, collectionRef TEXT DEFAULT '' NOT NULL, "
      "recordRef TEXT DEFAULT '' NOT NULL);"
      "CREATE UNIQUE INDEX exact ON _mfas (recordRef) WHERE `recordRef` != '';"
      "CREATE UNIQUE INDEX nocase ON _mfas (collectionRef COLLATE NOCASE) WHERE collectionRef <> "
      "''");
  const Collection mfas = Mfas();
  EXPECT_NE(database.Explain(SelectByText(mfas, "recordRef", TextMatch::kExact, Sqlite()))
                .find("USING INDEX exact"),
            std::string::npos);
  EXPECT_NE(
      database.Explain(SelectByText(mfas, "collectionRef", TextMatch::kIgnoringCase, Sqlite()))
          .find("USING INDEX nocase"),
      std::string::npos);
}

TEST_F(MutationsRun, TextsAreFoundExactlyOrIgnoringCase) {
  for (auto& database : databases_) {
    for (const char* id : {"a", "b", "c"})
      Insert(*database, mfas_,
             {Value::Text(id), Value::Text(id), Value::Text(id[0] == 'c' ? "" : "AbC")});
    const auto count = [&](const char* text, TextMatch match) {
      return database
          ->Run(SelectByText(mfas_, "recordRef", match, database->dialect()), {Value::Text(text)})
          .size();
    };
    EXPECT_EQ(count("AbC", TextMatch::kExact), 2);
    EXPECT_EQ(count("abc", TextMatch::kExact), 0);
    EXPECT_EQ(count("abc", TextMatch::kIgnoringCase), 2);
    EXPECT_EQ(count("", TextMatch::kExact), 0);
    EXPECT_EQ(count("", TextMatch::kIgnoringCase), 0);
  }
}

TEST(MutationsPlan, IndexesServe) {
  SqliteDatabase database;
  database.Script(
      "CREATE TABLE _mfas (id TEXT PRIMARY KEY NOT NULL, collectionRef TEXT DEFAULT '' NOT NULL, "
      "recordRef TEXT DEFAULT '' NOT NULL); CREATE INDEX by_ref ON _mfas (recordRef)");
  const Collection mfas = Mfas();
  const auto uses = [&](const RowStatement& statement, const char* index) {
    return database.Explain(statement).find(index) != std::string::npos;
  };
  EXPECT_TRUE(uses(SelectReferences(mfas, mfas.fields[2], Sqlite()), "by_ref"));
  EXPECT_TRUE(uses(CountIds(mfas, Sqlite()), "sqlite_autoindex__mfas_1 (id=?)"));
  EXPECT_TRUE(uses(UpdateRow(mfas, Sqlite()), "sqlite_autoindex__mfas_1 (id=?)"));
  EXPECT_TRUE(uses(DeleteRow(mfas, Sqlite()), "sqlite_autoindex__mfas_1 (id=?)"));
}

}  // namespace
}  // namespace sluice
