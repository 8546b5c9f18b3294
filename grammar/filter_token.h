// One token of a filter, as the rules read it and the builder takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/ast.h"

namespace sluice {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,
  kCall,
  kNumber,
  kText,
  kSign,
  kJoin,
  kOpen,
  kClose,
  kComma,
};

// `raw` is what was written, of a call its name; it points into the source.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  bool closed = true;  // a text: its closing quote was there
  CompareOp op{};      // a sign
  LogicalOp join{};    // a join
  double number = 0;   // a number
  Span span;           // a call: up to its closing bracket
  std::string_view raw;
  std::string text;               // a text: unescaped
  std::vector<NodeId> arguments;  // a call

  // What the peer quotes in an error: the value of a text, else the raw form.
  std::string_view Literal() const { return kind == TokenKind::kText ? text : raw; }
};

}  // namespace sluice
