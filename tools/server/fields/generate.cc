// Texts made from a field's autogeneratePattern.
// Tested by tests/server/fields_apply_test.cc.
#include "tools/server/fields/generate.h"

#include "tools/server/auth/random_text.h"
#include "tools/server/fields/apply.h"
#include "tools/server/fields/field_rules.h"

namespace sluice::fields {

std::string GenerateText(const FieldOptions& options) {
  if (!options.generator) return {};
  return options.generator->Generate(auth::RandomBelow);
}

std::string GenerateText(const Field& field) { return GenerateText(ReadOptions(field)); }

void Generate(const Collection& collection, std::vector<FieldValue>& values) {
  const std::shared_ptr<const FieldRules> rules = FieldRules::Of(collection);
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    if (collection.fields[i].type != FieldType::kText || !values[i].text.empty()) continue;
    values[i].text = GenerateText(rules->options(i));
  }
}

}  // namespace sluice::fields
