// ParseFilter against the language reference (F-6 to F-26) and against the
// texts that the peer was recorded to answer.
#include "sluice/parser.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/ast.h"
#include "sluice/diagnostic.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view input;
  std::string_view want;
};

std::string Repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

std::string DumpOf(std::string_view text) {
  const auto ast = ParseFilter(text);
  return ast.ok() ? Dump(*ast) : "error: " + std::string(ast.status().message());
}

std::string MessageOf(std::string_view text, const ParseLimits& limits = {}) {
  const auto ast = ParseFilter(text, limits);
  return ast.ok() ? "parsed: " + Dump(*ast) : std::string(ast.status().message());
}

Diagnostic DiagnosticOf(std::string_view text) {
  const auto ast = ParseFilter(text);
  const auto diagnostic = GetDiagnostic(ast.status());
  EXPECT_TRUE(diagnostic.has_value()) << text;
  return diagnostic.value_or(Diagnostic{});
}

// ---- trees

constexpr Case kTrees[] = {
    // Operators (F-13).
    {"a=1", "(= a 1)"},
    {"a!=1", "(!= a 1)"},
    {"a~1", "(~ a 1)"},
    {"a!~1", "(!~ a 1)"},
    {"a>1", "(> a 1)"},
    {"a>=1", "(>= a 1)"},
    {"a<1", "(< a 1)"},
    {"a<=1", "(<= a 1)"},
    {"a?=1", "(?= a 1)"},
    {"a?!=1", "(?!= a 1)"},
    {"a?~1", "(?~ a 1)"},
    {"a?!~1", "(?!~ a 1)"},
    {"a?>1", "(?> a 1)"},
    {"a?>=1", "(?>= a 1)"},
    {"a?<1", "(?< a 1)"},
    {"a?<=1", "(?<= a 1)"},
    // Every operand on both sides (F-25).
    {"1=1", "(= 1 1)"},
    {"'x' ~ title", "(~ 'x' title)"},
    {"f(1) = g()", "(= (call f 1) (call g))"},
    // White space and comments (F-7, F-15).
    {" \t\na \t\n=\n1 ", "(= a 1)"},
    {"// leading\na=1 // mid\n|| b=2 // trailing", "(or (= a 1) (= b 2))"},
    {"a=1 //", "(= a 1)"},
    {"a='// no comment'", "(= a '// no comment')"},
    {"(a=1 // note\n)", "(= a 1)"},
    {"(//'\n(a=1)//')", "(= a 1)"},
    {"a//x\n=1", "(= a 1)"},
    // Identifiers (F-9).
    {"@request.auth.id=author", "(= @request.auth.id author)"},
    {"#x=1", "(= #x 1)"},
    {"_a.b:lower=1", "(= _a.b:lower 1)"},
    {"a..b::c=1", "(= a..b::c 1)"},
    {"a1_=1", "(= a1_ 1)"},
    {"__=1", "(= __ 1)"},
    // Numbers (F-10, F-11).
    {"a=007", "(= a 7)"},
    {"a=-1.36", "(= a -1.36)"},
    {"a=-.5", "(= a -0.5)"},
    {"a=-0", "(= a -0)"},
    {"a=9007199254740993", "(= a 9007199254740992)"},
    {"a=0.1", "(= a 0.1)"},
    // Texts (F-12).
    {"a=''", "(= a '')"},
    {"a=\"it's\"", R"((= a 'it\'s'))"},
    {R"(a='x\'y')", R"((= a 'x\'y'))"},
    {R"(a="x\"y\'z")", R"((= a 'x"y\'z'))"},
    {R"(a='\n\t\r\\')", R"((= a '\n\t\r\\'))"},
    {R"(a='\d\%\u0041')", R"((= a '\\d\\%\\u0041'))"},
    {"a='x\ny'", R"((= a 'x\ny'))"},
    {"a='東京\\é'", R"((= a '東京\\é'))"},
    {R"(a='\\'&&b=1)", R"((and (= a '\\') (= b 1)))"},
    {"a='\xFF\xC3(\xE6\x9D'", "(= a '\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD')"},
    {"a='\xED\xA0\x80\xC0\x80'",
     "(= a '\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD')"},
    // Calls (F-16, F-17).
    {"strftime('%Y', at,) = 1", "(= (call strftime '%Y' at) 1)"},
    {"f( // note\n a , -1.5 , \"x\" )=1", "(= (call f a -1.5 'x') 1)"},
    {"f(1//a\n,//b\n2//c\n)=1", "(= (call f 1 2) 1)"},
    {"a(b(c(1)))=1", "(= (call a (call b (call c 1))) 1)"},
    {"@f.x(1)=1", "(= (call @f.x 1) 1)"},
    // Precedence (F-24).
    {"a=1 || b=2 && c=3", "(or (= a 1) (and (= b 2) (= c 3)))"},
    {"a=1 && b=2 || c=3", "(or (and (= a 1) (= b 2)) (= c 3))"},
    {"a=1&&b=2||c=3&&d=4||e=5", "(or (and (= a 1) (= b 2)) (and (= c 3) (= d 4)) (= e 5))"},
    {"a=1 && b=2 && c=3", "(and (= a 1) (= b 2) (= c 3))"},
    {"(a=1 || b=2) && c=3", "(and (or (= a 1) (= b 2)) (= c 3))"},
    // Groups (F-18): one comparison collapses, a list stays a group.
    {"(a=1)", "(= a 1)"},
    {"((((a=1))))", "(= a 1)"},
    {"(a=1 && b=2) && c=3", "(and (and (= a 1) (= b 2)) (= c 3))"},
    {"(a=1 || b=2) || c=3", "(or (or (= a 1) (= b 2)) (= c 3))"},
    {"((a=1 || b=2))", "(or (= a 1) (= b 2))"},
    {"(a=')')", "(= a ')')"},
    {R"((a='\')'))", R"((= a '\')'))"},
    {R"((a='\\')&&b=1)", R"((and (= a '\\') (= b 1)))"},
    {"(f(a,g(')'))=1)", "(= (call f a (call g ')')) 1)"},
    // Glued groups and forgotten operands (F-22, E-4 to E-7).
    {"a=1(b=2)", "(and (= a 1) (= b 2))"},
    {"(a=1)(b=2)", "(and (= a 1) (= b 2))"},
    {"a=1 || (b=2)(c=3)", "(or (= a 1) (= b 2) (= c 3))"},
    {"(a=1) || b=2 (c=3) && d=4", "(or (= a 1) (= b 2) (and (= c 3) (= d 4)))"},
    {"a (b=1)", "(= b 1)"},
    {"a = (b=1)", "(= b 1)"},
    {"f(x,y) = (b=1) && c=2", "(and (= b 1) (= c 2))"},
    {"z=1 && a (b=1)", "(and (= z 1) (= b 1))"},
    {"z=1 || a = (b=1)", "(or (= z 1) (= b 1))"},
    {"strftime ('%Y'=at)", "(= '%Y' at)"},
};

TEST(ParseFilter, ReadsTrees) {
  for (const Case& c : kTrees) {
    EXPECT_EQ(DumpOf(c.input), c.want) << c.input;
  }
}

// ---- error texts

// Recorded from the peer as `Invalid rule. Raw error: <text>.` (F-27, F-170).
constexpr Case kRecordedErrors[] = {
    {"title", "invalid or incomplete filter expression"},
    {"title =", "invalid or incomplete filter expression"},
    {"   ", "empty filter expression"},
    {"title == 'x'", "invalid sign operator \"==\""},
    {"title <> 'x'", "invalid sign operator \"<>\""},
    {"title = 'x' and title = 'y'", "expected && or ||, got \"and\" (identifier)"},
    {"title = 'x' & title = 'y'", "invalid join operator \"&\""},
    {"title = 'x' || || title = 'y'",
     "expected left operand (identifier, function, text or number), got \"||\" (join)"},
    {"= 'x'", "expected left operand (identifier, function, text or number), got \"=\" (sign)"},
    {"title 'x'", "expected a sign operator, got \"x\" (text)"},
    {"title = = 'x'",
     "expected right operand (identifier, function text or number), got \"=\" (sign)"},
    {"'x' = ", "invalid or incomplete filter expression"},
    {"1 = ", "invalid or incomplete filter expression"},
    {"nope(1) = ", "invalid or incomplete filter expression"},
    {"(title = 'x'", "invalid formatted group - missing 1 closing bracket(s)"},
    {"((title = 'x')", "invalid formatted group - missing 1 closing bracket(s)"},
    {"title = 'x')", "unexpected character ')'"},
    {"()", "empty filter expression"},
    {"title = 'x' && ()", "empty filter expression"},
    {"title = 'x", "invalid quoted text \"'x\""},
    {"title = \"x", "invalid quoted text \"\\\"x\""},
    {"title = `x`", "unexpected character '`'"},
    {"title = 'x' / y", "invalid comment"},
    {"(title = 'x' // it's\n)", "invalid quoted text \"'s\\n)\""},
    {"title = 5.", "invalid number \"5.\""},
    {"title = -", "invalid number \"-\""},
    {"title = .5", "unexpected character '.'"},
    {"title = +5", "unexpected character '+'"},
    {"title = 1e5", "expected && or ||, got \"e5\" (identifier)"},
    {"title. = 1", "invalid identifier \"title.\""},
    {"title: = 1", "invalid identifier \"title:\""},
    {"@ = 1", "invalid identifier \"@\""},
    {"_ = 1", "invalid identifier \"_\""},
    {"# = 1", "invalid identifier \"#\""},
    {"title = 'x'\r\n", "unexpected character '\\r'"},
    {"title = \xC2\xA0"
     "'x'",
     "unexpected character '\\u00a0'"},
    {"title = é", "unexpected character 'é'"},
    {"strftime(,'%Y') = 1", "unexpected comma in function \"strftime\""},
    {"strftime('%Y',,title) = 1", "unexpected comma in function \"strftime\""},
    {"strftime('%Y' title) = 1", "expected comma after the last argument in function \"strftime\""},
    {"strftime('%Y', &) = 1", "unsupported argument character '&' in function \"strftime\""},
    {"strftime('%Y' = 1", "expected comma after the last argument in function \"strftime\""},
    {"strftime('%Y', 5.) = 1",
     "invalid number argument \"5.\" in function \"strftime\": invalid number \"5.\""},
    {"strftime('%Y', x.) = 1",
     "invalid identifier argument \"x.\" in function \"strftime\": invalid identifier \"x.\""},
    {"strftime('%Y', 'a) = 1",
     "invalid text argument \"'a) = 1\" in function \"strftime\": invalid quoted text \"'a) = 1\""},
    {"_(1) = 1", "invalid function name \"_\""},
    {"a(b(c(d(1)))) = 1",
     "invalid identifier argument \"b\" in function \"a\": invalid identifier argument \"c\" in "
     "function \"b\": invalid identifier argument \"d\" in function \"c\": max nested function "
     "arguments reached (max: 3)"},
    {"title = 'x' (views = 1) title = 'y'", "expected && or ||, got \"title\" (identifier)"},
    {"title => 1", "invalid sign operator \"=>\""},
    {"title =! 1", "invalid sign operator \"=!\""},
    {"title ?! 1", "invalid sign operator \"?!\""},
    {"title ! 1", "invalid sign operator \"!\""},
    {"title ~~ 1", "invalid sign operator \"~~\""},
    {"'", "invalid quoted text \"'\""},
    {"(", "invalid formatted group - missing 1 closing bracket(s)"},
};

TEST(ParseFilter, AnswersTheRecordedErrors) {
  for (const Case& c : kRecordedErrors) {
    EXPECT_EQ(MessageOf(c.input), c.want) << c.input;
  }
}

constexpr Case kErrors[] = {
    // Characters (F-6, F-7, F-8).
    {"a=1;", "unexpected character ';'"},
    {"a=\v1", "unexpected character '\\v'"},
    {"a=\f1", "unexpected character '\\f'"},
    {"a=\x7F", "unexpected character '\\x7f'"},
    {"a=\\", "unexpected character '\\\\'"},
    {"a=\u200b", "unexpected character '\\u200b'"},
    {"a=\U000E0001", "unexpected character '\\U000e0001'"},
    {"a=\U0001F600", "unexpected character '\U0001F600'"},
    {"a=\xFF", "unexpected character '\xEF\xBF\xBD'"},
    {"na\u00efve=1", "unexpected character '\u00ef'"},
    {"a*b=1", "unexpected character '*'"},
    {"a[0]=1", "unexpected character '['"},
    {"1.5.2=1", "unexpected character '.'"},
    // Numbers (F-10).
    {"a=-1.", "invalid number \"-1.\""},
    {"a=-.", "invalid number \"-.\""},
    {"a=--1", "invalid number \"-\""},
    {"a=- 1", "invalid number \"-\""},
    {"a<20-5", "expected && or ||, got \"-5\" (number)"},
    {"a=5.a", "invalid number \"5.\""},
    // Texts (F-12).
    {"a='x''y'", "expected && or ||, got \"y\" (text)"},
    {R"(a='x\')", R"(invalid quoted text "'x\\'")"},
    {R"(a='x\)", R"(invalid quoted text "'x\\")"},
    {"a='\xFF", "invalid quoted text \"'\xEF\xBF\xBD\""},
    {"a='\u00a0\a", "invalid quoted text \"'\\u00a0\\a\""},
    {R"('a\nb' 'x')", R"(expected a sign operator, got "x" (text))"},
    {R"(a 'b\nc')", R"(expected a sign operator, got "b\nc" (text))"},
    // Signs and joins (F-13, F-14).
    {"a!?=1", "invalid sign operator \"!?=\""},
    {"a! =1", "invalid sign operator \"!\""},
    {"a=1 &&& b=1", "invalid join operator \"&&&\""},
    {"a=1 |& b=1", "invalid join operator \"|&\""},
    {"a=1 | b=1", "invalid join operator \"|\""},
    {"a && b", "expected a sign operator, got \"&&\" (join)"},
    {"a=f(1", "invalid or incomplete function \"f\" (expected ')')"},
    // Structure (F-21, F-23).
    {"", "empty filter expression"},
    {"// only", "empty filter expression"},
    {"(// only\n)", "empty filter expression"},
    {"( )", "empty filter expression"},
    {"a=1 &&", "invalid or incomplete filter expression"},
    {"(a=1) &&", "invalid or incomplete filter expression"},
    {"(a=1 &&)", "invalid or incomplete filter expression"},
    {"(a)", "invalid or incomplete filter expression"},
    {"a=1 (b)", "invalid or incomplete filter expression"},
    {"f()", "invalid or incomplete filter expression"},
    {"f(1) g(2)", "expected a sign operator, got \"g\" (function)"},
    {"a=1 f()", "expected && or ||, got \"f\" (function)"},
    {"a=1 2", "expected && or ||, got \"2\" (number)"},
    {"&&", "expected left operand (identifier, function, text or number), got \"&&\" (join)"},
    {"a= && b", "expected right operand (identifier, function text or number), got \"&&\" (join)"},
    {"!a=1", "invalid sign operator \"!\""},
    // Comments (F-15, F-19).
    {"a=1 /* x */", "invalid comment"},
    {"/", "invalid comment"},
    {"(a=1 // )\n)", "unexpected character ')'"},
    {"(//'\n((a=1)//'\"\n\")", "invalid quoted text \"'\\\"\\n\\\"\""},
    {"(//'\n((a=1) //'\n)", "invalid quoted text \"'\\n\""},
    {"(//'\n(a=1 || //'\n\"\")", "invalid quoted text \"'\\n\\\"\\\"\""},
    // Groups (F-18).
    {"(a=1))", "unexpected character ')'"},
    {"(((a=1)", "invalid formatted group - missing 2 closing bracket(s)"},
    {"(a='1)", "invalid quoted text \"'1)\""},
    {"(a=')", "invalid quoted text \"')\""},
    {"(a=f(1)", "invalid formatted group - missing 1 closing bracket(s)"},
    // The content of a group comes before what follows it.
    {"(a==1) $", "invalid sign operator \"==\""},
    {"(a=1) b $", "expected && or ||, got \"b\" (identifier)"},
    {"$ (a==1)", "unexpected character '$'"},
    // Calls (F-16, F-17).
    {"f(1,,2)=1", "unexpected comma in function \"f\""},
    {"f(,)=1", "unexpected comma in function \"f\""},
    {"f(1,", "invalid or incomplete function \"f\" (expected ')')"},
    {"f(", "invalid or incomplete function \"f\" (expected ')')"},
    {"f(1 // )", "invalid or incomplete function \"f\" (expected ')')"},
    {"f((a=1))=1", "unsupported argument character '(' in function \"f\""},
    {"f(a=1)=1", "expected comma after the last argument in function \"f\""},
    {"f(\r)=1", "unsupported argument character '\\r' in function \"f\""},
    {"f(\u00e9)=1", "unsupported argument character '\u00e9' in function \"f\""},
    {"f(1 \u00e9)=1", "expected comma after the last argument in function \"f\""},
    {"f(/)=1", "invalid comment"},
    {"f(g(1)=1", "expected comma after the last argument in function \"f\""},
    {"f(g(,))=1",
     "invalid identifier argument \"g\" in function \"f\": unexpected comma in function \"g\""},
    {"f(_(1))=1",
     "invalid identifier argument \"_\" in function \"f\": invalid function name \"_\""},
    {"x.(1)=1", "invalid function name \"x.\""},
    {"f(-)=1", "invalid number argument \"-\" in function \"f\": invalid number \"-\""},
    {"f(@)=1", "invalid identifier argument \"@\" in function \"f\": invalid identifier \"@\""},
};

TEST(ParseFilter, AnswersErrorTexts) {
  for (const Case& c : kErrors) {
    EXPECT_EQ(MessageOf(c.input), c.want) << c.input;
  }
}

TEST(ParseFilter, RejectsZeroBytes) {
  const std::string_view text("a\0=1", 4);
  EXPECT_EQ(MessageOf(text), "unexpected character '\\x00'");
  EXPECT_EQ(DiagnosticOf(text).span, (Span{1, 2}));
}

// ---- limits (F-26)

TEST(ParseLimitsTest, CountsBytesOfTheText) {
  const std::string longest = "a=1 //" + std::string(3494, 'x');
  EXPECT_TRUE(ParseFilter(longest).ok());
  EXPECT_EQ(MessageOf(longest + "x"), "max filter length limit reached");
  EXPECT_TRUE(ParseFilter(longest + "x", RuleLimits()).ok());
}

TEST(ParseLimitsTest, CountsComparisonsOverAllGroups) {
  const std::string hundred = "a=1" + Repeat("||a=1", 99);
  EXPECT_TRUE(ParseFilter("(" + hundred + ")&&(" + hundred + ")").ok());
  EXPECT_EQ(MessageOf("(" + hundred + ")&&(" + hundred + ")||a=1"),
            "max filter expressions limit reached");
  EXPECT_EQ(MessageOf("a=1" + Repeat("||a=1", 200)), "max filter expressions limit reached");
}

TEST(ParseLimitsTest, PutsMistakesBeforeTheCount) {
  EXPECT_EQ(MessageOf("a=1" + Repeat("||a=1", 250) + "||"),
            "invalid or incomplete filter expression");
}

TEST(ParseLimitsTest, DoesNotCountForgottenOperands) {
  EXPECT_TRUE(ParseFilter("a=1" + Repeat("||a=(a=1)", 199)).ok());
}

TEST(ParseLimitsTest, BoundsCallNesting) {
  ParseLimits limits;
  limits.call_nesting_max = 1;
  EXPECT_EQ(MessageOf("a(b(1))=1", limits),
            "invalid identifier argument \"b\" in function \"a\": "
            "max nested function arguments reached (max: 1)");
}

TEST(ParseLimitsTest, TakesFifteenHundredLevels) {
  EXPECT_EQ(DumpOf(Repeat("(", 1500) + "a=1" + Repeat(")", 1500)), "(= a 1)");  // F-20
}

TEST(ParseLimitsTest, BoundsNesting) {
  ParseLimits limits;
  limits.nesting_max = 2;
  EXPECT_TRUE(ParseFilter("((a=1))", limits).ok());
  EXPECT_EQ(MessageOf("(((a=1)))", limits), "max filter nesting limit reached");
}

// Generous: these are milliseconds even under sanitizers; what has to show is
// work that grows with the square of the nesting.
TEST(ParseLimitsTest, StaysFastOnHostileBrackets) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(MessageOf(Repeat("(", 3500)), HasSubstr("missing 3500 closing"));
  EXPECT_THAT(MessageOf(Repeat("(", 100000), RuleLimits()), HasSubstr("missing 100000"));
  EXPECT_THAT(MessageOf(Repeat("(", 50000) + Repeat(")", 50000), RuleLimits()),
              HasSubstr("nesting limit"));
  EXPECT_TRUE(ParseFilter(Repeat("(", 10000) + "a=1" + Repeat(")", 10000) + Repeat(" ", 80000),
                          RuleLimits())
                  .ok());
  EXPECT_TRUE(ParseFilter(Repeat("(", 9999) + "a=1" + Repeat("||b=1)", 9999),
                          [] {
                            ParseLimits limits = RuleLimits();
                            limits.comparisons_max = 100000;
                            return limits;
                          }())
                  .ok());
  ParseFilter(Repeat("(//'\n", 20000) + "a=1" + Repeat(")", 20000), RuleLimits()).IgnoreError();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// ---- the tree's own promises

TEST(ParseFilter, KeepsNoForgottenNode) {
  const auto ast = ParseFilter("f(x, g(y)) = (b=1) && c (d=1)");
  ASSERT_TRUE(ast.ok());
  EXPECT_EQ(ast->nodes().size(), 7U);  // two comparisons of three, one join
}

TEST(ParseFilter, PutsChildrenBeforeParents) {
  const auto ast = ParseFilter("(a=1 || f(b, g(1)) ~ 'x' && c=2) && (d=1)(e=1) || h (i=1)");
  ASSERT_TRUE(ast.ok());
  for (NodeId id = 0; id < ast->nodes().size(); ++id) {
    const auto& kind = ast->node(id).kind;
    if (const auto* comparison = std::get_if<Comparison>(&kind)) {
      EXPECT_LT(comparison->left, id);
      EXPECT_LT(comparison->right, id);
    } else if (const auto* logical = std::get_if<Logical>(&kind)) {
      EXPECT_GE(logical->terms.size(), 2U);
      for (const NodeId term : logical->terms) {
        EXPECT_LT(term, id);
      }
    } else if (const auto* call = std::get_if<Call>(&kind)) {
      for (const NodeId argument : call->arguments) {
        EXPECT_LT(argument, id);
      }
    }
  }
  EXPECT_EQ(ast->root(), ast->nodes().size() - 1);
}

TEST(ParseFilter, RecordsSpans) {
  const auto ast = ParseFilter(" f( a ) >= 'x' && b=1");
  ASSERT_TRUE(ast.ok());
  const auto& all = std::get<Logical>(ast->node(ast->root()).kind);
  const Node& first = ast->node(all.terms[0]);
  const auto& comparison = std::get<Comparison>(first.kind);
  const Node& call = ast->node(comparison.left);
  EXPECT_EQ(ast->Text(ast->node(ast->root()).span), "f( a ) >= 'x' && b=1");
  EXPECT_EQ(ast->Text(first.span), "f( a ) >= 'x'");
  EXPECT_EQ(ast->Text(call.span), "f( a )");
  EXPECT_EQ(ast->Text(std::get<Call>(call.kind).name), "f");
  EXPECT_EQ(ast->Text(ast->node(comparison.right).span), "'x'");
}

double NumberIn(std::string_view text) {
  const auto ast = ParseFilter("a=" + std::string(text));
  EXPECT_TRUE(ast.ok()) << text;
  const auto& root = std::get<Comparison>(ast->node(ast->root()).kind);
  return std::get<NumberLiteral>(ast->node(root.right).kind).value;
}

TEST(ParseFilter, RoundsNumbersToDoubles) {  // F-11
  EXPECT_EQ(NumberIn("0.1"), 0.1);
  EXPECT_EQ(NumberIn("-12.50"), -12.5);
  EXPECT_EQ(NumberIn("1" + std::string(308, '0')), 1e308);
  EXPECT_EQ(NumberIn("2" + std::string(308, '0')), 0);
  EXPECT_EQ(NumberIn("-2" + std::string(308, '0')), 0);
  EXPECT_EQ(NumberIn("0." + std::string(323, '0') + "5"), 5e-324);
  EXPECT_EQ(NumberIn("0." + std::string(400, '0') + "1"), 0);
}

// ---- diagnostics

struct DiagnosticCase {
  std::string_view input;
  std::string_view code;
  Span span;
  std::string_view hint;
};

constexpr DiagnosticCase kDiagnostics[] = {
    {"a == 1", "invalid_operator", {2, 4}, "use = to compare"},
    {"a <> 1", "invalid_operator", {2, 4}, "use != for \"not equal\""},
    {"a=1 AND b=1", "expected_join", {4, 7}, "use && to join conditions"},
    {"a=1 or b=1", "expected_join", {4, 6}, "use || to join conditions"},
    {"a like 'x'", "expected_operator", {2, 6}, "use ~ for \"contains\""},
    {"a=1 & b=1", "invalid_join", {4, 5}, "use && to join conditions"},
    {"a=1 | b=1", "invalid_join", {4, 5}, "use || to join conditions"},
    {"a=`x`", "unexpected_character", {2, 3}, "texts are written in ' or \""},
    {"a=\u201cx", "unexpected_character", {2, 5}, "texts are written in ' or \""},
    {"a='x''y'", "expected_join", {5, 8}, "a quote inside a text is written \\' or \\\""},
    {"a='xy", "unclosed_text", {2, 5}, "the closing quote is missing"},
    {"(a=1", "unclosed_group", {0, 1}, ""},
    {"a=f(1,g(@))", "invalid_identifier", {8, 9}, ""},
    {"a=1 &&", "incomplete_filter", {6, 6}, "a condition is: operand, operator, operand"},
    {"(a=1 && ())", "empty_filter", {9, 9}, ""},
    {"f(1", "unclosed_call", {0, 3}, ""},
};

TEST(ParseFilter, PointsAtMistakes) {
  for (const DiagnosticCase& c : kDiagnostics) {
    const Diagnostic diagnostic = DiagnosticOf(c.input);
    EXPECT_EQ(diagnostic.code, c.code) << c.input;
    EXPECT_EQ(diagnostic.span, c.span) << c.input;
    EXPECT_EQ(diagnostic.hint, c.hint) << c.input;
  }
}

}  // namespace
}  // namespace sluice
