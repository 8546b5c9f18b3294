// The options of one field, by type (S-20, S-51).
#include <algorithm>
#include <cmath>
#include <random>

#include "tools/server/collections/host_name.h"
#include "tools/server/collections/validate.h"
#include "tools/server/json/json_text.h"
#include "tools/server/text/pattern.h"

namespace sluice::collections {
namespace {

namespace bj = boost::json;
using text::Pattern;

constexpr std::int64_t kSafeIntegerMax = (std::int64_t{1} << 53) - 1;

std::int64_t Characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::vector<std::string> Texts(const bj::object& field, std::string_view key) {
  std::vector<std::string> texts;
  const bj::value* value = field.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_array()) return texts;
  for (const bj::value& item : value->get_array()) texts.emplace_back(item.get_string());
  return texts;
}

class FieldValidator {
 public:
  FieldValidator(const Candidate& candidate, std::size_t position)
      : candidate_(candidate), field_(candidate.draft.fields[position]), id_(Text(field_, "id")) {}

  FieldErrors Run() {
    Common();
    switch (ParseFieldType(Text(field_, "type")).value_or(FieldType::kText)) {
      case FieldType::kText:
        TextField();
        break;
      case FieldType::kNumber:
        NumberField();
        break;
      case FieldType::kEmail:
      case FieldType::kUrl:
        DomainsField();
        break;
      case FieldType::kEditor:
      case FieldType::kJson:
        Between("maxSize", 0, kSafeIntegerMax);
        break;
      case FieldType::kAutodate:
        AutodateField();
        break;
      case FieldType::kSelect:
        if (Texts(field_, "values").empty()) {
          Add("values", Required());
        } else {
          Between("maxSelect", 0, static_cast<std::int64_t>(Texts(field_, "values").size()));
        }
        break;
      case FieldType::kRelation:
        RelationField();
        break;
      case FieldType::kFile:
        FileField();
        break;
      case FieldType::kPassword:
        PasswordField();
        break;
      case FieldType::kBool:
      case FieldType::kDate:
      case FieldType::kGeoPoint:
        break;
    }
    return std::move(errors_);
  }

 private:
  void Add(std::string_view key, Mistake mistake) { errors_.Add({key}, std::move(mistake)); }
  std::int64_t Int(std::string_view key) const { return Integer(field_, key); }

  // Zero stands for no value and always passes.
  void Between(std::string_view key, std::int64_t min, std::int64_t max) {
    const std::int64_t value = Int(key);
    if (value == 0) return;
    if (value < min) return Add(key, TooSmall(min));
    if (value > max) Add(key, TooLarge(max));
  }

  const bj::object* Before() const {
    if (candidate_.before == nullptr) return nullptr;
    for (const bj::object& field : candidate_.before->fields) {
      if (Text(field, "id") == id_) return &field;
    }
    return nullptr;
  }

  void Common() {
    if (id_.empty()) Add("id", Required());
    if (Characters(id_) > 100) Add("id", LengthOutOfRange(1, 100));
    Name();
    if (Characters(Text(field_, "help")) > 300) Add("help", LengthOutOfRange(1, 300));
  }

  void Name() {
    static constexpr std::string_view kReserved[] = {
        "null", "true", "false", "_rowid_", "collectionId", "collectionName", "expand"};
    const std::string name = Text(field_, "name");
    if (name.empty()) return Add("name", Required());
    if (Characters(name) > 100) return Add("name", LengthOutOfRange(1, 100));
    const auto is_word = [](char c) {
      return (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (!std::all_of(name.begin(), name.end(), is_word)) return Add("name", InvalidFormat());
    if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved))
      return Add("name", Forbidden());
    if (LowerAscii(name).find("_via_") != std::string::npos)
      return Add("name", {"validation_found_via", "The value cannot contain \"_via_\"."});
    if (Bool(field_, "primaryKey") && name != "id")
      Add("name", {"validation_in_invalid", "The primary key must be named \"id\"."});
  }

  // The pattern, unless it is empty or wrong.
  std::optional<Pattern> CheckPattern(std::string_view key) {
    const std::string text = Text(field_, key);
    if (text.empty()) return std::nullopt;
    StatusOr<Pattern> pattern = Pattern::Parse(text);
    if (pattern.ok()) return *std::move(pattern);
    Add(key, {"validation_invalid_regex", std::string(AsStd(pattern.status().message()))});
    return std::nullopt;
  }

  void TextField() {
    if (Bool(field_, "primaryKey")) PrimaryKey();
    Between("min", 0, kSafeIntegerMax);
    Between("max", std::max<std::int64_t>(0, Int("min")), kSafeIntegerMax);
    const std::optional<Pattern> pattern = CheckPattern("pattern");
    const std::optional<Pattern> generator = CheckPattern("autogeneratePattern");
    if (generator) Samples(*generator, pattern);
  }

  void PrimaryKey() {
    const auto is_key = [](const bj::object& field) { return Bool(field, "primaryKey"); };
    const auto& fields = candidate_.draft.fields;
    if (std::count_if(fields.begin(), fields.end(), is_key) > 1) {
      Add("primaryKey",
          {"validation_unsupported_composite_pk",
           "Composite PKs are not supported and the collection must have only 1 PK."});
    }
    if (!Bool(field_, "required")) Add("required", Required());
    if (Text(field_, "pattern").empty()) Add("pattern", Required());
    if (Bool(field_, "hidden")) Add("hidden", {"validation_empty", "must be blank"});
  }

  void Samples(const Pattern& generator, const std::optional<Pattern>& pattern) {
    constexpr int kSamples = 10;
    constexpr std::int64_t kTextMax = 5000;
    std::random_device device;
    const Pattern::Random random = [&device](std::uint32_t bound) {
      return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(device);
    };
    const std::int64_t max = Int("max") > 0 ? Int("max") : kTextMax;
    for (int i = 0; i < kSamples; ++i) {
      const std::string sample = generator.Generate(random);
      const std::int64_t size = Characters(sample);
      if (size >= Int("min") && size <= max && (!pattern || pattern->Matches(sample))) continue;
      return Add("autogeneratePattern",
                 {"validation_invalid_autogenerate_pattern_value",
                  "The provided autogenerate pattern could produce invalid field values, ex.: \"" +
                      sample + "\"."});
    }
  }

  void NumberField() {
    const auto number = [this](std::string_view key) -> std::optional<double> {
      const bj::value& value = field_.at({key.data(), key.size()});
      if (!value.is_number()) return std::nullopt;
      return value.to_number<double>();
    };
    const auto check_integer = [&](std::string_view key) {
      const std::optional<double> value = number(key);
      if (!value || !Bool(field_, "onlyInt") || std::trunc(*value) == *value) return;
      Add(key, {"validation_only_int_constraint", "Decimal numbers are not allowed."});
    };
    check_integer("min");
    check_integer("max");
    const std::optional<double> min = number("min");
    const std::optional<double> max = number("max");
    if (!min || !max || *max >= *min) return;
    std::string text;
    json::AppendNumber(text, *min);
    Add("max", {"validation_min_number_constraint",
                "Must be greater or equal than " + text + ".",
                {{"min", *min}}});
  }

  void DomainsField() {
    const std::vector<std::string> except = Texts(field_, "exceptDomains");
    const std::vector<std::string> only = Texts(field_, "onlyDomains");
    if (!except.empty() && !only.empty()) {
      for (const char* key : {"exceptDomains", "onlyDomains"})
        Add(key, {"validation_empty", "must be blank"});
      return;
    }
    const auto check = [this](std::string_view key, const std::vector<std::string>& domains) {
      for (std::size_t i = 0; i < domains.size(); ++i) {
        if (domains[i].empty() || IsDomain(domains[i])) continue;
        errors_.Add({key, std::to_string(i)}, {"validation_is_domain", "must be a valid domain"});
      }
    };
    check("exceptDomains", except);
    check("onlyDomains", only);
  }

  void AutodateField() {
    const bj::object* before = Before();
    for (const char* key : {"onCreate", "onUpdate"}) {
      if (!Bool(field_, "onCreate") && !Bool(field_, "onUpdate")) {
        Add(key, {"validation_required", "either onCreate or onUpdate must be enabled"});
      } else if (before != nullptr && Bool(*before, "system") &&
                 Text(*before, "type") == "autodate" && Bool(*before, key) != Bool(field_, key)) {
        Add(key, {"validation_values_mismatch", "Values don't match."});
      }
    }
  }

  void RelationField() {
    RelationTarget(Text(field_, "collectionId"));
    const std::int64_t min = Int("minSelect");
    if (min < 0) Add("minSelect", TooSmall(0));
    if (min > 0 && Int("maxSelect") == 0) {
      Add("maxSelect", Required());
    } else {
      Between("maxSelect", std::max<std::int64_t>(0, min), kSafeIntegerMax);
    }
  }

  void RelationTarget(const std::string& target) {
    if (target.empty()) return Add("collectionId", Required());
    const bj::object* before = Before();
    if (before != nullptr && Text(*before, "type") == "relation" &&
        Text(*before, "collectionId") != target) {
      return Add("collectionId", {"validation_field_relation_change",
                                  "The relation collection cannot be changed."});
    }
    const Collection* collection = candidate_.schema.FindById(target);
    if (collection == nullptr) {
      return Add("collectionId", {"validation_field_relation_missing_collection",
                                  "The relation collection doesn't exist."});
    }
    if (collection->is_view() && !candidate_.draft.is_view()) {
      Add("collectionId", {"validation_relation_field_non_view_base_collection",
                           "Only view collections are allowed to have relations to other views."});
    }
  }

  void FileField() {
    Between("maxSelect", 0, kSafeIntegerMax);
    Between("maxSize", 0, kSafeIntegerMax);
    const std::vector<std::string> thumbs = Texts(field_, "thumbs");
    for (std::size_t i = 0; i < thumbs.size(); ++i) {
      const std::string& thumb = thumbs[i];
      if (thumb.empty()) continue;
      if (thumb == "0x0" || thumb == "0x0t" || thumb == "0x0b" || thumb == "0x0f") {
        errors_.Add({"thumbs", std::to_string(i)}, Forbidden());
      } else if (!IsThumb(thumb)) {
        errors_.Add({"thumbs", std::to_string(i)}, InvalidFormat());
      }
    }
  }

  // `WxH`, perhaps with a letter behind.
  static bool IsThumb(std::string_view text) {
    const auto digits = [&text] {
      const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
      text.remove_prefix(count);
      return count > 0;
    };
    if (!digits() || !text.starts_with('x')) return false;
    text.remove_prefix(1);
    return digits() && (text.empty() || text == "t" || text == "b" || text == "f");
  }

  void PasswordField() {
    constexpr std::int64_t kBytesMax = 71;
    Between("min", 1, kBytesMax);
    Between("max", std::max<std::int64_t>(1, Int("min")), kBytesMax);
    Between("cost", 4, 31);
    CheckPattern("pattern");
  }

  const Candidate& candidate_;
  const bj::object& field_;
  const std::string id_;
  FieldErrors errors_;
};

}  // namespace

void ValidateField(const Candidate& candidate, std::size_t position, FieldErrors& errors) {
  errors.AddGroup({"fields", std::to_string(position)}, FieldValidator(candidate, position).Run());
}

}  // namespace sluice::collections
