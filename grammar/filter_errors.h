// Every mistake that a filter can hold, as a status with its Diagnostic: the
// peer's words (F-6 to F-26, F-170), a stable code, a hint where people trip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "grammar/filter_token.h"
#include "sluice/diagnostic.h"
#include "sluice/status.h"

namespace sluice {

// What the state machine of F-21 waits for.
enum class Expected : std::uint8_t { kLeft, kSign, kRight, kJoin };

Status TextTooLongError();
Status TooManyComparisonsError(Span span);
Status NestingTooDeepError(Span span);

// `rest` starts with the character in question.
Status UnexpectedCharacterError(std::string_view rest, Span span);
Status InvalidCommentError(Span span);
Status InvalidIdentifierError(const Token& token);
Status InvalidNumberError(const Token& token);
Status UnclosedTextError(std::string_view raw, Span span);
Status InvalidSignError(const Token& token);
Status InvalidJoinError(const Token& token);
Status UnclosedGroupError(std::size_t missing, Span span);

Status UnexpectedTokenError(Expected expected, const Token& token);
Status EmptyFilterError(Span span);
Status IncompleteFilterError(Span span);

Status InvalidFunctionNameError(std::string_view name, Span span);
Status CallNestingError(std::size_t nesting_max, Span span);
Status UnexpectedCommaError(std::string_view function, Span span);
Status ExpectedCommaError(std::string_view function, Span span);
Status UnsupportedArgumentError(std::string_view function, std::string_view rest, Span span);
Status UnclosedCallError(std::string_view function, Span span);

// `cause` inside an argument of `function` (F-16). `kind` is the peer's word.
Status InArgument(const Status& cause, std::string_view kind, std::string_view argument,
                  std::string_view function);

}  // namespace sluice
