// Collections, fields and the reading of CREATE INDEX texts (S-36).
// Tested by tests/engine/schema_test.cc.
#include "sluice/schema.h"

#include <array>
#include <cctype>

namespace sluice {
namespace {

struct TypeName {
  FieldType type;
  std::string_view name;
};
constexpr std::array<TypeName, 14> kTypeNames = {{
    {FieldType::kText, "text"},         {FieldType::kNumber, "number"},
    {FieldType::kBool, "bool"},         {FieldType::kEmail, "email"},
    {FieldType::kUrl, "url"},           {FieldType::kEditor, "editor"},
    {FieldType::kDate, "date"},         {FieldType::kAutodate, "autodate"},
    {FieldType::kSelect, "select"},     {FieldType::kJson, "json"},
    {FieldType::kRelation, "relation"}, {FieldType::kFile, "file"},
    {FieldType::kGeoPoint, "geoPoint"}, {FieldType::kPassword, "password"},
}};

// A cursor over a CREATE INDEX text.
class IndexReader {
 public:
  explicit IndexReader(std::string_view text) : text_(text) {}

  std::optional<Index> Read() {
    Index index;
    index.sql = std::string(text_);
    if (!Word("create")) return std::nullopt;
    index.unique = Word("unique");
    if (!Word("index")) return std::nullopt;
    if (Word("if") && !(Word("not") && Word("exists"))) return std::nullopt;
    if (!Name(index.name)) return std::nullopt;
    if (Symbol('.') && !Name(index.name)) return std::nullopt;
    std::string table;
    if (!Word("on") || !Name(table) || !Symbol('(')) return std::nullopt;
    if (!Columns(index)) return std::nullopt;
    if (Word("where")) index.where = std::string(Trim(text_.substr(at_)));
    return index;
  }

 private:
  static std::string_view Trim(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
  }

  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  static bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

  bool Word(std::string_view word) {
    SkipSpace();
    if (!EqualsIgnoreCase(text_.substr(at_, word.size()), word)) return false;
    if (at_ + word.size() < text_.size() && IsWordChar(text_[at_ + word.size()])) return false;
    at_ += word.size();
    return true;
  }

  bool Symbol(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  static char ClosingQuote(char open) { return open == '[' ? ']' : open; }
  static bool IsQuote(char c) { return c == '`' || c == '"' || c == '\'' || c == '['; }

  bool Name(std::string& out) {
    SkipSpace();
    if (at_ >= text_.size()) return false;
    out.clear();
    if (IsQuote(text_[at_])) {
      const std::size_t end = text_.find(ClosingQuote(text_[at_]), at_ + 1);
      if (end == std::string_view::npos) return false;
      out = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return !out.empty();
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsWordChar(text_[at_])) ++at_;
    out = std::string(text_.substr(begin, at_ - begin));
    return !out.empty();
  }

  // Reads up to the parenthesis that closes the column list.
  bool Columns(Index& index) {
    std::size_t begin = at_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (IsQuote(c)) {
        const std::size_t end = text_.find(ClosingQuote(c), at_ + 1);
        if (end == std::string_view::npos) return false;
        at_ = end;
      } else if (c == '(') {
        ++depth;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        if (!Column(index, Trim(text_.substr(begin, at_ - begin)))) return false;
        begin = at_ + 1;
        if (c == ')') return ++at_, true;
      } else if (c == ')') {
        --depth;
      }
    }
    return false;
  }

  // One indexed column: `name [COLLATE x] [ASC|DESC]`, or an expression.
  static bool Column(Index& index, std::string_view text) {
    if (text.empty()) return false;
    bool descending = false;
    for (std::string_view suffix : {std::string_view(" desc"), std::string_view(" asc")}) {
      if (text.size() > suffix.size() && EqualsIgnoreCase(text.substr(text.size() - suffix.size()), suffix)) {
        descending = suffix == " desc";
        text = Trim(text.substr(0, text.size() - suffix.size()));
      }
    }
    IndexReader reader(text);
    std::string name;
    if (reader.Name(name)) {
      std::string collation;
      if (reader.Word("collate")) reader.Name(collation);
      reader.SkipSpace();
      if (reader.at_ < text.size()) name = std::string(text);
    } else {
      name = std::string(text);
    }
    index.columns.push_back(std::move(name));
    index.descending.push_back(descending);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view ToText(FieldType type) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  return "";
}

std::optional<FieldType> ParseFieldType(std::string_view name) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.name == name) return entry.type;
  }
  return std::nullopt;
}

Affinity Field::affinity() const {
  if (view_affinity) return *view_affinity;
  if (multiple()) return Affinity::kNumeric;
  switch (type) {
    case FieldType::kNumber:
    case FieldType::kBool:
    case FieldType::kJson:
    case FieldType::kGeoPoint:
      return Affinity::kNumeric;
    case FieldType::kText:
    case FieldType::kEmail:
    case FieldType::kUrl:
    case FieldType::kEditor:
    case FieldType::kDate:
    case FieldType::kAutodate:
    case FieldType::kSelect:
    case FieldType::kRelation:
    case FieldType::kFile:
    case FieldType::kPassword:
      return Affinity::kText;
  }
  return Affinity::kText;
}

const Field* Collection::FindField(std::string_view field_name) const {
  for (const Field& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

const Field* Collection::FindFieldById(std::string_view field_id) const {
  for (const Field& field : fields) {
    if (field.id == field_id) return &field;
  }
  return nullptr;
}

bool Collection::HasUniqueIndexOn(std::string_view column) const {
  for (const Index& index : indexes) {
    if (index.unique && index.columns.size() == 1 && EqualsIgnoreCase(index.columns[0], column)) return true;
  }
  return false;
}

Schema::Schema(std::vector<std::shared_ptr<const Collection>> collections) : collections_(std::move(collections)) {
  for (const auto& collection : collections_) {
    by_id_.try_emplace(collection->id, collection.get());
    by_lower_name_.try_emplace(LowerAscii(collection->name), collection.get());
  }
}

const Collection* Schema::Find(std::string_view id_or_name) const {
  if (const Collection* collection = FindById(id_or_name)) return collection;
  const auto found = by_lower_name_.find(LowerAscii(id_or_name));
  return found == by_lower_name_.end() ? nullptr : found->second;
}

const Collection* Schema::FindById(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::optional<Index> ParseIndex(std::string_view sql) { return IndexReader(sql).Read(); }

}  // namespace sluice
