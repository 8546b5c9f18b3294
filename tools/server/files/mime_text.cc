// JSON, HTML, XML and their children, separated values, other text. Tested by
// files_mime_test.cc.
#include "tools/server/files/mime_text.h"

#include <algorithm>
#include <vector>

#include "sluice/strings.h"

namespace sluice::files {
namespace {

using std::string_view_literals::operator""sv;

constexpr DetectedType kPlain{"text/plain; charset=utf-8", ".txt"};
constexpr DetectedType kUnknown{"application/octet-stream", ""};
constexpr DetectedType kJson{"application/json", ".json"};

// Bytes that no text holds.
bool IsBinary(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) ||
         (byte >= 0x1c && byte <= 0x1f);
}

std::string_view TrimLeft(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n\f"), text.size()));
}

bool StartsWithTag(std::string_view text, std::string_view tag) {
  return text.size() > tag.size() && EqualsIgnoreCase(text.substr(0, tag.size()), tag) &&
         (text[tag.size()] == ' ' || text[tag.size()] == '>');
}

bool IsHtml(std::string_view text) {
  if (EqualsIgnoreCase(text.substr(0, 14), "<!DOCTYPE HTML")) {
    return true;
  }
  for (const std::string_view tag :
       {"<HTML"sv, "<HEAD"sv, "<SCRIPT"sv, "<IFRAME"sv, "<H1"sv, "<DIV"sv, "<FONT"sv, "<TABLE"sv,
        "<A"sv, "<STYLE"sv, "<TITLE"sv, "<B"sv, "<BODY"sv, "<BR"sv, "<P"sv}) {
    if (StartsWithTag(text, tag)) {
      return true;
    }
  }
  return text.starts_with("<!--");
}

// The root of an XML text says which kind it is.
DetectedType DetectXml(std::string_view text) {
  if (text.find("<svg") != std::string_view::npos) {
    return {"image/svg+xml", ".svg"};
  }
  if (text.find("<rss") != std::string_view::npos) {
    return {"application/rss+xml", ".rss"};
  }
  if (text.find("<feed") != std::string_view::npos &&
      text.find("http://www.w3.org/2005/Atom") != std::string_view::npos) {
    return {"application/atom+xml", ".atom"};
  }
  if (text.find("<kml") != std::string_view::npos) {
    return {"application/vnd.google-earth.kml+xml", ".kml"};
  }
  if (text.find("<gpx") != std::string_view::npos) {
    return {"application/gpx+xml", ".gpx"};
  }
  return {"text/xml; charset=utf-8", ".xml"};
}

// A reader that only asks whether a text is JSON: a value, or the beginning of
// one where more was cut off. It keeps the open brackets itself, so no input
// deepens a recursion.
class JsonScan {
 public:
  explicit JsonScan(std::string_view text) : text_(text) {}

  // Whether it is one value, or as far as it goes (`whole` false) may be one.
  bool IsJson(bool whole) {
    bool wants_value = true;
    while (true) {
      SkipBlanks();
      if (at_ == text_.size()) {
        return whole ? open_.empty() && !wants_value : !open_.empty();
      }
      if (open_.empty() && !wants_value) {
        return false;
      }
      const char c = text_[at_];
      if (wants_value ? !TakeValue(c, wants_value) : !TakeSeparator(c, wants_value)) {
        return cut_ && !whole;
      }
    }
  }

 private:
  void SkipBlanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool TakeValue(char c, bool& wants_value) {
    if (c == '{' || c == '[') {
      open_.push_back(c);
      ++at_;
      return c == '{' ? BeginMember(wants_value) : BeginItem(wants_value);
    }
    wants_value = false;
    return c == '"' ? TakeString() : TakeWord();
  }

  bool BeginItem(bool& wants_value) {
    SkipBlanks();
    wants_value = true;
    if (at_ < text_.size() && text_[at_] == ']') {
      wants_value = false;
    }
    return true;
  }

  bool BeginMember(bool& wants_value) {
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '}') {
      wants_value = false;
      return true;
    }
    return TakeKey(wants_value);
  }

  bool TakeKey(bool& wants_value) {
    SkipBlanks();
    wants_value = true;
    if (at_ == text_.size()) {
      return true;
    }
    if (text_[at_] != '"' || !TakeString()) {
      return false;
    }
    SkipBlanks();
    if (at_ == text_.size()) {
      return true;
    }
    return text_[at_++] == ':';
  }

  bool TakeSeparator(char c, bool& wants_value) {
    ++at_;
    if (c == ',') {
      wants_value = true;
      return open_.back() == '[' || TakeKey(wants_value);
    }
    const bool closes = c == (open_.back() == '[' ? ']' : '}');
    open_.pop_back();
    return closes;
  }

  bool TakeString() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
    cut_ = true;
    return false;
  }

  bool TakeWord() {
    const std::size_t end = std::min(
        text_.find_first_not_of("+-.0123456789abcdefghijklmnopqrstuvwxyzE", at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    cut_ = end == text_.size();
    const bool number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9')) &&
                        word.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
    return number || word == "true" || word == "false" || word == "null";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  bool cut_ = false;  // The last word or string reaches the end.
};

// Whether the lines have the same number of values, and more than one each. The
// last line of a cut text is left out.
bool IsSeparated(std::string_view text, char separator, bool whole) {
  std::size_t columns = 0;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t count = 1;
    bool quoted = false;
    std::size_t end = at;
    for (; end < text.size() && (quoted || text[end] != '\n'); ++end) {
      quoted = text[end] == '"' ? !quoted : quoted;
      count += !quoted && text[end] == separator ? 1 : 0;
    }
    if (end == text.size() && !whole) {
      break;
    }
    if (quoted || (lines > 0 && count != columns)) {
      return false;
    }
    columns = count;
    ++lines;
    at = end + 1;
  }
  return lines > 1 && columns > 1;
}

DetectedType DetectWords(std::string_view text, bool whole) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.starts_with("#!")) {
    if (first.find("python") != std::string_view::npos) {
      return {"text/x-python", ".py"};
    }
    if (first.find("perl") != std::string_view::npos) {
      return {"text/x-perl", ".pl"};
    }
    if (first.find("node") != std::string_view::npos) {
      return {"text/javascript", ".js"};
    }
    if (first.find("sh") != std::string_view::npos) {
      return {"text/x-shellscript", ".sh"};
    }
  }
  if (text.starts_with("<?php")) {
    return {"text/x-php", ".php"};
  }
  if (text.starts_with("BEGIN:VCARD")) {
    return {"text/vcard", ".vcf"};
  }
  if (text.starts_with("BEGIN:VCALENDAR")) {
    return {"text/calendar", ".ics"};
  }
  if (text.starts_with("WEBVTT")) {
    return {"text/vtt", ".vtt"};
  }
  if (IsSeparated(text, ',', whole)) {
    return {"text/csv", ".csv"};
  }
  if (IsSeparated(text, '\t', whole)) {
    return {"text/tab-separated-values", ".tsv"};
  }
  return kPlain;
}

}  // namespace

DetectedType DetectText(std::string_view head, bool whole) {
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) {
    return head[0] == '\xff' ? DetectedType{"text/plain; charset=utf-16le", ".txt"}
                             : DetectedType{"text/plain; charset=utf-16be", ".txt"};
  }
  if (std::any_of(head.begin(), head.end(), IsBinary)) {
    return kUnknown;
  }
  if (head.starts_with("\xef\xbb\xbf")) {
    head.remove_prefix(3);
  }
  const std::string_view text = TrimLeft(head);
  if (text.empty()) {
    return kPlain;
  }
  if ((text[0] == '{' || text[0] == '[') && JsonScan(text).IsJson(whole)) {
    return kJson;
  }
  if (text[0] == '<') {
    if (IsHtml(text)) {
      return {"text/html; charset=utf-8", ".html"};
    }
    if (text.starts_with("<?xml")) {
      return DetectXml(text);
    }
    if (StartsWithTag(text, "<svg") || EqualsIgnoreCase(text.substr(0, 13), "<!DOCTYPE svg")) {
      return {"image/svg+xml", ".svg"};
    }
  }
  return DetectWords(text, whole);
}

}  // namespace sluice::files
