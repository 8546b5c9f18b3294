// Stored names against the table of S-61 and the recorded answers.
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/files/file_name.h"

namespace sluice::files {
namespace {

using ::testing::MatchesRegex;

TEST(StoredName, TableOfS61) {
  const std::string r = "[a-z0-9]{10}";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"My Test-Image.PNG", "my_test_image_R\\.PNG"},
      {"a.txt", "aR_R\\.txt"},
      {"archive.tar.gz", "archive_R\\.tar\\.gz"},
      {"HelloWorldFILE.TXT", "hello_world_file_R\\.TXT"},
      {".hidden", "R_R\\.hidden"},
      {"passwd", "passwd_R\\.txt"},
      {"a.b.c.d.txt", "a_b_c_R\\.d\\.txt"},
      {"日本語.txt", "R_R\\.txt"},
      {"Ünïcödé Fïle (1).txt", "n_c_d_f_le_1_R\\.txt"},
      {"x.verylongextensionverylongextension", "xR_R\\.ionverylongextension"},
      {"Hello World.TXT", "hello_world_R\\.TXT"},
      {"test.a.b.c", "test_a_R\\.b\\.c"},
      {"dir\\file name.csv", "dir_file_name_R\\.csv"},
      {"say \"hi\".txt", "say_hi_R\\.txt"},
      {"trailing.", "trailing_R\\.txt"},
      {std::string(150, 'L') + ".md", "l{100}_R\\.md"},
      {"..", "R_R\\.txt"},
      {"", "R_R\\.txt"},
      {"a..txt", "aR_R\\.txt"},
      {"abc.p n<g>", "abc_R\\.png"},
      {std::string("abc\0def.t\0xt", 12), "abc_def_R\\.txt"},
      {"A1B2.x", "a1_b2_R\\.x"},
  };
  for (const auto& [name, pattern] : cases) {
    std::string regex = pattern;
    for (std::size_t at = regex.find('R'); at != std::string::npos; at = regex.find('R', at)) {
      regex.replace(at, 1, r);
    }
    EXPECT_THAT(StoredName(name, "text"), MatchesRegex(regex)) << name;
  }
  EXPECT_THAT(StoredName("noext", "{\"a\": 1}"), MatchesRegex("noext_" + r + "\\.json"));
  EXPECT_THAT(StoredName("noext", std::string_view("\0\1\2\3", 4)), MatchesRegex("noext_" + r));
}

TEST(StoredName, OnlyTheLast300BytesCount) {
  const std::string name = "first" + std::string(297, '-') + "abc";
  EXPECT_EQ(SplitName(name, "x").base, "abc");
  EXPECT_EQ(SplitName("z" + std::string(298, '-') + "abc", "x").base, "abc");
}

TEST(StoredName, AlwaysOneSafeSegment) {
  std::minstd_rand random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string name;
    for (std::size_t size = random() % 400; size > 0; --size) {
      name.push_back(random() % 4 == 0 ? "./\\"[random() % 3] : static_cast<char>(random()));
    }
    const std::string stored = StoredName(name, "x");
    ASSERT_LE(stored.size(), 150U);
    ASSERT_EQ(stored.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_.*+=#-"),
              std::string::npos)
        << stored;
    ASSERT_NE(stored.front(), '.');
  }
}

TEST(StoredName, NeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(StoredName("a.txt", ""));
  }
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace sluice::files
