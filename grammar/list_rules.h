// The rules of the comma-separated lists: sort and expand (F-132, F-158), which
// split at every comma, and fields (F-147, F-155), where brackets and quotes
// protect a comma.
#pragma once

#include <tao/pegtl.hpp>

namespace sluice::rules {

namespace pegtl = tao::pegtl;

// clang-format off
struct ListItem : pegtl::star<pegtl::not_one<','>> {};
struct PlainList : pegtl::seq<ListItem, pegtl::star<pegtl::one<','>, ListItem>> {};

// In a fields list a backslash takes the meaning from the quote or bracket that
// follows; a second backslash changes nothing, as in the peer.
struct Backslashes : pegtl::plus<pegtl::one<'\\'>> {};
struct AnyQuote : pegtl::one<'\'', '"', '`'> {};
struct FieldOpen : pegtl::one<'('> {};
struct FieldClose : pegtl::one<')'> {};
struct FieldComma : pegtl::one<','> {};
struct Escapable : pegtl::sor<AnyQuote, pegtl::one<'(', ')'>> {};
struct FieldEscape : pegtl::seq<Backslashes, pegtl::opt<Escapable>> {};

template <char Quote> struct QuotedRun : pegtl::plus<pegtl::not_one<Quote, '\\', '\0'>> {};
template <char Quote> struct QuotedPiece : pegtl::sor<QuotedRun<Quote>, FieldEscape> {};
template <char Quote> struct QuotedBody : pegtl::star<QuotedPiece<Quote>> {};
template <char Quote>
struct QuotedBy : pegtl::seq<pegtl::one<Quote>, QuotedBody<Quote>, pegtl::one<Quote>> {};
struct FieldQuoted : pegtl::sor<QuotedBy<'\''>, QuotedBy<'"'>, QuotedBy<'`'>> {};

struct FieldRun : pegtl::plus<pegtl::not_one<'(', ')', ',', '\'', '"', '`', '\\', '\0'>> {};
struct FieldPlain : pegtl::sor<FieldRun, FieldEscape, FieldQuoted> {};
struct FieldPiece : pegtl::sor<FieldPlain, FieldOpen, FieldClose, FieldComma> {};

// `excerpt(max, withEllipsis)`: words between brackets, commas and spaces.
struct ModifierBreak : pegtl::one<'(', ')', ',', ' '> {};
struct ModifierEscape : pegtl::seq<Backslashes, pegtl::opt<AnyQuote>> {};
struct ModifierRun
    : pegtl::plus<pegtl::not_one<'(', ')', ',', ' ', '\'', '"', '`', '\\', '\0'>> {};
struct ModifierPiece : pegtl::sor<ModifierRun, ModifierEscape, FieldQuoted, ModifierBreak> {};
// clang-format on

}  // namespace sluice::rules
