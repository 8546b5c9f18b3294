// ToFilterText, Dump, SameTree and operator names.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sluice/ast.h"
#include "sluice/parser.h"

namespace sluice {
namespace {

struct Case {
  std::string_view input;
  std::string_view want;
};

Ast Parsed(std::string_view text) {
  auto ast = ParseFilter(text, RuleLimits());
  EXPECT_TRUE(ast.ok()) << text << ": " << ast.status();
  return ast.ok() ? *std::move(ast) : Ast();
}

constexpr Case kTexts[] = {
    {"a=1", "a = 1"},
    {"a?!~\"x\"", "a ?!~ 'x'"},
    {"a=1||b=2&&c=3", "a = 1 || b = 2 && c = 3"},
    {"a=1||(b=2&&c=3)", "a = 1 || b = 2 && c = 3"},
    {"(a=1||b=2)&&c=3", "(a = 1 || b = 2) && c = 3"},
    {"(a=1&&b=2)&&c=3", "(a = 1 && b = 2) && c = 3"},
    {"a=1||(b=2||c=3)", "a = 1 || (b = 2 || c = 3)"},
    {"((a=1||b=2)&&(c=3||d=4))||e=5", "(a = 1 || b = 2) && (c = 3 || d = 4) || e = 5"},
    {"x (a=1)(b=2)", "a = 1 && b = 2"},
    {"f()=g(1,h('x',a.b),)", "f() = g(1, h('x', a.b))"},
    {"a=-.50", "a = -0.5"},
    {"a=1000000000000000000000000", "a = 1000000000000000013287555072"},
    {R"(a='it\'s\\d\q"')", R"(a = 'it\'s\\d\\q"')"},
    {"a='\n\t\r\x01'", "a = '\\n\\t\\r\x01'"},
};

TEST(ToFilterText, PrintsWhatParsesToTheSameTree) {
  for (const Case& c : kTexts) {
    const Ast ast = Parsed(c.input);
    if (c.input.find("000000") == std::string_view::npos) {
      EXPECT_EQ(ToFilterText(ast), c.want) << c.input;
    }
    EXPECT_TRUE(SameTree(ast, Parsed(ToFilterText(ast)))) << ToFilterText(ast);
  }
}

constexpr std::string_view kNumbers[] = {
    "0.1", "-0", "123456789.123456789", "179769313486231570000", "0.000000000000000000001",
};

TEST(ToFilterText, PrintsNumbersExactly) {
  for (const std::string_view number : kNumbers) {
    const Ast ast = Parsed("a=" + std::string(number));
    EXPECT_TRUE(SameTree(ast, Parsed(ToFilterText(ast)))) << number;
  }
  const Ast largest = Parsed("a=17976931348623157" + std::string(292, '0'));
  const Ast smallest = Parsed("a=-0." + std::string(323, '0') + "5");
  EXPECT_TRUE(SameTree(largest, Parsed(ToFilterText(largest))));
  EXPECT_TRUE(SameTree(smallest, Parsed(ToFilterText(smallest))));
  EXPECT_EQ(ToFilterText(smallest), "a = -0." + std::string(323, '0') + "5");
}

TEST(Dump, TellsCallsFromOperators) {
  EXPECT_EQ(Dump(Parsed("and(or(), 'x') = call")), "(= (call and (call or) 'x') call)");
  EXPECT_EQ(Dump(Ast()), "");
}

TEST(Printers, TakeDeepNests) {
  std::string text;
  for (int i = 0; i < 9000; ++i) {
    text += "(";
  }
  text += "a=1";
  for (int i = 0; i < 9000; ++i) {
    text += i % 2 == 0 ? "||b=1)" : "&&b=1)";
  }
  ParseLimits limits = RuleLimits();
  limits.comparisons_max = 10000;
  const auto ast = ParseFilter(text, limits);
  ASSERT_TRUE(ast.ok()) << ast.status();
  const auto again = ParseFilter(ToFilterText(*ast), limits);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(SameTree(*ast, *again));
  EXPECT_EQ(Dump(*ast), Dump(*again));
}

TEST(SameTree, IgnoresSpansAndSpelling) {
  EXPECT_TRUE(SameTree(Parsed("a=1.50 && b='x'"), Parsed(" ( a = 01.5 )&&b=\"x\"// c")));
}

TEST(SameTree, SeesEveryDifference) {
  const Ast ast = Parsed("a=1 && f(b,'x')~c || d=-0");
  for (const char* other :
       {"z=1 && f(b,'x')~c || d=-0", "a=2 && f(b,'x')~c || d=-0", "a!=1 && f(b,'x')~c || d=-0",
        "a=1 && g(b,'x')~c || d=-0", "a=1 && f(b)~c || d=-0", "a=1 && f(b,'y')~c || d=-0",
        "a=1 && f(b,x)~c || d=-0", "a=1 || f(b,'x')~c && d=-0", "a=1 && (f(b,'x')~c || d=-0)",
        "a=1 && f(b,'x')~c || d=0", "a='1' && f(b,'x')~c || d=-0", "a=1"}) {
    EXPECT_FALSE(SameTree(ast, Parsed(other))) << other;
  }
  EXPECT_FALSE(SameTree(ast, Ast()));
  EXPECT_TRUE(SameTree(Ast(), Ast()));
}

TEST(OperatorNames, MatchTheLanguage) {
  EXPECT_EQ(ToText(CompareOp::kEqual), "=");
  EXPECT_EQ(ToText(CompareOp::kAnyNotLike), "?!~");
  EXPECT_EQ(ToText(WithoutAny(CompareOp::kAnyLessEqual)), "<=");
}

}  // namespace
}  // namespace sluice
