// What becomes of a selected column: a copy of a collection's field, a number
// of a known function, or json (S-32, R-134, F-36). Tested by
// tests/engine/view_fields_test.cc against recorded answers.
#include "sluice/view_fields.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/view_fields_options.h"
#include "engine/view_fields_query.h"
#include "sluice/strings.h"

namespace sluice {
namespace {

bool IsNameChar(char c) {
  const char lower = LowerAscii(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// The names of `table.column` or `column`, without their quotes; nothing for
// any other expression. A text in single quotes is a text.
std::optional<std::vector<std::string>> ReadPath(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    if (text.empty()) return std::nullopt;
    std::size_t end = 0;
    if (IsSqlQuote(text.front()) && text.front() != '\'') {
      end = text.find(ClosingSqlQuote(text.front()), 1);
      if (end == std::string_view::npos) return std::nullopt;
      ++end;
    } else {
      if (text.front() >= '0' && text.front() <= '9') return std::nullopt;
      while (end < text.size() &&
             (IsNameChar(text[end]) || text[end] == '$' || (text[end] & 0x80) != 0))
        ++end;
    }
    if (end == 0) return std::nullopt;
    names.push_back(UnquoteSqlName(text.substr(0, end)));
    if (end == text.size()) return names;
    if (text[end] != '.') return std::nullopt;
    text.remove_prefix(end + 1);
  }
}

bool IsCall(std::string_view text, std::string_view name) {
  return text.size() > name.size() + 1 && EqualsIgnoreCase(text.substr(0, name.size()), name) &&
         text[name.size()] == '(' && text.back() == ')';
}

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsSqlSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The type of `cast(… as type)` when it is one word, in lower case.
std::string CastType(std::string_view text) {
  if (!IsCall(text, "cast")) return {};
  text = TrimEnd(text.substr(0, text.size() - 1));
  std::size_t begin = text.size();
  while (begin > 0 && IsNameChar(text[begin - 1])) --begin;
  const std::string type = LowerAscii(text.substr(begin));
  const std::string_view before = TrimEnd(text.substr(0, begin));
  const bool as = before.size() > 2 && before.size() < begin &&
                  EqualsIgnoreCase(before.substr(before.size() - 2), "as") &&
                  !IsNameChar(before[before.size() - 3]);
  return as ? type : std::string();
}

struct Cast {
  std::string_view type;
  FieldType field;
  bool only_int;
};
constexpr std::array<Cast, 8> kCasts = {{
    {"real", FieldType::kNumber, false},
    {"decimal", FieldType::kNumber, false},
    {"numeric", FieldType::kNumber, false},
    {"int", FieldType::kNumber, true},
    {"integer", FieldType::kNumber, true},
    {"text", FieldType::kText, false},
    {"bool", FieldType::kBool, false},
    {"boolean", FieldType::kBool, false},
}};

class FieldInferrer {
 public:
  FieldInferrer(const ViewQuery& query, const Schema& schema) {
    for (const ViewPart& table : query.tables) {
      const std::string name = UnquoteSqlName(table.text);
      const Collection* collection = schema.Find(name);
      if (&table == &query.tables.front()) first_ = collection;
      by_lower_alias_.try_emplace(
          LowerAscii(table.alias.empty() ? name : UnquoteSqlName(table.alias)), collection);
    }
  }

  Field Infer(const ViewPart& column) const {
    const std::optional<std::vector<std::string>> path = ReadPath(column.text);
    const Collection* collection = path ? CollectionOf(*path) : nullptr;
    const Field* source = collection == nullptr ? nullptr : FieldNamed(*collection, path->back());
    std::string name = !column.alias.empty() ? UnquoteSqlName(column.alias)
                       : source != nullptr   ? source->name
                       : path                ? path->back()
                                             : column.text;
    if (name == "id") return ViewIdField();
    if (source != nullptr && source->name == "id")
      return ViewRelationField(std::move(name), collection->id);
    if (source != nullptr) return Clone(*source, std::move(name));
    return Expression(column.text, std::move(name));
  }

 private:
  const Collection* CollectionOf(const std::vector<std::string>& path) const {
    if (path.size() == 1) return first_;
    if (path.size() > 2) return nullptr;
    const auto found = by_lower_alias_.find(LowerAscii(path[0]));
    return found == by_lower_alias_.end() ? nullptr : found->second;
  }

  static const Field* FieldNamed(const Collection& collection, std::string_view name) {
    if (const Field* field = collection.FindField(name)) return field;
    for (const Field& field : collection.fields) {
      if (EqualsIgnoreCase(field.name, name)) return &field;
    }
    return nullptr;
  }

  static Field Clone(const Field& source, std::string name) {
    Field field = source;
    field.view_affinity = source.affinity();
    field.options_json = WithIdAndName(source.options_json, "", name);
    field.id.clear();
    field.name = std::move(name);
    return field;
  }

  static Field Expression(std::string_view text, std::string name) {
    if (IsCall(text, "count")) return ViewNumberField(std::move(name), true, Affinity::kNone);
    if (IsCall(text, "total")) return ViewNumberField(std::move(name), false, Affinity::kNone);
    const std::string type = CastType(text);
    for (const Cast& cast : kCasts) {
      if (cast.type != type) continue;
      if (cast.field == FieldType::kNumber) {
        return ViewNumberField(std::move(name), cast.only_int, Affinity::kNumeric);
      }
      return cast.field == FieldType::kBool ? ViewBoolField(std::move(name))
                                            : ViewTextField(std::move(name));
    }
    return ViewJsonField(std::move(name));
  }

  StringMap<const Collection*> by_lower_alias_;
  const Collection* first_ = nullptr;
};

// What the peer says about a field's name (S-20), or nothing.
std::string_view NameMistake(std::string_view name) {
  constexpr std::array<std::string_view, 7> kReserved = {
      "null", "true", "false", "_rowid_", "collectionId", "collectionName", "expand"};
  if (name.empty()) return "cannot be blank";
  std::size_t characters = 0;
  bool words_only = true;
  for (char c : name) {
    if ((c & 0xC0) != 0x80) ++characters;
    words_only = words_only && IsNameChar(c);
  }
  if (characters > 100) return "the length must be between 1 and 100";
  if (!words_only) return "must be in a valid format";
  for (std::string_view reserved : kReserved) {
    if (name == reserved) return "must not be in list";
  }
  if (LowerAscii(name).find("_via_") != std::string::npos)
    return "the value cannot contain \"_via_\"";
  return {};
}

}  // namespace

StatusOr<std::vector<Field>> InferViewFields(std::string_view query, const Schema& schema) {
  SLUICE_ASSIGN_OR_RETURN(const ViewQuery parts, ReadViewQuery(NormalizeViewQuery(query)));
  const FieldInferrer inferrer(parts, schema);
  std::vector<Field> fields;
  for (const ViewPart& column : parts.columns) {
    const std::string& text = column.text;
    if (text == "*" || (text.size() > 2 && text.compare(text.size() - 2, 2, ".*") == 0)) {
      return absl::InvalidArgumentError(
          "wildcard columns (*) are not supported - manually type the collection field names you "
          "want the view query "
          "to have");
    }
    fields.push_back(inferrer.Infer(column));
  }
  return fields;
}

std::vector<std::string> TablesOfView(std::string_view query) {
  std::vector<std::string> names;
  const StatusOr<ViewQuery> parts = ReadViewQuery(NormalizeViewQuery(query));
  if (!parts.ok()) return names;
  for (const ViewPart& table : parts->tables) names.push_back(UnquoteSqlName(table.text));
  return names;
}

std::vector<Field> MatchViewColumns(std::vector<Field> fields,
                                    const std::vector<std::string>& columns) {
  StringMap<std::size_t> by_name;
  for (std::size_t i = 0; i < fields.size(); ++i) by_name.try_emplace(fields[i].name, i);
  std::vector<Field> matched;
  for (const std::string& column : columns) {
    const auto found = by_name.find(column);
    if (found != by_name.end()) {
      matched.push_back(fields[found->second]);
    } else {
      matched.push_back(column == "id" ? ViewIdField() : ViewJsonField(column));
    }
  }
  return matched;
}

Status CheckViewFields(const std::vector<Field>& fields) {
  bool has_id = false;
  for (const Field& field : fields) has_id = has_id || field.name == "id";
  if (!has_id) {
    return absl::InvalidArgumentError(
        "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have "
        "one)");
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view mistake = NameMistake(fields[i].name);
    if (mistake.empty()) continue;
    return absl::InvalidArgumentError("invalid field \"" + fields[i].name + "\" (" +
                                      std::to_string(i) + "): name: " + std::string(mistake) + ".");
  }
  return absl::OkStatus();
}

void SetFieldId(Field& field, std::string_view id) {
  field.id = std::string(id);
  field.options_json = WithIdAndName(field.options_json, id, field.name);
}

std::string NormalizeViewQuery(std::string_view query) {
  const auto is_end = [](char c) { return c == ';' || IsSqlSpace(c); };
  while (!query.empty() && is_end(query.front())) query.remove_prefix(1);
  while (!query.empty() && is_end(query.back())) query.remove_suffix(1);
  return std::string(query);
}

}  // namespace sluice
