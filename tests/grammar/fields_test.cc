// ParseFields (F-147 to F-155).
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

// `path|path(max)|path(max...)`, or the error's text.
std::string Picked(std::string_view text) {
  const auto list = ParseFields(text);
  if (!list.ok()) {
    return "error: " + std::string(list.status().message());
  }
  std::string out;
  for (const FieldPath& field : list->paths) {
    out += out.empty() ? "" : "|";
    out += field.path;
    if (field.has_excerpt) {
      out += "(" + std::to_string(field.excerpt.max_chars) +
             (field.excerpt.with_ellipsis ? "..." : "") + ")";
    }
  }
  return out;
}

constexpr Case kPaths[] = {
    {"", ""},
    {",", ""},
    {" , ,", ""},
    {"id,title", "id|title"},
    {"title , id", "title|id"},
    {"*", "*"},
    {"*,rel.id", "*|rel.id"},
    {"id.,title.", "id|title"},
    {".id", ".id"},
    {"meta.weird key", "meta.weird key"},
    {"\u00a0id\u2003,\r\nx\t", "id|x"},
    {"id)", "id)"},
    {"a(b,c),d", "a(b,c)|d"},
    {"a((b,c),d),e", "a((b,c),d)|e"},
    {"'a,b',c", "'a,b'|c"},
    {"`a,(b`,c", "`a,(b`|c"},
    {"\"a',b\",c", "\"a',b\"|c"},
    {"(a,')',b),c", "(a,')',b)|c"},
    {"a\\(,b", "a\\(|b"},
    {"a\\',b", "a\\'|b"},
    {"a\\\\',b", "a\\\\'|b"},  // a second backslash changes nothing
    {"'a\\',b',c", "'a\\',b'|c"},
    {"a\\,b", "a\\|b"},
    {"\xFF", "\xEF\xBF\xBD"},
    // Duplicates: the last modifier wins (F-148).
    {"name,name:excerpt(2)", "name(2)"},
    {"name:excerpt(2),name", "name"},
    {"a,b,a.:excerpt(1)", "a(1)|b"},
};

TEST(ParseFields, ReadsPaths) {
  for (const Case& c : kPaths) {
    EXPECT_EQ(Picked(c.input), c.want) << c.input;
  }
}

constexpr Case kExcerpts[] = {
    {"t:excerpt(5)", "t(5)"},
    {"t:excerpt(5,true)", "t(5...)"},
    {"t:excerpt( 5 , 1 )", "t(5...)"},
    {"t:excerpt 3 true", "t(3...)"},
    {"t:excerpt 3 (T)", "t(3...)"},
    {"t:excerpt(3,t)", "t(3...)"},
    {"t:excerpt(3,TRUE)", "t(3...)"},
    {"t:excerpt(3,True)", "t(3...)"},
    {"t:excerpt(3,false)", "t(3)"},
    {"t:excerpt(3,yes)", "t(3)"},
    {"t:excerpt(3,'true')", "t(3)"},
    {"t:excerpt(3)true", "t(3...)"},
    {"t:excerpt(,4)", "t(4)"},
    {"t:excerpt(4,)", "t(4)"},
    {"t:excerpt(4))", "t(4)"},
    {"t :excerpt(4)", "t (4)"},
    // Go's integers (F-155).
    {"t:excerpt(2.9)", "t(2)"},
    {"t:excerpt(2.)", "t(2)"},
    {"t:excerpt(010)", "t(8)"},
    {"t:excerpt(010.5)", "t(8)"},
    {"t:excerpt(0x3)", "t(3)"},
    {"t:excerpt(0XfF)", "t(255)"},
    {"t:excerpt(0b11)", "t(3)"},
    {"t:excerpt(0o17)", "t(15)"},
    {"t:excerpt(+3)", "t(3)"},
    {"t:excerpt(1_0)", "t(10)"},
    {"t:excerpt(0x_f)", "t(15)"},
    {"t:excerpt(0_7)", "t(7)"},
    {"t:excerpt(9223372036854775807)", "t(9223372036854775807)"},
};

TEST(ParseFields, ReadsExcerpts) {
  for (const Case& c : kExcerpts) {
    EXPECT_EQ(Picked(c.input), c.want) << c.input;
  }
}

constexpr std::string_view kNotPositive[] = {
    "0",     "-1",   "a",    "'3'",   "08", "1e3", "0x", "0x1.5",
    "1_",    "_1",   "1__0", "1_0.5", ".5", "--3", "+",  "9223372036854775808",
    "1.5.2", "0b12",
};

TEST(ParseFields, WantsAPositiveMax) {
  for (const std::string_view max : kNotPositive) {
    const std::string text = "t:excerpt(" + std::string(max) + ")";
    EXPECT_EQ(Picked(text), "error: max argument must be > 0") << text;
  }
}

constexpr Case kErrors[] = {
    {"id,(name", "error: unbalanced parenthesis or quoted expression: \"(name\""},
    {"id,'name", "error: unbalanced parenthesis or quoted expression: \"'name\""},
    {"id, \"name,x", "error: unbalanced parenthesis or quoted expression: \" \\\"name,x\""},
    {"`", "error: unbalanced parenthesis or quoted expression: \"`\""},
    {"a((b)", "error: unbalanced parenthesis or quoted expression: \"a((b)\""},
    {"'a\\'", "error: unbalanced parenthesis or quoted expression: \"'a\\\\'\""},
    {"a'b:c'", "error: unbalanced parenthesis or quoted expression: \"c'\""},
    {"title:", "error: invalid or empty modifier expression \"\""},
    {"title:()", "error: invalid or empty modifier expression \"()\""},
    {"title:upper", "error: missing or invalid modifier \"upper\""},
    {"title:Excerpt(1)", "error: missing or invalid modifier \"Excerpt\""},
    {"title:excerpt", "error: max argument is required - expected (max, withEllipsis?)"},
    {"title:excerpt()", "error: max argument is required - expected (max, withEllipsis?)"},
    {"title:excerpt(1,2,3)", "error: too many arguments - expected (max, withEllipsis?)"},
    {"title:excerpt(3):excerpt(2)", "error: too many arguments - expected (max, withEllipsis?)"},
    {"a:upper,(", "error: unbalanced parenthesis or quoted expression: \"(\""},
};

TEST(ParseFields, AnswersErrors) {
  for (const Case& c : kErrors) {
    EXPECT_EQ(Picked(c.input), c.want) << c.input;
  }
}

TEST(ParseFields, PointsAtTheField) {
  const auto list = ParseFields("id, title:excerpt(1)");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->paths[1].span, (Span{4, 20}));
  const auto diagnostic = GetDiagnostic(ParseFields("id, title:upper").status());
  ASSERT_TRUE(diagnostic.has_value());
  EXPECT_EQ(diagnostic->code, "unknown_modifier");
  EXPECT_EQ(diagnostic->span, (Span{10, 15}));
}

}  // namespace
}  // namespace sluice
