// Parser, Thompson simulation and generator. Nesting is bounded by the parser,
// so recursion is safe. Tested by tests/server/text_pattern_test.cc.
#include "tools/server/text/pattern.h"

#include <algorithm>
#include <optional>

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::text {
namespace {

constexpr int kRepeatMax = 1000;
constexpr int kNestingMax = 1000;
constexpr std::size_t kInstructionsMax = 100000;
constexpr char32_t kLastCodePoint = 0x10FFFF;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

struct Named {
  std::string_view name;
  std::string_view ranges;  // pairs of first and last
};
constexpr Named kPosixClasses[] = {
    {"alnum", "09AZaz"}, {"alpha", "AZaz"}, {"blank", "\t\t  "},  {"digit", "09"},
    {"graph", "!~"},     {"lower", "az"},   {"print", " ~"},      {"punct", "!/:@[`{~"},
    {"space", "\t\r  "}, {"upper", "AZ"},   {"word", "09AZ__az"}, {"xdigit", "09AFaf"},
};

}  // namespace

class PatternParser {
 public:
  using Node = Pattern::Node;
  using Kind = Pattern::Kind;
  using Range = Pattern::Range;
  using Assertion = Pattern::Assertion;

  explicit PatternParser(std::string_view text) : text_(text) {}

  StatusOr<Node> Run() {
    SLUICE_ASSIGN_OR_RETURN(Node node, Alternatives(0));
    if (at_ < text_.size()) return Fail("unexpected )", text_);
    return node;
  }

 private:
  struct Flags {
    bool fold = false;
    bool multi_line = false;
    bool dot_all = false;
    bool ungreedy = false;
  };

  static Status Fail(std::string_view what, std::string_view where) {
    return absl::InvalidArgumentError("error parsing regexp: " + std::string(what) + ": `" +
                                      std::string(where) + "`");
  }

  bool More() const { return at_ < text_.size(); }
  char Here() const { return text_[at_]; }
  bool At(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  std::string_view Since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

  StatusOr<Node> Alternatives(int depth) {
    if (depth > kNestingMax) return Fail("expression nests too deeply", text_);
    Node alternate{.kind = Kind::kAlternate};
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(Node branch, Branch(depth));
      alternate.children.push_back(std::move(branch));
      if (!More() || Here() != '|') break;
      ++at_;
    }
    if (alternate.children.size() > 1) return alternate;
    Node only = std::move(alternate.children.front());
    return only;
  }

  StatusOr<Node> Branch(int depth) {
    Node concat{.kind = Kind::kConcat};
    bool repeatable = false;
    std::size_t last_repeat =
        std::string_view::npos;  // where a repetition that nothing may follow began
    while (More() && Here() != '|' && Here() != ')') {
      const std::size_t begin = at_;
      int min = 0;
      int max = -1;
      SLUICE_ASSIGN_OR_RETURN(const bool repetition, Repetition(min, max));
      if (repetition) {
        if (last_repeat == begin)
          return Fail("invalid nested repetition operator",
                      text_.substr(repeat_at_, at_ - repeat_at_));
        if (!repeatable) return Fail("missing argument to repetition operator", Since(begin));
        repeat_at_ = begin;
        Node repeat{.kind = Kind::kRepeat, .min = min, .max = max};
        repeat.children.push_back(std::move(concat.children.back()));
        concat.children.back() = std::move(repeat);
        last_repeat = at_;
        continue;
      }
      const std::size_t before = concat.children.size();
      SLUICE_RETURN_IF_ERROR(Atom(concat, depth));
      repeatable = concat.children.size() > before;
      last_repeat = std::string_view::npos;
    }
    return concat;
  }

  // `*`, `+`, `?` or `{n,m}`, and the `?` that makes it lazy.
  StatusOr<bool> Repetition(int& min, int& max) {
    const std::size_t begin = at_;
    switch (Here()) {
      case '*':
        ++at_;
        break;
      case '+':
        min = 1;
        ++at_;
        break;
      case '?':
        max = 1;
        ++at_;
        break;
      case '{':
        if (!Braces(min, max)) return false;
        if (min > kRepeatMax || max > kRepeatMax || (max >= 0 && min > max))
          return Fail("invalid repeat count", Since(begin));
        break;
      default:
        return false;
    }
    if (More() && Here() == '?') ++at_;
    return true;
  }

  // A brace that starts no repetition is a plain character.
  bool Braces(int& min, int& max) {
    std::size_t at = at_ + 1;
    const auto number = [&](int& value) {
      const std::size_t begin = at;
      value = 0;
      while (at < text_.size() && IsDigit(text_[at])) {
        value = std::min(kRepeatMax + 1, value * 10 + (text_[at] - '0'));
        ++at;
      }
      return at > begin;
    };
    if (!number(min)) return false;
    max = min;
    if (at < text_.size() && text_[at] == ',') {
      ++at;
      if (!number(max)) max = -1;
    }
    if (at >= text_.size() || text_[at] != '}') return false;
    at_ = at + 1;
    return true;
  }

  Status Atom(Node& concat, int depth) {
    const auto add_assertion = [&concat](Assertion assertion) {
      concat.children.push_back({.kind = Kind::kAssert, .assertion = assertion});
      return absl::OkStatus();
    };
    switch (Here()) {
      case '(':
        return Group(concat, depth);
      case '[':
        return Class(concat);
      case '^':
        ++at_;
        return add_assertion(flags_.multi_line ? Assertion::kLineBegin : Assertion::kTextBegin);
      case '$':
        ++at_;
        return add_assertion(flags_.multi_line ? Assertion::kLineEnd : Assertion::kTextEnd);
      case '.':
        ++at_;
        if (flags_.dot_all) {
          AddClass(concat, {{0, kLastCodePoint}});
        } else {
          AddClass(concat, {{0, '\n' - 1}, {'\n' + 1, kLastCodePoint}});
        }
        return absl::OkStatus();
      case '\\':
        return Escape(concat, add_assertion);
      default: {
        SLUICE_ASSIGN_OR_RETURN(const char32_t c, Character());
        AddClass(concat, {{c, c}});
        return absl::OkStatus();
      }
    }
  }

  StatusOr<char32_t> Character() {
    const json::CodePoint point = json::DecodeCodePoint(text_.substr(at_));
    if (!point.valid) return Fail("invalid UTF-8", text_);
    at_ += point.length;
    return point.value;
  }

  Status Group(Node& concat, int depth) {
    const std::size_t begin = at_;
    const Flags outer = flags_;
    ++at_;
    if (More() && Here() == '?') {
      ++at_;
      if (At("P<") || At("<")) {
        at_ += At("P<") ? 2 : 1;
        const std::size_t name = at_;
        while (More() && IsWord(static_cast<unsigned char>(Here()))) ++at_;
        if (At("=") || At("!"))
          return Fail("invalid or unsupported Perl syntax", text_.substr(begin, at_ + 1 - begin));
        if (!More() || Here() != '>' || at_ == name) {
          const std::size_t close = text_.find('>', name);
          return Fail("invalid named capture", close == text_.npos
                                                   ? text_.substr(begin)
                                                   : text_.substr(begin, close + 1 - begin));
        }
        ++at_;
      } else {
        SLUICE_ASSIGN_OR_RETURN(const bool group, GroupFlags(begin));
        if (!group) return absl::OkStatus();
      }
    }
    SLUICE_ASSIGN_OR_RETURN(Node inner, Alternatives(depth + 1));
    if (!More()) return Fail("missing closing )", text_);
    ++at_;
    flags_ = outer;
    concat.children.push_back(std::move(inner));
    return absl::OkStatus();
  }

  // Behind `(?`; true when a group follows, false when `)` ended the flags,
  // which then count for the rest of the group around.
  StatusOr<bool> GroupFlags(std::size_t begin) {
    bool on = true;
    bool any = false;
    while (More()) {
      const char c = Here();
      ++at_;
      switch (c) {
        case 'i':
          flags_.fold = on;
          break;
        case 'm':
          flags_.multi_line = on;
          break;
        case 's':
          flags_.dot_all = on;
          break;
        case 'U':
          flags_.ungreedy = on;
          break;
        case '-':
          if (!on) return Fail("invalid or unsupported Perl syntax", Since(begin));
          on = false;
          any = false;
          continue;
        case ':':
        case ')':
          if (!on && !any) return Fail("invalid or unsupported Perl syntax", Since(begin));
          return c == ':';
        default:
          return Fail("invalid or unsupported Perl syntax", Since(begin));
      }
      any = true;
    }
    return Fail("missing closing )", text_);
  }

  template <typename AddAssertion>
  Status Escape(Node& concat, const AddAssertion& add_assertion) {
    const std::size_t begin = at_;
    if (at_ + 1 >= text_.size())
      return absl::InvalidArgumentError(
          "error parsing regexp: trailing backslash at end of expression: ``");
    const char c = text_[at_ + 1];
    const auto assertion = [&](Assertion what) {
      at_ += 2;
      return add_assertion(what);
    };
    if (c == 'A') return assertion(Assertion::kTextBegin);
    if (c == 'z') return assertion(Assertion::kTextEnd);
    if (c == 'b') return assertion(Assertion::kWordBoundary);
    if (c == 'B') return assertion(Assertion::kNoWordBoundary);
    if (c == 'C') return Fail("invalid escape sequence", "\\C");
    if (c == 'Q') {
      at_ += 2;
      while (More() && !At("\\E")) {
        SLUICE_ASSIGN_OR_RETURN(const char32_t quoted, Character());
        AddClass(concat, {{quoted, quoted}});
      }
      if (More()) at_ += 2;
      return absl::OkStatus();
    }
    std::vector<Range> ranges;
    SLUICE_ASSIGN_OR_RETURN(const bool is_class, ClassEscape(ranges));
    if (!is_class) {
      SLUICE_ASSIGN_OR_RETURN(const char32_t single, CharacterEscape(begin));
      ranges = {{single, single}};
    }
    AddClass(concat, std::move(ranges));
    return absl::OkStatus();
  }

  // `\d` and its kin, and `\pL`, which stands for all beyond ASCII and the
  // ASCII letters: what Unicode says in full matters to no folder seen.
  StatusOr<bool> ClassEscape(std::vector<Range>& ranges) {
    const char c = text_[at_ + 1];
    if (c == 'p' || c == 'P') {
      const std::size_t begin = at_;
      at_ += 2;
      if (!More()) return Fail("invalid character class range", Since(begin));
      if (Here() == '{') {
        const std::size_t close = text_.find('}', at_);
        if (close == text_.npos) return Fail("invalid character class range", text_.substr(begin));
        at_ = close + 1;
      } else {
        SLUICE_RETURN_IF_ERROR(Character().status());
      }
      ranges = {{'A', 'Z'}, {'a', 'z'}, {0x80, kLastCodePoint}};
      if (c == 'P') Negate(ranges);
      return true;
    }
    const char lower = LowerAscii(c);
    if (lower == 'd') {
      ranges = {{'0', '9'}};
    } else if (lower == 'w') {
      ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    } else if (lower == 's') {
      ranges = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    } else {
      return false;
    }
    at_ += 2;
    if (c != lower) Negate(ranges);
    return true;
  }

  StatusOr<char32_t> CharacterEscape(std::size_t begin) {
    ++at_;
    if (!More())
      return absl::InvalidArgumentError(
          "error parsing regexp: trailing backslash at end of expression: ``");
    SLUICE_ASSIGN_OR_RETURN(const char32_t c, Character());
    switch (c) {
      case 'a':
        return U'\a';
      case 'f':
        return U'\f';
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case 'v':
        return U'\v';
      case 'x':
        return HexEscape(begin);
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      // A single digit from 1 would be a back reference.
      if (c != '0' && (!More() || Here() < '0' || Here() > '7'))
        return Fail("invalid escape sequence", Since(begin));
      char32_t value = c - '0';
      for (int i = 1; i < 3 && More() && Here() >= '0' && Here() <= '7'; ++i, ++at_)
        value = value * 8 + static_cast<char32_t>(Here() - '0');
      return value;
    }
    if (c < 0x80 && !IsWord(c)) return c;
    return Fail("invalid escape sequence", Since(begin));
  }

  StatusOr<char32_t> HexEscape(std::size_t begin) {
    const bool braces = More() && Here() == '{';
    if (braces) ++at_;
    char32_t value = 0;
    int digits = 0;
    while (More() && (braces || digits < 2)) {
      const char c = LowerAscii(Here());
      if (!IsDigit(c) && (c < 'a' || c > 'f')) break;
      value = value * 16 + static_cast<char32_t>(IsDigit(c) ? c - '0' : c - 'a' + 10);
      ++digits;
      ++at_;
      if (value > kLastCodePoint) return Fail("invalid escape sequence", Since(begin));
    }
    const bool closed = !braces || (More() && Here() == '}');
    if (digits == 0 || !closed || (!braces && digits < 2))
      return Fail("invalid escape sequence",
                  text_.substr(begin, std::min(at_ + 1, text_.size()) - begin));
    if (braces) ++at_;
    return value;
  }

  Status Class(Node& concat) {
    const std::size_t begin = at_;
    ++at_;
    bool negated = false;
    if (More() && Here() == '^') {
      negated = true;
      ++at_;
    }
    std::vector<Range> ranges;
    bool first = true;
    while (true) {
      if (!More()) return Fail("missing closing ]", text_.substr(begin));
      if (Here() == ']' && !first) break;
      if (Here() == '-' && !first && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        return Fail("invalid character class range", text_.substr(at_, 2));
      }
      first = false;
      SLUICE_RETURN_IF_ERROR(ClassItem(begin, ranges));
    }
    ++at_;
    Fold(ranges);
    Normalize(ranges);
    if (negated) Negate(ranges);
    concat.children.push_back({.kind = Kind::kClass, .ranges = std::move(ranges)});
    return absl::OkStatus();
  }

  Status ClassItem(std::size_t class_begin, std::vector<Range>& ranges) {
    const std::size_t begin = at_;
    if (At("[:")) {
      const std::size_t close = text_.find(":]", at_ + 2);
      if (close != text_.npos) {
        std::string_view name = text_.substr(at_ + 2, close - at_ - 2);
        const bool negated = name.starts_with('^');
        if (negated) name.remove_prefix(1);
        for (const Named& named : kPosixClasses) {
          if (named.name != name) continue;
          std::vector<Range> found;
          for (std::size_t i = 0; i < named.ranges.size(); i += 2) {
            found.push_back({static_cast<char32_t>(named.ranges[i]),
                             static_cast<char32_t>(named.ranges[i + 1])});
          }
          Normalize(found);
          if (negated) Negate(found);
          ranges.insert(ranges.end(), found.begin(), found.end());
          at_ = close + 2;
          return absl::OkStatus();
        }
        return Fail("invalid character class range", text_.substr(at_, close + 2 - at_));
      }
    }
    if (Here() == '\\' && at_ + 1 < text_.size()) {
      std::vector<Range> escaped;
      SLUICE_ASSIGN_OR_RETURN(const bool is_class, ClassEscape(escaped));
      if (is_class) {
        ranges.insert(ranges.end(), escaped.begin(), escaped.end());
        return absl::OkStatus();
      }
    }
    SLUICE_ASSIGN_OR_RETURN(const char32_t low, ClassCharacter(class_begin));
    char32_t high = low;
    if (at_ + 1 < text_.size() && Here() == '-' && text_[at_ + 1] != ']') {
      ++at_;
      SLUICE_ASSIGN_OR_RETURN(high, ClassCharacter(class_begin));
      if (high < low) return Fail("invalid character class range", Since(begin));
    }
    ranges.push_back({low, high});
    return absl::OkStatus();
  }

  StatusOr<char32_t> ClassCharacter(std::size_t class_begin) {
    if (!More()) return Fail("missing closing ]", text_.substr(class_begin));
    if (Here() == '\\') return CharacterEscape(at_);
    return Character();
  }

  void AddClass(Node& concat, std::vector<Range> ranges) {
    Fold(ranges);
    Normalize(ranges);
    concat.children.push_back({.kind = Kind::kClass, .ranges = std::move(ranges)});
  }

  // Adds the other case of ASCII letters under (?i).
  void Fold(std::vector<Range>& ranges) const {
    if (!flags_.fold) return;
    const std::size_t count = ranges.size();
    for (std::size_t i = 0; i < count; ++i) {
      const Range range = ranges[i];
      const auto add = [&](char32_t first, char32_t last, int offset) {
        const char32_t low = std::max(first, range.first);
        const char32_t high = std::min(last, range.last);
        if (low <= high)
          ranges.push_back({static_cast<char32_t>(static_cast<int>(low) + offset),
                            static_cast<char32_t>(static_cast<int>(high) + offset)});
      };
      add('a', 'z', 'A' - 'a');
      add('A', 'Z', 'a' - 'A');
    }
  }

  static void Normalize(std::vector<Range>& ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    std::vector<Range> merged;
    for (const Range& range : ranges) {
      if (!merged.empty() && range.first <= merged.back().last + 1) {
        merged.back().last = std::max(merged.back().last, range.last);
      } else {
        merged.push_back(range);
      }
    }
    ranges = std::move(merged);
  }

  static void Negate(std::vector<Range>& ranges) {
    Normalize(ranges);
    std::vector<Range> rest;
    char32_t next = 0;
    for (const Range& range : ranges) {
      if (range.first > next) rest.push_back({next, range.first - 1});
      next = range.last + 1;
    }
    if (next <= kLastCodePoint) rest.push_back({next, kLastCodePoint});
    ranges = std::move(rest);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t repeat_at_ = 0;
  Flags flags_;
};

// Compiles and runs the program of a pattern.
class PatternProgram {
 public:
  using Node = Pattern::Node;
  using Instruction = Pattern::Instruction;
  using Op = Instruction::Op;

  static bool Compile(Pattern& pattern) {
    if (!Emit(pattern, pattern.root_)) return false;
    pattern.program_.push_back({.op = Op::kMatch});
    return true;
  }

  explicit PatternProgram(const Pattern& pattern, std::string_view text)
      : pattern_(pattern), text_(text) {}

  bool Search() {
    const std::size_t size = pattern_.program_.size();
    seen_.assign(size, 0);
    std::vector<std::uint32_t> now;
    std::vector<std::uint32_t> next;
    std::size_t at = 0;
    char32_t before = 0;
    while (true) {
      const bool end = at >= text_.size();
      const json::CodePoint here =
          end ? json::CodePoint{} : json::DecodeCodePoint(text_.substr(at));
      ++step_;
      std::vector<std::uint32_t> reached;
      for (const std::uint32_t thread : now) Follow(reached, thread, at, before, here.value);
      Follow(reached, 0, at, before, here.value);
      if (matched_) return true;
      if (end) return false;
      next.clear();
      for (const std::uint32_t thread : reached) {
        if (Contains(pattern_.classes_[pattern_.program_[thread].first], here.value))
          next.push_back(thread + 1);
      }
      now.swap(next);
      before = here.value;
      at += here.length;
    }
  }

 private:
  static bool Contains(const std::vector<Pattern::Range>& ranges, char32_t c) {
    return std::any_of(ranges.begin(), ranges.end(), [c](const Pattern::Range& range) {
      return c >= range.first && c <= range.last;
    });
  }

  bool Holds(Pattern::Assertion assertion, std::size_t at, char32_t before, char32_t after) const {
    const bool begin = at == 0;
    const bool end = at >= text_.size();
    const bool boundary = (!begin && IsWord(before)) != (!end && IsWord(after));
    switch (assertion) {
      case Pattern::Assertion::kTextBegin:
        return begin;
      case Pattern::Assertion::kTextEnd:
        return end;
      case Pattern::Assertion::kLineBegin:
        return begin || before == '\n';
      case Pattern::Assertion::kLineEnd:
        return end || after == '\n';
      case Pattern::Assertion::kWordBoundary:
        return boundary;
      case Pattern::Assertion::kNoWordBoundary:
        return !boundary;
    }
    return false;
  }

  // The class instructions that can be reached from `start` without reading.
  void Follow(std::vector<std::uint32_t>& out, std::uint32_t start, std::size_t at, char32_t before,
              char32_t after) {
    pending_.assign(1, start);
    while (!pending_.empty()) {
      const std::uint32_t place = pending_.back();
      pending_.pop_back();
      if (seen_[place] == step_) continue;
      seen_[place] = step_;
      const Instruction& instruction = pattern_.program_[place];
      switch (instruction.op) {
        case Op::kClass:
          out.push_back(place);
          break;
        case Op::kSplit:
          pending_.push_back(instruction.second);
          pending_.push_back(instruction.first);
          break;
        case Op::kJump:
          pending_.push_back(instruction.first);
          break;
        case Op::kAssert:
          if (Holds(instruction.assertion, at, before, after)) pending_.push_back(place + 1);
          break;
        case Op::kMatch:
          matched_ = true;
          break;
      }
    }
  }

  static std::uint32_t Here(const Pattern& pattern) {
    return static_cast<std::uint32_t>(pattern.program_.size());
  }

  static bool Emit(Pattern& pattern, const Node& node) {
    auto& program = pattern.program_;
    if (program.size() > kInstructionsMax) return false;
    switch (node.kind) {
      case Pattern::Kind::kEmpty:
        return true;
      case Pattern::Kind::kClass:
        program.push_back(
            {.op = Op::kClass, .first = static_cast<std::uint32_t>(pattern.classes_.size())});
        pattern.classes_.push_back(node.ranges);
        return true;
      case Pattern::Kind::kAssert:
        program.push_back({.op = Op::kAssert, .assertion = node.assertion});
        return true;
      case Pattern::Kind::kConcat:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const Node& child) { return Emit(pattern, child); });
      case Pattern::Kind::kAlternate:
        return EmitAlternate(pattern, node);
      case Pattern::Kind::kRepeat:
        return EmitRepeat(pattern, node);
    }
    return false;
  }

  static bool EmitAlternate(Pattern& pattern, const Node& node) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = Here(pattern);
      if (!last) pattern.program_.push_back({.op = Op::kSplit, .first = split + 1});
      if (!Emit(pattern, node.children[i])) return false;
      if (last) break;
      ends.push_back(Here(pattern));
      pattern.program_.push_back({.op = Op::kJump});
      pattern.program_[split].second = Here(pattern);
    }
    for (const std::uint32_t end : ends) pattern.program_[end].first = Here(pattern);
    return true;
  }

  static bool EmitRepeat(Pattern& pattern, const Node& node) {
    const Node& child = node.children.front();
    for (int i = 0; i < node.min; ++i) {
      if (!Emit(pattern, child)) return false;
    }
    if (node.max < 0) {
      const std::uint32_t split = Here(pattern);
      pattern.program_.push_back({.op = Op::kSplit, .first = split + 1});
      if (!Emit(pattern, child)) return false;
      pattern.program_.push_back({.op = Op::kJump, .first = split});
      pattern.program_[split].second = Here(pattern);
      return true;
    }
    std::vector<std::uint32_t> splits;
    for (int i = node.min; i < node.max; ++i) {
      splits.push_back(Here(pattern));
      pattern.program_.push_back({.op = Op::kSplit, .first = Here(pattern) + 1});
      if (!Emit(pattern, child)) return false;
    }
    for (const std::uint32_t split : splits) pattern.program_[split].second = Here(pattern);
    return true;
  }

  const Pattern& pattern_;
  std::string_view text_;
  std::vector<std::uint32_t> seen_;  // the step at which an instruction was met
  std::vector<std::uint32_t> pending_;
  std::uint32_t step_ = 0;
  bool matched_ = false;
};

StatusOr<Pattern> Pattern::Parse(std::string_view text) {
  Pattern pattern;
  SLUICE_ASSIGN_OR_RETURN(pattern.root_, PatternParser(text).Run());
  if (!PatternProgram::Compile(pattern)) {
    return absl::InvalidArgumentError("error parsing regexp: expression too large: `" +
                                      std::string(text) + "`");
  }
  return pattern;
}

bool Pattern::Matches(std::string_view text) const { return PatternProgram(*this, text).Search(); }

std::string Pattern::Generate(const Random& random) const {
  std::string out;
  Generate(out, root_, random);
  return out;
}

void Pattern::Generate(std::string& out, const Node& node, const Random& random) {
  constexpr std::size_t kBytesMax = 1U << 20U;
  constexpr int kMoreMax = 10;
  if (out.size() > kBytesMax) return;
  switch (node.kind) {
    case Kind::kEmpty:
    case Kind::kAssert:
      return;
    case Kind::kClass: {
      // Printable ASCII where the class has some: `.` should make no control
      // characters.
      const auto pick_of = [&](char32_t first, char32_t last) {
        const auto within = [&](const Range& range) {
          const char32_t low = std::max(range.first, first);
          const char32_t high = std::min(range.last, last);
          return std::pair(low, low <= high ? high - low + 1 : 0);
        };
        std::uint32_t total = 0;
        for (const Range& range : node.ranges) total += within(range).second;
        if (total == 0) return false;
        std::uint32_t pick = random(total);
        for (const Range& range : node.ranges) {
          const auto [low, size] = within(range);
          if (pick < size) {
            json::AppendCodePoint(out, low + pick);
            break;
          }
          pick -= size;
        }
        return true;
      };
      if (!pick_of(' ', '~')) (void)pick_of(0, 0x10FFFF);
      return;
    }
    case Kind::kConcat:
      for (const Node& child : node.children) Generate(out, child, random);
      return;
    case Kind::kAlternate:
      return Generate(out, node.children[random(static_cast<std::uint32_t>(node.children.size()))],
                      random);
    case Kind::kRepeat: {
      const int max = node.max < 0 ? node.min + kMoreMax : node.max;
      const int count =
          node.min + static_cast<int>(random(static_cast<std::uint32_t>(max - node.min + 1)));
      for (int i = 0; i < count; ++i) Generate(out, node.children.front(), random);
      return;
    }
  }
}

}  // namespace sluice::text
