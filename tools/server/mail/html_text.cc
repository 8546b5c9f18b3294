// A scanner of tags and texts, not a parser: mail bodies are the operator's own
// and what they hold of records is escaped. Tested by
// tests/server/mail_html_text_test.cc.
#include "tools/server/mail/html_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::mail {
namespace {

constexpr std::string_view kInline[] = {
    "a",    "abbr",  "acronym", "b",   "bdo",    "big",   "br",   "cite", "code",
    "em",   "font",  "html",    "i",   "kbd",    "label", "mark", "q",    "s",
    "samp", "small", "span",    "sub", "strong", "sup",   "time", "tt",   "u",
    "var",  "wbr",   "del",     "ins", "body",   "tbody", "thead"};
// Left out with all that is in them.
constexpr std::string_view kDropped[] = {
    "style",  "script", "head",   "iframe", "object", "svg",      "applet", "template",
    "button", "form",   "dialog", "select", "option", "textarea", "title",  "picture"};
// Their content is text until the end tag, whatever it looks like.
constexpr std::string_view kRawText[] = {"style", "script", "iframe", "textarea", "title"};

template <std::size_t kCount>
bool Contains(const std::string_view (&set)[kCount], std::string_view name) {
  return std::find(std::begin(set), std::end(set), name) != std::end(set);
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }

// The character that `name` of `&name;` stands for.
std::optional<char32_t> NamedCharacter(std::string_view name) {
  struct Named {
    std::string_view name;
    char32_t value;
  };
  constexpr Named kNamed[] = {{"amp", '&'},      {"lt", '<'},       {"gt", '>'},
                              {"quot", '"'},     {"apos", '\''},    {"nbsp", 0xA0},
                              {"copy", 0xA9},    {"reg", 0xAE},     {"euro", 0x20AC},
                              {"ndash", 0x2013}, {"mdash", 0x2014}, {"hellip", 0x2026},
                              {"laquo", 0xAB},   {"raquo", 0xBB},   {"middot", 0xB7},
                              {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},
                              {"rdquo", 0x201D}, {"bull", 0x2022},  {"trade", 0x2122}};
  for (const Named& named : kNamed) {
    if (named.name == name) return named.value;
  }
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  const bool hex = Lower(name[1]) == 'x';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto read =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size())
    return std::nullopt;
  const bool sound = value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  return sound ? static_cast<char32_t>(value) : 0xFFFD;
}

std::string Decoded(std::string_view text) {
  constexpr std::size_t kNameMax = 12;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = text[i] == '&' ? text.substr(i, kNameMax).find(';') : text.npos;
    const auto value =
        end != text.npos ? NamedCharacter(text.substr(i + 1, end - 1)) : std::nullopt;
    if (!value) {
      out += text[i];
      continue;
    }
    json::AppendCodePoint(out, *value);
    i += end;
  }
  return out;
}

struct Tag {
  std::string name;  // lower case; empty: no tag at all
  bool closing = false;
  std::string href;
  std::size_t end = 0;  // behind it; npos when it never ends
};

// The value of an attribute at `at`, which is moved behind it.
std::string AttributeValue(std::string_view html, std::size_t& at) {
  if (at < html.size() && (html[at] == '"' || html[at] == '\'')) {
    const std::size_t close = std::min(html.find(html[at], at + 1), html.size());
    std::string value = Decoded(html.substr(at + 1, close - at - 1));
    at = std::min(close + 1, html.size());
    return value;
  }
  const std::size_t begin = at;
  while (at < html.size() && !IsSpace(html[at]) && html[at] != '>') ++at;
  return Decoded(html.substr(begin, at - begin));
}

// Reads the tag whose `<` is at `at`.
Tag ReadTag(std::string_view html, std::size_t at) {
  Tag tag;
  std::size_t i = at + 1;
  tag.closing = i < html.size() && html[i] == '/';
  if (tag.closing) ++i;
  if (i >= html.size() || !IsLetter(html[i])) return tag;
  for (; i < html.size() && !IsSpace(html[i]) && html[i] != '>' && html[i] != '/'; ++i)
    tag.name += Lower(html[i]);
  while (i < html.size() && html[i] != '>') {
    if (IsSpace(html[i]) || html[i] == '/') {
      ++i;
      continue;
    }
    std::string name;
    for (; i < html.size() && !IsSpace(html[i]) && html[i] != '=' && html[i] != '>'; ++i)
      name += Lower(html[i]);
    while (i < html.size() && IsSpace(html[i])) ++i;
    if (i >= html.size() || html[i] != '=') continue;
    for (++i; i < html.size() && IsSpace(html[i]);) ++i;
    std::string value = AttributeValue(html, i);
    if (name == "href") tag.href = std::move(value);
  }
  tag.end = i < html.size() ? i + 1 : std::string_view::npos;
  return tag;
}

// What has been written so far, with its lines kept tidy.
class TextLines {
 public:
  void Text(std::string_view text) {
    for (const char c : text) {
      if (IsSpace(c)) {
        space_ = !AtLineStart() && out_.back() != '[';
        continue;
      }
      if (space_) out_ += ' ';
      space_ = false;
      out_ += c;
    }
  }
  void BeginLine() {
    space_ = false;
    if (!AtLineStart()) out_ += "\r\n";
  }
  void BreakLine() {
    space_ = false;
    out_ += "\r\n";
  }
  void Append(std::string_view text) {
    if (space_) out_ += ' ';
    space_ = false;
    out_ += text;
  }
  void DropSpace() { space_ = false; }
  std::size_t size() const { return out_.size(); }

  std::string Trimmed() && {
    while (!out_.empty() && IsSpace(out_.back())) out_.pop_back();
    const auto first = std::find_if_not(out_.begin(), out_.end(), &IsSpace);
    return std::string(first, out_.end());
  }

 private:
  bool AtLineStart() const { return out_.empty() || out_.back() == '\n'; }

  std::string out_;
  bool space_ = false;
};

class Converter {
 public:
  explicit Converter(std::string_view html) : html_(html) {}

  std::string Run() && {
    while (at_ < html_.size()) Step();
    CloseLink();
    return std::move(lines_).Trimmed();
  }

 private:
  void Step() {
    if (html_[at_] != '<') {
      const std::size_t end = std::min(html_.find('<', at_), html_.size());
      lines_.Text(Decoded(html_.substr(at_, end - at_)));
      at_ = end;
      return;
    }
    if (html_.substr(at_, 4) == "<!--") return SkipBehind("-->");
    if (at_ + 1 < html_.size() && (html_[at_ + 1] == '!' || html_[at_ + 1] == '?'))
      return SkipBehind(">");
    const Tag tag = ReadTag(html_, at_);
    if (tag.name.empty()) {
      lines_.Text("<");
      ++at_;
      return;
    }
    at_ = std::min(tag.end, html_.size());
    if (tag.end != html_.npos) Apply(tag);
  }

  void Apply(const Tag& tag) {
    if (tag.name == "a") return tag.closing ? CloseLink() : OpenLink(tag.href);
    if (tag.closing) return;
    if (Contains(kDropped, tag.name)) return SkipElement(tag.name);
    if (tag.name == "br") return lines_.BreakLine();
    if (Contains(kInline, tag.name) || tag.name == "img" || tag.name == "input" ||
        tag.name == "embed")
      return;
    lines_.BeginLine();
    if (tag.name == "li") lines_.Append("- ");
  }

  void OpenLink(const std::string& href) {
    CloseLink();
    link_ = href;
    lines_.Append("[");
    link_text_at_ = lines_.size();
  }

  void CloseLink() {
    if (!link_) return;
    lines_.DropSpace();
    if (lines_.size() == link_text_at_) lines_.Append("LINK");
    lines_.Append("](" + *link_ + ")");
    link_.reset();
  }

  void SkipBehind(std::string_view end) {
    const std::size_t found = html_.find(end, at_);
    at_ = found == html_.npos ? html_.size() : found + end.size();
  }

  // Goes behind the end tag of the element that has just begun.
  void SkipElement(const std::string& name) {
    const bool raw = Contains(kRawText, name);
    for (std::size_t open = 1; open > 0;) {
      at_ = html_.find(raw ? "</" : "<", at_);
      if (at_ == html_.npos) at_ = html_.size();
      if (at_ == html_.size()) return;
      if (raw && LowerAscii(html_.substr(at_ + 2, name.size())) != name) {
        at_ += 2;
        continue;
      }
      const Tag tag = ReadTag(html_, at_);
      at_ = tag.name.empty() ? at_ + 1 : std::min(tag.end, html_.size());
      if (tag.name == name && tag.end != html_.npos) open = tag.closing ? open - 1 : open + 1;
    }
  }

  std::string_view html_;
  std::size_t at_ = 0;
  TextLines lines_;
  std::optional<std::string> link_;
  std::size_t link_text_at_ = 0;
};

}  // namespace

std::string TextOfHtml(std::string_view html) { return Converter(html).Run(); }

std::string EscapedHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace sluice::mail
