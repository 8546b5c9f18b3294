// ParseSort (F-132, F-133, F-26).
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sluice/diagnostic.h"
#include "sluice/parser.h"

namespace sluice {
namespace {

struct Case {
  std::string_view input;
  std::string_view want;
};

// `+name -name`, or the error's text.
std::string Sorted(std::string_view text) {
  const auto list = ParseSort(text);
  if (!list.ok()) {
    return std::string(list.status().message());
  }
  std::string out;
  for (const SortKey& key : list->keys) {
    out += out.empty() ? "" : " ";
    out += (key.descending ? "-" : "+") + key.name;
  }
  return out;
}

constexpr Case kCases[] = {
    {"", ""},
    {"title", "+title"},
    {"-title", "-title"},
    {"+title", "+title"},
    {" -pinned , +views ,id", "-pinned +views +id"},
    {"\u00a0-a\u2003,\t\r\nb\v", "-a +b"},
    {"@random,-@rowid", "+@random -@rowid"},
    {"author.name:lower", "+author.name:lower"},
    {"num asc", "+num asc"},
    {"'name'", "+'name'"},
    {"weight,weight,weight,weight,weight,weight,weight,weight",
     "+weight +weight +weight +weight +weight +weight +weight +weight"},
    // E-242, E-243 and neighbours.
    {"weight,", "invalid sort field \"\""},
    {",weight", "invalid sort field \"\""},
    {" ", "invalid sort field \"\""},
    {"-", "invalid sort field \"\""},
    {"--weight", "invalid sort field \"-weight\""},
    {"-+weight", "invalid sort field \"+weight\""},
    {"+-weight", "invalid sort field \"-weight\""},
    {"- weight", "invalid sort field \" weight\""},
    {"a,b,c,d,e,f,g,h,i", "max sort expressions limit reached"},
    {",,,,,,,,", "max sort expressions limit reached"},
};

TEST(ParseSort, ReadsListsAndAnswersErrors) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Sorted(c.input), c.want) << c.input;
  }
}

TEST(ParseSort, LimitsNamesWithoutTheSign) {
  const std::string longest(255, 'a');
  EXPECT_EQ(Sorted("-" + longest), "-" + longest);
  EXPECT_EQ(Sorted(longest + "a"), "max sort field length limit reached");
}

TEST(ParseSort, PointsAtTheKey) {
  const auto list = ParseSort("a, -b");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->keys[1].span, (Span{3, 5}));
  const auto diagnostic = GetDiagnostic(ParseSort("a, --b").status());
  ASSERT_TRUE(diagnostic.has_value());
  EXPECT_EQ(diagnostic->code, "invalid_sort_field");
  EXPECT_EQ(diagnostic->span, (Span{3, 6}));
}

}  // namespace
}  // namespace sluice
