// What each rule of filter_rules.h leaves in a Token, and in the state of a
// group that is being cut out.
#pragma once

#include <cstddef>
#include <string_view>

#include "grammar/filter_rules.h"
#include "grammar/filter_token.h"

namespace sluice {

template <typename Rule>
struct TokenAction : tao::pegtl::nothing<Rule> {};

// Records the kind and the raw text of a whole token.
template <TokenKind kKind>
struct TokenOfKind {
  template <typename ActionInput>
  static void apply(const ActionInput& in, Token& token) {
    token.kind = kKind;
    token.raw = std::string_view(in.begin(), in.size());
  }
};

template <>
struct TokenAction<rules::Identifier> : TokenOfKind<TokenKind::kIdentifier> {};
template <>
struct TokenAction<rules::Number> : TokenOfKind<TokenKind::kNumber> {};
template <>
struct TokenAction<rules::Text> : TokenOfKind<TokenKind::kText> {};
template <>
struct TokenAction<rules::Sign> : TokenOfKind<TokenKind::kSign> {};
template <>
struct TokenAction<rules::Join> : TokenOfKind<TokenKind::kJoin> {};
template <>
struct TokenAction<rules::Open> : TokenOfKind<TokenKind::kOpen> {};
template <>
struct TokenAction<rules::Close> : TokenOfKind<TokenKind::kClose> {};
template <>
struct TokenAction<rules::Comma> : TokenOfKind<TokenKind::kComma> {};

template <char Quote>
struct TokenAction<rules::TextRun<Quote>> {
  template <typename ActionInput>
  static void apply(const ActionInput& in, Token& token) {
    token.text.append(in.begin(), in.size());
  }
};

// The second character of an escape, decoded (F-12).
template <>
struct TokenAction<rules::Escape> {
  template <typename ActionInput>
  static void apply(const ActionInput& in, Token& token) {
    const char c = in.peek_char(1);
    token.text += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
  }
};

// A backslash that escapes nothing stays, as does what follows it.
template <>
struct TokenAction<rules::Backslash> {
  static void apply0(Token& token) { token.text += '\\'; }
};

template <>
struct TokenAction<rules::Unclosed> {
  static void apply0(Token& token) { token.closed = false; }
};

// The piece of a group that was read last.
struct GroupCut {
  TokenKind kind = TokenKind::kEnd;
  bool closed = true;  // false after a text without its closing quote
};

template <typename Rule>
struct CutAction : tao::pegtl::nothing<Rule> {};

template <TokenKind kKind>
struct CutOfKind {
  static void apply0(GroupCut& cut) { cut.kind = kKind; }
};

template <>
struct CutAction<rules::GroupRun> : CutOfKind<TokenKind::kEnd> {};
template <>
struct CutAction<rules::Open> : CutOfKind<TokenKind::kOpen> {};
template <>
struct CutAction<rules::Close> : CutOfKind<TokenKind::kClose> {};
template <>
struct CutAction<rules::Text> : CutOfKind<TokenKind::kText> {};
template <>
struct CutAction<rules::Unclosed> {
  static void apply0(GroupCut& cut) { cut.closed = false; }
};

}  // namespace sluice
