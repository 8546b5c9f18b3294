// Tested by tests/server/fields_apply_test.cc.
#include "tools/server/fields/casts.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "sluice/strings.h"
#include "tools/server/fields/apply.h"
#include "tools/server/http/json_escape.h"
#include "tools/server/records/date_text.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/json_walk.h"
#include "tools/server/records/number_text.h"
#include "tools/server/records/quoted_text.h"

namespace sluice::fields {
namespace {

using Kind = JsonValue::Kind;

bool IsContainer(const JsonValue& value) {
  return value.kind == Kind::kArray || value.kind == Kind::kObject;
}

std::vector<std::string> ListOfText(std::string_view text) {
  records::ValueList list;
  list.Assign(text);
  std::vector<std::string> texts;
  texts.reserve(list.values().size());
  for (const std::string_view value : list.values()) texts.emplace_back(value);
  return texts;
}

// The members of a point. Everything else is passed over: a member of another
// type leaves its coordinate as it is.
class PointMembers : public records::JsonHandler {
 public:
  explicit PointMembers(records::GeoPoint& point) : point_(point) {}

  void BeginObject() { Begin(true); }
  void EndObject() { End(); }
  void BeginArray() { Begin(false); }
  void EndArray() { End(); }
  void Key(const records::JsonString& key) {
    if (depth_ == 1) target_ = Target(key);
  }
  void Number(std::string_view spelling) {
    if (depth_ != 1 || !object_ || target_ == nullptr) return;
    *target_ = records::ParseNumberText(spelling).value_or(*target_);
  }

 private:
  void Begin(bool object) {
    if (depth_ == 0) object_ = object;
    ++depth_;
  }
  void End() { --depth_; }

  double* Target(const records::JsonString& key) {
    std::string name;
    records::AppendDecodedString(name, key.raw);
    if (EqualsIgnoreCase(name, "lon")) return &point_.lon;
    return EqualsIgnoreCase(name, "lat") ? &point_.lat : nullptr;
  }

  records::GeoPoint& point_;
  double* target_ = nullptr;
  bool object_ = false;
  std::size_t depth_ = 0;
};

records::GeoPoint PointOfText(std::string_view text) {
  records::GeoPoint point;
  PointMembers members(point);
  return records::WalkJson(text, members) ? point : records::GeoPoint();
}

}  // namespace

std::string TextOf(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kString:
      return value.string;
    case Kind::kBool:
      return value.boolean ? "true" : "false";
    case Kind::kNumber: {
      std::string text;
      (void)http::AppendPlainNumber(text, value.number);  // Bodies hold finite numbers only.
      return text;
    }
    case Kind::kNull:
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  return {};
}

double NumberOf(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kNumber:
      return value.number;
    case Kind::kBool:
      return value.boolean ? 1 : 0;
    case Kind::kString:
      return records::ParseNumberText(value.string).value_or(0);
    case Kind::kNull:
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  return 0;
}

bool BoolOf(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean;
    case Kind::kNumber:
      return value.number != 0;
    case Kind::kString:
      return records::ParseBoolText(value.string);
    case Kind::kNull:
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  return false;
}

std::vector<std::string> ListOf(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kString:
      return ListOfText(value.string);
    case Kind::kBool:
    case Kind::kNumber:
      return {TextOf(value)};
    case Kind::kArray: {
      if (std::any_of(value.items.begin(), value.items.end(), IsContainer)) return {};
      std::vector<std::string> texts;
      texts.reserve(value.items.size());
      for (const JsonValue& item : value.items) texts.push_back(TextOf(item));
      MakeDistinct(texts);
      return texts;
    }
    case Kind::kNull:
    case Kind::kObject:
      break;
  }
  return {};
}

std::vector<std::string> FileNamesOf(const JsonValue& value) {
  std::vector<std::string> names;
  const auto add = [&names](std::vector<std::string> texts) {
    if (texts.size() == 1) names.push_back(std::move(texts.front()));
  };
  if (value.kind == Kind::kArray) {
    for (const JsonValue& item : value.items) add(ListOf(item));
  } else {
    for (const std::string& text : ListOf(value)) add(ListOfText(text));
  }
  MakeDistinct(names);
  return names;
}

std::string DateOf(const JsonValue& value) {
  std::string date;
  // No number and no word is a date.
  if (value.kind == Kind::kString) records::NormalizeDate(value.string, date);
  return date;
}

std::string JsonTextOf(const JsonValue& value) {
  return value.kind == Kind::kString ? JsonTextOfText(value.string) : ToJsonText(value);
}

std::string JsonTextOfText(std::string_view text) {
  if (text == "null" || text == "true" || text == "false") return std::string(text);
  const char first = text.empty() ? '\0' : text[0];
  const bool starts_like_json = (first >= '0' && first <= '9') || first == '-' || first == '"' ||
                                first == '[' || first == '{';
  if (starts_like_json && records::IsValidJson(text)) return std::string(text);
  std::string quoted;
  records::AppendGoLiteral(quoted, text);
  return quoted;
}

records::GeoPoint PointOf(const JsonValue& value) {
  if (value.kind == Kind::kString) return PointOfText(value.string);
  // By way of its text: of keys that differ in case only, the order decides.
  if (value.kind == Kind::kObject) return PointOfText(ToJsonText(value));
  return {};
}

void MakeDistinct(std::vector<std::string>& texts) {
  constexpr std::size_t kFew = 16;
  std::size_t kept = 0;
  absl::flat_hash_set<std::string, StringHash, std::equal_to<>> seen;
  for (std::string& text : texts) {
    const auto end = texts.begin() + static_cast<std::ptrdiff_t>(kept);
    const bool repeated = texts.size() <= kFew ? std::find(texts.begin(), end, text) != end
                                               : !seen.insert(text).second;
    if (text.empty() || repeated) continue;
    if (&texts[kept] != &text) texts[kept] = std::move(text);
    ++kept;
  }
  texts.resize(kept);
}

}  // namespace sluice::fields
