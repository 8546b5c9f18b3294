// ParseExpand (F-158, F-160).
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sluice/parser.h"

namespace sluice {
namespace {

struct Case {
  std::string_view input;
  std::string_view want;
};

// `a.b|c`.
std::string Expanded(std::string_view text) {
  std::string out;
  for (const auto& path : ParseExpand(text).paths) {
    out += out.empty() ? "" : "|";
    for (std::size_t i = 0; i < path.size(); ++i) {
      out += (i == 0 ? "" : ".") + path[i];
    }
  }
  return out;
}

constexpr Case kCases[] = {
    {"", ""},
    {" , .,..", ""},
    {"author", "author"},
    {" author. , tags", "author|tags"},  // E-305
    {",,author,,", "author"},
    {"a u t h o r", "author"},
    {"author,author.org", "author.org"},  // E-306
    {"author.org,author", "author.org"},
    {"author,authors.org", "author|authors.org"},
    {"a.b,a.b,a.c", "a.b|a.c"},
    {"a,a.b,a.b.c", "a.b.c"},
    {"a!b,a,a.b", "a!b|a.b"},
    {"..a.b..", "a.b"},
    {"a..b", "a..b"},
    {"comments(post)", "comments(post)"},
    {"a\tb", "a\tb"},
    {"p.p.p.p.p.p.p.p", "p.p.p.p.p.p"},  // six segments are followed
};

TEST(ParseExpand, NormalizesPaths) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Expanded(c.input), c.want) << c.input;
  }
}

TEST(ParseExpand, FollowsAsManySegmentsAsAllowed) {
  ParseLimits limits;
  limits.expand_segments_max = 2;
  const ExpandList list = ParseExpand("a.b.c", limits);
  ASSERT_EQ(list.paths.size(), 1U);
  EXPECT_EQ(list.paths[0].size(), 2U);
}

}  // namespace
}  // namespace sluice
