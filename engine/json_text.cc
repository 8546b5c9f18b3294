// A strict scanner over JSON text, and what reads values with it. The scanner
// checks; all else runs only over text that it has accepted. Held against
// SQLite by tests/engine/json_text_test.cc.
#include "engine/json_text.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace sluice {
namespace {

constexpr int kDepthMax = 1000;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

const char* SkipSpace(const char* at, const char* end) {
  while (at < end && IsSpace(*at)) ++at;
  return at;
}

// ---- validity ----

// After the backslash at `at`; null when the escape is not one of RFC 8259.
const char* CheckEscape(const char* at, const char* end) {
  if (end - at < 2) return nullptr;
  const char c = at[1];
  if (c != 'u')
    return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos ? at + 2 : nullptr;
  if (end - at < 6) return nullptr;
  for (int i = 2; i < 6; ++i) {
    if (HexDigit(at[i]) < 0) return nullptr;
  }
  return at + 6;
}

// `at` is at the opening quote. Bytes beyond ASCII are not looked into.
const char* CheckString(const char* at, const char* end) {
  for (++at; at < end;) {
    if (*at == '"') return at + 1;
    if (static_cast<unsigned char>(*at) < 0x20) return nullptr;
    if (*at == '\\') {
      at = CheckEscape(at, end);
      if (at == nullptr) return nullptr;
    } else {
      ++at;
    }
  }
  return nullptr;
}

const char* CheckDigits(const char* at, const char* end) {
  const char* start = at;
  while (at < end && IsDigit(*at)) ++at;
  return at == start ? nullptr : at;
}

const char* CheckNumber(const char* at, const char* end) {
  if (at < end && *at == '-') ++at;
  const char* start = at;
  at = CheckDigits(at, end);
  if (at == nullptr || (*start == '0' && at - start > 1)) return nullptr;
  if (at < end && *at == '.') {
    at = CheckDigits(at + 1, end);
    if (at == nullptr) return nullptr;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '-' || *at == '+')) ++at;
    at = CheckDigits(at, end);
  }
  return at;
}

const char* CheckScalar(const char* at, const char* end) {
  if (at == end) return nullptr;
  if (*at == '"') return CheckString(at, end);
  for (const std::string_view word : {"true", "false", "null"}) {
    if (std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(word))
      return at + word.size();
  }
  return CheckNumber(at, end);
}

// A member's name and colon.
const char* CheckName(const char* at, const char* end) {
  if (at == end || *at != '"') return nullptr;
  at = CheckString(at, end);
  if (at == nullptr) return nullptr;
  at = SkipSpace(at, end);
  return at < end && *at == ':' ? SkipSpace(at + 1, end) : nullptr;
}

// Without recursion: one bit for each open container says what it is.
class Validator {
 public:
  bool Accepts(std::string_view text) {
    const char* end = text.data() + text.size();
    const char* at = SkipSpace(text.data(), end);
    do {
      at = Value(at, end);
      if (at == nullptr) return false;
      at = Close(SkipSpace(at, end), end);
      if (at == nullptr) return false;
    } while (depth_ > 0);
    return at == end;
  }

 private:
  bool in_object() const {
    return (objects_[static_cast<std::size_t>(depth_) / 64] >> (depth_ % 64) & 1) != 0;
  }

  bool Open(bool object) {
    if (++depth_ > kDepthMax) return false;
    std::uint64_t& word = objects_[static_cast<std::size_t>(depth_) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    word = object ? word | bit : word & ~bit;
    return true;
  }

  // One value, entering containers until a scalar or an empty container.
  const char* Value(const char* at, const char* end) {
    while (at < end && (*at == '[' || *at == '{')) {
      const bool object = *at == '{';
      if (!Open(object)) return nullptr;
      at = SkipSpace(at + 1, end);
      if (at < end && *at == (object ? '}' : ']')) {
        --depth_;
        return at + 1;
      }
      if (object) {
        at = CheckName(at, end);
        if (at == nullptr) return nullptr;
      }
    }
    return CheckScalar(at, end);
  }

  // Behind a value: closes containers, or goes on to the next value.
  const char* Close(const char* at, const char* end) {
    while (depth_ > 0) {
      if (at == end) return nullptr;
      if (*at == ',') {
        at = SkipSpace(at + 1, end);
        return in_object() ? CheckName(at, end) : at;
      }
      if (*at != (in_object() ? '}' : ']')) return nullptr;
      --depth_;
      at = SkipSpace(at + 1, end);
    }
    return at;
  }

  int depth_ = 0;
  std::uint64_t objects_[kDepthMax / 64 + 1] = {};
};

// ---- walking over valid text ----

const char* SkipString(const char* at) {
  for (++at; *at != '"'; ++at) {
    if (*at == '\\') ++at;
  }
  return at + 1;
}

const char* SkipValue(const char* at, const char* end) {
  int depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = SkipString(at);
      if (depth == 0) return at;
      continue;
    }
    if (*at == '[' || *at == '{') {
      ++depth;
    } else if (*at == ']' || *at == '}') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (*at == ',' || IsSpace(*at))) {
      return at;
    }
    ++at;
  }
  return at;
}

// ---- strings ----

void AppendUtf8(std::string* out, std::uint32_t c) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xc0 | c >> 6));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | c >> 12));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | c >> 18));
    out->push_back(static_cast<char>(0x80 | (c >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

std::uint32_t HexUnit(const char* at) {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | static_cast<std::uint32_t>(HexDigit(at[i]));
  return unit;
}

// `\uXXXX` at `at`, with the second half of a pair when there is one. A lone
// half is encoded like any other character, as SQLite does.
const char* AppendUnicodeEscape(const char* at, const char* end, std::string* out) {
  std::uint32_t c = HexUnit(at + 2);
  at += 6;
  if ((c & 0xfc00) == 0xd800 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const std::uint32_t low = HexUnit(at + 2);
    if ((low & 0xfc00) == 0xdc00) {
      c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
      at += 6;
    }
  }
  AppendUtf8(out, c);
  return at;
}

// The text between the quotes of a string that starts at `at`.
std::string_view Inside(const char* at, const char* after) {
  return {at + 1, static_cast<std::size_t>(after - at - 2)};
}

std::string_view Unescape(std::string_view inside, std::string* storage) {
  if (inside.find('\\') == std::string_view::npos) return inside;
  storage->clear();
  const char* at = inside.data();
  const char* end = at + inside.size();
  while (at < end) {
    if (*at != '\\') {
      storage->push_back(*at++);
    } else if (at[1] == 'u') {
      at = AppendUnicodeEscape(at, end, storage);
    } else {
      static constexpr std::string_view kNames = "bfnrt";
      static constexpr std::string_view kMeanings = "\b\f\n\r\t";
      const std::size_t control = kNames.find(at[1]);
      storage->push_back(control == std::string_view::npos ? at[1] : kMeanings[control]);
      at += 2;
    }
  }
  return *storage;
}

bool NameEquals(std::string_view inside, std::string_view key) {
  if (inside.find('\\') == std::string_view::npos) return inside == key;
  std::string storage;
  return Unescape(inside, &storage) == key;
}

// ---- values ----

// An array or object without the white space between its tokens.
std::string_view Minify(const char* at, const char* after, std::string* storage) {
  bool has_space = false;
  for (const char* p = at; p < after && !has_space;) {
    if (*p == '"') {
      p = SkipString(p);
    } else {
      has_space = IsSpace(*p++);
    }
  }
  if (!has_space) return {at, static_cast<std::size_t>(after - at)};
  storage->clear();
  while (at < after) {
    if (*at == '"') {
      const char* next = SkipString(at);
      storage->append(at, next);
      at = next;
    } else if (IsSpace(*at)) {
      ++at;
    } else {
      storage->push_back(*at++);
    }
  }
  return *storage;
}

// The valid JSON value in [at, after) as SQL sees it.
ValueView ToValue(const char* at, const char* after, std::string* storage) {
  switch (*at) {
    case '"':
      return ValueView::Text(Unescape(Inside(at, after), storage));
    case '[':
    case '{':
      return ValueView::Text(Minify(at, after, storage));
    case 't':
      return ValueView::Bool(true);
    case 'f':
      return ValueView::Bool(false);
    case 'n':
      return ValueView::Null();
    default:
      return ParseNumericText({at, static_cast<std::size_t>(after - at)})
          .value_or(ValueView::Null());
  }
}

// The next step of a path: a key or an index.
struct Step {
  bool is_key = false;
  std::string_view key;
  std::uint64_t index = 0;
};

Status BadPath(std::string_view path) {
  return absl::InternalError("bad JSON path: '" + std::string(path) + "'");
}

// Reads one step off `rest`; nothing when it is malformed.
std::optional<Step> TakeStep(std::string_view* rest) {
  Step step;
  if (rest->front() == '.') {
    rest->remove_prefix(1);
    const std::size_t size = std::min(rest->find_first_of(".["), rest->size());
    if (size == 0) return std::nullopt;
    step.is_key = true;
    step.key = rest->substr(0, size);
    rest->remove_prefix(size);
    return step;
  }
  const std::size_t close = rest->find(']');
  if (rest->front() != '[' || close == std::string_view::npos || close < 2) return std::nullopt;
  for (const char c : rest->substr(1, close - 1)) {
    if (!IsDigit(c)) return std::nullopt;
    if (step.index < std::numeric_limits<std::uint32_t>::max()) {
      step.index = step.index * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  rest->remove_prefix(close + 1);
  return step;
}

// The value that `step` leads to from the value at `at`, or null.
const char* FollowStep(const char* at, const char* end, const Step& step) {
  if (*at != (step.is_key ? '{' : '[')) return nullptr;
  at = SkipSpace(at + 1, end);
  for (std::uint64_t i = 0; *at != '}' && *at != ']'; ++i) {
    bool found = !step.is_key && i == step.index;
    if (step.is_key) {
      const char* after = SkipString(at);
      found = NameEquals(Inside(at, after), step.key);
      at = SkipSpace(SkipSpace(after, end) + 1, end);
    }
    if (found) return at;
    at = SkipSpace(SkipValue(at, end), end);
    if (*at == ',') at = SkipSpace(at + 1, end);
  }
  return nullptr;
}

std::string_view UpToNul(std::string_view text) { return text.substr(0, text.find('\0')); }

StatusOr<ValueView> Extract(std::string_view text, std::string_view path, std::string* storage) {
  const char* end = text.data() + text.size();
  const char* at = SkipSpace(text.data(), end);
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const std::optional<Step> step = TakeStep(&rest);
    if (!step) return BadPath(path);
    at = FollowStep(at, end, *step);
    if (at == nullptr) return ValueView::Null();
  }
  return ToValue(at, SkipValue(at, end), storage);
}

// A raw value read as a JSON string or number: only its root is anything.
StatusOr<ValueView> ReadRaw(const ValueView& stored, std::string_view path) {
  std::string_view rest = path.substr(1);
  if (rest.empty()) return stored;
  if (!TakeStep(&rest)) return BadPath(path);
  return ValueView::Null();
}

}  // namespace

bool IsValidJson(std::string_view text) { return Validator().Accepts(UpToNul(text)); }

StatusOr<ValueView> ReadJson(const ValueView& stored, std::string_view path, std::string* storage) {
  // A number is the text of itself, and reads back as the same number.
  if (stored.storage != StorageClass::kText) return ReadRaw(stored, path);
  const std::string_view text = UpToNul(stored.text);
  if (!Validator().Accepts(text)) return ReadRaw(stored, path);
  return Extract(text, path, storage);
}

JsonElements::JsonElements(const ValueView& stored) : single_(stored) {
  if (stored.storage != StorageClass::kText) return;
  const std::string_view text = UpToNul(stored.text);
  end_ = text.data() + text.size();
  at_ = SkipSpace(text.data(), end_);
  is_array_ = at_ < end_ && *at_ == '[' && Validator().Accepts(text);
  if (is_array_) at_ = SkipSpace(at_ + 1, end_);
}

bool JsonElements::Next(ValueView* element, std::string* storage) {
  if (!is_array_) {
    *element = single_;
    return !std::exchange(done_, true);
  }
  if (*at_ == ']') return false;
  const char* after = SkipValue(at_, end_);
  *element = ToValue(at_, after, storage);
  at_ = SkipSpace(after, end_);
  if (*at_ == ',') at_ = SkipSpace(at_ + 1, end_);
  return true;
}

std::int64_t JsonLength(const ValueView& stored) {
  if (stored.is_null() || (stored.storage == StorageClass::kText && stored.text.empty())) return 0;
  JsonElements elements(stored);
  ValueView element;
  std::string storage;
  std::int64_t count = 0;
  while (elements.Next(&element, &storage)) ++count;
  return count;
}

}  // namespace sluice
