// Boost.JSON does the grammar; its handler interface gives us the raw text of
// numbers and strings, because its own doubles are not always the nearest ones
// (1.81 has no precise mode) and it has no replacement mode for bad text.
// Tested by http_json_test.cc.
#include "tools/server/http/json_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "boost/json/basic_parser_impl.hpp"
#include "boost/json/value_stack.hpp"

#include "tools/server/http/json_escape.h"
#include "tools/server/http/utf8.h"

namespace sluice::http {
namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

constexpr std::size_t kDepthMax = 10000;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsValidUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = Utf8SequenceSize(text, at);
    if (size == 0) {
      return false;
    }
    at += size;
  }
  return true;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = Utf8SequenceSize(text, at);
    out.append(size == 0 ? kReplacement : text.substr(at, size));
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

// The code unit of a "\uXXXX" at `at`, or -1.
int EscapedUnit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') {
    return -1;
  }
  unsigned unit = 0;
  const char* begin = text.data() + at + 2;
  const auto result = std::from_chars(begin, begin + 4, unit, 16);
  return result.ptr == begin + 4 ? static_cast<int>(unit) : -1;
}

bool IsHighSurrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

// `text` with every escaped surrogate that has no partner written as \ufffd.
// An escape can only stand in a string, so no state but "after a backslash" is
// needed; text that is not JSON stays not JSON.
std::string ReplaceLoneSurrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const int unit = EscapedUnit(text, at);
    if (IsHighSurrogate(unit) && IsLowSurrogate(EscapedUnit(text, at + 6))) {
      out.append(text.substr(at, 12));
      at += 12;
    } else if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) {
      out.append("\\ufffd");
      at += 6;
    } else {
      const std::size_t size = text[at] == '\\' ? 2 : 1;
      out.append(text.substr(at, size));
      at += size;
    }
  }
  return out;
}

bool MayHoldSurrogates(std::string_view text) {
  return text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
}

// The handler that basic_parser drives; it builds the value bottom up on a
// value_stack, which is heap memory, so depth costs no stack.
struct Builder {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  json::value_stack stack;
  std::string part;  // Pieces of the string or number that is being read.

  bool on_document_begin(error_code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) {
    stack.push_object(size);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack.push_array(size);
    return true;
  }
  bool on_key_part(string_view text, std::size_t, error_code&) { return AddPart(text); }
  bool on_key(string_view text, std::size_t, error_code&) {
    PushText(text, [&](std::string_view whole) { stack.push_key({whole.data(), whole.size()}); });
    return true;
  }
  bool on_string_part(string_view text, std::size_t, error_code&) { return AddPart(text); }
  bool on_string(string_view text, std::size_t, error_code&) {
    PushText(text, [&](std::string_view whole) {
      stack.push_string({whole.data(), whole.size()});
    });
    return true;
  }
  bool on_number_part(string_view text, error_code&) { return AddPart(text); }
  bool on_int64(std::int64_t, string_view text, error_code& error) { return Number(text, error); }
  bool on_uint64(std::uint64_t, string_view text, error_code& error) { return Number(text, error); }
  bool on_double(double, string_view text, error_code& error) { return Number(text, error); }
  bool on_bool(bool value, error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool AddPart(string_view text) {
    part.append(text.data(), text.size());
    return true;
  }

  template <typename Push>
  void PushText(string_view last, Push push) {
    std::string_view whole(last.data(), last.size());
    if (!part.empty()) {
      part.append(whole);
      whole = part;
    }
    if (IsValidUtf8(whole)) {
      push(whole);
    } else {
      push(ReplaceInvalidUtf8(whole));
    }
    part.clear();
  }

  bool Number(string_view last, error_code& error) {
    part.append(last.data(), last.size());
    double number = 0;
    const auto result = std::from_chars(part.data(), part.data() + part.size(), number);
    if (result.ec == std::errc::result_out_of_range) {
      // Too small is zero, or the nearest subnormal; too large is an error.
      number = std::strtod(part.c_str(), nullptr);
    }
    part.clear();
    if (!std::isfinite(number)) {
      error = json::error::exponent_overflow;
      return false;
    }
    stack.push_double(number);
    return true;
  }
};

void AppendScalar(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out.append("null");
      return;
    case json::kind::bool_:
      out.append(value.get_bool() ? "true" : "false");
      return;
    case json::kind::int64:
      out.append(std::to_string(value.get_int64()));
      return;
    case json::kind::uint64:
      out.append(std::to_string(value.get_uint64()));
      return;
    case json::kind::double_:
      if (!AppendJsonNumber(out, value.get_double())) {
        out.push_back('0');
      }
      return;
    case json::kind::string:
      AppendJsonString(out, {value.get_string().data(), value.get_string().size()});
      return;
    case json::kind::array:
    case json::kind::object:
      return;
  }
}

// An array or object that is being written; a list of these takes the place of
// recursion, whose depth a client could choose.
class OpenContainer {
 public:
  explicit OpenContainer(const json::value& container) : container_(container) {
    if (container.is_object()) {
      for (const json::key_value_pair& member : container.get_object()) {
        members_.push_back(&member);
      }
      std::sort(members_.begin(), members_.end(),
                [](const auto* a, const auto* b) { return a->key() < b->key(); });
    }
  }

  // The next value, after writing what stands in front of it; at the end writes
  // the bracket and returns null.
  const json::value* Next(std::string& out) {
    const bool is_object = container_.is_object();
    const std::size_t size = is_object ? members_.size() : container_.get_array().size();
    if (next_ == size) {
      out.push_back(is_object ? '}' : ']');
      return nullptr;
    }
    if (next_ != 0) {
      out.push_back(',');
    }
    if (!is_object) {
      return &container_.get_array()[next_++];
    }
    const json::key_value_pair& member = *members_[next_++];
    AppendJsonString(out, {member.key().data(), member.key().size()});
    out.push_back(':');
    return &member.value();
  }

 private:
  const json::value& container_;
  std::vector<const json::key_value_pair*> members_;
  std::size_t next_ = 0;
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

StatusOr<json::value> ParseJson(std::string_view text, JsonTail tail) {
  std::string cleaned;
  if (MayHoldSurrogates(text)) {
    cleaned = ReplaceLoneSurrogates(text);
    text = cleaned;
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  options.allow_invalid_utf8 = true;
  json::basic_parser<Builder> parser(options);
  error_code error;
  // The text counts as open-ended until a value is complete: what follows the
  // first value is never looked at.
  const std::size_t used = parser.write_some(true, text.data(), text.size(), error);
  if (!error && !parser.done()) {
    parser.write_some(false, "", 0, error);
  }
  if (error) {
    return absl::InvalidArgumentError("invalid JSON: " + error.message());
  }
  if (tail == JsonTail::kMustBeBlank && !IsBlank(text.substr(std::min(used, text.size())))) {
    return absl::InvalidArgumentError("invalid JSON: text after the value");
  }
  return parser.handler().stack.release();
}

void AppendJsonValue(std::string& out, const json::value& root) {
  std::vector<OpenContainer> open;
  const json::value* value = &root;
  while (value != nullptr) {
    if (value->is_structured()) {
      out.push_back(value->is_object() ? '{' : '[');
      open.emplace_back(*value);
    } else {
      AppendScalar(out, *value);
    }
    value = nullptr;
    while (value == nullptr && !open.empty()) {
      value = open.back().Next(out);
      if (value == nullptr) {
        open.pop_back();
      }
    }
  }
}

}  // namespace sluice::http
