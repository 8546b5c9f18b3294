// The reading of CREATE INDEX texts (S-36): a cursor over the statement, and
// one over the text of each column, which is read from its end.
// Tested by tests/sqlgen/table_ddl_test.cc.
#include "sluice/index_text.h"

#include <utility>

#include "sluice/schema.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsQuote(char c) { return c == '`' || c == '"' || c == '\'' || c == '['; }
char ClosingQuote(char open) { return open == '[' ? ']' : open; }

bool IsNameChar(char c) {
  const char lower = LowerAscii(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (c & 0x80) != 0;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Without the quotes when they are around the whole of it.
std::string_view Unquoted(std::string_view text) {
  if (text.size() < 2 || !IsQuote(text.front())) return text;
  return text.find(ClosingQuote(text.front()), 1) == text.size() - 1
             ? text.substr(1, text.size() - 2)
             : text;
}

// Cuts the last word off, a name in quotes as one; empty where there is none or
// nothing is in front of it.
std::string_view TakeLastWord(std::string_view& text) {
  std::size_t begin = text.size();
  if (begin > 2 && (text.back() == ']' || (IsQuote(text.back()) && text.back() != '['))) {
    begin = text.rfind(text.back() == ']' ? '[' : text.back(), begin - 2);
    if (begin == std::string_view::npos) return {};
  } else {
    while (begin > 0 && IsNameChar(text[begin - 1])) --begin;
  }
  if (begin == 0 || begin == text.size()) return {};
  const std::string_view word = text.substr(begin);
  text = Trim(text.substr(0, begin));
  return word;
}

// `name [COLLATE x] [ASC|DESC]`, or an expression with the same behind it.
std::optional<IndexColumn> ReadColumn(std::string_view text) {
  IndexColumn column;
  text = Trim(text);
  std::string_view rest = text;
  const std::string_view sort = TakeLastWord(rest);
  if (EqualsIgnoreCase(sort, "asc") || EqualsIgnoreCase(sort, "desc")) {
    column.sort = EqualsIgnoreCase(sort, "asc") ? "ASC" : "DESC";
    text = rest;
  }
  rest = text;
  const std::string_view collation = TakeLastWord(rest);
  if (!collation.empty() && EqualsIgnoreCase(TakeLastWord(rest), "collate")) {
    column.collation = std::string(Unquoted(collation));
    text = rest;
  }
  column.name = std::string(Unquoted(text));
  if (column.name.empty()) return std::nullopt;
  return column;
}

class IndexReader {
 public:
  explicit IndexReader(std::string_view text) : text_(text) {}

  std::optional<IndexText> Read() {
    IndexText index;
    if (!Word("create")) return std::nullopt;
    index.unique = Word("unique");
    if (!Word("index")) return std::nullopt;
    index.if_not_exists = Word("if");
    if (index.if_not_exists && !(Word("not") && Word("exists"))) return std::nullopt;
    if (!Name(index.name)) return std::nullopt;
    if (Symbol('.')) {
      index.schema = std::move(index.name);
      if (!Name(index.name)) return std::nullopt;
    }
    if (!Word("on") || !Name(index.table) || !Symbol('(') || !Columns(index.columns))
      return std::nullopt;
    if (Word("where")) index.where = std::string(Trim(text_.substr(at_)));
    return index;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  bool Word(std::string_view word) {
    SkipSpace();
    if (!EqualsIgnoreCase(text_.substr(at_, word.size()), word)) return false;
    if (at_ + word.size() < text_.size() && IsNameChar(text_[at_ + word.size()])) return false;
    at_ += word.size();
    return true;
  }

  bool Symbol(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool Name(std::string& out) {
    SkipSpace();
    if (at_ >= text_.size()) return false;
    if (IsQuote(text_[at_])) {
      const std::size_t end = text_.find(ClosingQuote(text_[at_]), at_ + 1);
      if (end == std::string_view::npos) return false;
      out = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return !out.empty();
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
    out = std::string(text_.substr(begin, at_ - begin));
    return !out.empty();
  }

  // Reads up to the parenthesis that closes the column list.
  bool Columns(std::vector<IndexColumn>& columns) {
    std::size_t begin = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (IsQuote(c)) {
        const std::size_t end = text_.find(ClosingQuote(c), at_ + 1);
        if (end == std::string_view::npos) return false;
        at_ = end;
      } else if (c == '(') {
        ++depth;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        std::optional<IndexColumn> column = ReadColumn(text_.substr(begin, at_ - begin));
        if (!column) return false;
        columns.push_back(*std::move(column));
        begin = at_ + 1;
        if (c == ')') {
          ++at_;
          return true;
        }
      } else if (c == ')') {
        --depth;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<IndexText> ParseIndexText(std::string_view sql) { return IndexReader(sql).Read(); }

std::optional<Index> ParseIndex(std::string_view sql) {
  std::optional<IndexText> text = ParseIndexText(sql);
  if (!text) return std::nullopt;
  Index index;
  index.name = std::move(text->name);
  index.unique = text->unique;
  for (IndexColumn& column : text->columns) {
    index.columns.push_back(std::move(column.name));
    index.descending.push_back(column.sort == "DESC");
  }
  index.where = std::move(text->where);
  index.sql = std::string(sql);
  return index;
}

}  // namespace sluice
