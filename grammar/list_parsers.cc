// ParseSort, ParseFields and ParseExpand. Tested in tests/grammar/sort_test.cc,
// fields_test.cc and expand_test.cc.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "grammar/go_text.h"
#include "grammar/list_rules.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

namespace pegtl = tao::pegtl;

using Input = pegtl::memory_input<pegtl::tracking_mode::lazy, pegtl::eol::lf, const char*>;

Status Error(std::string_view code, Span span, std::string message, std::string_view hint = {}) {
  return MakeError(Diagnostic{std::string(code), span, std::move(message), std::string(hint)});
}

// Where `part`, a view into `text`, lies.
Span SpanOf(std::string_view part, std::string_view text) {
  const auto begin = static_cast<std::uint32_t>(part.data() - text.data());
  return {begin, begin + static_cast<std::uint32_t>(part.size())};
}

// ---- sort and expand: split at every comma

template <typename Rule>
struct ItemAction : pegtl::nothing<Rule> {};

template <>
struct ItemAction<rules::ListItem> {
  template <typename ActionInput>
  static void apply(const ActionInput& in, std::vector<std::string_view>& items) {
    items.emplace_back(in.begin(), in.size());
  }
};

std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> items;
  Input in(text.data(), text.data() + text.size(), "");
  pegtl::parse<rules::PlainList, ItemAction>(in, items);
  return items;
}

StatusOr<SortKey> ParseSortKey(std::string_view item, Span span, const ParseLimits& limits) {
  SortKey key;
  key.span = span;
  key.descending = !item.empty() && item.front() == '-';
  if (!item.empty() && (item.front() == '-' || item.front() == '+')) {
    item.remove_prefix(1);
  }
  if (item.size() > limits.sort_name_bytes_max) {
    return Error("sort_name_too_long", span, "max sort field length limit reached");
  }
  // A second sign, or a space after the first, begins no name (F-133).
  if (item.empty() || item.front() == '-' || item.front() == '+' ||
      TrimSpace(item).size() != item.size()) {
    return Error("invalid_sort_field", span, absl::StrCat("invalid sort field ", GoQuote(item)));
  }
  key.name = std::string(item);
  return key;
}

// ---- fields: brackets and quotes protect

// What the last piece was.
struct SplitState {
  bool separator = false;
  int bracket = 0;  // +1 for an opening, -1 for a closing bracket
};

template <typename Rule>
struct SplitAction : pegtl::nothing<Rule> {};
template <>
struct SplitAction<rules::FieldComma> {
  static void apply0(SplitState& state) { state.separator = true; }
};
template <>
struct SplitAction<rules::ModifierBreak> {
  static void apply0(SplitState& state) { state.separator = true; }
};
template <>
struct SplitAction<rules::FieldOpen> {
  static void apply0(SplitState& state) { state.bracket = 1; }
};
template <>
struct SplitAction<rules::FieldClose> {
  static void apply0(SplitState& state) { state.bracket = -1; }
};

// Splits `text` by the pieces of `Rule`; the tokens are trimmed, empty ones
// skipped. An open bracket or quote at the end is an error (F-147).
template <typename Rule>
StatusOr<std::vector<std::string_view>> SplitProtected(std::string_view text,
                                                       std::string_view source) {
  std::vector<std::string_view> tokens;
  Input in(text.data(), text.data() + text.size(), "");
  const char* token_begin = text.data();
  std::size_t open_brackets = 0;
  const auto end_token = [&](const char* end) {
    const auto token = TrimSpace(std::string_view(token_begin, end - token_begin));
    if (!token.empty()) {
      tokens.push_back(token);
    }
  };
  while (true) {
    const char* piece_begin = in.current();
    SplitState state;
    if (!pegtl::parse<Rule, SplitAction>(in, state)) {
      break;
    }
    open_brackets += state.bracket == 1 ? 1 : 0;
    open_brackets -= state.bracket == -1 && open_brackets > 0 ? 1 : 0;
    if (state.separator && open_brackets == 0) {
      end_token(piece_begin);
      token_begin = in.current();
    }
  }
  if (!in.empty() || open_brackets > 0) {
    const std::string_view token(token_begin, text.data() + text.size() - token_begin);
    return Error("unbalanced_fields", SpanOf(token, source),
                 absl::StrCat("unbalanced parenthesis or quoted expression: ", GoQuote(token)));
  }
  end_token(text.data() + text.size());
  return tokens;
}

// The `max` argument, 0 when it is not a number (F-155): a decimal fraction is
// cut off before Go's integer syntax applies.
std::int64_t ExcerptMax(std::string_view text) {
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::string_view fraction = text.substr(dot + 1);
    std::string_view whole = text.substr(0, dot);
    const std::string_view unsigned_whole =
        whole.substr(!whole.empty() && (whole[0] == '-' || whole[0] == '+') ? 1 : 0);
    if (!std::all_of(fraction.begin(), fraction.end(), is_digit) ||
        !std::all_of(unsigned_whole.begin(), unsigned_whole.end(), is_digit)) {
      return 0;
    }
    text = whole;
  }
  return ParseGoInteger(text).value_or(0);
}

StatusOr<Excerpt> ParseModifier(std::string_view raw, std::string_view source) {
  const Span span = SpanOf(raw, source);
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string_view> words,
                          SplitProtected<rules::ModifierPiece>(raw, source));
  if (words.empty()) {
    return Error("empty_modifier", span,
                 absl::StrCat("invalid or empty modifier expression ", GoQuote(raw)));
  }
  if (words[0] != "excerpt") {
    return Error("unknown_modifier", SpanOf(words[0], source),
                 absl::StrCat("missing or invalid modifier ", GoQuote(words[0])),
                 "the only modifier is excerpt(max, withEllipsis)");
  }
  if (words.size() == 1) {
    return Error("invalid_excerpt", span,
                 "max argument is required - expected (max, withEllipsis?)");
  }
  if (words.size() > 3) {
    return Error("invalid_excerpt", span, "too many arguments - expected (max, withEllipsis?)");
  }
  const Excerpt excerpt{ExcerptMax(words[1]), words.size() == 3 && IsGoTrue(words[2])};
  if (excerpt.max_chars <= 0) {
    return Error("invalid_excerpt", SpanOf(words[1], source), "max argument must be > 0");
  }
  return excerpt;
}

StatusOr<FieldPath> ParseFieldPath(std::string_view item, std::string_view source) {
  FieldPath field;
  field.span = SpanOf(item, source);
  const std::size_t colon = item.find(':');
  if (colon != std::string_view::npos) {
    SLUICE_ASSIGN_OR_RETURN(field.excerpt, ParseModifier(item.substr(colon + 1), source));
    field.has_excerpt = true;
  }
  field.path = std::string(item.substr(0, colon));
  if (!field.path.empty() && field.path.back() == '.') {
    field.path.pop_back();
  }
  RepairUtf8(&field.path);
  return field;
}

// ---- expand

std::string NormalizedPath(std::string_view item) {
  std::string path(item);
  path.erase(std::remove(path.begin(), path.end(), ' '), path.end());
  const std::size_t first = path.find_first_not_of('.');
  if (first == std::string::npos) {
    return {};
  }
  return path.substr(first, path.find_last_not_of('.') + 1 - first);
}

// True when a path of `sorted` goes on where `path` ends.
bool HasLonger(const std::vector<std::string>& sorted, const std::string& path) {
  const std::string prefix = path + ".";
  const auto next = std::lower_bound(sorted.begin(), sorted.end(), prefix);
  return next != sorted.end() && next->compare(0, prefix.size(), prefix) == 0;
}

std::vector<std::string> Segments(std::string_view path, std::size_t count_max) {
  std::vector<std::string> segments;
  while (segments.size() < count_max) {
    const std::size_t dot = path.find('.');
    segments.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) {
      break;
    }
    path.remove_prefix(dot + 1);
  }
  return segments;
}

}  // namespace

StatusOr<SortList> ParseSort(std::string_view text, const ParseLimits& limits) {
  SortList list;
  if (text.empty()) {
    return list;
  }
  const std::vector<std::string_view> items = SplitAtCommas(text);
  if (items.size() > limits.sort_keys_max) {
    return Error("too_many_sort_keys", SpanOf(items[limits.sort_keys_max], text),
                 "max sort expressions limit reached");
  }
  list.keys.reserve(items.size());
  for (const std::string_view item : items) {
    const std::string_view trimmed = TrimSpace(item);
    SLUICE_ASSIGN_OR_RETURN(SortKey key, ParseSortKey(trimmed, SpanOf(trimmed, text), limits));
    list.keys.push_back(std::move(key));
  }
  return list;
}

StatusOr<FieldList> ParseFields(std::string_view text) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string_view> items,
                          SplitProtected<rules::FieldPiece>(text, text));
  FieldList list;
  StringMap<std::size_t> positions;
  for (const std::string_view item : items) {
    SLUICE_ASSIGN_OR_RETURN(FieldPath field, ParseFieldPath(item, text));
    const auto [position, added] = positions.try_emplace(field.path, list.paths.size());
    if (added) {
      list.paths.push_back(std::move(field));
    } else {
      list.paths[position->second] = std::move(field);  // the last modifier wins (F-148)
    }
  }
  return list;
}

ExpandList ParseExpand(std::string_view text, const ParseLimits& limits) {
  std::vector<std::string> paths;
  for (const std::string_view item : SplitAtCommas(text)) {
    if (std::string path = NormalizedPath(item); !path.empty()) {
      paths.push_back(std::move(path));
    }
  }
  std::vector<std::string> sorted = paths;
  std::sort(sorted.begin(), sorted.end());
  ExpandList list;
  absl::flat_hash_set<std::string> seen;
  for (const std::string& path : paths) {
    if (!HasLonger(sorted, path) && seen.insert(path).second) {
      list.paths.push_back(Segments(path, limits.expand_segments_max));
    }
  }
  return list;
}

}  // namespace sluice
