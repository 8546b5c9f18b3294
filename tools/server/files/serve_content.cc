// Conditions in the order of RFC 9110, 13.2.2, without entity tags. Tested by
// files_serve_test.cc.
#include "tools/server/files/serve_content.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "tools/server/auth/random_text.h"
#include "tools/server/http/api_error.h"

namespace sluice::files {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kRangesMax = 32;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

enum class RangeError : std::uint8_t { kNone, kMalformed, kNoOverlap };

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  const bool fits = number <= std::uint64_t{1} << 62U;
  return text.empty() || result.ec != std::errc() || result.ptr != end || !fits
             ? std::nullopt
             : std::optional(number);
}

// One `a-b`, `a-` or `-n`.
RangeError ParseRange(std::string_view text, std::uint64_t size, Range& range) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return RangeError::kMalformed;
  }
  const std::string_view first = Trim(text.substr(0, dash));
  const std::optional<std::uint64_t> last = Number(Trim(text.substr(dash + 1)));
  const bool no_last = Trim(text.substr(dash + 1)).empty();
  if (first.empty()) {
    if (!last) {
      return RangeError::kMalformed;
    }
    range.size = std::min(*last, size);
    range.begin = size - range.size;
    return RangeError::kNone;
  }
  const std::optional<std::uint64_t> begin = Number(first);
  if (!begin) {
    return RangeError::kMalformed;
  }
  if (*begin >= size) {
    return RangeError::kNoOverlap;
  }
  if (!no_last && (!last || *last < *begin)) {
    return RangeError::kMalformed;
  }
  range.begin = *begin;
  range.size = (no_last ? size - 1 : std::min(*last, size - 1)) - *begin + 1;
  return RangeError::kNone;
}

// No range at all where `field` asks for the whole.
RangeError ParseRanges(std::string_view field, std::uint64_t size, std::vector<Range>& ranges) {
  constexpr std::string_view kUnit = "bytes=";
  if (field.empty()) {
    return RangeError::kNone;
  }
  if (!field.starts_with(kUnit)) {
    return RangeError::kMalformed;
  }
  bool missed = false;
  std::uint64_t sum = 0;
  for (std::size_t at = kUnit.size(); at <= field.size();) {
    const std::size_t end = std::min(field.find(',', at), field.size());
    const std::string_view text = Trim(field.substr(at, end - at));
    at = end + 1;
    if (text.empty()) {
      continue;
    }
    Range range;
    const RangeError error = ParseRange(text, size, range);
    if (error == RangeError::kMalformed) {
      return error;
    }
    missed = missed || error == RangeError::kNoOverlap;
    if (error == RangeError::kNone && ranges.size() <= kRangesMax) {
      ranges.push_back(range);
      sum += range.size;
    }
  }
  if (missed && ranges.empty()) {
    return size == 0 ? RangeError::kNone : RangeError::kNoOverlap;
  }
  if (sum > size || ranges.size() > kRangesMax) {
    ranges.clear();
  }
  return RangeError::kNone;
}

// The three forms of RFC 9110, 5.6.7.
std::optional<std::int64_t> ParseHttpDate(std::string_view text) {
  const std::string copy(text);
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    // The process keeps the C locale: names of days and months are English.
    const char* const end = ::strptime(copy.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') {
      return ::timegm(&parts);
    }
  }
  return std::nullopt;
}

// 0: go on; else the status of an answer without a body.
int FailedCondition(const http::Request& request, std::int64_t modified) {
  const auto field = [&request](std::string_view name) {
    return request.headers.Find(name).value_or("");
  };
  const std::string_view match = field("If-Match");
  if (!match.empty()) {
    if (Trim(match) != "*") {
      return 412;
    }
  } else if (const auto date = ParseHttpDate(field("If-Unmodified-Since"));
             date && modified > *date) {
    return 412;
  }
  const std::string_view none_match = field("If-None-Match");
  if (!none_match.empty()) {
    return Trim(none_match) == "*" ? 304 : 0;
  }
  const auto date = ParseHttpDate(field("If-Modified-Since"));
  return date && modified <= *date ? 304 : 0;
}

http::Response BadRange(http::Response answer, RangeError error, std::uint64_t size) {
  http::Response bad;
  bad.status = 416;
  bad.common_headers = answer.common_headers;
  for (std::size_t i = 0; i < answer.headers.size(); ++i) {
    const http::Headers::Field field = answer.headers[i];
    if (field.name != "Cache-Control") {
      bad.headers.Add(field.name, field.value);
    }
  }
  if (error == RangeError::kNoOverlap) {
    bad.headers.Add("Content-Range", "bytes */" + std::to_string(size));
  }
  bad.headers.Add("Content-Type", "text/plain; charset=utf-8");
  bad.body =
      error == RangeError::kNoOverlap ? "invalid range: failed to overlap\n" : "invalid range\n";
  return bad;
}

std::string ContentRange(const Range& range, std::uint64_t size) {
  // Of an empty range the last byte is the one before the first.
  return "bytes " + std::to_string(range.begin) + "-" +
         std::to_string(static_cast<std::int64_t>(range.begin + range.size) - 1) + "/" +
         std::to_string(size);
}

void AddParts(http::Response& answer, const http::FileContent& content,
              const std::vector<Range>& ranges, std::string_view content_type) {
  const std::string boundary = auth::RandomText(40);
  answer.headers.Add("Content-Type", "multipart/byteranges; boundary=" + boundary);
  std::string head;
  for (const Range& range : ranges) {
    head += "--" + boundary + "\r\nContent-Range: " + ContentRange(range, content.size()) +
            "\r\nContent-Type: " + std::string(content_type) + "\r\n\r\n";
    answer.files.emplace_back(std::exchange(head, "\r\n"));
    answer.files.push_back(content.Slice(range.begin, range.size));
  }
  answer.files.emplace_back(head + "--" + boundary + "--\r\n");
}

// ---- files of records ----

constexpr std::array kInlineTypes = {
    "image/png"sv,         "image/jpg"sv,    "image/jpeg"sv,      "image/gif"sv,
    "image/webp"sv,        "image/x-icon"sv, "image/bmp"sv,       "video/webm"sv,
    "video/mp4"sv,         "video/3gpp"sv,   "video/quicktime"sv, "video/x-ms-wmv"sv,
    "audio/basic"sv,       "audio/aiff"sv,   "audio/mpeg"sv,      "audio/midi"sv,
    "audio/mp3"sv,         "audio/wave"sv,   "audio/wav"sv,       "audio/x-wav"sv,
    "audio/x-mpeg"sv,      "audio/x-m4a"sv,  "audio/aac"sv,       "application/pdf"sv,
    "application/x-pdf"sv,
};

// Content types by extension, in its letter case.
constexpr std::pair<std::string_view, std::string_view> kTypesByExtension[] = {
    {".svg", "image/svg+xml"},
    {".css", "text/css"},
    {".js", "text/javascript"},
    {".mjs", "text/javascript"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
};

std::string_view TypeOf(std::string_view name, std::string_view stored_type) {
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? "" : name.substr(dot);
  for (const auto& [ending, type] : kTypesByExtension) {
    if (extension == ending) {
      return type;
    }
  }
  return stored_type;
}

// Names that Sluice and the peer store are tokens; others were put there by
// somebody else.
std::string Disposition(std::string_view kind, std::string_view name) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out = std::string(kind) + "; filename=";
  if (name.find_first_not_of(kToken) == std::string_view::npos) {
    return out.append(name);
  }
  out.push_back('"');
  for (const char c : name) {
    const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    out.append(c == '"' || c == '\\' ? 1 : 0, '\\').push_back(plain ? c : '_');
  }
  out.push_back('"');
  return out;
}

}  // namespace

std::string HttpDate(std::int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

http::Response ServeContent(const http::Request& request, http::FileContent content,
                            std::string_view content_type, std::int64_t modified_seconds,
                            http::Response answer) {
  const std::string modified = HttpDate(modified_seconds);
  const int failed = FailedCondition(request, modified_seconds);
  if (failed != 0) {
    answer.status = failed;
    answer.headers.Add("Last-Modified", modified);
    if (failed == 412) {
      answer.headers.Add("Content-Type", content_type);
    }
    return answer;
  }
  const auto if_range = request.headers.Find("If-Range");
  std::vector<Range> ranges;
  RangeError error = RangeError::kNone;
  if (!if_range || if_range->empty() || *if_range == modified) {
    error = ParseRanges(request.headers.Find("Range").value_or(""), content.size(), ranges);
  }
  if (error != RangeError::kNone) {
    return BadRange(std::move(answer), error, content.size());
  }
  answer.headers.Add("Last-Modified", modified);
  answer.headers.Add("Accept-Ranges", "bytes");
  answer.status = ranges.empty() ? 200 : 206;
  if (ranges.size() > 1) {
    AddParts(answer, content, ranges, content_type);
    return answer;
  }
  answer.headers.Add("Content-Type", content_type);
  if (ranges.empty()) {
    answer.files.push_back(std::move(content));
  } else {
    answer.headers.Add("Content-Range", ContentRange(ranges[0], content.size()));
    answer.files.push_back(content.Slice(ranges[0].begin, ranges[0].size));
  }
  return answer;
}

http::Response ServeRecordFile(const http::Request& request, StoredContent stored,
                               std::string_view name, bool download) {
  const bool shown = !download && std::find(kInlineTypes.begin(), kInlineTypes.end(),
                                            stored.content_type) != kInlineTypes.end();
  if (stored.content_type.empty()) {
    stored.content_type = "application/octet-stream";
  }
  http::Response answer;
  answer.common_headers = http::CommonHeaders::kFramed;
  answer.headers.Add("Content-Disposition", Disposition(shown ? "inline" : "attachment", name));
  answer.headers.Add("Content-Security-Policy",
                     "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
  answer.headers.Add("Cache-Control", "max-age=2592000, stale-while-revalidate=86400");
  return ServeContent(request, std::move(stored.content), TypeOf(name, stored.content_type),
                      stored.modified_seconds, std::move(answer));
}

}  // namespace sluice::files
