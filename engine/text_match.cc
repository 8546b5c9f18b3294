// LIKE with ESCAPE '\': greedy, segment by segment between the `%`. Plain
// literals are found in linear time, those with `_` in a 64th of their length
// times the text's. Held against SQLite by tests/engine/text_match_test.cc.
#include "engine/text_match.h"

#include <algorithm>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "absl/container/inlined_vector.h"

#include "engine/wildcard_search.h"
#include "sluice/strings.h"
#include "sluice/value.h"

namespace sluice {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool IsAsciiLetter(char c) { return LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z'; }

bool EqualFolded(const char* a, const char* b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

// ---- one needle in a text ----

// Two-Way string matching (Crochemore and Perrin): linear time in constant
// space, the safety net for needles that the filter below cannot tell apart
// from the text.
class TwoWay {
 public:
  explicit TwoWay(std::string_view needle) : needle_(needle) {
    const Suffix less = MaximalSuffix(false);
    const Suffix greater = MaximalSuffix(true);
    const Suffix& longer = less.start > greater.start ? less : greater;
    cut_ = longer.start;
    period_ = longer.period;
    periodic_ = cut_ + period_ <= needle.size() &&
                EqualFolded(needle.data(), needle.data() + period_, cut_);
    if (!periodic_) period_ = std::max(cut_, needle.size() - cut_) + 1;
  }

  std::size_t Find(std::string_view text, std::size_t from) const {
    std::size_t remembered = 0;
    const std::size_t size = needle_.size();
    for (std::size_t at = from; at + size <= text.size();) {
      std::size_t i = std::max(cut_, remembered);
      while (i < size && Same(i, text[at + i])) ++i;
      if (i < size) {
        at += i - cut_ + 1;
        remembered = 0;
        continue;
      }
      i = cut_;
      while (i > remembered && Same(i - 1, text[at + i - 1])) --i;
      if (i <= remembered) return at;
      at += period_;
      remembered = periodic_ ? size - period_ : 0;
    }
    return kNone;
  }

 private:
  struct Suffix {
    std::size_t start = 0;
    std::size_t period = 1;
  };

  char At(std::size_t i) const { return LowerAscii(needle_[i]); }
  bool Same(std::size_t i, char c) const { return At(i) == LowerAscii(c); }

  // The maximal suffix in one of the two orders of the alphabet.
  Suffix MaximalSuffix(bool reversed) const {
    Suffix best;
    std::size_t candidate = 1;
    std::size_t matched = 0;
    while (candidate + matched < needle_.size()) {
      const char a = At(candidate + matched);
      const char b = At(best.start + matched);
      if (a == b) {
        if (++matched == best.period) {
          candidate += best.period;
          matched = 0;
        }
      } else if (reversed ? a > b : a < b) {
        candidate += matched + 1;
        matched = 0;
        best.period = candidate - best.start;
      } else {
        best.start = candidate++;
        best.period = 1;
        matched = 0;
      }
    }
    return best;
  }

  std::string_view needle_;
  std::size_t cut_ = 0;
  std::size_t period_ = 1;
  bool periodic_ = false;
};

// Positions whose byte, and the byte where the needle would end, both fit.
class PairFilter {
 public:
  explicit PairFilter(std::string_view needle)
      : first_(LowerAscii(needle.front())),
        last_(LowerAscii(needle.back())),
        distance_(needle.size() - 1),
        first_fold_(IsAsciiLetter(first_) ? 0x20 : 0),
        last_fold_(IsAsciiLetter(last_) ? 0x20 : 0) {}

  // The first candidate in [at, end); `end` when there is none. Bytes up to
  // end + distance are readable.
  std::size_t Next(const char* text, std::size_t at, std::size_t end) const {
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8(first_);
    const __m128i last = _mm_set1_epi8(last_);
    const __m128i first_fold = _mm_set1_epi8(first_fold_);
    const __m128i last_fold = _mm_set1_epi8(last_fold_);
    for (; at + 16 <= end; at += 16) {
      const __m128i heads = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
      const __m128i tails =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at + distance_));
      const __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(heads, first_fold), first),
                                         _mm_cmpeq_epi8(_mm_or_si128(tails, last_fold), last));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(fits));
      if (mask != 0) return at + static_cast<std::size_t>(__builtin_ctz(mask));
    }
#endif
    for (; at < end; ++at) {
      if ((text[at] | first_fold_) == first_ && (text[at + distance_] | last_fold_) == last_)
        return at;
    }
    return end;
  }

 private:
  char first_;
  char last_;
  std::size_t distance_;
  char first_fold_;
  char last_fold_;
};

}  // namespace

std::size_t FindIgnoringCase(std::string_view text, std::string_view needle, std::size_t from) {
  if (needle.empty()) return from <= text.size() ? from : kNone;
  if (from > text.size() || text.size() - from < needle.size()) return kNone;
  const PairFilter filter(needle);
  const std::size_t end = text.size() - needle.size() + 1;
  // Each failed check may cost the whole needle. As long as that stays in
  // proportion to the bytes passed, the filter is the faster way.
  std::size_t checked = 0;
  for (std::size_t at = from; (at = filter.Next(text.data(), at, end)) < end; ++at) {
    std::size_t matched = 1;
    while (matched < needle.size() && LowerAscii(text[at + matched]) == LowerAscii(needle[matched]))
      ++matched;
    if (matched == needle.size()) return at;
    checked += matched;
    if (checked > 4 * (at - from) + 256) return TwoWay(needle).Find(text, at + 1);
  }
  return kNone;
}

namespace {

// ---- characters as SQLite reads them ----

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// One character at `*at`; SQLite takes any number of continuation bytes after
// a lead byte, and a stray continuation byte for a character of its own.
std::uint32_t ReadCharacter(std::string_view text, std::size_t* at) {
  std::uint32_t c = static_cast<unsigned char>(text[(*at)++]);
  if (c < 0xc0) return c;
  c &= c >= 0xfe   ? 0x00
       : c >= 0xfc ? 0x01
       : c >= 0xf8 ? 0x03
       : c >= 0xf0 ? 0x07
       : c >= 0xe0 ? 0x0f
                   : 0x1f;
  while (*at < text.size() && IsContinuation(text[*at])) {
    c = (c << 6) + (static_cast<unsigned char>(text[(*at)++]) & 0x3f);
  }
  if (c < 0x80 || (c & 0xfffff800) == 0xd800 || (c & 0xfffffffe) == 0xfffe) return 0xfffd;
  return c;
}

std::size_t EncodedSize(std::uint32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<signed char>(c) < 0; });
}

// Equal bytes are equal characters: well-formed UTF-8, without what SQLite
// reads as U+FFFD, so that bytes may be compared.
bool IsCanonical(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<signed char>(text[at]) >= 0) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t announced = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::uint32_t c = ReadCharacter(text, &at);
    if (announced == 1 || at - start != announced || EncodedSize(c) != announced) return false;
    if (c > 0x10ffff || (c == 0xfffd && text.substr(start, 3) != "\xef\xbf\xbd")) return false;
  }
  return true;
}

// ---- a general pattern, over bytes or over characters ----

// Canonical UTF-8 read byte by byte; `_` steps over a whole character.
struct ByteReader {
  using Text = std::string_view;
  static char Fold(char c) { return LowerAscii(c); }
  static bool IsAt(char c, char ascii) { return c == ascii; }
  static std::size_t Step(Text text, std::size_t at) {
    if (static_cast<unsigned char>(text[at++]) < 0xc0) return at;
    while (at < text.size() && IsContinuation(text[at])) ++at;
    return at;
  }
  static char32_t Read(Text text, std::size_t* at) { return ReadCharacter(text, at); }
  // Where the last `count` characters begin; none when there are fewer.
  static std::size_t FromEnd(Text text, std::size_t count) {
    std::size_t at = text.size();
    for (; count > 0; --count) {
      if (at == 0) return kNone;
      --at;
      while (at > 0 && IsContinuation(text[at])) --at;
    }
    return at;
  }
};

struct CharacterReader {
  using Text = std::u32string_view;
  static char32_t Fold(char32_t c) { return c < 0x80 ? LowerAscii(static_cast<char>(c)) : c; }
  static bool IsAt(char32_t c, char ascii) { return c == static_cast<char32_t>(ascii); }
  static std::size_t Step(Text, std::size_t at) { return at + 1; }
  static char32_t Read(Text text, std::size_t* at) { return text[(*at)++]; }
  static std::size_t FromEnd(Text text, std::size_t count) {
    return count > text.size() ? kNone : text.size() - count;
  }
};

template <typename Reader>
class Matcher {
 public:
  using Text = typename Reader::Text;

  Matcher(Text text, Text pattern) : text_(text), pattern_(pattern) {}

  bool Matches() {
    std::size_t begin = 0;
    std::size_t end = SegmentEnd(begin);
    if (end == kNone) return false;
    std::size_t at = MatchAt(begin, end, 0);
    if (end == pattern_.size()) return at == text_.size();
    if (at == kNone) return false;
    // Between two `%` the leftmost place is the best one: what follows has the
    // most room there.
    for (;;) {
      begin = end + 1;
      end = SegmentEnd(begin);
      if (end == kNone) return false;
      if (end == pattern_.size()) break;
      at = FindSegment(begin, end, at);
      if (at == kNone) return false;
    }
    const std::size_t tail = Reader::FromEnd(text_, CharactersIn(begin, end));
    return tail != kNone && tail >= at && MatchAt(begin, end, tail) == text_.size();
  }

 private:
  // The position of the next unescaped `%`, or the pattern's end; none when
  // the pattern ends in the middle of an escape, for then nothing matches.
  std::size_t SegmentEnd(std::size_t at) const {
    for (; at < pattern_.size(); ++at) {
      if (Reader::IsAt(pattern_[at], '%')) return at;
      if (Reader::IsAt(pattern_[at], '\\') && ++at == pattern_.size()) return kNone;
    }
    return at;
  }

  // How many characters of text a segment takes.
  std::size_t CharactersIn(std::size_t begin, std::size_t end) const {
    std::size_t count = 0;
    for (std::size_t at = begin; at < end; ++count) {
      if (Reader::IsAt(pattern_[at], '\\')) ++at;
      at = Reader::Step(pattern_, at);
    }
    return count;
  }

  // Where the text goes on after the segment [begin, end) matched at `at`.
  std::size_t MatchAt(std::size_t begin, std::size_t end, std::size_t at) {
    for (std::size_t i = begin; i < end; ++i) {
      ++steps_;
      if (at >= text_.size()) return kNone;
      if (Reader::IsAt(pattern_[i], '_')) {
        at = Reader::Step(text_, at);
        continue;
      }
      if (Reader::IsAt(pattern_[i], '\\')) ++i;
      if (Reader::Fold(pattern_[i]) != Reader::Fold(text_[at])) return kNone;
      ++at;
    }
    return at;
  }

  bool IsLiteral(std::size_t begin, std::size_t end) const {
    for (std::size_t at = begin; at < end; ++at) {
      if (Reader::IsAt(pattern_[at], '_')) return false;
      if (Reader::IsAt(pattern_[at], '\\')) ++at;
    }
    return true;
  }

  // The end of the leftmost match of a segment at or after `from`.
  std::size_t FindSegment(std::size_t begin, std::size_t end, std::size_t from) {
    if constexpr (std::is_same_v<Reader, ByteReader>) {
      if (IsLiteral(begin, end)) return FindLiteral(pattern_.substr(begin, end - begin), from);
    }
    steps_ = 0;
    for (std::size_t at = from; at <= text_.size();
         at = at < text_.size() ? Reader::Step(text_, at) : at + 1) {
      const std::size_t after = MatchAt(begin, end, at);
      if (after != kNone) return after;
      if (at < text_.size() && steps_ > kStepsOfCharacter * (at - from) + kStepsFree) {
        if (auto search = WildcardSearch::Make(Symbols(begin, end)))
          return FindBySearch(*search, Reader::Step(text_, at));
      }
    }
    return kNone;
  }

  // A segment's characters, without escapes.
  std::u32string Symbols(std::size_t begin, std::size_t end) const {
    std::u32string symbols;
    for (std::size_t at = begin; at < end;) {
      const bool any = Reader::IsAt(pattern_[at], '_');
      if (Reader::IsAt(pattern_[at], '\\')) ++at;
      const char32_t c = Reader::Read(pattern_, &at);
      symbols.push_back(any ? WildcardSearch::kAny : CharacterReader::Fold(c));
    }
    return symbols;
  }

  std::size_t FindBySearch(WildcardSearch& search, std::size_t from) const {
    for (std::size_t at = from; at < text_.size();) {
      if (search.Next(CharacterReader::Fold(Reader::Read(text_, &at)))) return at;
    }
    return kNone;
  }

  std::size_t FindLiteral(std::string_view literal, std::size_t from) const {
    absl::InlinedVector<char, 256> plain;
    if (literal.find('\\') != kNone) {
      for (std::size_t i = 0; i < literal.size(); ++i) {
        if (literal[i] == '\\') ++i;
        plain.push_back(literal[i]);
      }
      literal = std::string_view(plain.data(), plain.size());
    }
    const std::size_t at = FindIgnoringCase(text_, literal, from);
    return at == kNone ? kNone : at + literal.size();
  }

  // Trying a segment at every place is fast for texts that people write. What
  // such a try may cost for each place passed, and at the beginning, before the
  // search is changed for one whose cost is bounded.
  static constexpr std::size_t kStepsOfCharacter = 8;
  static constexpr std::size_t kStepsFree = 4096;

  Text text_;
  Text pattern_;
  std::size_t steps_ = 0;  // of MatchAt
};

std::u32string ToCharacters(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) characters.push_back(ReadCharacter(text, &at));
  return characters;
}

// Texts and patterns end at their first NUL, for SQLite reads them so.
std::string_view UpToNul(std::string_view text) { return text.substr(0, text.find('\0')); }

bool MatchesGeneral(std::string_view text, std::string_view pattern) {
  const bool bytes_suffice = IsAscii(pattern) && pattern.find('_') == kNone;
  if (bytes_suffice || (IsCanonical(text) && IsCanonical(pattern))) {
    return Matcher<ByteReader>(text, pattern).Matches();
  }
  return Matcher<CharacterReader>(ToCharacters(text), ToCharacters(pattern)).Matches();
}

// ---- wrapping (F-54) ----

bool HasUnescapedPercent(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%') return true;
    if (value[i] == '\\') ++i;
  }
  return false;
}

bool IsSpecial(char c) { return c == '\\' || c == '%' || c == '_'; }

}  // namespace

bool LikeMatches(std::string_view text, std::string_view pattern) {
  return MatchesGeneral(UpToNul(text), UpToNul(pattern));
}

LikePattern::LikePattern(std::string_view pattern) : pattern_(UpToNul(pattern)) {
  const std::string_view whole = pattern_;
  if (whole.size() < 2 || whole.front() != '%' || whole.back() != '%') return;
  for (std::size_t i = 1; i + 1 < whole.size(); ++i) {
    if (whole[i] == '%' || whole[i] == '_' || static_cast<signed char>(whole[i]) <= 0) return;
    if (whole[i] == '\\' && ++i + 1 == whole.size()) return;  // the last `%` is escaped
    if (static_cast<signed char>(whole[i]) <= 0) return;
    needle_.push_back(whole[i]);
  }
  is_contains_ = true;
}

bool LikePattern::Matches(std::string_view text) const {
  text = UpToNul(text);
  if (is_contains_) return FindIgnoringCase(text, needle_, 0) != kNone;
  return MatchesGeneral(text, pattern_);
}

bool IsPlainLikeText(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<signed char>(c) <= 0 || c == '%' || c == '_' || c == '\\';
  });
}

bool LikeContains(std::string_view text, std::string_view inner, std::string* buffer) {
  if (IsPlainLikeText(inner)) return FindIgnoringCase(UpToNul(text), inner, 0) != kNone;
  buffer->assign(1, '%').append(inner).push_back('%');
  return LikeMatches(text, *buffer);
}

std::string WrapLikePattern(std::string_view value) {
  if (HasUnescapedPercent(value)) return std::string(value);
  // From the right, because a special character belongs to the backslash
  // directly before it, however many precede that one.
  std::string reversed = "%";
  for (std::size_t i = value.size(); i-- > 0;) {
    reversed.push_back(value[i]);
    if (!IsSpecial(value[i])) continue;
    reversed.push_back('\\');
    if (i > 0 && value[i - 1] == '\\') --i;
  }
  reversed.push_back('%');
  return {reversed.rbegin(), reversed.rend()};
}

}  // namespace sluice
