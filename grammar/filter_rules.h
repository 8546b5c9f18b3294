// The lexical grammar of a filter, one rule a line (F-6 to F-15). These rules
// read single tokens; how tokens make an expression is filter_builder.h's
// state machine, because the peer accepts sequences that no grammar of nested
// rules would (F-22).
//
// A token rule takes the whole run that the peer's scanner would take, valid or
// not, so that an error can quote it. Nothing undoes a rule that has an action:
// after its opening quote a text always matches, closed or not.
#pragma once

#include <tao/pegtl.hpp>

namespace sluice::rules {

namespace pegtl = tao::pegtl;

// clang-format off
struct Space : pegtl::one<' ', '\t', '\n'> {};
struct Comment : pegtl::seq<pegtl::two<'/'>, pegtl::star<pegtl::not_one<'\n'>>> {};
struct Blanks : pegtl::star<pegtl::sor<pegtl::plus<Space>, Comment>> {};

struct IdentifierStart : pegtl::sor<pegtl::alpha, pegtl::one<'@', '_', '#'>> {};
struct IdentifierPart : pegtl::sor<pegtl::alnum, pegtl::one<'_', '.', ':'>> {};
struct Identifier : pegtl::seq<IdentifierStart, pegtl::star<IdentifierPart>> {};

struct NumberStart : pegtl::sor<pegtl::digit, pegtl::one<'-'>> {};
struct Fraction : pegtl::seq<pegtl::one<'.'>, pegtl::star<pegtl::digit>> {};
struct Number : pegtl::seq<NumberStart, pegtl::star<pegtl::digit>, pegtl::opt<Fraction>> {};

template <char Quote> struct TextRun : pegtl::plus<pegtl::not_one<Quote, '\\'>> {};
struct Escape : pegtl::seq<pegtl::one<'\\'>, pegtl::one<'n', 't', 'r', '\\', '\'', '"'>> {};
struct Backslash : pegtl::one<'\\'> {};
struct Unclosed : pegtl::eof {};
template <char Quote> struct TextPiece : pegtl::sor<TextRun<Quote>, Escape, Backslash> {};
template <char Quote> struct TextBody : pegtl::star<TextPiece<Quote>> {};
template <char Quote> struct TextEnd : pegtl::sor<pegtl::one<Quote>, Unclosed> {};
template <char Quote>
struct Quoted : pegtl::seq<pegtl::one<Quote>, TextBody<Quote>, TextEnd<Quote>> {};
struct Text : pegtl::sor<Quoted<'\''>, Quoted<'"'>> {};

struct Sign : pegtl::plus<pegtl::one<'=', '?', '!', '>', '<', '~'>> {};
struct Join : pegtl::plus<pegtl::one<'&', '|'>> {};
struct Open : pegtl::one<'('> {};
struct Close : pegtl::one<')'> {};
struct Comma : pegtl::one<','> {};

struct Token : pegtl::sor<Identifier, Sign, Text, Number, Join, Open> {};
struct ArgumentToken : pegtl::sor<Identifier, Text, Number, Comma, Close> {};

// What counts while a group is cut out: brackets and texts, but no comments (F-19).
struct GroupRun : pegtl::plus<pegtl::not_one<'(', ')', '\'', '"'>> {};
struct GroupPiece : pegtl::sor<GroupRun, Open, Close, Text> {};
// clang-format on

}  // namespace sluice::rules
