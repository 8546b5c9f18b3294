// Diagnostics as status payloads, and their rendering for a person. Tested in
// tests/grammar/diagnostic_test.cc.
#include "sluice/diagnostic.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

#include "grammar/go_text.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

// Payload: `code LF begin SPACE end LF hint`; the message is the status's own.
constexpr char kTypeUrl[] = "sluice/diagnostic";

constexpr std::size_t kLineRunesMax = 78;
constexpr std::size_t kContextRunes = 30;  // kept before the span in a long line
constexpr std::string_view kIndent = "  ";
constexpr std::string_view kEllipsis = "...";

// Takes what stands before `separator` off the front of `rest`.
std::string_view TakeUntil(std::string_view* rest, char separator) {
  const std::size_t end = std::min(rest->find(separator), rest->size());
  const std::string_view taken = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return taken;
}

std::uint32_t ToNumber(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// One line of the source as code points, and the marked columns.
struct MarkedLine {
  std::vector<std::string> runes;
  std::size_t mark_begin = 0;
  std::size_t mark_end = 0;
};

// What a terminal can show in one column: no control characters.
std::string Shown(std::string_view bytes, Rune rune) {
  const bool control = rune.value < 0x20 || (rune.value >= 0x7F && rune.value < 0xA0);
  if (control || rune.value == 0x2028 || rune.value == 0x2029) {
    return " ";
  }
  std::string shown(bytes);
  RepairUtf8(&shown);
  return shown;
}

MarkedLine ReadLine(Span span, std::string_view source) {
  const std::size_t begin = std::min<std::size_t>(span.begin, source.size());
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, source.size());
  const std::size_t before = begin == 0 ? std::string_view::npos : source.rfind('\n', begin - 1);
  const std::size_t line_begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t line_end = std::min(source.find('\n', begin), source.size());
  MarkedLine line;
  for (std::size_t at = line_begin; at < line_end;) {
    const Rune rune = DecodeRune(source.substr(at));
    line.mark_begin += at + rune.size <= begin ? 1 : 0;
    line.mark_end += at < end ? 1 : 0;
    line.runes.push_back(Shown(source.substr(at, rune.size), rune));
    at += rune.size;
  }
  line.mark_end = std::max(line.mark_end, line.mark_begin + 1);
  return line;
}

// Cuts a long line down to what surrounds the mark.
void Shorten(MarkedLine* line) {
  if (line->runes.size() <= kLineRunesMax) {
    return;
  }
  const std::size_t latest = line->runes.size() - kLineRunesMax;
  const std::size_t first =
      std::min(line->mark_begin - std::min(line->mark_begin, kContextRunes), latest);
  const std::size_t last = first + kLineRunesMax;
  const bool cut_behind = last < line->runes.size();
  line->runes.erase(line->runes.begin() + static_cast<std::ptrdiff_t>(last), line->runes.end());
  line->runes.erase(line->runes.begin(), line->runes.begin() + static_cast<std::ptrdiff_t>(first));
  line->mark_begin -= first;
  line->mark_end = std::max(std::min(line->mark_end - first, kLineRunesMax), line->mark_begin + 1);
  if (cut_behind) {
    line->runes.emplace_back(kEllipsis);
  }
  if (first > 0) {
    line->runes.insert(line->runes.begin(), kEllipsis.size(), ".");
    line->mark_begin += kEllipsis.size();
    line->mark_end += kEllipsis.size();
  }
}

}  // namespace

Status MakeError(const Diagnostic& diagnostic) {
  Status status = absl::InvalidArgumentError(diagnostic.message);
  status.SetPayload(kTypeUrl,
                    absl::Cord(absl::StrCat(diagnostic.code, "\n", diagnostic.span.begin, " ",
                                            diagnostic.span.end, "\n", diagnostic.hint)));
  return status;
}

std::optional<Diagnostic> GetDiagnostic(const Status& status) {
  const auto payload = status.GetPayload(kTypeUrl);
  if (!payload.has_value()) {
    return std::nullopt;
  }
  const std::string flat(*payload);
  std::string_view rest = flat;
  Diagnostic diagnostic;
  diagnostic.code = std::string(TakeUntil(&rest, '\n'));
  diagnostic.span.begin = ToNumber(TakeUntil(&rest, ' '));
  diagnostic.span.end = ToNumber(TakeUntil(&rest, '\n'));
  diagnostic.hint = std::string(rest);
  diagnostic.message = std::string(AsStd(status.message()));
  return diagnostic;
}

std::string Render(const Diagnostic& diagnostic, std::string_view source) {
  MarkedLine line = ReadLine(diagnostic.span, source);
  Shorten(&line);
  std::string out = absl::StrCat(diagnostic.message, "\n", AsAbsl(kIndent));
  for (const std::string& rune : line.runes) {
    out += rune;
  }
  out += '\n';
  out += kIndent;
  out.append(line.mark_begin, ' ');
  out.append(line.mark_end - line.mark_begin, '^');
  out += '\n';
  if (!diagnostic.hint.empty()) {
    absl::StrAppend(&out, "hint: ", diagnostic.hint, "\n");
  }
  return out;
}

}  // namespace sluice
