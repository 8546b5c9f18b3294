// Texts made from a field's autogeneratePattern.
// Tested by tests/server/fields_apply_test.cc.
#include "tools/server/fields/generate.h"

#include <array>
#include <cstdint>

#include "tools/server/auth/random_text.h"
#include "tools/server/fields/apply.h"
#include "tools/server/fields/field_rules.h"

namespace sluice::fields {
namespace {

constexpr auto kAllBytes = [] {
  std::array<char, 256> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}();

// Numbers below a bound, all with the same chance, from the system's generator.
class RandomNumbers {
 public:
  std::uint32_t Below(std::uint32_t bound) {
    const std::uint64_t all = std::uint64_t{1} << 32;
    const std::uint64_t limit = all - all % bound;
    std::uint32_t number = Next();
    while (number >= limit) number = Next();
    return number % bound;
  }

 private:
  std::uint32_t Next() {
    if (bytes_.size() - at_ < 4) {
      bytes_ = auth::RandomText(64, {kAllBytes.data(), kAllBytes.size()});
      at_ = 0;
    }
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) {
      number = number << 8 | static_cast<unsigned char>(bytes_[at_++]);
    }
    return number;
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string GenerateText(const FieldOptions& options) {
  if (!options.generator) return {};
  RandomNumbers numbers;
  return options.generator->Generate(
      [&numbers](std::uint32_t bound) { return numbers.Below(bound); });
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
