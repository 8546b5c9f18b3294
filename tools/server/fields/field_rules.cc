// Tested by tests/server/fields_rules_test.cc.
#include "tools/server/fields/field_rules.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "sluice/thread_owned.h"
#include "tools/server/http/json_text.h"
#include "tools/server/records/date_text.h"

namespace sluice::fields {
namespace {

namespace bj = boost::json;

constexpr std::string_view kDefaultIdPattern = "^[a-z0-9]+$";
constexpr std::int64_t kTextMax = 5000;
constexpr std::int64_t kPasswordMax = 71;
constexpr std::int64_t kJsonBytesMax = 1 << 20;
constexpr std::int64_t kOtherBytesMax = 5 << 20;
constexpr int kPasswordCost = 10;

// The object of a field; what is missing or of another type is the zero value.
class OptionReader {
 public:
  explicit OptionReader(std::string_view text) {
    StatusOr<bj::value> value = http::ParseJson(text, http::JsonTail::kMustBeBlank);
    if (value.ok() && value->is_object()) object_ = std::move(value->get_object());
  }

  bool Bool(std::string_view key) const {
    const bj::value* value = Find(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  std::optional<double> Number(std::string_view key) const {
    const bj::value* value = Find(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  }
  std::int64_t Integer(std::string_view key) const {
    constexpr double kMax = 9e15;  // Options end at 2^53 - 1 (S-20).
    return static_cast<std::int64_t>(std::clamp(Number(key).value_or(0), -kMax, kMax));
  }
  // `otherwise` where the option is not set, which zero means.
  std::int64_t Integer(std::string_view key, std::int64_t otherwise) const {
    const std::int64_t value = Integer(key);
    return value == 0 ? otherwise : value;
  }
  std::string Text(std::string_view key) const {
    const bj::value* value = Find(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  }
  std::vector<std::string> Texts(std::string_view key) const {
    std::vector<std::string> texts;
    const bj::value* value = Find(key);
    if (value == nullptr || !value->is_array()) return texts;
    for (const bj::value& item : value->get_array()) {
      if (item.is_string()) texts.emplace_back(item.get_string());
    }
    return texts;
  }
  std::string Date(std::string_view key) const {
    std::string date;
    records::NormalizeDate(Text(key), date);
    return date;
  }
  std::optional<text::Pattern> Pattern(std::string_view key) const {
    const std::string text = Text(key);
    if (text.empty()) return std::nullopt;
    StatusOr<text::Pattern> pattern = text::Pattern::Parse(text);
    if (!pattern.ok()) return std::nullopt;
    return *std::move(pattern);
  }

 private:
  const bj::value* Find(std::string_view key) const {
    return object_.if_contains({key.data(), key.size()});
  }

  bj::object object_;
};

void ReadPattern(const OptionReader& reader, FieldOptions& options) {
  const std::string text = reader.Text("pattern");
  options.has_pattern = !text.empty();
  options.default_id_pattern = text.empty() || text == kDefaultIdPattern;
  options.pattern = reader.Pattern("pattern");
}

}  // namespace

bool FieldOptions::MatchesPattern(std::string_view text) const {
  if (!has_pattern) return true;
  if (default_id_pattern) {
    // What nearly every id is checked against, without the general machine.
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
  }
  return pattern && pattern->Matches(text);
}

FieldOptions ReadOptions(const Field& field) {
  const OptionReader reader(field.options_json);
  FieldOptions options;
  options.required = reader.Bool("required");
  switch (field.type) {
    case FieldType::kText:
      options.min = reader.Integer("min");
      options.max = reader.Integer("max", kTextMax);
      ReadPattern(reader, options);
      options.generator = reader.Pattern("autogeneratePattern");
      break;
    case FieldType::kPassword:
      options.min = reader.Integer("min");
      options.max = reader.Integer("max", kPasswordMax);
      ReadPattern(reader, options);
      options.cost = static_cast<int>(reader.Integer("cost", kPasswordCost));
      break;
    case FieldType::kNumber:
      options.number_min = reader.Number("min");
      options.number_max = reader.Number("max");
      options.only_int = reader.Bool("onlyInt");
      break;
    case FieldType::kEmail:
    case FieldType::kUrl:
      options.only_domains = reader.Texts("onlyDomains");
      options.except_domains = reader.Texts("exceptDomains");
      break;
    case FieldType::kDate:
      options.date_min = reader.Date("min");
      options.date_max = reader.Date("max");
      break;
    case FieldType::kEditor:
      options.max_size = reader.Integer("maxSize", kOtherBytesMax);
      break;
    case FieldType::kJson:
      options.max_size = reader.Integer("maxSize", kJsonBytesMax);
      break;
    case FieldType::kSelect:
      options.values = reader.Texts("values");
      break;
    case FieldType::kRelation:
      options.min_select = reader.Integer("minSelect");
      break;
    case FieldType::kFile:
      options.max_size = reader.Integer("maxSize", kOtherBytesMax);
      options.mime_types = reader.Texts("mimeTypes");
      break;
    case FieldType::kBool:
    case FieldType::kAutodate:
    case FieldType::kGeoPoint:
      break;
  }
  options.max_select = std::max<std::int64_t>(field.max_select, 1);
  return options;
}

FieldRules::FieldRules(const Collection& collection) : by_name_(collection.fields.size()) {
  for (const Field& field : collection.fields) {
    sources_.push_back({field.name, field.type, field.max_select, field.options_json});
    options_.push_back(ReadOptions(field));
  }
  std::iota(by_name_.begin(), by_name_.end(), 0);
  std::sort(by_name_.begin(), by_name_.end(),
            [this](std::size_t a, std::size_t b) { return sources_[a].name < sources_[b].name; });
}

bool FieldRules::IsOf(const Collection& collection) const {
  return std::equal(sources_.begin(), sources_.end(), collection.fields.begin(),
                    collection.fields.end(), [](const Source& source, const Field& field) {
                      return source.name == field.name && source.type == field.type &&
                             source.max_select == field.max_select &&
                             source.options_json == field.options_json;
                    });
}

std::shared_ptr<const FieldRules> FieldRules::Of(const Collection& collection) {
  constexpr std::size_t kKeptMax = 1000;
  struct Kept {
    absl::flat_hash_map<const Collection*, std::shared_ptr<const FieldRules>> rules;
  };
  auto& kept = ThreadOwned<Kept>().rules;
  const auto found = kept.find(&collection);
  if (found != kept.end() && found->second->IsOf(collection)) return found->second;
  // Collections that are gone leave theirs behind.
  if (kept.size() >= kKeptMax) kept.clear();
  return kept[&collection] = std::make_shared<const FieldRules>(collection);
}

}  // namespace sluice::fields
