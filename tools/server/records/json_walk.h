// The walk behind json_check.h, as a template so that its users' handlers are
// inlined.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::records {

// Nesting that the peer's parser accepts; a deeper value is invalid.
inline constexpr std::size_t kJsonDepthMax = 10000;

// One string, without its quotes.
struct JsonString {
  std::string_view raw;
  bool escaped = false;  // holds a backslash
  bool special = false;  // holds `<`, `>`, `&` or a byte beyond ASCII
};

// Does nothing; handlers derive from it and redeclare what they need.
struct JsonHandler {
  void Space(const char* /*begin*/, const char* /*end*/) {}
  void BeginObject() {}
  void EndObject() {}
  void BeginArray() {}
  void EndArray() {}
  void Key(const JsonString& /*key*/) {}
  void String(const JsonString& /*text*/) {}
  void Number(std::string_view /*spelling*/) {}
  void Literal(std::string_view /*word*/) {}  // true, false, null
};

template <class Handler>
class JsonWalk {
 public:
  JsonWalk(std::string_view text, Handler& handler)
      : p_(text.data()), end_(text.data() + text.size()), handler_(handler) {}

  // True when the text is one valid JSON value. The handler has then been told
  // everything in order, else some part of it.
  bool Run() {
    for (bool more = true; more;) {
      SkipSpace();
      if (!Value()) {
        return false;
      }
      if (opened_) {
        opened_ = false;
        continue;
      }
      if (!AfterValue(more)) {
        return false;
      }
    }
    return p_ == end_;
  }

 private:
  // Reads a scalar or an empty container, or opens one up to the place of its
  // first value, with opened_ set.
  bool Value() {
    if (p_ == end_) {
      return false;
    }
    switch (*p_) {
      case '"': {
        JsonString text;
        if (!String(text)) {
          return false;
        }
        handler_.String(text);
        return true;
      }
      case '{':
        return Open(true);
      case '[':
        return Open(false);
      case 't':
        return Literal("true");
      case 'f':
        return Literal("false");
      case 'n':
        return Literal("null");
      default:
        return Number();
    }
  }

  bool Open(bool object) {
    if (depth_ == kJsonDepthMax) {
      return false;
    }
    ++p_;
    SetObject(depth_++, object);
    object ? handler_.BeginObject() : handler_.BeginArray();
    SkipSpace();
    if (p_ != end_ && *p_ == (object ? '}' : ']')) {
      Close();
      return true;
    }
    opened_ = true;
    return !object || Key();
  }

  void Close() {
    ++p_;
    IsObject(--depth_) ? handler_.EndObject() : handler_.EndArray();
  }

  // Closes what ends here and steps over one comma. `more` tells whether
  // another value follows; without one the text is at its end.
  bool AfterValue(bool& more) {
    for (;;) {
      SkipSpace();
      if (depth_ == 0) {
        more = false;
        return true;
      }
      if (p_ == end_) {
        return false;
      }
      const bool object = IsObject(depth_ - 1);
      if (*p_ == ',') {
        ++p_;
        SkipSpace();
        return !object || Key();
      }
      if (*p_ != (object ? '}' : ']')) {
        return false;
      }
      Close();
    }
  }

  bool Key() {
    JsonString key;
    if (p_ == end_ || *p_ != '"' || !String(key)) {
      return false;
    }
    handler_.Key(key);
    SkipSpace();
    if (p_ == end_ || *p_ != ':') {
      return false;
    }
    ++p_;
    return true;
  }

  bool String(JsonString& text) {
    const char* const begin = ++p_;
    for (;;) {
      SkipOrdinary(text.special);
      if (p_ == end_ || static_cast<unsigned char>(*p_) < 0x20) {
        return false;
      }
      if (*p_ == '"') {
        text.raw = {begin, static_cast<std::size_t>(p_ - begin)};
        ++p_;
        return true;
      }
      text.escaped = true;
      if (!Escape()) {
        return false;
      }
    }
  }

  // Goes on to the next quote, backslash or control character.
  void SkipOrdinary(bool& special) {
#if defined(__SSE2__)
    for (; end_ - p_ >= 16; p_ += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p_));
      const auto equals = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
      const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
      const __m128i stop = _mm_or_si128(control, _mm_or_si128(equals('"'), equals('\\')));
      const __m128i mark = _mm_or_si128(_mm_or_si128(equals('<'), equals('>')), equals('&'));
      const auto stops = static_cast<unsigned>(_mm_movemask_epi8(stop));
      const auto marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(mark, block)));
      if (stops != 0) {
        const int length = std::countr_zero(stops);
        special |= (marks & ((1U << length) - 1)) != 0;
        p_ += length;
        return;
      }
      special |= marks != 0;
    }
#endif
    for (; p_ != end_; ++p_) {
      const auto c = static_cast<unsigned char>(*p_);
      if (c < 0x20 || c == '"' || c == '\\') {
        return;
      }
      special |= c >= 0x80 || c == '<' || c == '>' || c == '&';
    }
  }

  bool Escape() {
    ++p_;
    if (p_ == end_) {
      return false;
    }
    const char c = *p_++;
    if (c != 'u') {
      return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    }
    for (int i = 0; i < 4; ++i, ++p_) {
      if (p_ == end_ || !IsHexDigit(*p_)) {
        return false;
      }
    }
    return true;
  }

  bool Number() {
    const char* const begin = p_;
    p_ += *p_ == '-' ? 1 : 0;
    if (p_ != end_ && *p_ == '0') {
      ++p_;
    } else if (!SkipDigits()) {
      return false;
    }
    if (p_ != end_ && *p_ == '.') {
      ++p_;
      if (!SkipDigits()) {
        return false;
      }
    }
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      p_ += p_ != end_ && (*p_ == '+' || *p_ == '-') ? 1 : 0;
      if (!SkipDigits()) {
        return false;
      }
    }
    handler_.Number({begin, static_cast<std::size_t>(p_ - begin)});
    return true;
  }

  bool SkipDigits() {
    const char* const begin = p_;
    while (p_ != end_ && *p_ >= '0' && *p_ <= '9') {
      ++p_;
    }
    return p_ != begin;
  }

  bool Literal(std::string_view word) {
    if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word)) {
      return false;
    }
    handler_.Literal(word);
    p_ += word.size();
    return true;
  }

  void SkipSpace() {
    const char* const begin = p_;
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) {
      ++p_;
    }
    if (p_ != begin) {
      handler_.Space(begin, p_);
    }
  }

  static bool IsHexDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  bool IsObject(std::size_t depth) const { return (objects_[depth / 64] >> (depth % 64) & 1) != 0; }
  void SetObject(std::size_t depth, bool object) {
    const std::uint64_t bit = std::uint64_t{1} << (depth % 64);
    std::uint64_t& word = objects_[depth / 64];
    // The first level of a word comes before its others, so nothing need clear it.
    const std::uint64_t others = depth % 64 == 0 ? 0 : word & ~bit;
    word = object ? others | bit : others;
  }

  const char* p_;
  const char* end_;
  Handler& handler_;
  bool opened_ = false;
  std::size_t depth_ = 0;
  // Which of the open containers are objects, level by level.
  std::array<std::uint64_t, kJsonDepthMax / 64 + 1> objects_;
};

// Walks `text` with `handler`; see JsonWalk::Run.
template <class Handler>
bool WalkJson(std::string_view text, Handler& handler) {
  return JsonWalk<Handler>(text, handler).Run();
}

}  // namespace sluice::records
