// A scanner that knows less than the grammar, and gives up early. Tested by
// tests/grammar/filter_shape_test.cc against the parser.
#include "sluice/filter_shape.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "grammar/go_text.h"

namespace sluice {
namespace {

// Beyond this the conversion may have rules of its own (F-11).
constexpr std::size_t kNumberBytesMax = 20;

enum class CharKind : std::uint8_t { kOther, kWord, kDigit, kQuote, kMinus, kPlain };

constexpr std::array<CharKind, 256> MakeKinds() {
  std::array<CharKind, 256> kinds{};
  for (char c = 'a'; c <= 'z'; ++c) kinds[static_cast<unsigned char>(c)] = CharKind::kWord;
  for (char c = 'A'; c <= 'Z'; ++c) kinds[static_cast<unsigned char>(c)] = CharKind::kWord;
  for (const char c : {'@', '_', '#'}) kinds[static_cast<unsigned char>(c)] = CharKind::kWord;
  for (char c = '0'; c <= '9'; ++c) kinds[static_cast<unsigned char>(c)] = CharKind::kDigit;
  for (const char c : {'\'', '"'}) kinds[static_cast<unsigned char>(c)] = CharKind::kQuote;
  for (const char c : {' ', '\t', '\n', '(', ')', ',', '=', '?', '!', '>', '<', '~', '&', '|'})
    kinds[static_cast<unsigned char>(c)] = CharKind::kPlain;
  kinds[static_cast<unsigned char>('-')] = CharKind::kMinus;
  return kinds;
}
constexpr std::array<CharKind, 256> kKinds = MakeKinds();

CharKind KindOf(char c) { return kKinds[static_cast<unsigned char>(c)]; }

bool IsWordPart(char c) {
  const CharKind kind = KindOf(c);
  return c == '.' || c == ':' || kind == CharKind::kDigit ||
         (kind == CharKind::kWord && c != '@' && c != '#');
}

class Scanner {
 public:
  Scanner(std::string_view text, FilterShape& shape) : text_(text), shape_(shape) {}

  bool Run() {
    shape_.key.clear();
    shape_.literals.clear();
    while (at_ < text_.size()) {
      bool known = false;
      switch (KindOf(text_[at_])) {
        case CharKind::kPlain:
          shape_.key += text_[at_++];
          known = true;
          break;
        case CharKind::kWord:
          known = Word();
          break;
        case CharKind::kQuote:
          known = Text();
          break;
        case CharKind::kDigit:
        case CharKind::kMinus:
          known = Number();
          break;
        case CharKind::kOther:
          break;
      }
      if (!known) return false;
    }
    return true;
  }

 private:
  bool Word() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && IsWordPart(text_[at_])) ++at_;
    shape_.key += text_.substr(begin, at_ - begin);
    return EndsHere();
  }

  bool Text() {
    const char quote = text_[at_];
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    bool unicode = false;
    for (; end < text_.size() && text_[end] != quote; ++end) {
      const char c = text_[end];
      if (c == '\\' || c == '\0') return false;
      unicode |= static_cast<unsigned char>(c) >= 0x80;
    }
    if (end == text_.size()) return false;
    const std::string_view content = text_.substr(begin, end - begin);
    if (unicode) {
      std::string copy(content);
      if (RepairUtf8(&copy)) return false;
    }
    // An empty text means something else in a comparison (F-44).
    shape_.key += content.empty() ? "''" : "'t'";
    shape_.literals.push_back({static_cast<std::uint32_t>(at_), true, content, 0});
    at_ = end + 1;
    return EndsHere();
  }

  bool Number() {
    const std::size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    const std::size_t digits = at_;
    SkipDigits();
    if (at_ == digits) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      const std::size_t fraction = ++at_;
      SkipDigits();
      if (at_ == fraction) return false;
    }
    if (at_ - begin > kNumberBytesMax) return false;
    double value = 0;
    std::from_chars(text_.data() + begin, text_.data() + at_, value);
    shape_.key += '0';
    shape_.literals.push_back({static_cast<std::uint32_t>(begin), false, {}, value});
    return EndsHere();
  }

  void SkipDigits() {
    while (at_ < text_.size() && KindOf(text_[at_]) == CharKind::kDigit) ++at_;
  }

  // Tokens that touch, as in `1e5`, are left to the parser.
  bool EndsHere() const { return at_ == text_.size() || KindOf(text_[at_]) == CharKind::kPlain; }

  std::string_view text_;
  FilterShape& shape_;
  std::size_t at_ = 0;
};

bool IsLiteral(const Node& node) {
  return std::holds_alternative<TextLiteral>(node.kind) ||
         std::holds_alternative<NumberLiteral>(node.kind);
}

bool IsSame(const ShapeLiteral& literal, const Node& node) {
  if (literal.begin != node.span.begin) return false;
  if (const auto* text = std::get_if<TextLiteral>(&node.kind))
    return literal.is_text && literal.text == text->value;
  return !literal.is_text && literal.number == std::get<NumberLiteral>(node.kind).value;
}

}  // namespace

bool TakeLiterals(std::string_view filter, FilterShape& shape) {
  return Scanner(filter, shape).Run();
}

bool Fits(const FilterShape& shape, const Ast& ast) {
  std::vector<const Node*> literals;
  for (const Node& node : ast.nodes()) {
    if (IsLiteral(node)) literals.push_back(&node);
  }
  std::sort(literals.begin(), literals.end(),
            [](const Node* a, const Node* b) { return a->span.begin < b->span.begin; });
  return std::equal(
      shape.literals.begin(), shape.literals.end(), literals.begin(), literals.end(),
      [](const ShapeLiteral& literal, const Node* node) { return IsSame(literal, *node); });
}

}  // namespace sluice
