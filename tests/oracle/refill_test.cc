// A plan that is given another request's values = the plan that is made for that
// request, for random schemas, rules, filters, values and callers.
#include "sluice/refill.h"

#include <array>

#include "gtest/gtest.h"

#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "tests/support/oracle.h"

namespace sluice {
namespace {

// One request, with texts.
struct Asking {
  Question question;
  std::string email;
  bool verified = false;
  bool has_body = false;
  UnixMillis now = 0;
  std::string row_id;  // empty: none
};

struct Made {
  RequestContext request;
  AuthRecord auth;
  FilterShape shape;
  bool shaped = false;
  StatusOr<Plan> plan = absl::UnknownError("");
};

void Make(const OracleWorld& world, const Asking& asking, Made& made) {
  const Question& question = asking.question;
  made.auth = {world.schema().Find("users"), question.caller, asking.email, true, asking.verified};
  made.request.now = asking.now;
  made.request.query = {{"a", question.query_a}, {"views", "10"}};
  made.request.headers = {{"x_h", "a"}};
  if (asking.has_body) {
    made.request.body.members = {{"title", JsonValue::String(question.query_a)},
                                 {"views", JsonValue::Number(3)},
                                 {"name", JsonValue{}},
                                 {"flag", JsonValue::Bool(asking.verified)}};
  }
  if (!question.caller.empty()) made.request.auth = &made.auth;
  const StatusOr<Ast> rule = ParseFilter(question.rule.empty() ? "1=1" : question.rule);
  const StatusOr<Ast> filter = ParseFilter(question.filter.empty() ? "1=1" : question.filter);
  const StatusOr<SortList> sort = ParseSort(question.sort);
  ASSERT_TRUE(rule.ok() && filter.ok() && sort.ok()) << question.Show();
  Query query;
  query.collection = world.schema().Find(question.collection);
  if (!question.rule.empty()) query.rule = &*rule;
  if (!question.filter.empty()) query.filter = &*filter;
  if (!question.sort.empty()) query.sort = &*sort;
  if (!asking.row_id.empty()) query.row_id = &asking.row_id;
  BindOptions options;
  options.request = &made.request;
  options.filter_mode = question.filter_mode;
  made.plan = Bind(query, world.schema(), options);
  if (made.plan.ok()) made.plan = Simplify(*std::move(made.plan));
  made.shaped = question.filter.empty() ||
                (TakeLiterals(question.filter, made.shape) && Fits(made.shape, *filter));
}

// The same question with other values.
Asking Change(RandomWorld& random, const Asking& asking, const FilterShape& shape) {
  static const std::vector<std::string> kTexts = {"x", "a%", "zz", "10", "users_1", "1=1 || ("};
  static const std::vector<std::string> kNumbers = {"0", "1", "-4", "2.5", "1000"};
  Asking other = asking;
  std::string& filter = other.question.filter;
  for (auto literal = shape.literals.rbegin(); literal != shape.literals.rend(); ++literal) {
    if (literal->is_text && literal->text.empty()) continue;
    std::size_t end = literal->begin + literal->text.size() + 2;
    if (!literal->is_text) end = filter.find_first_not_of("-.0123456789", literal->begin);
    const std::string value =
        literal->is_text ? "'" + random.PickOf(kTexts) + "'" : random.PickOf(kNumbers);
    filter.replace(literal->begin, std::min(end, filter.size()) - literal->begin, value);
  }
  if (!asking.question.caller.empty())
    other.question.caller = RandomWorld::IdOf("users", 1 + random.Pick(5));
  other.email = random.PickOf({"", "u1@x.io", "b%@x.io"});
  other.verified = random.Chance(50);
  other.question.query_a = random.PickOf({"", "a", "10", "b%", "users_2"});
  other.has_body = random.Chance(50);
  other.now = 1'704'067'200'000 + static_cast<UnixMillis>(random.Pick(100'000)) * 1'234'567;
  if (!asking.row_id.empty()) other.row_id = RandomWorld::IdOf(asking.question.collection, 1);
  return other;
}

// The statement and what is bound to it.
std::string Show(const SqlStatement& statement, const Plan& plan, const SlotValues& values) {
  std::string text = statement.text;
  for (const Param& param : statement.params) {
    if (param.kind != ParamKind::kSlot) continue;
    const ValueView value = values.Get(param.slot);
    text += "\n  " + std::to_string(static_cast<int>(value.storage)) + " " +
            std::to_string(value.integer) + " " + std::to_string(value.real) + " " +
            std::string(value.text);
  }
  return text + "\n" + std::to_string(plan.slots.size());
}

std::string ShowAll(const Plan& plan, const SlotValues& values) {
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  return Show(SelectRows(plan, Sqlite(), options), plan, values) + "\n" +
         Show(SelectCount(plan, Sqlite()), plan, values);
}

TEST(RefillTest, SamePlanAsBoundAnew) {
  const std::uint64_t seed = NumberFromEnvironment("SLUICE_ORACLE_SEED", 7);
  const std::uint64_t worlds = NumberFromEnvironment("SLUICE_ORACLE_WORLDS", 40);
  int asked = 0, filled = 0, matched = 0;
  for (std::uint64_t world_seed = seed; world_seed < seed + worlds; ++world_seed) {
    OracleWorld world(world_seed);
    for (int i = 0; i < 100; ++i) {
      Asking asking{world.MakeQuestion(),      "u1@x.io",         false,
                    world.random().Chance(50), 1'704'067'200'000, ""};
      if (world.random().Chance(20))
        asking.row_id = RandomWorld::IdOf(asking.question.collection, 2);
      if (world.random().Chance(30)) {
        static const std::vector<std::string> kBodyRules = {
            "@request.body.title = id",
            "@request.body.views:isset = true",
            "@request.body.flag != id",
            "id ~ @request.body.flag || @request.body.name = ''",
            "@request.body.title:lower ~ 'a'",
            "@request.headers.x_h = @request.query.a",
            "id:changed = false",
            "@request.body.views > 2 && @request.body.none = null",
            "@request.body.id:changed = false",
            "id !~ @request.query.a"};
        asking.question.rule = world.random().PickOf(kBodyRules);
      }
      Made first;
      Make(world, asking, first);
      if (!first.plan.ok() || !first.shaped) continue;
      const FilterShape* shape = asking.question.filter.empty() ? nullptr : &first.shape;
      const std::optional<Refill> refill = Refill::Of(*first.plan, shape);
      if (!refill) continue;
      for (int change = 0; change < 4; ++change) {
        const Asking other = Change(world.random(), asking, first.shape);
        Made second;
        Make(world, other, second);
        ASSERT_TRUE(second.plan.ok()) << other.question.Show();
        ASSERT_EQ(second.shape.key, first.shape.key);
        ++asked;
        const SlotInputs inputs{&second.request, shape == nullptr ? nullptr : &second.shape,
                                other.row_id.empty() ? nullptr : &other.row_id, nullptr};
        const std::optional<SlotValues> values = refill->Fill(*first.plan, inputs);
        if (!values) continue;
        ++filled;
        ASSERT_EQ(ShowAll(*first.plan, *values), ShowAll(*second.plan, SlotValues(*second.plan)))
            << "SLUICE_ORACLE_SEED=" << world_seed << "\n"
            << asking.question.Show() << "then\n"
            << other.question.Show();
        // In memory, too.
        const Predicate kept(*first.plan);
        if (!kept.TakesValues(*refill)) continue;
        const Predicate anew(*second.plan);
        const StatusOr<RowSource::Rows> rows = world.rows(*first.plan->collection);
        ASSERT_TRUE(rows.ok());
        for (const auto& row : *rows) {
          const StatusOr<bool> a = kept.Matches(*row, &world.source(), {}, *values);
          const StatusOr<bool> b = anew.Matches(*row, &world.source());
          ASSERT_EQ(a.ok(), b.ok());
          ASSERT_EQ(a.ok() && *a, b.ok() && *b) << asking.question.Show() << "then\n"
                                                << other.question.Show();
          ++matched;
        }
      }
    }
  }
  std::printf("asked %d, given values %d, rows matched %d\n", asked, filled, matched);
  EXPECT_GT(filled, asked / 2);
  EXPECT_GT(matched, filled / 2);
}

}  // namespace
}  // namespace sluice
