// Which checks a field has; they are in validate_*.cc.
// Tested by tests/server/fields_validate_value_test.cc.
#include "tools/server/fields/validate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "tools/server/fields/checks.h"
#include "tools/server/fields/field_rules.h"

namespace sluice::fields {
namespace {

StatusOr<Mistake> Check(const Subject& subject, Lookups& lookups) {
  switch (subject.field.type) {
    case FieldType::kText:
      if (subject.field.primary_key) return CheckId(subject, lookups);
      return CheckText(subject);
    case FieldType::kNumber:
      return CheckNumber(subject);
    case FieldType::kBool:
      return CheckBool(subject);
    case FieldType::kEmail:
      return CheckEmail(subject);
    case FieldType::kUrl:
      return CheckUrl(subject);
    case FieldType::kEditor:
      return CheckEditor(subject);
    case FieldType::kDate:
      return CheckDate(subject);
    case FieldType::kSelect:
      return CheckSelect(subject);
    case FieldType::kJson:
      return CheckJson(subject);
    case FieldType::kRelation:
      return CheckRelation(subject, lookups);
    case FieldType::kFile:
      return CheckFile(subject);
    case FieldType::kGeoPoint:
      return CheckGeoPoint(subject);
    case FieldType::kPassword:
      return CheckPassword(subject);
    case FieldType::kAutodate:
      break;
  }
  return Mistake();
}

// a + b * c, or the greatest number.
std::uint64_t AddProduct(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (b != 0 && c > (kMax - a) / b) return kMax;
  return a + b * c;
}

}  // namespace

StatusOr<std::vector<http::ErrorEntry>> Validate(const Checked& record, Lookups& lookups) {
  std::vector<http::ErrorEntry> errors;
  const std::shared_ptr<const FieldRules> rules = FieldRules::Of(record.collection);
  for (const std::size_t i : rules->by_name()) {
    const Subject subject{record.collection, record.collection.fields[i], rules->options(i),
                          record.values[i],
                          record.before == nullptr ? nullptr : &(*record.before)[i]};
    SLUICE_ASSIGN_OR_RETURN(Mistake mistake, Check(subject, lookups));
    if (!mistake) continue;
    mistake->key = subject.field.name;
    errors.push_back(*std::move(mistake));
  }
  return errors;
}

std::uint64_t BodyLimit(const Collection& collection) {
  std::uint64_t limit = std::uint64_t{32} << 20;
  const std::shared_ptr<const FieldRules> rules = FieldRules::Of(collection);
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    const bool file = collection.fields[i].type == FieldType::kFile;
    const FieldOptions& options = rules->options(i);  // Other types have no size.
    limit =
        AddProduct(limit, static_cast<std::uint64_t>(std::max<std::int64_t>(0, options.max_size)),
                   file ? static_cast<std::uint64_t>(options.max_select) : 1);
  }
  return limit;
}

http::ErrorEntry Blank(std::string_view key) {
  return {.key = std::string(key), .code = "validation_required", .message = "Cannot be blank."};
}

http::ErrorEntry Mismatch(std::string_view key) {
  return {.key = std::string(key),
          .code = "validation_values_mismatch",
          .message = "Values don't match."};
}

Mistake BlankIfRequired(const Subject& subject) {
  if (!subject.options.required) return std::nullopt;
  return Blank("");
}

}  // namespace sluice::fields
