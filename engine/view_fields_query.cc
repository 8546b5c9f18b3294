// The splitting of a view's query. Comments go first; then words are cut at
// blanks and commas outside of parentheses and quotes, and a few key words say
// what the following words are. No recursion, every character is looked at a
// fixed number of times. Tested by tests/engine/view_fields_test.cc.
#include "engine/view_fields_query.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/strings.h"

namespace sluice {
namespace {

Status Mistake(const std::string& text) { return absl::InvalidArgumentError(text); }

// The position behind the quoted text that begins at `at`, or npos.
std::size_t SkipQuoted(std::string_view text, std::size_t at) {
  const std::size_t end = text.find(ClosingSqlQuote(text[at]), at + 1);
  return end == std::string_view::npos ? end : end + 1;
}

// A semicolon outside of quotes and comments is a second statement.
StatusOr<std::string> WithoutComments(std::string_view query) {
  std::string out;
  out.reserve(query.size());
  std::size_t at = 0;
  while (at < query.size()) {
    const std::string_view two = query.substr(at, 2);
    if (two == "--" || two == "/*") {
      const std::size_t end = two == "--" ? query.find('\n', at) : query.find("*/", at + 2);
      at = end == std::string_view::npos ? query.size() : end + (two == "--" ? 1 : 2);
      out += ' ';
    } else if (IsSqlQuote(query[at])) {
      const std::size_t end = std::min(SkipQuoted(query, at), query.size());
      out += query.substr(at, end - at);
      at = end;
    } else if (query[at] == ';') {
      return Mistake("multiple statements are not supported");
    } else {
      out += query[at++];
    }
  }
  return out;
}

// Between double quotes, with what is special in a text escaped.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <std::size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [word](std::string_view w) { return EqualsIgnoreCase(w, word); });
}

constexpr std::array<std::string_view, 8> kJoinWords = {"join", "left",  "right",   "inner",
                                                        "full", "outer", "natural", "cross"};
constexpr std::array<std::string_view, 6> kEndWords = {"where", "group", "having",
                                                       "order", "limit", "window"};
// Words that need no blank before a parenthesis or a quote.
constexpr std::array<std::string_view, 8> kLooseWords = {"select", "distinct", "all",   "from",
                                                         "join",   "on",       "using", "where"};

using Words = std::vector<std::string_view>;

class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : text_(text) {}

  StatusOr<ViewQuery> Read() {
    while (at_ < text_.size()) {
      if (IsSqlSpace(text_[at_])) {
        ++at_;
      } else if (text_[at_] == ',') {
        ++at_;
        Comma();
      } else {
        SLUICE_ASSIGN_OR_RETURN(const std::string_view word, NextWord());
        Take(word);
      }
    }
    ViewQuery query;
    SLUICE_ASSIGN_OR_RETURN(query.columns, ReadParts(columns_));
    SLUICE_ASSIGN_OR_RETURN(query.tables, ReadParts(tables_));
    if (has_first_) {
      columns_.resize(first_columns_);
      columns_.back().resize(first_words_);
      SLUICE_ASSIGN_OR_RETURN(query.columns, ReadParts(columns_));
    }
    return query;
  }

 private:
  enum class Place { kBefore, kColumns, kTables, kJoinCondition, kRest };

  StatusOr<std::string_view> NextWord() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (depth == 0 && (IsSqlSpace(c) || c == ',')) break;
      const bool loose = depth == 0 && (c == '(' || IsSqlQuote(c)) && at_ - begin <= 8;
      if (loose && IsOneOf(text_.substr(begin, at_ - begin), kLooseWords)) break;
      if (IsSqlQuote(c)) {
        at_ = SkipQuoted(text_, at_);
        if (at_ == std::string_view::npos) return Unbalanced(begin);
        continue;
      }
      if (c == ')' && depth == 0) return Unbalanced(begin);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      ++at_;
    }
    if (depth > 0) return Unbalanced(begin);
    return text_.substr(begin, at_ - begin);
  }

  Status Unbalanced(std::size_t begin) const {
    return Mistake("unbalanced parenthesis or quoted expression: " + Quoted(text_.substr(begin)));
  }

  static void NextPart(std::vector<Words>& parts) { parts.emplace_back(); }

  void Comma() {
    if (place_ == Place::kColumns) NextPart(columns_);
    if (place_ == Place::kTables || place_ == Place::kJoinCondition) NextTable();
    after_select_ = false;
  }

  void NextTable() {
    NextPart(tables_);
    place_ = Place::kTables;
  }

  // The words of a second SELECT continue the parts of the first, which is why
  // most compound queries are refused: `posts union users` is no table.
  void Select() {
    if (!columns_.empty() && !has_first_) {
      has_first_ = true;
      first_columns_ = columns_.size();
      first_words_ = columns_.back().size();
    }
    place_ = Place::kColumns;
    after_select_ = true;
  }

  void Take(std::string_view word) {
    if (EqualsIgnoreCase(word, "select")) return Select();
    const bool in_tables = place_ == Place::kTables || place_ == Place::kJoinCondition;
    if (place_ == Place::kColumns && after_select_ &&
        (EqualsIgnoreCase(word, "distinct") || EqualsIgnoreCase(word, "all"))) {
      return;
    }
    after_select_ = false;
    if (place_ == Place::kColumns && EqualsIgnoreCase(word, "from")) {
      place_ = Place::kTables;
    } else if (in_tables && IsOneOf(word, kJoinWords)) {
      NextTable();
    } else if (in_tables && (EqualsIgnoreCase(word, "on") || EqualsIgnoreCase(word, "using"))) {
      place_ = Place::kJoinCondition;
    } else if ((in_tables && IsOneOf(word, kEndWords)) ||
               (place_ == Place::kColumns && IsOneOf(word, kEndWords) &&
                !EqualsIgnoreCase(word, "window"))) {
      place_ = Place::kRest;
    } else if (place_ == Place::kColumns) {
      if (columns_.empty()) NextPart(columns_);
      columns_.back().push_back(word);
    } else if (place_ == Place::kTables) {
      if (tables_.empty()) NextPart(tables_);
      tables_.back().push_back(word);
    }
  }

  static StatusOr<std::vector<ViewPart>> ReadParts(const std::vector<Words>& all) {
    std::vector<ViewPart> parts;
    for (const Words& words : all) {
      if (words.empty()) continue;
      if (words.size() > 3) {
        std::string list;
        for (std::string_view word : words) {
          if (!list.empty()) list += ' ';
          list += word;
        }
        return Mistake("invalid identifier parts [" + list + "]");
      }
      if (words.size() == 3 && !EqualsIgnoreCase(words[1], "as")) {
        return Mistake("invalid identifier part - expected \"as\", got " + std::string(words[1]));
      }
      parts.push_back(
          {std::string(words[0]), words.size() == 1 ? std::string() : std::string(words.back())});
    }
    return parts;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_ = Place::kBefore;
  bool after_select_ = false;
  std::vector<Words> columns_;
  std::vector<Words> tables_;
  bool has_first_ = false;  // there is a second SELECT
  std::size_t first_columns_ = 0;
  std::size_t first_words_ = 0;
};

}  // namespace

bool IsSqlSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsSqlQuote(char c) { return c == '\'' || c == '"' || c == '`' || c == '['; }
char ClosingSqlQuote(char open) { return open == '[' ? ']' : open; }

std::string UnquoteSqlName(std::string_view name) {
  if (name.size() < 2 || !IsSqlQuote(name.front()) ||
      name.back() != ClosingSqlQuote(name.front())) {
    return std::string(name);
  }
  const char quote = name.back();
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    out += name[i];
    if (name[i] == quote && i + 2 < name.size() && name[i + 1] == quote) ++i;
  }
  return out;
}

StatusOr<ViewQuery> ReadViewQuery(std::string_view query) {
  SLUICE_ASSIGN_OR_RETURN(const std::string text, WithoutComments(query));
  return QueryReader(text).Read();
}

}  // namespace sluice
