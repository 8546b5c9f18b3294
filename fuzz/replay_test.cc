// Every input that is kept, through its target, under any compiler: corpus/ and
// findings/, one input a line.
#include <algorithm>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"

#include "fuzz/kept_inputs.h"
#include "fuzz/target.h"

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SLUICE_SOURCE_DIR) / "fuzz";

class Replay : public ::testing::TestWithParam<NamedTarget> {};

TEST_P(Replay, KeptInputs) {
  const std::string name(GetParam().name);
  std::size_t count = 0;
  for (const char* folder : {"corpus", "findings"}) {
    for (const std::string& input : KeptInputs(folder, name)) {
      SCOPED_TRACE(input);
      GetParam().run(input);
      ++count;
    }
  }
  EXPECT_GT(count, 0U) << "no input of " << name << " is kept";
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay,
                         ::testing::ValuesIn(AllTargets().begin(), AllTargets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

// No kept file is without a target.
TEST(Replay, EveryFileHasItsTarget) {
  for (const char* folder : {"corpus", "findings"}) {
    for (const auto& entry : fs::directory_iterator(kFolder / folder)) {
      const auto targets = AllTargets();
      EXPECT_TRUE(std::any_of(targets.begin(), targets.end(), [&](const NamedTarget& target) {
        return target.name == entry.path().stem().string();
      })) << entry.path();
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz
