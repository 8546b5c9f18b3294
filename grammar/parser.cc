// ParseFilter: runs the token rules over the text, follows groups and calls,
// and hands the tokens to FilterBuilder. No rule throws; a mistake is a Status.
// Tested in tests/grammar/parser_test.cc.
#include "sluice/parser.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "grammar/filter_actions.h"
#include "grammar/filter_builder.h"
#include "grammar/filter_errors.h"
#include "grammar/filter_rules.h"
#include "grammar/filter_token.h"
#include "grammar/go_text.h"

namespace sluice {
namespace {

namespace pegtl = tao::pegtl;

// Lines and columns are never asked for; nothing is counted on the way.
using Input = pegtl::memory_input<pegtl::tracking_mode::lazy, pegtl::eol::lf, const char*>;

struct SignName {
  std::string_view text;
  CompareOp op;
};

constexpr std::array kSigns = {
    SignName{"=", CompareOp::kEqual},       SignName{"!=", CompareOp::kNotEqual},
    SignName{"~", CompareOp::kLike},        SignName{"!~", CompareOp::kNotLike},
    SignName{">", CompareOp::kGreater},     SignName{">=", CompareOp::kGreaterEqual},
    SignName{"<", CompareOp::kLess},        SignName{"<=", CompareOp::kLessEqual},
    SignName{"?=", CompareOp::kAnyEqual},   SignName{"?!=", CompareOp::kAnyNotEqual},
    SignName{"?~", CompareOp::kAnyLike},    SignName{"?!~", CompareOp::kAnyNotLike},
    SignName{"?>", CompareOp::kAnyGreater}, SignName{"?>=", CompareOp::kAnyGreaterEqual},
    SignName{"?<", CompareOp::kAnyLess},    SignName{"?<=", CompareOp::kAnyLessEqual},
};

// F-9: not just a start sign, and no dot or colon at the end.
bool IsValidIdentifier(std::string_view name) {
  const bool lone_sign = name.size() == 1 && (name[0] == '@' || name[0] == '_' || name[0] == '#');
  return !lone_sign && name.back() != '.' && name.back() != ':';
}

Status CheckSign(Token& token) {
  for (const SignName& sign : kSigns) {
    if (sign.text == token.raw) {
      token.op = sign.op;
      return absl::OkStatus();
    }
  }
  return InvalidSignError(token);
}

Status CheckJoin(Token& token) {
  if (token.raw != "&&" && token.raw != "||") {
    return InvalidJoinError(token);
  }
  token.join = token.raw == "&&" ? LogicalOp::kAnd : LogicalOp::kOr;
  return absl::OkStatus();
}

// What the rules let through for the sake of the error (F-9 to F-14).
Status CheckToken(Token& token) {
  switch (token.kind) {
    case TokenKind::kIdentifier:
      return IsValidIdentifier(token.raw) ? absl::OkStatus() : InvalidIdentifierError(token);
    case TokenKind::kNumber:
      return token.raw.back() == '.' || token.raw == "-" ? InvalidNumberError(token)
                                                         : absl::OkStatus();
    case TokenKind::kText:
      RepairUtf8(&token.text);
      return token.closed ? absl::OkStatus() : UnclosedTextError(token.raw, token.span);
    case TokenKind::kSign:
      return CheckSign(token);
    case TokenKind::kJoin:
      return CheckJoin(token);
    default:
      return absl::OkStatus();
  }
}

std::string_view ArgumentKindName(TokenKind kind) {
  return kind == TokenKind::kNumber ? "number" : kind == TokenKind::kText ? "text" : "identifier";
}

class FilterParser {
 public:
  FilterParser(std::string_view text, const ParseLimits& limits)
      : text_(text),
        limits_(limits),
        builder_(text, limits),
        limit_(static_cast<std::uint32_t>(text.size())) {}

  StatusOr<Ast> Run() &&;

 private:
  template <typename Rule>
  bool ReadToken(Token* token);
  void SkipBlanks();

  Status Step(Token&& token);
  Status EnterGroup(Span open);
  Status LeaveGroup();
  StatusOr<std::uint32_t> CutGroup(std::uint32_t open);

  Status ReadCall(Token* call, std::size_t depth);
  Status ReadArguments(Token* call, std::size_t depth);
  Status ReadArgument(Token* call, Token&& argument, std::size_t depth);
  Status UnreadableError() const;

  std::string_view Rest() const { return text_.substr(cursor_, limit_ - cursor_); }
  void AdvanceTo(const char* position) {
    cursor_ = static_cast<std::uint32_t>(position - text_.data());
  }
  // The character at the cursor, which is before the limit.
  Span Here() const {
    return {cursor_, cursor_ + static_cast<std::uint32_t>(DecodeRune(Rest()).size)};
  }

  std::string_view text_;
  const ParseLimits& limits_;
  FilterBuilder builder_;
  std::uint32_t cursor_ = 0;
  // Where the innermost open group ends: to the scanner, the end of the text.
  std::uint32_t limit_;
  absl::InlinedVector<std::uint32_t, 4> outer_limits_;
  // By opening bracket: its closing one, as far as it is known; 0 if not.
  std::vector<std::uint32_t> closing_;
};

StatusOr<Ast> FilterParser::Run() && {
  while (true) {
    SkipBlanks();
    Token token;
    if (ReadToken<rules::Token>(&token)) {
      SLUICE_RETURN_IF_ERROR(Step(std::move(token)));
    } else if (cursor_ < limit_) {
      return UnreadableError();
    } else if (!outer_limits_.empty()) {
      SLUICE_RETURN_IF_ERROR(LeaveGroup());
    } else {
      return std::move(builder_).Finish();
    }
  }
}

void FilterParser::SkipBlanks() {
  Input in(text_.data() + cursor_, text_.data() + limit_, "");
  pegtl::parse<rules::Blanks>(in);
  AdvanceTo(in.current());
}

// Reads one token, valid or not; false leaves the cursor where it was.
template <typename Rule>
bool FilterParser::ReadToken(Token* token) {
  Input in(text_.data() + cursor_, text_.data() + limit_, "");
  if (!pegtl::parse<Rule, TokenAction>(in, *token)) {
    return false;
  }
  token->span.begin = cursor_;
  AdvanceTo(in.current());
  token->span.end = cursor_;
  return true;
}

Status FilterParser::Step(Token&& token) {
  if (token.kind == TokenKind::kOpen) {
    return EnterGroup(token.span);
  }
  if (token.kind == TokenKind::kIdentifier && cursor_ < limit_ && text_[cursor_] == '(') {
    SLUICE_RETURN_IF_ERROR(ReadCall(&token, 1));
  } else {
    SLUICE_RETURN_IF_ERROR(CheckToken(token));
  }
  return builder_.Take(std::move(token));
}

// Neither a token nor the end.
Status FilterParser::UnreadableError() const {
  return text_[cursor_] == '/' ? InvalidCommentError(Here())
                               : UnexpectedCharacterError(Rest(), Here());
}

Status FilterParser::EnterGroup(Span open) {
  SLUICE_ASSIGN_OR_RETURN(const std::uint32_t close, CutGroup(open.begin));
  SLUICE_RETURN_IF_ERROR(builder_.OpenGroup(open));
  outer_limits_.push_back(limit_);
  limit_ = close;
  return absl::OkStatus();
}

Status FilterParser::LeaveGroup() {
  SLUICE_RETURN_IF_ERROR(builder_.CloseGroup(limit_));
  cursor_ = limit_ + 1;
  limit_ = outer_limits_.back();
  outer_limits_.pop_back();
  return absl::OkStatus();
}

// Finds the bracket that closes the one at `open` by counting, without heed to
// comments (F-19). One pass notes the ends of all the groups inside, so that a
// deep nest is not counted again at each level; only brackets that this pass
// took for text, because a comment held a quote, are counted afresh.
StatusOr<std::uint32_t> FilterParser::CutGroup(std::uint32_t open) {
  if (closing_.empty()) {
    closing_.resize(text_.size());
  }
  if (closing_[open] != 0 && closing_[open] < limit_) {
    return closing_[open];
  }
  absl::InlinedVector<std::uint32_t, 8> openings;
  Input in(text_.data() + open, text_.data() + limit_, "");
  GroupCut cut;
  for (std::uint32_t position = open; pegtl::parse<rules::GroupPiece, CutAction>(in, cut);
       position = static_cast<std::uint32_t>(in.current() - text_.data())) {
    if (!cut.closed) {
      return UnclosedTextError(text_.substr(position, limit_ - position), {position, limit_});
    }
    if (cut.kind == TokenKind::kOpen) {
      openings.push_back(position);
    } else if (cut.kind == TokenKind::kClose) {
      closing_[openings.back()] = position;
      openings.pop_back();
      if (openings.empty()) {
        return position;
      }
    }
  }
  return UnclosedGroupError(openings.size(), {open, open + 1});
}

// Reads the arguments of the call whose name is `call`; the cursor is at its
// bracket. Recursion ends at `call_nesting_max`.
Status FilterParser::ReadCall(Token* call, std::size_t depth) {
  call->kind = TokenKind::kCall;
  if (depth > limits_.call_nesting_max) {
    return CallNestingError(limits_.call_nesting_max, call->span);
  }
  if (!IsValidIdentifier(call->raw)) {
    return InvalidFunctionNameError(call->raw, call->span);
  }
  ++cursor_;
  SLUICE_RETURN_IF_ERROR(ReadArguments(call, depth));
  call->span.end = cursor_;
  return absl::OkStatus();
}

Status FilterParser::ReadArguments(Token* call, std::size_t depth) {
  bool comma_due = false;
  while (true) {
    SkipBlanks();
    if (cursor_ == limit_) {
      return UnclosedCallError(call->raw, {call->span.begin, cursor_});
    }
    if (text_[cursor_] == '/') {
      return InvalidCommentError(Here());
    }
    Token token;
    const bool read = ReadToken<rules::ArgumentToken>(&token);
    if (read && token.kind == TokenKind::kClose) {
      return absl::OkStatus();
    }
    const bool is_comma = read && token.kind == TokenKind::kComma;
    if (comma_due != is_comma) {
      const Span span = read ? token.span : Here();
      return comma_due ? ExpectedCommaError(call->raw, span)
                       : UnexpectedCommaError(call->raw, span);
    }
    comma_due = !is_comma;
    if (!read) {
      return UnsupportedArgumentError(call->raw, Rest(), Here());
    }
    if (!is_comma) {
      SLUICE_RETURN_IF_ERROR(ReadArgument(call, std::move(token), depth));
    }
  }
}

Status FilterParser::ReadArgument(Token* call, Token&& argument, std::size_t depth) {
  const bool is_call =
      argument.kind == TokenKind::kIdentifier && cursor_ < limit_ && text_[cursor_] == '(';
  const Status status = is_call ? ReadCall(&argument, depth + 1) : CheckToken(argument);
  if (!status.ok()) {
    return InArgument(status, ArgumentKindName(argument.kind), argument.raw, call->raw);
  }
  call->arguments.push_back(builder_.AddOperand(std::move(argument)));
  return absl::OkStatus();
}

}  // namespace

ParseLimits RuleLimits() {
  ParseLimits limits;
  limits.text_bytes_max = 0;
  return limits;
}

StatusOr<Ast> ParseFilter(std::string_view text, const ParseLimits& limits) {
  const bool too_long = limits.text_bytes_max != 0 && text.size() > limits.text_bytes_max;
  if (too_long || text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return TextTooLongError();
  }
  // The peer takes a zero byte for an end of input, now and then; no client
  // sends one, and to go along would let a filter mean less than it shows (F-8).
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    const auto begin = static_cast<std::uint32_t>(zero);
    return UnexpectedCharacterError(text.substr(zero), {begin, begin + 1});
  }
  return FilterParser(text, limits).Run();
}

}  // namespace sluice
