// The laws, one by one, as texts of plans. That they keep every answer is for
// tests/oracle to show.
#include "sluice/simplify.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

Plan Bound(const BindInput& input) {
  StatusOr<Plan> plan = BindTexts(input);
  if (!plan.ok()) {
    ADD_FAILURE() << input.filter << ": " << MessageOf(plan.status());
    PlanBuilder builder(BlogSchema().Find("posts"));
    return builder.Build(builder.Add(Cond{ConstantCond{}}));
  }
  return *std::move(plan);
}

std::string Simplified(const BindInput& input, const SimplifyOptions& options = {}) {
  const Plan plan = Simplify(Bound(input), options);
  return DumpCond(plan, plan.condition);
}

std::vector<std::string> PassesOf(const BindInput& input) {
  std::vector<std::string> names;
  for (const AppliedPass& pass : Simplify(Bound(input)).passes) names.push_back(pass.name);
  return names;
}

struct Case {
  std::string_view filter;
  std::string_view want;
};

void ExpectSimplified(const std::vector<Case>& cases) {
  for (const Case& test : cases)
    EXPECT_EQ(Simplified({.filter = test.filter}), test.want) << test.filter;
}

TEST(Simplify, FoldsComparisonsOfConstants) {
  ExpectSimplified({
      {"1 = 1", "true"},
      {"1 = 2", "false"},
      {"1 = '1'", "false"},
      {"null = ''", "true"},
      {"@request.auth.id != ''", "false"},
      {"1 = 2 && title = 'x'", "false"},
      {"title = 'x' && 1 = 1", "(= posts.title $0='x')"},
      {"1 = 1 || title = 'x'", "true"},
      {"1 = 2 || title = 'x'", "(= posts.title $2='x')"},
      {"1 = 1 && 2 = 2", "true"},
      {"1 = 2 || 2 = 1", "false"},
      // Where only TRUE matters, UNKNOWN is as good as FALSE.
      {"null > 1", "false"},
      {"null > 1 || title = 'x'", "(= posts.title $1='x')"},
      {"title = 'x' && (title = 'y' || 1 = 2)",
       "(and (= posts.title $0='x') (= posts.title $1='y'))"},
  });
}

TEST(Simplify, LeavesComparisonsWithRowsAndCalls) {
  ExpectSimplified({
      {"title = title", "(coalesce= posts.title posts.title)"},
      {"strftime('%Y', 0) = 'x'", "(= (strftime $0='%Y' $1=0.0) $2='x')"},
      {"geoDistance(1,2,3,4) < 5", "(< (geoDistance $0=1.0 $1=2.0 $2=3.0 $3=4.0) $4=5.0)"},
  });
}

TEST(Simplify, FlattensJunctions) {
  ExpectSimplified({
      {"title='a' && (title='b' && (title='c' || (title='d' || title='e')))",
       "(and (= posts.title $0='a') (= posts.title $1='b')"
       " (or (= posts.title $2='c') (= posts.title $3='d') (= posts.title $4='e')))"},
      {"title='a' || title='b' && title='c'",
       "(or (= posts.title $0='a') (and (= posts.title $1='b') (= posts.title $2='c')))"},
  });
}

// A constant speaks for all values, as no domain is empty (F-60).
TEST(Simplify, FoldsAConstantForAllValues) {
  struct TruthCase {
    Truth inner, want;
  };
  for (const TruthCase& test :
       {TruthCase{Truth::kTrue, Truth::kTrue}, TruthCase{Truth::kFalse, Truth::kFalse},
        TruthCase{Truth::kUnknown, Truth::kTrue}}) {
    PlanBuilder builder(BlogSchema().Find("posts"));
    Variable elements = MakeVariable(Domain::kElements, nullptr, "tags");
    elements.bound = true;
    const VarId var = builder.Add(elements);
    const CondId constant = builder.Add(Cond{ConstantCond{test.inner}});
    const Plan plan = Simplify(builder.Build(builder.Add(Cond{AllValuesCond{{var}, constant}})));
    EXPECT_EQ(DumpCond(plan, plan.condition), test.want == Truth::kTrue ? "true" : "false");
  }
}

TEST(Simplify, BindsManyValuesByTheSmallestExists) {
  ExpectSimplified({
      {"tags.name ?= 'x'", "(exists (v1 v2) (= v2.name $0='x'))"},
      {"labels:each ?= 'x'", "(exists (v1) (= v1.value $0='x'))"},
      // F-66: one tag has both.
      {"tags.name ?= 'x' && tags.weight ?= 1 && title = 'y'",
       "(and (exists (v1 v2) (and (= v2.name $0='x') (= v2.weight $1=1.0))) (= posts.title "
       "$2='y'))"},
      {"tags.name ?= 'x' && title = 'y' && tags.weight ?= 1",
       "(and (exists (v1 v2) (and (= v2.name $0='x') (= v2.weight $2=1.0))) (= posts.title "
       "$1='y'))"},
      // Different paths part.
      {"tags.name ?= 'x' && labels:each ?= 'y'",
       "(and (exists (v1 v2) (= v2.name $0='x')) (exists (v3) (= v3.value $1='y')))"},
      // The element is shared, the row behind it is not.
      {"tags:each ?= 'x' && tags.name ?= 'y'",
       "(exists (v1) (and (= v1.value $0='x') (exists (v2) (= v2.name $1='y'))))"},
      // Two terms are tied by a third.
      {"tags.name ?= 'x' && labels:each ?= 'y' && tags.name ?= labels:each",
       "(exists (v1 v2 v3) (and (= v2.name $0='x') (= v3.value $1='y') (coalesce= v2.name "
       "v3.value)))"},
  });
}

TEST(Simplify, BindsEachBranchOfAnOr) {
  ExpectSimplified({
      {"tags.name ?= 'x' || tags.weight ?= 1",
       "(or (exists (v1 v2) (= v2.name $0='x')) (exists (v1 v2) (= v2.weight $1=1.0)))"},
      {"title = 'a' || tags.name ?= 'x' && tags.weight ?= 1",
       "(or (= posts.title $0='a') (exists (v1 v2) (and (= v2.name $1='x') (= v2.weight "
       "$2=1.0))))"},
      // What the branch shares with a term outside stays outside.
      {"tags.name ?= 'a' && (tags.weight ?= 1 || labels:each ?= 'b')",
       "(exists (v1 v2) (and (= v2.name $0='a') (or (= v2.weight $1=1.0) (exists (v3) (= v3.value "
       "$2='b')))))"},
      {"(tags.name ?= 'a' || title = 'b') && (tags.weight ?= 1 || title = 'c')",
       "(exists (v1 v2) (and (or (= v2.name $0='a') (= posts.title $1='b'))"
       " (or (= v2.weight $2=1.0) (= posts.title $3='c'))))"},
  });
}

TEST(Simplify, KeepsTheAllValuesPartBesideTheExists) {
  ExpectSimplified({
      {"tags.name = 'x'",
       "(and (exists (v1 v2) (= v2.name $0='x')) (never-false (v3 v4) (= v4.name $0='x')))"},
      // F-65: the single side is the same row in both.
      {"tags.name = author.name",
       "(and (exists (v1 v2) (coalesce= v2.name v3.name)) (never-false (v4 v5) (coalesce= v5.name "
       "v3.name)))"},
      {"tags.name = status:each",
       "(exists (v3) (and (exists (v1 v2) (coalesce= v2.name v3.value))"
       " (never-false (v4 v5) (coalesce= v5.name v3.value))))"},
  });
}

// A row that a plain conjunct compares serves best as a join.
TEST(Simplify, LeavesSingleRowsOfPlainConjunctsFree) {
  ExpectSimplified({
      {"author.name = 'x'", "(= v1.name $0='x')"},
      {"author.manager.name = 'x' && title = 'y'",
       "(and (= v2.name $0='x') (= posts.title $1='y'))"},
      {"author.name = 'x' || title = 'y'",
       "(or (exists (v1) (= v1.name $0='x')) (= posts.title $1='y'))"},
  });
  // Below many rows even a single row multiplies; above them it does not.
  ExpectSimplified({{"org.members.manager.name ?= 'x'", "(exists (v2 v3 v4) (= v4.name $0='x'))"}});
}

TEST(Simplify, MarksWhatItBound) {
  const Plan plan = Simplify(Bound({.filter = "tags.name ?= 'x' && author.name = 'y'"}));
  ASSERT_EQ(plan.variables.size(), 4u);
  EXPECT_TRUE(plan.variables[1].bound);
  EXPECT_TRUE(plan.variables[2].bound);
  EXPECT_FALSE(plan.variables[3].bound);
}

TEST(Simplify, NamesWhatNoConditionNeedsAnyMore) {
  EXPECT_THAT(PassesOf({.filter = "1 = 2 && tags.name ?= 'x'"}), Contains("unused"));
  EXPECT_EQ(Simplified({.filter = "1 = 2 && tags.name ?= 'x'"}), "false");
  EXPECT_THAT(PassesOf({.filter = "1 = 2 && tags.name ?= 'x'", .sort = "tags.name"}),
              Not(Contains("unused")));
}

TEST(Simplify, NamesTheLawsThatItUsed) {
  EXPECT_THAT(PassesOf({.filter = "title = 'x'"}), IsEmpty());
  EXPECT_THAT(PassesOf({.filter = "1 = 1 && title = 'x'"}), ::testing::ElementsAre("constant"));
  EXPECT_THAT(PassesOf({.filter = "tags.name ?= 'x'"}), ::testing::ElementsAre("semi-join"));
}

// F-137: the first passing combination gives the key.
TEST(Simplify, LeavesASortOverManyValuesAsItWasBound) {
  EXPECT_EQ(Simplified(
                {.filter = "1 = 1 && tags.weight ?= 1 && labels:each ?= 'a'", .sort = "tags.name"}),
            "(and (= $0=1.0 $1=1.0) (= v2.weight $2=1.0) (exists (v3) (= v3.value $3='a')))");
  // What a condition ties to the key stays free with it.
  EXPECT_EQ(Simplified({.filter = "tags.weight ?= 1 || labels:each ?= 'a'", .sort = "tags.name"}),
            "(or (= v2.weight $0=1.0) (= v3.value $1='a'))");
  EXPECT_EQ(Simplified({.filter = "tags.weight ?= labels:each && labels:each ?= attachments:each",
                        .sort = "-tags:each"}),
            "(and (coalesce= v2.weight v3.value) (coalesce= v3.value v4.value))");
  EXPECT_EQ(Simplified({.filter = "1 = 1", .sort = "comments_via_post.text"}), "(= $0=1.0 $1=1.0)");
}

TEST(Simplify, FoldsUnderASortBySingleRows) {
  EXPECT_EQ(
      Simplified({.filter = "1 = 1 && tags.weight ?= 1", .sort = "author.name,@random,title"}),
      "(exists (v1 v2) (= v2.weight $2=1.0))");
  const Plan plan =
      Simplify(Bound({.filter = "author.name = 'x' || title = 'y'", .sort = "author.name"}));
  EXPECT_EQ(DumpCond(plan, plan.condition), "(or (= v1.name $0='x') (= posts.title $1='y'))");
  EXPECT_FALSE(plan.variables[1].bound);
}

TEST(Simplify, DoesOnlyWhatItIsAsked) {
  EXPECT_EQ(Simplified({.filter = "1 = 1 && tags.name ?= 'x'"}, {.fold_constants = false}),
            "(and (= $0=1.0 $1=1.0) (exists (v1 v2) (= v2.name $2='x')))");
  EXPECT_EQ(Simplified({.filter = "1 = 1 && tags.name ?= 'x'"}, {.bind_variables = false}),
            "(= v2.name $2='x')");
  const Plan plan = Bound({.filter = "1 = 1 && tags.name ?= 'x'", .sort = "author.name"});
  EXPECT_EQ(Dump(Simplify(plan, {.fold_constants = false, .bind_variables = false})), Dump(plan));
}

TEST(Simplify, ChangesNothingTheSecondTime) {
  for (std::string_view filter : {"tags.name = 'x' || author.name = 'y'", "tags.name = status:each",
                                  "tags.name ?= 'a' && (tags.weight ?= 1 || labels:each ?= 'b')"}) {
    const Plan once = Simplify(Bound({.filter = filter}));
    EXPECT_EQ(Dump(Simplify(once)), Dump(once)) << filter;
  }
}

// ---- the all-NULL row ----

// v1 is a row behind `author`, v2 one behind v1's `manager`.
class NullRow : public ::testing::Test {
 protected:
  NullRow() : builder_(BlogSchema().Find("posts")) {
    row_ = builder_.Add(MakeVariable(Domain::kRelation, BlogSchema().Find("users"), "author"));
    Variable below = MakeVariable(Domain::kRelation, BlogSchema().Find("users"), "manager");
    below.parent = row_;
    below_ = builder_.Add(below);
    all_ = builder_.Add(MakeVariable(Domain::kCollection, BlogSchema().Find("users")));
    nulled_ = builder_.Column("name", row_);
    below_nulled_ = builder_.Column("name", below_);
    base_ = builder_.Column("title");
    text_ = builder_.Literal(Value::Text("x"));
    null_ = builder_.Constant(Value::Null());
  }

  void Expect(CondId cond, bool rejects, bool never_false) {
    const Plan plan = builder_.Build(cond);
    EXPECT_EQ(RejectsNullRow(plan, cond, row_), rejects) << "rejects: " << DumpCond(plan, cond);
    EXPECT_EQ(NeverFalseOnNullRow(plan, cond, row_), never_false)
        << "never false: " << DumpCond(plan, cond);
  }

  PlanBuilder builder_;
  VarId row_, below_, all_;
  ExprId nulled_, below_nulled_, base_, text_, null_;
};

TEST_F(NullRow, DecidesEveryForm) {
  struct FormCase {
    CompareForm form;
    ExprId left, right;
    bool rejects, never_false;
  };
  const FormCase kCases[] = {
      // NULL against a known value.
      {CompareForm::kIs, nulled_, text_, true, false},
      {CompareForm::kIs, text_, nulled_, true, false},
      {CompareForm::kIsNot, nulled_, text_, false, true},
      {CompareForm::kEqual, nulled_, text_, true, true},
      {CompareForm::kNotEqual, nulled_, text_, false, true},
      {CompareForm::kNotEqual, text_, nulled_, false, true},
      {CompareForm::kRightEmpty, nulled_, text_, false, true},
      {CompareForm::kRightNotEmpty, nulled_, text_, true, false},
      {CompareForm::kLeftEmpty, text_, nulled_, false, true},
      {CompareForm::kLeftNotEmpty, text_, nulled_, true, false},
      // ... which may be ''.
      {CompareForm::kCoalesceEqual, nulled_, text_, false, false},
      {CompareForm::kCoalesceNotEqual, nulled_, text_, false, false},
      {CompareForm::kGreater, nulled_, text_, true, true},
      {CompareForm::kGreaterEqual, text_, nulled_, true, true},
      {CompareForm::kLess, nulled_, text_, true, true},
      {CompareForm::kLessEqual, nulled_, text_, true, true},
      {CompareForm::kLike, nulled_, text_, true, true},
      {CompareForm::kNotLike, nulled_, text_, true, true},
      {CompareForm::kLikeContains, text_, nulled_, true, true},
      {CompareForm::kNotLikeContains, nulled_, text_, true, true},
      // NULL against NULL.
      {CompareForm::kIs, nulled_, null_, false, true},
      {CompareForm::kIsNot, nulled_, null_, true, false},
      {CompareForm::kNotEqual, nulled_, below_nulled_, true, false},
      {CompareForm::kCoalesceEqual, nulled_, below_nulled_, false, true},
      {CompareForm::kCoalesceNotEqual, nulled_, null_, true, false},
      // NULL against a column that may be anything.
      {CompareForm::kIs, nulled_, base_, false, false},
      {CompareForm::kIsNot, nulled_, base_, false, false},
      {CompareForm::kEqual, nulled_, base_, true, true},
      {CompareForm::kNotEqual, nulled_, base_, false, false},
      {CompareForm::kCoalesceEqual, nulled_, base_, false, false},
      {CompareForm::kLess, base_, nulled_, true, true},
      // The side that the form does not look at.
      {CompareForm::kRightEmpty, base_, nulled_, false, false},
      {CompareForm::kLeftEmpty, nulled_, base_, false, false},
      // Nothing to do with the row.
      {CompareForm::kEqual, base_, text_, false, false},
      {CompareForm::kGreater, text_, text_, false, false},
  };
  for (const FormCase& test : kCases)
    Expect(builder_.Compare(test.form, test.left, test.right), test.rejects, test.never_false);
}

TEST_F(NullRow, KnowsWhichExpressionsAreNull) {
  const auto equals = [&](const Expr& expr) {
    return builder_.Compare(CompareForm::kEqual, builder_.Add(expr), text_);
  };
  Expect(equals(LowerExpr{nulled_}), true, true);
  Expect(equals(ColumnExpr{below_, builder_.FieldOf("name", below_)}), true, true);
  Expect(equals(ElementExpr{row_}), true, true);
  Expect(equals(StrftimeExpr{{text_, nulled_}}), true, true);
  Expect(equals(GeoDistanceExpr{{text_, text_, text_, nulled_}}), true, true);
  // Never NULL, or not of the row.
  Expect(equals(LengthExpr{row_, builder_.FieldOf("roles", row_)}), false, false);
  Expect(equals(LowerExpr{base_}), false, false);
  Expect(equals(ColumnExpr{all_, builder_.FieldOf("name", all_)}), false, false);
  Expect(equals(StrftimeExpr{{text_, base_}}), false, false);
}

TEST_F(NullRow, CombinesOutcomes) {
  const CondId unknown = builder_.Compare(CompareForm::kEqual, nulled_, text_);
  const CondId yes = builder_.Compare(CompareForm::kIsNot, nulled_, text_);
  const CondId no = builder_.Compare(CompareForm::kIs, nulled_, text_);
  const CondId any = builder_.Compare(CompareForm::kEqual, base_, text_);
  Expect(builder_.And({unknown, any}), true, false);
  Expect(builder_.And({unknown, yes}), true, true);
  Expect(builder_.And({no, any}), true, false);
  Expect(builder_.And({yes, any}), false, false);
  Expect(builder_.Or({unknown, any}), false, true);
  Expect(builder_.Or({yes, any}), false, true);
  Expect(builder_.Or({no, unknown}), true, true);
  Expect(builder_.Or({no, any}), false, false);
  Expect(builder_.Add(Cond{ConstantCond{Truth::kTrue}}), false, true);
  Expect(builder_.Add(Cond{ConstantCond{Truth::kFalse}}), true, false);
  Expect(builder_.Add(Cond{ConstantCond{Truth::kUnknown}}), true, true);
}

TEST_F(NullRow, ReachesTheRowsBelow) {
  const CondId below = builder_.Compare(CompareForm::kEqual, below_nulled_, text_);
  const CondId below_is = builder_.Compare(CompareForm::kIs, below_nulled_, text_);
  const CondId other = builder_.Compare(CompareForm::kIs, builder_.Column("name", all_), text_);
  Expect(builder_.Add(Cond{ExistsCond{{below_}, below}}), true, false);
  Expect(builder_.Add(Cond{AllValuesCond{{below_}, below}}), false, true);
  Expect(builder_.Add(Cond{AllValuesCond{{below_}, below_is}}), false, false);
  Expect(builder_.Add(Cond{ExistsCond{{all_}, other}}), false, false);
  const SlotId list = builder_.SlotOf(Value::Text("[]"));
  Expect(builder_.Add(Cond{InListCond{nulled_, list}}), true, true);
  Expect(builder_.Add(Cond{InListCond{base_, list}}), false, false);
}

}  // namespace
}  // namespace sluice
