// Every input that is kept, through its target, under any compiler: corpus/ and
// findings/, one input a line.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "fuzz/target.h"

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SLUICE_SOURCE_DIR) / "fuzz";

int Digit(char c) {
  const std::string_view digits = "0123456789abcdef";
  return static_cast<int>(digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c));
}

// `\n`, `\r`, `\t`, `\\` and `\xNN` are what they say.
std::string Unescape(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      out += line[i];
    } else if (line[++i] == 'x' && i + 2 < line.size()) {
      out += static_cast<char>(Digit(line[i + 1]) * 16 + Digit(line[i + 2]));
      i += 2;
    } else {
      out += line[i] == 'n' ? '\n' : line[i] == 'r' ? '\r' : line[i] == 't' ? '\t' : line[i];
    }
  }
  return out;
}

std::vector<std::string> InputsOf(const fs::path& path) {
  std::vector<std::string> inputs;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') inputs.push_back(Unescape(line));
  }
  return inputs;
}

class Replay : public ::testing::TestWithParam<NamedTarget> {};

TEST_P(Replay, KeptInputs) {
  const std::string name(GetParam().name);
  std::size_t count = 0;
  for (const char* folder : {"corpus", "findings"}) {
    for (const std::string& input : InputsOf(kFolder / folder / (name + ".txt"))) {
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
