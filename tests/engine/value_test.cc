// Numbers as text, texts as numbers, order and affinity, against SQLite
// (F-34 to F-41, F-53).
#include "sluice/value.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"

#include "tests/engine/sqlite_oracle.h"

namespace sluice {
namespace {

std::string RealText(double value) {
  char buffer[32];
  return std::string(SqliteRealText(value, buffer));
}

TEST(SqliteRealText, FollowsF37) {
  const struct {
    double value;
    const char* want;
  } cases[] = {
      {10, "10.0"},
      {2024, "2024.0"},
      {0.1, "0.1"},
      {1.0 / 3, "0.33333333333333332"},
      {1e17, "1.0e+17"},
      {1e16, "10000000000000000.0"},
      {1e-5, "1.0e-05"},
      {1e-4, "0.0001"},
      {-1.5, "-1.5"},
      {0, "0.0"},
      {-0.0, "0.0"},
      {10.25, "10.25"},
      {1e300, "1.0e+300"},
      {0.1 + 0.2, "0.30000000000000004"},
      {49.47, "49.47"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {std::numeric_limits<double>::infinity(), "Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& c : cases) EXPECT_EQ(RealText(c.value), c.want);
}

class RealTextOracle {
 public:
  void Check(double value) {
    const Value want = oracle_.Ask("SELECT ?1 || ''", {ValueView::Real(value)});
    ASSERT_EQ(RealText(value), want.text) << Show(ValueView::Real(value));
  }

 private:
  SqliteOracle oracle_;
};

TEST(SqliteRealText, EqualsSqliteOnPowersAndEdges) {
  RealTextOracle oracle;
  for (int e = -1074; e <= 1023; ++e) {
    for (int d = -3; d <= 3; ++d) {
      const double power = std::ldexp(1.0, e);
      double value = power;
      for (int i = 0; i < std::abs(d); ++i) value = std::nextafter(value, d < 0 ? 0 : 1e308);
      if (value > 0) oracle.Check(value);
    }
  }
  for (int e = -323; e <= 308; ++e) {
    for (const char* digits : {"1", "5", "9.99", "1.5", "9007199254740993", "4.35"}) {
      oracle.Check(std::strtod((std::string(digits) + "e" + std::to_string(e)).c_str(), nullptr));
    }
  }
}

TEST(SqliteRealText, EqualsSqliteOnRandomDoubles) {
  RealTextOracle oracle;
  std::mt19937_64 random(20240115);
  for (int i = 0; i < 60000; ++i) {
    oracle.Check(static_cast<double>(std::int64_t(random() >> (random() % 64))));
    oracle.Check(static_cast<double>(std::int64_t(random() % 2000000) - 1000000) / 100);
    oracle.Check(static_cast<double>(random() % 100000000000) /
                 std::pow(10, double(random() % 20)));
    oracle.Check(std::bit_cast<double>((random() & 0x000fffffffffffffULL) | (random() % 64) << 52));
    const double any = std::bit_cast<double>(random());
    if (std::isfinite(any)) oracle.Check(any);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(PlainDecimalText, FollowsF53) {
  const struct {
    double value;
    const char* want;
  } cases[] = {
      {10.0, "10"},
      {10.25, "10.25"},
      {-0.0, "-0"},
      {0, "0"},
      {-1.5, "-1.5"},
      {1e30, "1000000000000000000000000000000"},
      {1e-7, "0.0000001"},
      {123456789.125, "123456789.125"},
      {1e21, "1000000000000000000000"},
  };
  for (const auto& c : cases) EXPECT_EQ(PlainDecimalText(c.value), c.want);
}

// A numeric column compared with the text shows what number the text became.
class NumericOracle {
 public:
  NumericOracle() { oracle_.Execute("CREATE TABLE t (n NUMERIC)"); }

  void Check(const std::string& text) {
    const std::optional<ValueView> got = ParseNumericText(text);
    const ValueView stored = ValueView::Text(text);
    oracle_.Column("DELETE FROM t", {});
    // The storage class after an insert says whether SQLite sees a number.
    oracle_.Column("INSERT INTO t VALUES (?1)", {stored});
    const Value column = oracle_.Ask("SELECT n FROM t", {});
    ASSERT_EQ(got.has_value(), column.storage != StorageClass::kText) << Show(stored);
    if (!got) return;
    ASSERT_TRUE(CompareValues(*got, column.view()) == std::strong_ordering::equal)
        << Show(stored) << " got " << Show(*got) << " want " << Show(column.view());
    const Value equal = oracle_.Ask("SELECT n = ?1 FROM t", {stored});
    ASSERT_EQ(equal.integer, 1) << Show(stored);
  }

 private:
  SqliteOracle oracle_;
};

TEST(ParseNumericText, EqualsSqliteOnKnownTexts) {
  NumericOracle oracle;
  for (const char* text : {"",
                           " ",
                           "0",
                           "-0",
                           "+0",
                           "1",
                           " 1e1 ",
                           "10abc",
                           "0xA",
                           ".",
                           ".5",
                           "5.",
                           "-.5",
                           "+.5e1",
                           "1e",
                           "1e+",
                           "1e+5",
                           "1E5",
                           "1e5.0",
                           "--1",
                           "+-1",
                           "1 2",
                           "\t\n\v\f\r7\r",
                           "inf",
                           "Infinity",
                           "nan",
                           "1_000",
                           "1,5",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "9007199254740993",
                           "9007199254740993.0",
                           "9007199254740993e0",
                           "+9007199254740993",
                           "00000000000000000000001",
                           "1e308",
                           "1e309",
                           "-1e400",
                           "1e-400",
                           "4.9e-324",
                           "2e-324",
                           "1e99999999999",
                           "0e99999999999",
                           "123456789012345678901234567890",
                           "3500000000000000.2500001",
                           "0.1234567890123456789012345",
                           "-",
                           "+",
                           "e5",
                           ".e5",
                           "1.e5",
                           "\xc2\xa0"
                           "1",
                           "1\xc2\xa0",
                           " -1.5e-3\n"}) {
    oracle.Check(text);
  }
}

TEST(ParseNumericText, EqualsSqliteOnRandomTexts) {
  NumericOracle oracle;
  std::mt19937_64 random(7);
  static constexpr std::string_view kParts[] = {" ", "+",  "-",   ".", "e",        "E", "0", "1",
                                                "9", "12", "000", "5", "99999999", "x", "\t"};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const int parts = static_cast<int>(random() % 8);
    for (int p = 0; p < parts; ++p) text += kParts[random() % std::size(kParts)];
    oracle.Check(text);
    text = std::to_string(random() >> (random() % 64));
    if (random() % 2 == 0) text.insert(random() % (text.size() + 1), ".");
    if (random() % 2 == 0) text += "e" + std::to_string(int(random() % 700) - 350);
    oracle.Check(text);
    if (testing::Test::HasFatalFailure()) return;
  }
}

std::vector<Value> SampleValues() {
  std::vector<Value> values = {Value::Null()};
  for (std::int64_t i :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{10},
        std::int64_t{9007199254740992}, std::int64_t{9007199254740993},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    values.push_back(Value::Integer(i));
  }
  for (double r : {0.0, 1.0, -1.0, 1.5, 10.0, 9007199254740992.0, 9007199254740994.0,
                   9.2233720368547758e18, -9.2233720368547758e18, 1e300, -1e300, 0.1}) {
    values.push_back(Value::Real(r));
  }
  for (const char* t : {"", "0", "1", "1.0", "10", "10.0", "a", "A", "b", " 1 ", "1e1", "0.1",
                        "\xc3\xa9", "-1", "9007199254740993", "9223372036854775807"}) {
    values.push_back(Value::Text(t));
  }
  return values;
}

// How each kind of operand is written in SQL, over the parameter ?1 or ?2.
struct OperandKind {
  Affinity affinity;
  const char* column;  // of table l or r; null is the bare parameter
};

constexpr OperandKind kKinds[] = {
    {Affinity::kNone, nullptr}, {Affinity::kText, "t"},    {Affinity::kNumeric, "n"},
    {Affinity::kNumeric, "b"},  {Affinity::kNumeric, "j"}, {Affinity::kBlob, "each"},
};

// One row of a table with a column of each affinity, filled with one value.
void FillRow(SqliteOracle* oracle, const std::string& table, const Value& value) {
  oracle->Execute("DELETE FROM " + table);
  oracle->Column("INSERT INTO " + table + " (t, n, b, j) VALUES (?1, ?1, ?1, ?1)", {value.view()});
}

TEST(ComparisonAffinity, EveryPairOfOperandsComparesAsInSqlite) {
  SqliteOracle oracle;
  for (const char* table : {"l", "r"}) {
    oracle.Execute(std::string("CREATE TABLE ") + table +
                   " (t TEXT, n NUMERIC, b BOOLEAN, j JSON)");
  }
  const std::vector<Value> values = SampleValues();
  const auto from_of = [](const OperandKind& kind, const char* table, const char* parameter) {
    if (kind.column != nullptr && std::string_view(kind.column) == "each") {
      return "json_each(json_array(" + std::string(parameter) + ")) " + table;
    }
    return std::string(table);
  };
  const auto operand_of = [](const OperandKind& kind, const char* table, const char* parameter) {
    if (kind.column == nullptr) return std::string(parameter);
    const std::string_view column = kind.column;
    return std::string(table) + "." + (column == "each" ? "value" : kind.column);
  };
  for (const Value& left_value : values) {
    FillRow(&oracle, "l", left_value);
    for (const Value& right_value : values) {
      FillRow(&oracle, "r", right_value);
      for (const OperandKind& left : kKinds) {
        for (const OperandKind& right : kKinds) {
          const std::string from =
              " FROM " + from_of(left, "l", "?1") + ", " + from_of(right, "r", "?2");
          const std::string l = operand_of(left, "l", "?1");
          const std::string r = operand_of(right, "r", "?2");
          const std::vector<ValueView> parameters = {left_value.view(), right_value.view()};
          const auto numbered = [&](const std::string& sql) {
            return oracle.Ask("SELECT " + sql + from + " WHERE ?1 IS ?1 AND ?2 IS ?2", parameters);
          };
          const Value less = numbered(l + " < " + r);
          const Value equal = numbered(l + " = " + r);
          const Value stored_left = numbered(l);
          const Value stored_right = numbered(r);
          const Affinity affinity = ComparisonAffinity(left.affinity, right.affinity);
          char left_buffer[32];
          char right_buffer[32];
          const auto order =
              CompareValues(ApplyAffinity(stored_left.view(), affinity, left_buffer),
                            ApplyAffinity(stored_right.view(), affinity, right_buffer));
          const std::string what = l + " ? " + r + " with " + Show(stored_left.view()) + ", " +
                                   Show(stored_right.view());
          ASSERT_EQ(order.has_value(), !less.is_null()) << what;
          if (!order) continue;
          ASSERT_EQ(*order < 0, less.integer == 1) << what;
          ASSERT_EQ(*order == 0, equal.integer == 1) << what;
        }
      }
    }
  }
}

TEST(TextOf, EqualsConcatenation) {
  SqliteOracle oracle;
  for (const Value& value : SampleValues()) {
    char buffer[32];
    const auto text = TextOf(value.view(), buffer);
    const Value want = oracle.Ask("SELECT ?1 || ''", {value.view()});
    ASSERT_EQ(text.has_value(), !want.is_null());
    EXPECT_EQ(text.value_or(""), want.text);
  }
}

}  // namespace
}  // namespace sluice
