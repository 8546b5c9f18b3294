// Traces: what was compared, which rows decided, what objects; and the places
// that the binder notes.
#include "sluice/trace.h"

#include <map>

#include "gtest/gtest.h"

#include "tests/engine/blog_schema.h"

namespace sluice {
namespace {

// A row with the values of some fields; the others are empty texts.
class Row final : public RecordView {
 public:
  explicit Row(std::map<std::string, Value> values) : values_(std::move(values)) {}
  ValueView Get(const Field& field) const override {
    const auto found = values_.find(field.name);
    return found == values_.end() ? ValueView::Text("") : found->second.view();
  }

 private:
  std::map<std::string, Value> values_;
};

Value T(std::string text) { return Value::Text(std::move(text)); }

class FewRows final : public RowSource {
 public:
  std::map<std::string, std::vector<std::shared_ptr<const RecordView>>> rows;

  StatusOr<Rows> FindById(const Collection& collection, std::string_view id) override {
    return FindByField(collection, *collection.FindField("id"), id);
  }
  StatusOr<Rows> FindByField(const Collection& collection, const Field& field,
                             std::string_view value) override {
    Rows found;
    for (const auto& row : rows[collection.name]) {
      if (row->Get(field).text == value) found.push_back(row);
    }
    return found;
  }
  StatusOr<Rows> All(const Collection& collection) override { return rows[collection.name]; }
};

FewRows Comments() {
  FewRows rows;
  for (const auto& [id, text] : {std::pair("k1", "one"), std::pair("k2", "two")}) {
    rows.rows["comments"].push_back(std::make_shared<Row>(
        std::map<std::string, Value>{{"id", T(id)}, {"post", T("p1")}, {"text", T(text)}}));
  }
  rows.rows["users"].push_back(
      std::make_shared<Row>(std::map<std::string, Value>{{"id", T("u1")}, {"name", T("bob")}}));
  return rows;
}

const Row& Post() {
  static const Row post({{"id", T("p1")},
                         {"title", T("hello")},
                         {"author", T("u1")},
                         {"status", T("draft")},
                         {"views", Value::Real(7)}});
  return post;
}

StatusOr<Trace> TraceOf(const Plan& plan) {
  FewRows rows = Comments();
  return TraceMatch(plan, Post(), &rows);
}

TEST(TraceTest, ValuesAndTruthsOfEachComparison) {
  const StatusOr<Plan> plan = BindTexts({"title = 'hello' && views > 10"});
  ASSERT_TRUE(plan.ok());
  const StatusOr<Trace> trace = TraceOf(*plan);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_FALSE(trace->matches);
  EXPECT_EQ(trace->assignments, 1u);
  const auto& terms = std::get<JunctionCond>(plan->conds[plan->condition]).terms;
  EXPECT_EQ(trace->conds[terms[0]].truth, Truth::kTrue);
  EXPECT_EQ(trace->conds[terms[0]].left.text, "hello");
  EXPECT_EQ(trace->conds[terms[1]].truth, Truth::kFalse);
  EXPECT_EQ(trace->conds[terms[1]].left.real, 7);
  EXPECT_EQ(trace->conds[terms[1]].right.real, 10);
}

TEST(TraceTest, TheRowThatDecided) {
  const StatusOr<Plan> plan = BindTexts({"comments_via_post.text ?= 'two'"});
  ASSERT_TRUE(plan.ok());
  const StatusOr<Trace> trace = TraceOf(*plan);
  ASSERT_TRUE(trace.ok());
  EXPECT_TRUE(trace->matches);
  ASSERT_EQ(trace->rows.size(), 1u);
  EXPECT_EQ(trace->rows[0].id, "k2");
}

TEST(TraceTest, CountsWhereNoCombinationHolds) {
  // Each half holds for one comment, never both for the same.
  const StatusOr<Plan> plan =
      BindTexts({"comments_via_post.text ?= 'two' && comments_via_post.id ?= 'k1'"});
  ASSERT_TRUE(plan.ok());
  const StatusOr<Trace> trace = TraceOf(*plan);
  ASSERT_TRUE(trace.ok());
  EXPECT_FALSE(trace->matches);
  EXPECT_EQ(trace->assignments, 2u);
  for (const CondId term : std::get<JunctionCond>(plan->conds[plan->condition]).terms)
    EXPECT_EQ(trace->conds[term].counts[static_cast<int>(Truth::kTrue)], 1u);
}

TEST(TraceTest, TheValueThatObjects) {
  const StatusOr<Plan> plan = BindTexts({"comments_via_post.text = 'one'"});
  ASSERT_TRUE(plan.ok());
  const StatusOr<Trace> trace = TraceOf(*plan);
  ASSERT_TRUE(trace.ok());
  EXPECT_FALSE(trace->matches);
  const TracedCond* all = nullptr;
  CondId inner = 0;
  for (CondId id = 0; id < plan->conds.size(); ++id) {
    if (const auto* cond = std::get_if<AllValuesCond>(&plan->conds[id])) {
      all = &trace->conds[id];
      inner = cond->condition;
    }
  }
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->truth, Truth::kFalse);
  ASSERT_EQ(all->objection.size(), 1u);
  EXPECT_EQ(all->objection[0].id, "k2");
  EXPECT_EQ(trace->conds[inner].left.text, "two");
}

TEST(TraceTest, TheNullRow) {
  const StatusOr<Plan> plan = BindTexts({"org.name > 'a'"});
  ASSERT_TRUE(plan.ok());
  const StatusOr<Trace> trace = TraceOf(*plan);
  ASSERT_TRUE(trace.ok());
  EXPECT_FALSE(trace->matches);
  EXPECT_EQ(trace->conds[plan->condition].truth, Truth::kUnknown);
  ASSERT_EQ(trace->rows.size(), 1u);
  EXPECT_TRUE(trace->rows[0].null_row);
}

TEST(TraceTest, GivesUpCountingAndStillAnswers) {
  const StatusOr<Plan> plan = BindTexts({"comments_via_post.text ?= 'two'"});
  ASSERT_TRUE(plan.ok());
  FewRows rows = Comments();
  TraceLimits limits;
  limits.assignments_max = 1;
  const StatusOr<Trace> trace = TraceMatch(*plan, Post(), &rows, limits);
  ASSERT_TRUE(trace.ok());
  EXPECT_FALSE(trace->complete);
  EXPECT_TRUE(trace->matches);
}

TEST(PlacesTest, WhereConditionsWereWritten) {
  const std::string rule = "title = 'x' || views > 1";
  const std::string filter = "author.email = 'a'";
  const StatusOr<Ast> rule_ast = ParseFilter(rule, RuleLimits());
  const StatusOr<Ast> filter_ast = ParseFilter(filter);
  std::vector<std::shared_ptr<Collection>> all = BlogCollections();
  for (auto& collection : all) {
    if (collection->name == "users") collection->list_rule = "verified = true";
  }
  const auto schema = SchemaOf(all);
  Query query;
  query.collection = schema->Find("posts");
  query.rule = &*rule_ast;
  query.filter = &*filter_ast;
  std::vector<CondPlace> places;
  BindOptions options;
  options.places = &places;
  const StatusOr<Plan> plan = Bind(query, *schema, options);
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::string seen;
  for (const CondPlace& place : places) {
    const std::string& text = place.text == PlaceText::kRule     ? rule
                              : place.text == PlaceText::kFilter ? filter
                                                                 : *place.collection->list_rule;
    seen += (place.comparison ? "" : "group ") +
            text.substr(place.span.begin, place.span.end - place.span.begin) + "\n";
  }
  EXPECT_EQ(seen,
            "title = 'x'\nviews > 1\ngroup title = 'x' || views > 1\n"
            "\nverified = true\ngroup \n"  // `id = ''`, the rule, both
            "author.email = 'a'\n");
}

}  // namespace
}  // namespace sluice
