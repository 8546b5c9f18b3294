// Predicate = rewritten SQL = plain JOIN + DISTINCT SQL, on random rows, rules,
// filters and callers (design/core.md 2 and 3). A failure prints its seed; with
// SLUICE_ORACLE_SEED and SLUICE_ORACLE_WORLDS a person runs more.
#include <cstdlib>
#include <filesystem>
#include <set>

#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/predicate.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/support/random_world.h"
#include "tests/support/temp_database.h"
#include "tools/server/records/query.h"
#include "tools/server/records/stored_rows.h"

namespace sluice {
namespace {

using Ids = std::multiset<std::string>;

std::uint64_t Number(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

StatusOr<Ids> RunSql(store::Connection& connection, const Plan& plan, Lowering lowering) {
  SelectOptions options;
  options.columns = {"id"};
  options.lowering = lowering;
  options.order = false;
  Ids ids;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(connection, plan,
                                               SelectRows(plan, Sqlite(), options), {},
                                               [&ids](const store::Statement& row) {
                                                 ids.emplace(row.Column(0).text);
                                                 return absl::OkStatus();
                                               }));
  return ids;
}

StatusOr<Ids> RunPredicate(store::Connection& connection, const Schema& schema, const Plan& plan) {
  const Predicate predicate(plan);
  records::StoredRows rows(schema, connection);
  SLUICE_ASSIGN_OR_RETURN(const RowSource::Rows all, rows.All(*plan.collection));
  Ids ids;
  for (const auto& row : all) {
    SLUICE_ASSIGN_OR_RETURN(const bool matches, predicate.Matches(*row, &rows));
    if (matches) ids.emplace(row->Get(*plan.collection->FindField("id")).text);
  }
  return ids;
}

std::size_t FreeVariables(const Plan& plan) {
  std::size_t count = 0;
  for (const Variable& variable : plan.variables) count += variable.bound ? 0 : 1;
  return count;
}

std::string Show(const Plan& plan, const Plan& simple) {
  SelectOptions options;
  options.columns = {"id"};
  return "\nbound:\n" + Dump(plan) + "\nsimplified:\n" + Dump(simple) + "\n" +
         SelectRows(simple, Sqlite(), options).text;
}

struct Tally {
  int asked = 0;
  int compared = 0;
  int failed_alike = 0;
  int matched = 0;
};

// One query by all evaluators.
void Compare(store::Connection& connection, const Schema& schema, const Query& query,
             const BindOptions& options, const std::string& text, Tally& tally) {
  ++tally.asked;
  const StatusOr<Plan> plan = Bind(query, schema, options);
  if (!plan.ok()) {
    ASSERT_TRUE(absl::IsInvalidArgument(plan.status())) << text << ": " << plan.status();
    return;
  }
  // The plain form multiplies rows by every variable: too many take for ever.
  if (FreeVariables(*plan) > 8) return;
  const Plan simple = Simplify(*plan);
  const StatusOr<Ids> plain = RunSql(connection, *plan, Lowering::kPlain);
  const StatusOr<Ids> rewritten = RunSql(connection, simple, Lowering::kRewritten);
  const StatusOr<Ids> in_memory = RunPredicate(connection, schema, *plan);
  if (!plain.ok()) {
    // A malformed JSON path: rows decide whether it is met.
    ++tally.failed_alike;
    return;
  }
  ASSERT_TRUE(rewritten.ok()) << text << ": " << rewritten.status() << Show(*plan, simple);
  ASSERT_TRUE(in_memory.ok()) << text << ": " << in_memory.status() << Show(*plan, simple);
  ASSERT_EQ(*plain, *rewritten) << text << Show(*plan, simple);
  ASSERT_EQ(*plain, *in_memory) << "predicate: " << text << Show(*plan, simple);
  const StatusOr<std::int64_t> count = records::RunCount(connection, simple);
  ASSERT_TRUE(count.ok()) << text;
  ASSERT_EQ(static_cast<std::size_t>(*count), plain->size()) << text;
  ++tally.compared;
  tally.matched += plain->empty() ? 0 : 1;
}

void CompareRandomQuery(RandomWorld& world, store::Connection& connection, const Schema& schema,
                        Tally& tally) {
  const std::string collection =
      world.PickOf({"posts", "posts", "comments", "users", "tags", "vposts"});
  Query query;
  query.collection = schema.Find(collection);
  const std::string rule = world.Chance(50) ? world.MakeFilter(collection, 2, true) : "";
  const std::string filter =
      world.Chance(90) || rule.empty() ? world.MakeFilter(collection, 3, false) : "";
  const std::string sort = world.Chance(25) ? world.MakeSort(collection) : "";
  StatusOr<Ast> rule_ast = ParseFilter(rule.empty() ? "1=1" : rule);
  StatusOr<Ast> filter_ast = ParseFilter(filter.empty() ? "1=1" : filter);
  StatusOr<SortList> sort_list = ParseSort(sort);
  ASSERT_TRUE(rule_ast.ok()) << rule << rule_ast.status();
  ASSERT_TRUE(filter_ast.ok()) << filter << filter_ast.status();
  ASSERT_TRUE(sort_list.ok()) << sort;
  if (!rule.empty()) query.rule = &*rule_ast;
  if (!filter.empty()) query.filter = &*filter_ast;
  if (!sort.empty()) query.sort = &*sort_list;

  AuthRecord auth{schema.Find("users"), "u" + std::to_string(1 + world.Pick(6)), "u1@x.io", true,
                  false};
  RequestContext request;
  request.now = 1'704'067'200'000;
  request.query = {{"a", world.PickOf({"", "a", "10"})}, {"views", "10"}};
  request.headers = {{"x_h", "a"}};
  if (world.Chance(70)) request.auth = &auth;
  BindOptions options;
  options.request = &request;
  options.filter_mode = world.Chance(60) ? BindMode::kRestricted : BindMode::kOpen;
  const std::string text = collection + "\n  rule:   " + rule + "\n  filter: " + filter +
                           "\n  sort:   " + sort +
                           "\n  as:     " + (request.auth != nullptr ? auth.id : "guest") +
                           (options.filter_mode == BindMode::kRestricted ? " restricted" : " open");
  Compare(connection, schema, query, options, text, tally);
}

TEST(RandomTest, AllEvaluatorsAgree) {
  const std::uint64_t seed = Number("SLUICE_ORACLE_SEED", 20261121);
  const std::uint64_t worlds = Number("SLUICE_ORACLE_WORLDS", 24);
  constexpr int kQueriesPerWorld = 200;
  Tally tally;
  for (std::uint64_t world_seed = seed; world_seed < seed + worlds; ++world_seed) {
    SCOPED_TRACE("SLUICE_ORACLE_SEED=" + std::to_string(world_seed));
    RandomWorld world(world_seed);
    const std::shared_ptr<const Schema> schema = world.MakeSchema();
    const TempDatabase database(world.MakeRows());
    const auto connection = database.Open();
    for (int i = 0; i < kQueriesPerWorld && !HasFatalFailure(); ++i)
      CompareRandomQuery(world, *connection, *schema, tally);
    if (HasFatalFailure()) return;
  }
  // The test must compare something: most queries bind, and many match rows.
  EXPECT_GT(tally.compared, tally.asked / 2);
  EXPECT_GT(tally.matched, tally.compared / 5);
  std::printf("asked %d, compared %d, with rows %d, SQL errors %d\n", tally.asked, tally.compared,
              tally.matched, tally.failed_alike);
}

}  // namespace
}  // namespace sluice
