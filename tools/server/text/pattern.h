// Regular expressions as field options hold them: RE2's syntax, checked with
// the peer's texts (S-51), matched in linear time, and run backwards to make
// values (S-20, R-72).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"

namespace sluice::text {

// Immutable after Parse; safe to use from several threads.
class Pattern {
 public:
  // A number from 0 to `bound` - 1.
  using Random = std::function<std::uint32_t(std::uint32_t bound)>;

  // On a mistake kInvalidArgument with the peer's text, as in
  // "error parsing regexp: missing closing ): `(`".
  static StatusOr<Pattern> Parse(std::string_view text);

  // True when some part of `text` matches: the search is not anchored.
  bool Matches(std::string_view text) const;

  // A text that matches; what may repeat without end repeats up to ten times
  // more than it must. Assertions are taken to hold.
  std::string Generate(const Random& random) const;

 private:
  friend class PatternParser;
  friend class PatternProgram;

  struct Range {
    char32_t first;
    char32_t last;
  };
  enum class Kind : std::uint8_t { kEmpty, kClass, kConcat, kAlternate, kRepeat, kAssert };
  enum class Assertion : std::uint8_t {
    kTextBegin,
    kTextEnd,
    kLineBegin,
    kLineEnd,
    kWordBoundary,
    kNoWordBoundary
  };
  struct Node {
    Kind kind = Kind::kEmpty;
    std::vector<Range> ranges;   // kClass, sorted and apart
    std::vector<Node> children;  // kConcat, kAlternate, kRepeat
    int min = 0;                 // kRepeat
    int max = -1;                // kRepeat; -1: no limit
    Assertion assertion = Assertion::kTextBegin;
  };
  struct Instruction {
    enum class Op : std::uint8_t { kClass, kSplit, kJump, kAssert, kMatch } op = Op::kMatch;
    std::uint32_t first = 0;   // where to go; of kSplit the one, of kClass the class
    std::uint32_t second = 0;  // kSplit: the other
    Assertion assertion = Assertion::kTextBegin;
  };

  static void Generate(std::string& out, const Node& node, const Random& random);

  Node root_;
  std::vector<Instruction> program_;
  std::vector<std::vector<Range>> classes_;
};

}  // namespace sluice::text
