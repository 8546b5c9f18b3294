// Predicate = rewritten SQL = plain JOIN + DISTINCT SQL, on random schemas, rows,
// rules, filters and callers. A failure prints its seed; with SLUICE_ORACLE_SEED,
// SLUICE_ORACLE_WORLDS and SLUICE_ORACLE_DEALS a person runs more.
#include <iostream>

#include "gtest/gtest.h"

#include "tests/support/oracle.h"

namespace sluice {
namespace {

// Each form is asked of several deals of rows, with several values and callers:
// SQLite compiles its statements once.
constexpr int kForms = 30;
constexpr int kFillings = 4;

using Tally = std::map<Verdict, std::uint64_t>;

// Each form with several values and callers, of one state of the database.
void AskAll(OracleWorld& world, const std::vector<Question>& forms, Tally& tally) {
  const auto snapshot = store::ReadSnapshot::Begin(world.connection());
  ASSERT_TRUE(snapshot.ok());
  for (const Question& form : forms) {
    for (int i = 0; i < kFillings; ++i) {
      std::string details;
      const Verdict verdict = CompareEvaluators(world, world.Fill(form), 7, &details);
      ++tally[verdict];
      ASSERT_NE(verdict, Verdict::kDiffer) << details;
    }
  }
}

TEST(RandomTest, AllEvaluatorsAgree) {
  const std::uint64_t seed = NumberFromEnvironment("SLUICE_ORACLE_SEED", 20261121);
  const std::uint64_t worlds = NumberFromEnvironment("SLUICE_ORACLE_WORLDS", 40);
  const std::uint64_t deals = NumberFromEnvironment("SLUICE_ORACLE_DEALS", 2);
  Tally tally;
  for (std::uint64_t at = seed; at < seed + worlds; ++at) {
    SCOPED_TRACE("SLUICE_ORACLE_SEED=" + std::to_string(at) +
                 " SLUICE_ORACLE_DEALS=" + std::to_string(deals));
    OracleWorld world(at);
    std::vector<Question> forms;
    for (int i = 0; i < kForms; ++i) forms.push_back(world.MakeForm());
    for (std::uint64_t deal = 0; deal < deals; ++deal) {
      if (deal > 0) world.DealRows();
      AskAll(world, forms, tally);
      if (HasFailure()) return;
    }
  }
  const std::uint64_t asked = worlds * deals * kForms * kFillings;
  const std::uint64_t compared = tally[Verdict::kAgree] + tally[Verdict::kEmpty];
  std::cout << "asked " << asked << ", compared " << compared << ", with rows "
            << tally[Verdict::kAgree] << ", refused " << tally[Verdict::kRefused]
            << ", too many joins " << tally[Verdict::kSkipped] << ", failed "
            << tally[Verdict::kFailed] << "\n";
  // The test must compare something: most questions bind, and many match rows.
  EXPECT_GT(compared, asked / 2);
  EXPECT_GT(tally[Verdict::kAgree], compared / 6);
}

}  // namespace
}  // namespace sluice
