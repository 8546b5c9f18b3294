// Predicate = rewritten SQL = plain JOIN + DISTINCT SQL, on random schemas, rows,
// rules, filters and callers. A failure prints its seed; with SLUICE_ORACLE_SEED
// and SLUICE_ORACLE_WORLDS a person runs more.
#include "gtest/gtest.h"

#include "tests/support/oracle.h"

namespace sluice {
namespace {

TEST(RandomTest, AllEvaluatorsAgree) {
  const std::uint64_t seed = NumberFromEnvironment("SLUICE_ORACLE_SEED", 20261121);
  const std::uint64_t worlds = NumberFromEnvironment("SLUICE_ORACLE_WORLDS", 40);
  constexpr int kQuestionsPerWorld = 120;
  std::map<Verdict, int> tally;
  for (std::uint64_t world_seed = seed; world_seed < seed + worlds; ++world_seed) {
    OracleWorld world(world_seed);
    for (int i = 0; i < kQuestionsPerWorld; ++i) {
      std::string details;
      const Verdict verdict = CompareEvaluators(world, world.MakeQuestion(), 7, &details);
      ++tally[verdict];
      ASSERT_NE(verdict, Verdict::kDiffer) << "SLUICE_ORACLE_SEED=" << world_seed << "\n"
                                           << details;
    }
  }
  const int asked = static_cast<int>(worlds) * kQuestionsPerWorld;
  const int compared = tally[Verdict::kAgree] + tally[Verdict::kEmpty];
  std::printf("asked %d, compared %d, with rows %d, refused %d, too many joins %d, failed %d\n",
              asked, compared, tally[Verdict::kAgree], tally[Verdict::kRefused],
              tally[Verdict::kSkipped], tally[Verdict::kFailed]);
  // The test must compare something: most questions bind, and many match rows.
  EXPECT_GT(compared, asked / 2);
  EXPECT_GT(tally[Verdict::kAgree], compared / 6);
}

}  // namespace
}  // namespace sluice
