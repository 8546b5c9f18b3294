// One comparison over two values (F-34 to F-53), held against SQLite.
#include "engine/static_eval.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

#include "tests/engine/sqlite_oracle.h"
#include "tests/support/plan_builder.h"

namespace sluice {
namespace {

// The SQL of F-44, F-50 to F-52 for sides L and R.
struct FormSql {
  CompareForm form;
  std::string_view sql;
};

const FormSql kForms[] = {
    {CompareForm::kIs, "L IS R"},
    {CompareForm::kIsNot, "L IS NOT R"},
    {CompareForm::kEqual, "L = R"},
    {CompareForm::kNotEqual, "L IS NOT R"},
    {CompareForm::kLeftEmpty, "('' = R OR R IS NULL)"},
    {CompareForm::kLeftNotEmpty, "('' IS NOT R AND R IS NOT NULL)"},
    {CompareForm::kRightEmpty, "(L = '' OR L IS NULL)"},
    {CompareForm::kRightNotEmpty, "(L IS NOT '' AND L IS NOT NULL)"},
    {CompareForm::kCoalesceEqual, "COALESCE(L,'') = COALESCE(R,'')"},
    {CompareForm::kCoalesceNotEqual, "COALESCE(L,'') IS NOT COALESCE(R,'')"},
    {CompareForm::kGreater, "L > R"},
    {CompareForm::kGreaterEqual, "L >= R"},
    {CompareForm::kLess, "L < R"},
    {CompareForm::kLessEqual, "L <= R"},
    {CompareForm::kLike, "L LIKE R ESCAPE '\\'"},
    {CompareForm::kNotLike, "L NOT LIKE R ESCAPE '\\'"},
    {CompareForm::kLikeContains, "L LIKE '%' || R || '%' ESCAPE '\\'"},
    {CompareForm::kNotLikeContains, "L NOT LIKE '%' || R || '%' ESCAPE '\\'"},
};

// Columns of every affinity; the sign takes it away.
struct AffinitySql {
  Affinity affinity;
  std::string_view column;
};

const AffinitySql kAffinities[] = {{Affinity::kNone, "+$b"},
                                   {Affinity::kBlob, "$b"},
                                   {Affinity::kText, "$t"},
                                   {Affinity::kNumeric, "$n"}};

std::string Column(std::string_view pattern, char side) {
  std::string text(pattern);
  text[text.find('$')] = side;
  return text;
}

std::string Sql(std::string_view form, const std::string& left, const std::string& right) {
  std::string sql = "SELECT ";
  for (std::size_t i = 0; i < form.size(); ++i) {
    // Single letters L and R that stand alone.
    const bool alone =
        (i + 1 == form.size() || !std::isalpha(static_cast<unsigned char>(form[i + 1]))) &&
        (i == 0 || !std::isalpha(static_cast<unsigned char>(form[i - 1])));
    if (alone && form[i] == 'L') {
      sql += left;
    } else if (alone && form[i] == 'R') {
      sql += right;
    } else {
      sql += form[i];
    }
  }
  return sql + " FROM pairs ORDER BY id";
}

Truth TruthOf(const Value& value) {
  return value.is_null() ? Truth::kUnknown : ToTruth(value.integer != 0);
}

TEST(CompareByForm, EqualsSqliteForEveryFormAffinityAndValue) {
  const std::vector<Value> values = {Value::Null(),      Value::Text(""),      Value::Text("0"),
                                     Value::Text("0.0"), Value::Text("a"),     Value::Text("A%"),
                                     Value::Text("10"),  Value::Text(" 1e1 "), Value::Text("10abc"),
                                     Value::Integer(0),  Value::Integer(10),   Value::Real(10),
                                     Value::Real(-1.5),  Value::Real(0.1),     Value::Text("\\"),
                                     Value::Real(1e17),  Value::Text("10.0"),  Value::Integer(1)};
  SqliteOracle sqlite;
  sqlite.Execute(
      "CREATE TABLE pairs (id INTEGER PRIMARY KEY, lb, lt TEXT, ln NUMERIC, rb, rt TEXT, rn "
      "NUMERIC)");
  for (const Value& left : values) {
    for (const Value& right : values) {
      sqlite.Ask("INSERT INTO pairs (lb, lt, ln, rb, rt, rn) VALUES (?1, ?1, ?1, ?2, ?2, ?2)",
                 {left.view(), right.view()});
    }
  }
  for (const AffinitySql& left : kAffinities) {
    const std::vector<Value> lefts =
        sqlite.Column("SELECT " + Column(left.column, 'l') + " FROM pairs ORDER BY id", {});
    for (const AffinitySql& right : kAffinities) {
      const std::vector<Value> rights =
          sqlite.Column("SELECT " + Column(right.column, 'r') + " FROM pairs ORDER BY id", {});
      for (const FormSql& form : kForms) {
        const std::string sql = Sql(form.sql, Column(left.column, 'l'), Column(right.column, 'r'));
        const std::vector<Value> want = sqlite.Column(sql, {});
        ASSERT_EQ(want.size(), values.size() * values.size());
        for (std::size_t i = 0; i < want.size(); ++i) {
          EXPECT_EQ(CompareByForm(form.form, lefts[i].view(), left.affinity, rights[i].view(),
                                  right.affinity),
                    TruthOf(want[i]))
              << sql << " for " << Show(lefts[i].view()) << " and " << Show(rights[i].view());
        }
      }
    }
  }
}

class EvaluateStaticTest : public ::testing::Test {
 protected:
  EvaluateStaticTest()
      : collection_(MakeCollection("t", {MakeField("a", FieldType::kText)})),
        builder_(collection_.get()) {}

  std::optional<Truth> Evaluate(CompareForm form, ExprId left, ExprId right) {
    return EvaluateStatic(builder_.Build(0), CompareCond{form, left, right});
  }

  std::shared_ptr<Collection> collection_;
  PlanBuilder builder_;
};

TEST_F(EvaluateStaticTest, ComparesSlotsAndConstants) {
  const ExprId one = builder_.Literal(Value::Real(1));
  const ExprId text = builder_.Literal(Value::Text("1"));
  const ExprId truth = builder_.Constant(Value::Bool(true));
  const ExprId null = builder_.Constant(Value::Null());
  // F-39: no affinity.
  EXPECT_EQ(Evaluate(CompareForm::kEqual, one, text), Truth::kFalse);
  EXPECT_EQ(Evaluate(CompareForm::kEqual, one, truth), Truth::kTrue);
  EXPECT_EQ(Evaluate(CompareForm::kLess, one, text), Truth::kTrue);
  EXPECT_EQ(Evaluate(CompareForm::kGreater, null, text), Truth::kUnknown);
  EXPECT_EQ(Evaluate(CompareForm::kRightEmpty, null, text), Truth::kTrue);
  EXPECT_EQ(Evaluate(CompareForm::kLikeContains, text, null), Truth::kUnknown);
}

TEST_F(EvaluateStaticTest, KnowsNothingOfRowsAndCalls) {
  const ExprId one = builder_.Literal(Value::Real(1));
  const ExprId column = builder_.Column("a");
  const ExprId lower = builder_.Add(Expr{LowerExpr{one}});
  const ExprId now = builder_.Add(Expr{StrftimeExpr{{one}}});
  for (ExprId other : {column, lower, now}) {
    EXPECT_EQ(Evaluate(CompareForm::kEqual, one, other), std::nullopt);
    EXPECT_EQ(Evaluate(CompareForm::kEqual, other, one), std::nullopt);
  }
}

}  // namespace
}  // namespace sluice
