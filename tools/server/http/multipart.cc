// A push parser for multipart/form-data. Every state takes as much of
// `pending_` as it is sure of and says whether it moved; Feed repeats until
// none does. Tested by http_body_test.cc, which also feeds byte by byte.
#include "tools/server/http/multipart.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/strings.h"
#include "tools/server/http/message.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

constexpr std::size_t kPartHeadBytesMax = 65536;
constexpr std::size_t kPartsMax = 1000;

Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError("malformed multipart form: " + std::string(what));
}

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool IsTokenSpecial(char c) {
  return std::string_view("()<>@,;:\\\"/[]?=").find(c) != std::string_view::npos;
}

// Takes a quoted string off the front of `text`, whose first byte is '"'. A
// backslash escapes only the characters that need it, because some browsers
// send Windows paths unescaped.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size() && IsTokenSpecial(text[i + 1])) {
      ++i;
    }
    value.push_back(text[i]);
  }
  return std::nullopt;
}

// The value of an extended parameter: charset'language'percent-encoded.
std::optional<std::string> DecodeExtended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == value.npos ? value.npos : value.find('\'', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view charset = value.substr(0, first);
  if (!EqualsIgnoreCase(charset, "utf-8") && !EqualsIgnoreCase(charset, "us-ascii")) {
    return std::nullopt;
  }
  return PercentDecode(value.substr(second + 1), false);
}

struct MediaType {
  std::string type;  // Lower case.
  std::vector<Param> params;

  std::optional<std::string_view> Find(std::string_view name) const {
    for (const Param& param : params) {
      if (param.name == name) {
        return param.value;
      }
    }
    return std::nullopt;
  }
};

// Reads "type; name=value; …"; none when it is malformed or names one twice.
std::optional<MediaType> ParseMediaType(std::string_view text) {
  MediaType media;
  const std::size_t type_end = std::min(text.find(';'), text.size());
  media.type = LowerAscii(TrimBlanks(text.substr(0, type_end)));
  text.remove_prefix(type_end);
  while (!(text = TrimBlanks(text)).empty()) {
    if (text.front() != ';') {
      return std::nullopt;
    }
    text = TrimBlanks(text.substr(1));
    if (text.empty()) {
      break;
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return std::nullopt;
    }
    std::string name = LowerAscii(TrimBlanks(text.substr(0, equals)));
    text = TrimBlanks(text.substr(equals + 1));
    std::optional<std::string> value;
    if (!text.empty() && text.front() == '"') {
      value = TakeQuoted(text);
    } else {
      const std::size_t end = std::min(text.find_first_of("; \t"), text.size());
      value = std::string(text.substr(0, end));
      text.remove_prefix(end);
    }
    if (!value || name.empty()) {
      return std::nullopt;
    }
    if (name.back() == '*') {
      name.pop_back();
      value = DecodeExtended(*value);
    }
    if (!value || media.Find(name)) {
      return std::nullopt;
    }
    media.params.push_back({std::move(name), *std::move(value)});
  }
  return media;
}

}  // namespace

StatusOr<std::string> MultipartBoundary(std::string_view content_type) {
  const auto media = ParseMediaType(content_type);
  const auto boundary = media ? media->Find("boundary") : std::nullopt;
  if (!boundary || boundary->empty()) {
    return Malformed("no boundary");
  }
  return std::string(*boundary);
}

MultipartParser::MultipartParser(std::string_view boundary, PartSink& sink)
    : sink_(sink), line_delimiter_("\r\n--" + std::string(boundary)) {}

Status MultipartParser::Feed(std::string_view bytes) {
  if (state_ == State::kDone) {
    return absl::OkStatus();
  }
  pending_.append(bytes);
  for (bool moved = true; moved && state_ != State::kDone;) {
    moved = false;
    SLUICE_RETURN_IF_ERROR(Step(moved));
  }
  // Moved down once per call, not once per step: a form of a million empty
  // lines must stay linear.
  pending_.erase(0, taken_);
  dropped_ += taken_;
  taken_ = 0;
  return absl::OkStatus();
}

Status MultipartParser::Finish() {
  return state_ == State::kDone ? absl::OkStatus() : Malformed("it ends early");
}

Status MultipartParser::Step(bool& moved) {
  switch (state_) {
    case State::kPreamble:
      return StepPreamble(moved);
    case State::kDelimiter:
      return StepDelimiter(moved);
    case State::kHead:
      return StepHead(moved);
    case State::kBody:
      return StepBody(moved);
    case State::kDone:
      break;
  }
  return absl::OkStatus();
}

// Skips lines up to the first one that starts with the delimiter.
Status MultipartParser::StepPreamble(bool& moved) {
  const std::string_view delimiter = std::string_view(line_delimiter_).substr(2);
  const std::string_view text = rest();
  if (text.starts_with(delimiter)) {
    taken_ += delimiter.size();
    state_ = State::kDelimiter;
    moved = true;
    return absl::OkStatus();
  }
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return text.size() > kPartHeadBytesMax ? Malformed("too long a line") : absl::OkStatus();
  }
  taken_ += end + 1;
  moved = true;
  return absl::OkStatus();
}

// Behind a delimiter: "--" ends the form, blanks and a line end begin a part.
Status MultipartParser::StepDelimiter(bool& moved) {
  const std::string_view text = rest();
  if (text.starts_with("--")) {
    state_ = State::kDone;
    return absl::OkStatus();
  }
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return text.size() > kPartHeadBytesMax ? Malformed("too long a line") : absl::OkStatus();
  }
  if (!TrimBlanks(text.substr(0, end)).empty()) {
    return Malformed("text after a boundary");
  }
  if (++parts_ > kPartsMax) {
    return Malformed("too many parts");
  }
  if (parts_ == 1) {
    // The first delimiter line says how the form ends its lines.
    lf_lines_ = end == 0 || text[end - 1] != '\r';
  }
  taken_ += end + 1;
  state_ = State::kHead;
  moved = true;
  return absl::OkStatus();
}

// Takes a head once its closing empty line is there; it may be the first line.
Status MultipartParser::StepHead(bool& moved) {
  const std::string_view text = rest();
  for (std::size_t line = 0;;) {
    const std::size_t end = text.find('\n', line);
    if (end == std::string_view::npos || end > kPartHeadBytesMax) {
      return text.size() > kPartHeadBytesMax ? Malformed("too long a part head") : absl::OkStatus();
    }
    if (end == line || (end == line + 1 && text[line] == '\r')) {
      SLUICE_RETURN_IF_ERROR(BeginPart(text.substr(0, line)));
      taken_ += end + 1;
      state_ = State::kBody;
      at_body_start_ = true;
      moved = true;
      return absl::OkStatus();
    }
    line = end + 1;
  }
}

// Emits body bytes up to the next delimiter. The delimiter's line end belongs
// to it, but for an empty body it has been taken as the end of the head.
Status MultipartParser::StepBody(bool& moved) {
  const std::string_view full = line_delimiter_;
  const std::string_view delimiter = full.substr(at_body_start_ ? 2 : (lf_lines_ ? 1 : 0));
  const std::string_view text = rest();
  const std::size_t found = at_body_start_
                                ? (text.starts_with(delimiter) ? 0 : std::string_view::npos)
                                : text.find(delimiter);
  if (at_body_start_ && found != 0 &&
      (!delimiter.starts_with(text) || text.size() >= delimiter.size())) {
    at_body_start_ = false;
    moved = true;
    return absl::OkStatus();
  }
  if (found == std::string_view::npos) {
    // The last bytes may be the beginning of a delimiter.
    return at_body_start_ || text.size() < delimiter.size()
               ? absl::OkStatus()
               : EmitBody(text.size() - delimiter.size() + 1);
  }
  const std::size_t behind = found + delimiter.size();
  if (behind == text.size()) {
    return EmitBody(found);
  }
  moved = true;
  if (std::string_view(" \t\r\n-").find(text[behind]) == std::string_view::npos) {
    // A longer word that only begins like the delimiter is body. One byte of it
    // is enough to get past the match.
    at_body_start_ = false;
    return EmitBody(found + 1);
  }
  SLUICE_RETURN_IF_ERROR(EmitBody(found));
  taken_ += delimiter.size();
  state_ = State::kDelimiter;
  return skipping_part_ ? absl::OkStatus() : sink_.End();
}

Status MultipartParser::EmitBody(std::size_t size) {
  const std::string_view bytes = rest().substr(0, size);
  data_at_ = taken_;
  taken_ += size;
  return skipping_part_ || bytes.empty() ? absl::OkStatus() : sink_.Data(bytes);
}

Status MultipartParser::BeginPart(std::string_view head) {
  PartHead part;
  std::optional<MediaType> disposition;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return Malformed("a header without a colon");
    }
    const std::string_view value = TrimBlanks(line.substr(colon + 1));
    if (EqualsIgnoreCase(line.substr(0, colon), "Content-Disposition")) {
      disposition = ParseMediaType(value);
    } else if (EqualsIgnoreCase(line.substr(0, colon), "Content-Type")) {
      part.content_type = std::string(value);
    }
  }
  if (disposition && disposition->type == "form-data") {
    part.name = std::string(disposition->Find("name").value_or(""));
    const std::string_view filename = disposition->Find("filename").value_or("");
    part.filename = std::string(filename.substr(filename.rfind('/') + 1));
  }
  skipping_part_ = part.name.empty();
  return skipping_part_ ? absl::OkStatus() : sink_.Begin(part);
}

}  // namespace sluice::http
