// Diagnostics through a Status, and what a person sees of them.
#include "sluice/diagnostic.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/parser.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string Rendered(std::string_view filter) {
  const auto diagnostic = GetDiagnostic(ParseFilter(filter).status());
  return diagnostic.has_value() ? Render(*diagnostic, filter) : "no diagnostic";
}

TEST(DiagnosticTest, TravelsInAStatus) {
  const Diagnostic sent{"some_code", {3, 17}, "a \"message\"\nof two lines", "a hint\nof two"};
  const Status status = MakeError(sent);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "a \"message\"\nof two lines");
  const auto received = GetDiagnostic(status);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->code, sent.code);
  EXPECT_EQ(received->span, sent.span);
  EXPECT_EQ(received->message, sent.message);
  EXPECT_EQ(received->hint, sent.hint);
}

TEST(DiagnosticTest, IsAbsentFromOtherFailures) {
  EXPECT_FALSE(GetDiagnostic(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetDiagnostic(absl::InvalidArgumentError("ours")).has_value());
}

TEST(Render, MarksTheSpanAndGivesTheHint) {
  EXPECT_EQ(Rendered("title == 'x'"),
            "invalid sign operator \"==\"\n"
            "  title == 'x'\n"
            "        ^^\n"
            "hint: use = to compare\n");
}

TEST(Render, CountsCodePoints) {
  EXPECT_EQ(Rendered("name='東京é' and b=1"),
            "expected && or ||, got \"and\" (identifier)\n"
            "  name='東京é' and b=1\n"
            "             ^^^\n"
            "hint: use && to join conditions\n");
}

TEST(Render, ShowsOneLineOfSeveral) {
  EXPECT_EQ(Rendered("a=1 &&\n\tb=f(1,,\n2)"),
            "unexpected comma in function \"f\"\n"
            "   b=f(1,,\n"
            "         ^\n");
}

TEST(Render, MarksTheEnd) {
  EXPECT_EQ(Rendered("a=1 &&"),
            "invalid or incomplete filter expression\n"
            "  a=1 &&\n"
            "        ^\n"
            "hint: a condition is: operand, operator, operand\n");
  EXPECT_EQ(Rendered(""), "empty filter expression\n  \n  ^\n");
  EXPECT_EQ(Rendered("a=1 &&\n"),
            "invalid or incomplete filter expression\n"
            "  \n"
            "  ^\n"
            "hint: a condition is: operand, operator, operand\n");
}

TEST(Render, EndsTheMarkWithTheLine) {
  EXPECT_EQ(Render({"code", {2, 9}, "message", ""}, "a='xy\nz'z"),
            "message\n"
            "  a='xy\n"
            "    ^^^\n");
}

TEST(Render, CutsLongLinesAroundTheSpan) {
  const std::string filter = std::string(200, 'a') + " == " + std::string(200, 'b');
  const std::string rendered = Rendered(filter);
  EXPECT_THAT(rendered, HasSubstr("\n  ..." + std::string(29, 'a') + " == "));
  EXPECT_THAT(rendered, HasSubstr("b...\n  " + std::string(33, ' ') + "^^\n"));
  EXPECT_EQ(Render({"code", {190, 200}, "m", ""}, std::string(200, 'x')),
            "m\n  ..." + std::string(78, 'x') + "\n  " + std::string(71, ' ') + "^^^^^^^^^^\n");
  EXPECT_EQ(Render({"code", {0, 200}, "m", ""}, std::string(200, 'x')),
            "m\n  " + std::string(78, 'x') + "...\n  " + std::string(78, '^') + "\n");
}

TEST(Render, ShowsNoControlCharacters) {
  EXPECT_EQ(Render({"code", {1, 2}, "m", ""}, "a\x1B[31m\xFF"), "m\n  a [31m\xEF\xBF\xBD\n   ^\n");
}

TEST(Render, SurvivesSpansOutsideTheText) {
  EXPECT_EQ(Render({"code", {50, 40}, "m", ""}, "abc"), "m\n  abc\n     ^\n");
}

}  // namespace
}  // namespace sluice
