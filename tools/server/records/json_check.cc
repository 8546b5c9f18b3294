// Tested by tests/server/records_json_check_test.cc.
#include "tools/server/records/json_check.h"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "tools/server/json/json_text.h"

namespace sluice::records {
namespace {

// Where pieces go: behind a string, or to memory with room for them.
struct StringEnd {
  std::string& out;
  void Add(const char* begin, const char* end) { out.append(begin, end); }
};
struct MemoryEnd {
  char* at;
  void Add(const char* begin, const char* end) { at = std::copy(begin, end, at); }
};

// Copies everything but spaces and what must be escaped, in runs as long as
// possible: a compact value without specials is one append.
template <typename End>
class Compactor : public JsonHandler {
 public:
  Compactor(End& out, std::string_view text) : out_(out), run_(text.data()) {}

  void Space(const char* begin, const char* end) {
    out_.Add(run_, begin);
    run_ = end;
  }
  void Key(const JsonString& key) { String(key); }
  void String(const JsonString& text) {
    if (text.special) {
      EscapeSpecials(text.raw);
    }
  }
  void Finish(const char* end) { out_.Add(run_, end); }

 private:
  void EscapeSpecials(std::string_view raw) {
    const char* const end = raw.data() + raw.size();
    for (const char* p = raw.data(); p != end; ++p) {
      const bool separator = static_cast<unsigned char>(*p) == 0xE2 && end - p >= 3 &&
                             p[1] == '\x80' && (p[2] == '\xA8' || p[2] == '\xA9');
      if (separator) {
        Replace(p, 3, p[2] == '\xA8' ? "\\u2028" : "\\u2029");
        p += 2;
      } else if (*p == '<') {
        Replace(p, 1, "\\u003c");
      } else if (*p == '>') {
        Replace(p, 1, "\\u003e");
      } else if (*p == '&') {
        Replace(p, 1, "\\u0026");
      }
    }
  }

  void Replace(const char* at, std::size_t length, std::string_view escape) {
    out_.Add(run_, at);
    out_.Add(escape.data(), escape.data() + escape.size());
    run_ = at + length;
  }

  End& out_;
  const char* run_;
};

unsigned HexValue(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    value = value << 4 | digit;
  }
  return value;
}

bool IsSurrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xE000; }

// The escape at the start of `raw`; returns its length.
std::size_t AppendEscape(std::string& out, std::string_view raw) {
  switch (raw[1]) {
    case 'b':
      out += '\b';
      return 2;
    case 'f':
      out += '\f';
      return 2;
    case 'n':
      out += '\n';
      return 2;
    case 'r':
      out += '\r';
      return 2;
    case 't':
      out += '\t';
      return 2;
    case 'u':
      break;
    default:
      out += raw[1];
      return 2;
  }
  const unsigned unit = HexValue(raw.substr(2, 4));
  if (!IsSurrogate(unit)) {
    json::AppendCodePoint(out, unit);
    return 6;
  }
  if (unit < 0xDC00 && raw.size() >= 12 && raw[6] == '\\' && raw[7] == 'u') {
    const unsigned low = HexValue(raw.substr(8, 4));
    if (low >= 0xDC00 && low < 0xE000) {
      json::AppendCodePoint(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return 12;
    }
  }
  json::AppendCodePoint(out, 0xFFFD);
  return 6;
}

}  // namespace

bool IsValidJson(std::string_view text) {
  JsonHandler nothing;
  return WalkJson(text, nothing);
}

bool AppendCompactJson(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  StringEnd end{out};
  Compactor compactor(end, text);
  if (!WalkJson(text, compactor)) {
    out.resize(before);
    return false;
  }
  compactor.Finish(text.data() + text.size());
  return true;
}

char* PutCompactJson(char* out, std::string_view text) {
  MemoryEnd end{out};
  Compactor compactor(end, text);
  if (!WalkJson(text, compactor)) return nullptr;
  compactor.Finish(text.data() + text.size());
  return end.at;
}

// How many bytes come before a backslash or what is not ASCII.
static std::size_t CleanLength(std::string_view raw) {
  const char* const begin = raw.data();
  const char* const end = begin + raw.size();
  const char* p = begin;
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stops = _mm_or_si128(block, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (bits != 0) return static_cast<std::size_t>(p - begin + std::countr_zero(bits));
  }
#endif
  while (p != end && *p != '\\' && static_cast<unsigned char>(*p) < 0x80) ++p;
  return static_cast<std::size_t>(p - begin);
}

void AppendDecodedString(std::string& out, std::string_view raw) {
  while (!raw.empty()) {
    const auto c = static_cast<unsigned char>(raw[0]);
    std::size_t length = 1;
    if (c == '\\') {
      length = AppendEscape(out, raw);
    } else if (c < 0x80) {
      length = CleanLength(raw);
      out += raw.substr(0, length);
    } else {
      const json::CodePoint point = json::DecodeCodePoint(raw);
      length = point.length;
      json::AppendCodePoint(out, point.value);
    }
    raw.remove_prefix(length);
  }
}

}  // namespace sluice::records
