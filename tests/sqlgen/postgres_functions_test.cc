// The functions that statements for PostgreSQL call, against the engine's own.
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>

#include "gtest/gtest.h"

#include "engine/date_functions.h"
#include "engine/json_text.h"
#include "sluice/dialect.h"
#include "sluice/value.h"

#if SLUICE_WITH_POSTGRES
#include "tests/support/postgres_server.h"

namespace sluice {
namespace {

constexpr int kSeed = 20260615;
using Cell = PostgresConnection::Cell;

class PostgresScript : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto server = PostgresServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    auto connection = PostgresConnection::Open(*server_);
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    // Twice: running it again must do.
    for (int i = 0; i < 2; ++i) {
      const Status status = connection_->Execute(std::string(PostgresFunctions()));
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  static void TearDownTestSuite() {
    connection_.reset();
    server_.reset();
  }

  // One value; `error` where the statement fails.
  static std::string Ask(const std::string& expression, const std::vector<Cell>& parameters) {
    auto rows = connection_->Query("SELECT (" + expression + ")::text", parameters);
    if (!rows.ok()) return "error";
    return (*rows)[0][0].value_or("NULL");
  }

  static std::unique_ptr<PostgresServer> server_;
  static std::unique_ptr<PostgresConnection> connection_;
};

std::unique_ptr<PostgresServer> PostgresScript::server_;
std::unique_ptr<PostgresConnection> PostgresScript::connection_;

std::string Digits(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

// As the functions show a value: its class in front.
std::string Tagged(const ValueView& value) {
  char buffer[32];
  const std::string text(TextOf(value, buffer).value_or(""));
  switch (value.storage) {
    case StorageClass::kNull:
      return "NULL";
    case StorageClass::kInteger:
      return "i" + text;
    case StorageClass::kReal:
      return "r" + text;
    case StorageClass::kText:
      return "s" + text;
  }
  return "";
}

std::vector<double> Numbers() {
  std::vector<double> numbers = {0,
                                 -0.0,
                                 1,
                                 -1.5,
                                 0.1,
                                 1.0 / 3,
                                 1e15,
                                 1e16,
                                 1e17,
                                 123456789012345678.0,
                                 1e-4,
                                 1e-5,
                                 5e-324,
                                 2.2250738585072014e-308,
                                 1.7976931348623157e308,
                                 9007199254740993.0,
                                 0.30000000000000004,
                                 100.0 / 3,
                                 1e22,
                                 1e23,
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity()};
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1500; ++i) {
    const double bits = std::bit_cast<double>(random());
    if (std::isfinite(bits)) numbers.push_back(bits);
    numbers.push_back(static_cast<double>(random() % 1000000) / 1000.0);
    numbers.push_back(
        std::ldexp(static_cast<double>(random() % 100000), static_cast<int>(random() % 60) - 40));
  }
  return numbers;
}

TEST_F(PostgresScript, RealTextIsSqlites) {
  for (double number : Numbers()) {
    char buffer[32];
    EXPECT_EQ(Ask("sluice.real_text($1::double precision)", {Digits(number)}),
              SqliteRealText(number, buffer))
        << Digits(number);
  }
}

TEST_F(PostgresScript, TextsReadAsNumbersAsInSqlite) {
  for (const char* text : {"",
                           " ",
                           "1",
                           " 1e1 ",
                           "+5",
                           "-.5",
                           "5.",
                           ".",
                           "0xA",
                           "10abc",
                           "1e",
                           "1e+",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "00012",
                           "-0",
                           "\t7\n",
                           "1_0",
                           "inf",
                           "nan",
                           "0e999999",
                           "123456789012345678901"}) {
    const auto number = ParseNumericText(text);
    std::string want = number ? Tagged(*number) : "s" + std::string(text);
    std::string got = Ask("sluice.numeric(sluice.of_text($1::text))", {text});
    if (got[0] == 'r') got = "r" + Ask("sluice.text($1::text)", {got});
    EXPECT_EQ(got, want) << "'" << text << "'";
  }
}

TEST_F(PostgresScript, ValuesAreOrderedAsInSqlite) {
  std::vector<Value> values = {Value::Text(""),
                               Value::Text("a"),
                               Value::Text("A"),
                               Value::Text("10"),
                               Value::Text("\xc3\xa9"),
                               Value::Integer(0),
                               Value::Integer(9007199254740993),
                               Value::Integer(9223372036854775807),
                               Value::Integer(std::numeric_limits<std::int64_t>::min()),
                               Value::Real(9007199254740992.0),
                               Value::Real(9223372036854775808.0),
                               Value::Real(-9223372036854775808.0),
                               Value::Real(-0.0),
                               Value::Real(0.5),
                               Value::Real(-std::numeric_limits<double>::infinity())};
  const auto tag = [](const Value& value) {
    return value.storage == StorageClass::kReal ? "r" + Digits(value.real) : Tagged(value.view());
  };
  for (const Value& a : values) {
    for (const Value& b : values) {
      const auto order = *CompareValues(a.view(), b.view());
      const std::string want = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
      EXPECT_EQ(Ask("CASE WHEN sluice.key($1::text) < sluice.key($2::text) THEN 'lt' WHEN "
                    "sluice.key($1::text) > "
                    "sluice.key($2::text) THEN 'gt' WHEN sluice.key($1::text) = "
                    "sluice.key($2::text) THEN 'eq' END",
                    {tag(a), tag(b)}),
                want)
          << tag(a) << " " << tag(b);
    }
  }
}

TEST_F(PostgresScript, LikeIsSqlites) {
  const std::vector<std::string> texts = {"",    "a",    "A",   "\xc3\x89", "\xc3\xa9", "a%b",
                                          "a_b", "a\\b", "abc", "aXbXc",    "\n"};
  const std::vector<std::string> patterns = {"",    "%",        "a%",    "%B",    "_",      "__",
                                             "\\",  "%\\",      "a\\%b", "a\\_b", "a\\\\b", "%x%X%",
                                             "\\a", "\xc3\xa9", "%_%",   "[ab]"};
  for (const std::string& text : texts) {
    for (const std::string& pattern : patterns) {
      EXPECT_EQ(Ask("sluice.like($1::text,$2::text)", {text, pattern}),
                LikeMatches(text, pattern) ? "true" : "false")
          << text << " LIKE " << pattern;
    }
  }
  EXPECT_EQ(Ask("sluice.like(NULL,'a')", {}), "NULL");
}

TEST_F(PostgresScript, JsonReadsAsInSqlite) {
  const std::vector<std::string> documents = {"",
                                              "null",
                                              "true",
                                              " false ",
                                              "0",
                                              "-0",
                                              "1.0",
                                              "1e2",
                                              "9007199254740993",
                                              "12345678901234567890",
                                              "\"a\"",
                                              "\"\\u00e9\\n\"",
                                              "[]",
                                              "{}",
                                              " [ 1 , \"a b\" , null , [ 2 ] ] ",
                                              "{\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"a\":2,\"1\":3}",
                                              "[1,",
                                              "{'a':1}",
                                              "01",
                                              "tru",
                                              "nulls",
                                              "\"a",
                                              "[1]x",
                                              "{\"a\" : \"\\\"  q \\\\\" }",
                                              "{\"\\u0061\":5}",
                                              "+1",
                                              "[1,]",
                                              "a"};
  for (const std::string& document : documents) {
    for (const std::string path :
         {"$", "$.a", "$.a.b", "$.a.b[1].c", "$[0]", "$[3]", "$[1]", "$.1", "$..a", "$.a..b"}) {
      std::string storage;
      const auto value = ReadJson(ValueView::Text(document), path, &storage);
      const std::string want = value.ok() ? Tagged(*value) : "error";
      std::string got = Ask("sluice.json_get($1::text,$2::text)", {document, path});
      if (got[0] == 'r') got = "r" + Ask("sluice.text($1::text)", {got});
      EXPECT_EQ(got, want) << document << " at " << path;
    }
    std::string want;
    std::string storage;
    JsonElements elements(ValueView::Text(document));
    for (ValueView element; elements.Next(&element, &storage);) want += Tagged(element) + ";";
    std::string got = Ask(
        "SELECT coalesce(string_agg(coalesce(CASE WHEN left(e,1)='r' THEN 'r' || sluice.text(e) "
        "ELSE e END, 'NULL') || "
        "';', '' ORDER BY o), '') FROM sluice.elements($1::text,false) WITH ORDINALITY AS x(e,o)",
        {document});
    EXPECT_EQ(got, want) << document;
    EXPECT_EQ(Ask("sluice.length($1::text)", {document}),
              std::to_string(JsonLength(ValueView::Text(document))))
        << document;
  }
}

TEST_F(PostgresScript, DistanceIsNullWhereSqliteHasNone) {
  struct Case {
    const char* arguments;
    const char* want;
  };
  constexpr Case kCases[] = {
      {"0,0,0,0", "0"},
      {"0,-14.6143,0,-14.6143", "NULL"},
      {"NULL,0,0,0", "NULL"},
      {"'Infinity',0,0,0", "NULL"},
      {"5e-324,5e-324,1e-200,1e-200", "0"},
      {"1.7e308,0,-1.7e308,0", "some"},
  };
  for (const Case& one : kCases) {
    const std::string got = Ask("sluice.geo_distance(" + std::string(one.arguments) + ")", {});
    if (std::string(one.want) == "some") {
      EXPECT_GT(std::stod(got), 0) << one.arguments;
    } else {
      EXPECT_EQ(got, one.want) << one.arguments;
    }
  }
}

TEST_F(PostgresScript, StrftimeIsSqlites) {
  const std::vector<std::string> values = {"s2024-01-15 10:00:00.123Z",
                                           "s2024-02-29",
                                           "s2023-02-31",
                                           "s2024-12-30T01:02+02:00",
                                           "s12:34",
                                           "s24:00:00",
                                           "s23:59:59.9999",
                                           "s-0001-03-04",
                                           "s9999-12-31 23:59:59.999Z",
                                           "s0000-01-01",
                                           "s2460000.5",
                                           "snow?",
                                           "s",
                                           "s2024-13-01",
                                           "s2024-01-01 12:00x",
                                           "i0",
                                           "r2451545.25",
                                           "i1718000000",
                                           "i-5",
                                           "r1e307",
                                           "r-1.5e308",
                                           "r5e-324",
                                           "s1969-12-31 23:59:59.500",
                                           "s2021-01-03",
                                           "s2000-02-29 00:00:00-05:30"};
  const std::vector<std::vector<std::string>> modifiers = {{},
                                                           {"+1 day"},
                                                           {"-1 month"},
                                                           {"+1 month", "floor"},
                                                           {"+13 months", "ceiling"},
                                                           {"1.5 years"},
                                                           {"start of year"},
                                                           {"start of month", "-1 days"},
                                                           {"weekday 1"},
                                                           {"unixepoch"},
                                                           {"auto"},
                                                           {"julianday"},
                                                           {"subsec"},
                                                           {"+01:30"},
                                                           {"-0001-02-03"},
                                                           {"+0001-02-03 04:05"},
                                                           {"start of week"},
                                                           {"utc"},
                                                           {"localtime"},
                                                           {"2 hours"},
                                                           {"-90 minutes"},
                                                           {"+1e1 seconds"},
                                                           {"foo"},
                                                           {"weekday 7"},
                                                           {"+5000 years"}};
  const std::string format =
      "%d|%e|%f|%F|%G|%g|%H|%I|%j|%J|%k|%l|%m|%M|%p|%P|%R|%s|%S|%T|%u|%U|%V|%w|%W|%Y|%%";
  for (const std::string& value : values) {
    for (const auto& list : modifiers) {
      const std::string text = value.substr(1);
      std::vector<ValueView> arguments = {
          ValueView::Text(format), value[0] == 's' ? ValueView::Text(text)
                                   : value[0] == 'i'
                                       ? ValueView::Integer(std::stoll(text))
                                       : ValueView::Real(std::strtod(text.c_str(), nullptr))};
      std::string call = "sluice.strftime($1::text,$2::text";
      std::vector<Cell> cells = {format, value};
      for (const std::string& modifier : list) {
        arguments.push_back(ValueView::Text(modifier));
        cells.push_back(modifier);
        call += ",$" + std::to_string(cells.size()) + "::text";
      }
      std::string want;
      if (!Strftime(arguments, 0, &want)) want = "NULL";
      EXPECT_EQ(Ask(call + ")", cells), want) << value << " " << (list.empty() ? "" : list[0]);
    }
  }
  EXPECT_EQ(Ask("sluice.strftime('%q','s2024-01-01')", {}), "NULL");
  EXPECT_EQ(Ask("sluice.strftime('%','s2024-01-01')", {}), "NULL");
}

}  // namespace
}  // namespace sluice
#endif
