// The options of a collection's fields, read once and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/schema.h"
#include "tools/server/text/pattern.h"

namespace sluice::fields {

// Which members count hangs on the field's type. Absent options have taken
// their defaults, zero limits the sizes that they stand for.
struct FieldOptions {
  bool required = false;
  std::int64_t min = 0;  // text, password: characters
  std::int64_t max = 0;
  std::optional<double> number_min;
  std::optional<double> number_max;
  bool only_int = false;
  std::string date_min;  // in normal form, or empty
  std::string date_max;
  std::vector<std::string> only_domains;    // email, url
  std::vector<std::string> except_domains;  // email, url
  std::vector<std::string> values;          // select
  std::vector<std::string> mime_types;      // file
  std::int64_t min_select = 0;              // relation
  std::int64_t max_select = 1;              // select, relation, file
  std::int64_t max_size = 0;                // editor, json, file: bytes
  int cost = 0;                             // password

  // What texts and passwords must match; nothing where any will do.
  bool has_pattern = false;
  std::optional<text::Pattern> pattern;  // nothing, too, when it cannot be read
  bool default_id_pattern = false;       // exactly `^[a-z0-9]+$`
  std::optional<text::Pattern> generator;

  bool MatchesPattern(std::string_view text) const;
};

FieldOptions ReadOptions(const Field& field);

// The options of all fields of one collection. Immutable.
class FieldRules {
 public:
  explicit FieldRules(const Collection& collection);

  // Those of `collection`, made once by each thread. Found by the collection's
  // address and content, so it does not matter how long it lives.
  static std::shared_ptr<const FieldRules> Of(const Collection& collection);

  const FieldOptions& options(std::size_t position) const { return options_[position]; }
  // The positions of the fields in the order of their names.
  const std::vector<std::size_t>& by_name() const { return by_name_; }

 private:
  struct Source {
    std::string name;
    FieldType type;
    std::uint32_t max_select;
    std::string options_json;
  };

  bool IsOf(const Collection& collection) const;

  std::vector<Source> sources_;
  std::vector<FieldOptions> options_;
  std::vector<std::size_t> by_name_;
};

}  // namespace sluice::fields
