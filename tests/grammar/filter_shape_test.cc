// F-10 to F-12, F-26: literals are taken out only where the parser would see the
// same.
#include "sluice/filter_shape.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "sluice/parser.h"

namespace sluice {
namespace {

std::string KeyOf(std::string_view filter) {
  FilterShape shape;
  return TakeLiterals(filter, shape) ? shape.key : "none";
}

TEST(TakeLiterals, LeavesTheRest) {
  FilterShape shape;
  ASSERT_TRUE(TakeLiterals("a.b:lower ?= 'x y' && (n>-1.5||t=\"\")", shape));
  EXPECT_EQ(shape.key, "a.b:lower ?= 't' && (n>0||t='')");
  ASSERT_EQ(shape.literals.size(), 3u);
  EXPECT_TRUE(shape.literals[0].is_text);
  EXPECT_EQ(shape.literals[0].text, "x y");
  EXPECT_EQ(shape.literals[0].begin, 13u);
  EXPECT_FALSE(shape.literals[1].is_text);
  EXPECT_EQ(shape.literals[1].number, -1.5);
  EXPECT_EQ(shape.literals[2].text, "");
}

TEST(TakeLiterals, SameKeyForOtherValues) {
  EXPECT_EQ(KeyOf("a='x' && b>1"), KeyOf("a=\"other && (\" && b>-20.75"));
  EXPECT_NE(KeyOf("a='x'"), KeyOf("a=''"));
  EXPECT_NE(KeyOf("a='1'"), KeyOf("a=1"));
  EXPECT_NE(KeyOf("a='x'"), KeyOf("b='x'"));
}

TEST(TakeLiterals, GivesUpEarly) {
  for (const char* filter :
       {"a='x\\'y'", "a='x", "a=1e5", "a=1.5.2", "a=5.", "a=-", "a=-.5", "a=12-3", "a='x'b",
        "a=1 // b", "a/b", "a=\r1", "a='\xff'", "a=\xc2\xa0'x'", "a=123456789012345678901234567890",
        "a=1x", "a@b=1"}) {
    EXPECT_EQ(KeyOf(filter), "none") << filter;
  }
  EXPECT_EQ(KeyOf(std::string_view("a='\0'", 5)), "none");
  EXPECT_NE(KeyOf("a='\xc3\xa9'"), "none");
}

TEST(Fits, AsTheParserSees) {
  for (const char* filter :
       {"a='x'", "a = 1 && (b ~ 'y' || strftime('%Y', c) > -2)", "geoDistance(1,2,a.lon,b) < 3",
        "((a='x' && b='x') || c=\"x\")", "1=1", "a.b.c ?!~ 'q'"}) {
    FilterShape shape;
    ASSERT_TRUE(TakeLiterals(filter, shape)) << filter;
    const StatusOr<Ast> ast = ParseFilter(filter);
    ASSERT_TRUE(ast.ok()) << filter;
    EXPECT_TRUE(Fits(shape, *ast)) << filter;
  }
}

// F-22: what a group displaces is not in the tree.
TEST(Fits, NotWhereOperandsAreDropped) {
  for (const char* filter : {"a 'x' (b=1)", "a = (b=1)", "'x' (b=1)"}) {
    FilterShape shape;
    const StatusOr<Ast> ast = ParseFilter(filter);
    if (!ast.ok() || !TakeLiterals(filter, shape)) continue;
    const bool dropped = std::string_view(filter).find('\'') != std::string_view::npos;
    EXPECT_EQ(Fits(shape, *ast), !dropped) << filter;
  }
  const StatusOr<Ast> other = ParseFilter("a='y'");
  FilterShape shape;
  ASSERT_TRUE(TakeLiterals("a='x'", shape));
  EXPECT_FALSE(Fits(shape, *other));
}

// A text of the same key parses, and to the same tree but for the values.
TEST(TakeLiterals, KeysDecideHowATextParses) {
  const std::vector<std::string> values = {"'x'",  "\"y z\"", "'&&'", "'('",  "\"'\"",
                                           "'//'", "7",       "-3",   "0.25", "''"};
  const std::vector<std::string> shapes = {
      "a=%", "a=%&&b!=%", "(a=%)||c.d?~%", "%=%", "strftime(%,a)=%", "a=% b", "a %", "f(%,%)"};
  std::vector<std::pair<std::string, std::string>> seen;  // key, tree without values
  for (const std::string& text : shapes) {
    for (const std::string& first : values) {
      for (const std::string& second : values) {
        std::string filter = text;
        for (const std::string* value : {&first, &second}) {
          const std::size_t at = filter.find('%');
          if (at != std::string::npos) filter.replace(at, 1, *value);
        }
        FilterShape shape;
        ASSERT_TRUE(TakeLiterals(filter, shape)) << filter;
        const StatusOr<Ast> ast = ParseFilter(filter);
        if (ast.ok()) {
          EXPECT_TRUE(Fits(shape, *ast)) << filter;
        }
        const std::string kinds = [&] {
          std::string kinds = ast.ok() ? "ok" : "mistake";
          if (ast.ok()) {
            for (const Node& node : ast->nodes()) kinds += std::to_string(node.kind.index());
          }
          return kinds;
        }();
        for (const auto& [key, tree] : seen) {
          if (key != shape.key) continue;
          EXPECT_EQ(tree, kinds) << filter;
        }
        seen.emplace_back(shape.key, kinds);
      }
    }
  }
}

}  // namespace
}  // namespace sluice
