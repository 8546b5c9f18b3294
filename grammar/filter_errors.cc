// The texts are the peer's, letter by letter; parser_test.cc holds them against
// its recorded answers.
#include "grammar/filter_errors.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "grammar/go_text.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

struct Habit {
  std::string_view written;
  std::string_view hint;
};

// Operators of other languages.
constexpr std::array kSignHabits = {
    Habit{"==", "use = to compare"},
    Habit{"===", "use = to compare"},
    Habit{"!==", "use != to compare"},
    Habit{"<>", "use != for \"not equal\""},
    Habit{"=>", "use >= for \"greater or equal\""},
    Habit{"=<", "use <= for \"less or equal\""},
    Habit{"=~", "use ~ for \"contains\""},
    Habit{"~=", "use ~ for \"contains\""},
    Habit{"~~", "use ~ for \"contains\""},
    Habit{"=!", "use != for \"not equal\""},
    Habit{"!?=", "the question mark comes first: ?!="},
    Habit{"!?~", "the question mark comes first: ?!~"},
    Habit{"=?", "the question mark comes first: ?="},
    Habit{"!", "there is no negation; use the opposite operator, such as != or !~"},
};

// Words where a join or an operator has to stand; compared in lower case.
constexpr std::array kWordHabits = {
    Habit{"and", "use && to join conditions"},
    Habit{"or", "use || to join conditions"},
    Habit{"like", "use ~ for \"contains\""},
    Habit{"contains", "use ~ for \"contains\""},
    Habit{"is", "use = to compare, also with null"},
    Habit{"eq", "use = to compare"},
    Habit{"in", "there is no list operator; join several = with ||"},
    Habit{"not", "there is no negation; use the opposite operator, such as != or !~"},
};

template <std::size_t kSize>
std::string_view FindHint(const std::array<Habit, kSize>& habits, std::string_view written) {
  for (const Habit& habit : habits) {
    if (habit.written == written) {
      return habit.hint;
    }
  }
  return {};
}

std::string_view CharacterHint(std::string_view rest) {
  switch (DecodeRune(rest).value) {
    case '\r':
      return "lines end with a line feed alone, not with a carriage return";
    case 0xA0:
      return "this is a no-break space; use a plain space";
    case '`':
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
      return "texts are written in ' or \"";
    case '.':
      return "a number starts with a digit: 0.5";
    case '+':
      return "numbers take no plus sign, and there is no arithmetic";
    case ')':
      return "no group is open here";
    case 0:
      return "a filter cannot hold a zero byte";
    default:
      return {};
  }
}

Status Error(std::string_view code, Span span, std::string message, std::string_view hint = {}) {
  return MakeError(Diagnostic{std::string(code), span, std::move(message), std::string(hint)});
}

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
      return "identifier";
    case TokenKind::kCall:
      return "function";
    case TokenKind::kNumber:
      return "number";
    case TokenKind::kText:
      return "text";
    case TokenKind::kSign:
      return "sign";
    case TokenKind::kJoin:
      return "join";
    case TokenKind::kEnd:
    case TokenKind::kOpen:
    case TokenKind::kClose:
    case TokenKind::kComma:
      break;
  }
  return "unexpected";
}

struct Expectation {
  std::string_view code;
  std::string_view text;
};

constexpr std::array kExpectations = {
    Expectation{"expected_left_operand",
                "expected left operand (identifier, function, text or number)"},
    Expectation{"expected_operator", "expected a sign operator"},
    Expectation{"expected_right_operand",
                "expected right operand (identifier, function text or number)"},
    Expectation{"expected_join", "expected && or ||"},
};

std::string_view UnexpectedTokenHint(Expected expected, const Token& token) {
  if (token.kind == TokenKind::kIdentifier &&
      (expected == Expected::kSign || expected == Expected::kJoin)) {
    return FindHint(kWordHabits, LowerAscii(token.raw));
  }
  if (token.kind == TokenKind::kText && expected == Expected::kJoin) {
    return "a quote inside a text is written \\' or \\\"";
  }
  return {};
}

}  // namespace

Status TextTooLongError() { return Error("text_too_long", {}, "max filter length limit reached"); }

Status TooManyComparisonsError(Span span) {
  return Error("too_many_comparisons", span, "max filter expressions limit reached");
}

Status NestingTooDeepError(Span span) {
  return Error("nesting_too_deep", span, "max filter nesting limit reached");
}

Status UnexpectedCharacterError(std::string_view rest, Span span) {
  return Error("unexpected_character", span,
               absl::StrCat("unexpected character ", GoQuoteRune(rest)), CharacterHint(rest));
}

Status InvalidCommentError(Span span) {
  return Error("invalid_comment", span, "invalid comment", "a comment starts with //");
}

Status InvalidIdentifierError(const Token& token) {
  return Error("invalid_identifier", token.span,
               absl::StrCat("invalid identifier ", GoQuote(token.raw)));
}

Status InvalidNumberError(const Token& token) {
  return Error("invalid_number", token.span, absl::StrCat("invalid number ", GoQuote(token.raw)));
}

Status UnclosedTextError(std::string_view raw, Span span) {
  return Error("unclosed_text", span, absl::StrCat("invalid quoted text ", GoQuote(raw)),
               "the closing quote is missing");
}

Status InvalidSignError(const Token& token) {
  return Error("invalid_operator", token.span,
               absl::StrCat("invalid sign operator ", GoQuote(token.raw)),
               FindHint(kSignHabits, token.raw));
}

Status InvalidJoinError(const Token& token) {
  return Error(
      "invalid_join", token.span, absl::StrCat("invalid join operator ", GoQuote(token.raw)),
      token.raw.front() == '&' ? "use && to join conditions" : "use || to join conditions");
}

Status UnclosedGroupError(std::size_t missing, Span span) {
  return Error("unclosed_group", span,
               absl::StrCat("invalid formatted group - missing ", missing, " closing bracket(s)"));
}

Status UnexpectedTokenError(Expected expected, const Token& token) {
  const Expectation& expectation = kExpectations[static_cast<std::size_t>(expected)];
  return Error(expectation.code, token.span,
               absl::StrCat(AsAbsl(expectation.text), ", got ", GoQuote(token.Literal()), " (",
                            AsAbsl(KindName(token.kind)), ")"),
               UnexpectedTokenHint(expected, token));
}

Status EmptyFilterError(Span span) {
  return Error("empty_filter", span, "empty filter expression");
}

Status IncompleteFilterError(Span span) {
  return Error("incomplete_filter", span, "invalid or incomplete filter expression",
               "a condition is: operand, operator, operand");
}

Status InvalidFunctionNameError(std::string_view name, Span span) {
  return Error("invalid_function_name", span,
               absl::StrCat("invalid function name ", GoQuote(name)));
}

Status CallNestingError(std::size_t nesting_max, Span span) {
  return Error("call_nesting_too_deep", span,
               absl::StrCat("max nested function arguments reached (max: ", nesting_max, ")"));
}

Status UnexpectedCommaError(std::string_view function, Span span) {
  return Error("unexpected_comma", span,
               absl::StrCat("unexpected comma in function ", GoQuote(function)));
}

Status ExpectedCommaError(std::string_view function, Span span) {
  return Error(
      "expected_comma", span,
      absl::StrCat("expected comma after the last argument in function ", GoQuote(function)));
}

Status UnsupportedArgumentError(std::string_view function, std::string_view rest, Span span) {
  return Error("unsupported_argument", span,
               absl::StrCat("unsupported argument character ", GoQuoteRune(rest), " in function ",
                            GoQuote(function)),
               CharacterHint(rest));
}

Status UnclosedCallError(std::string_view function, Span span) {
  return Error(
      "unclosed_call", span,
      absl::StrCat("invalid or incomplete function ", GoQuote(function), " (expected ')')"));
}

Status InArgument(const Status& cause, std::string_view kind, std::string_view argument,
                  std::string_view function) {
  Diagnostic diagnostic = GetDiagnostic(cause).value_or(Diagnostic{});
  diagnostic.message = absl::StrCat("invalid ", AsAbsl(kind), " argument ", GoQuote(argument),
                                    " in function ", GoQuote(function), ": ", diagnostic.message);
  return MakeError(diagnostic);
}

}  // namespace sluice
