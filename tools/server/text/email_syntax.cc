// Tested by tests/server/text_address_test.cc.
#include "tools/server/text/email_syntax.h"

#include "tools/server/text/runes.h"

namespace sluice::text {
namespace {

// The characters beyond ASCII: UX of R-76.
bool IsOther(char32_t c) {
  return (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFEF);
}

bool IsAtomCharacter(char32_t c) {
  return IsAlnum(c) || IsOther(c) ||
         (c < 128 && RunesView(U"!#$%&'*+-/=?^_`{|}~").find(c) != RunesView::npos);
}

// Non-empty atoms joined by single dots.
bool IsDotAtom(RunesView text) {
  bool in_atom = false;
  for (const char32_t c : text) {
    if (c == U'.' ? !in_atom : !IsAtomCharacter(c)) return false;
    in_atom = c != U'.';
  }
  return in_atom;
}

// What may stand behind a quote of the old form: printable ASCII but the quote,
// and controls that are no white space.
bool IsQuotedCharacter(char32_t c) {
  const bool control = (c >= 1 && c <= 0x1F && c != U'\t' && c != U'\n' && c != U'\r') || c == 0x7F;
  return c == 0x21 || (c >= 0x23 && c <= 0x7E) || control || IsOther(c);
}

// (blank* `"` character)* `"`, the old quoted form. Blanks are allowed before a
// quote only.
bool IsQuotedLocal(RunesView text) {
  if (text.empty() || text.back() != U'"') return false;
  text.remove_suffix(1);
  while (!text.empty()) {
    while (!text.empty() && (text[0] == U' ' || text[0] == U'\t')) text.remove_prefix(1);
    if (text.size() < 2 || text[0] != U'"' || !IsQuotedCharacter(text[1])) return false;
    text.remove_prefix(2);
  }
  return true;
}

bool IsLabelEnd(char32_t c) { return IsAlnum(c) || IsOther(c); }
bool IsLabelInner(char32_t c) {
  return IsLabelEnd(c) || c == U'-' || c == U'.' || c == U'_' || c == U'~';
}

// One label, or several joined by dots: a dot may sit inside of a label too, so
// each dot must only not stand at an end of the text.
bool IsLabels(RunesView text) {
  return !text.empty() && IsLabelEnd(text.front()) && IsLabelEnd(text.back()) &&
         All(text, IsLabelInner);
}

bool IsTopDomain(RunesView text) {
  const auto end = [](char32_t c) { return IsLetter(c) || IsOther(c); };
  const auto inner = [&end](char32_t c) {
    return end(c) || IsDigit(c) || c == U'-' || c == U'_' || c == U'~';
  };
  return !text.empty() && end(text.front()) && end(text.back()) && All(text, inner);
}

}  // namespace

bool IsEmail(std::string_view text) {
  const std::optional<Runes> runes = DecodeRunes(text);
  if (!runes) return false;
  const RunesView all = *runes;
  const std::size_t at = all.rfind(U'@');
  if (at == RunesView::npos) return false;
  const RunesView local = all.substr(0, at);
  RunesView domain = all.substr(at + 1);
  if (!IsDotAtom(local) && !IsQuotedLocal(local)) return false;
  if (domain.ends_with(U'.')) domain.remove_suffix(1);
  const std::size_t dot = domain.rfind(U'.');
  return dot != RunesView::npos && IsLabels(domain.substr(0, dot)) &&
         IsTopDomain(domain.substr(dot + 1));
}

std::string_view EmailDomain(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

}  // namespace sluice::text
