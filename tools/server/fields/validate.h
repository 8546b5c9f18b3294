// Every field's checks before a record is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/fields/field_value.h"
#include "tools/server/http/api_error.h"

namespace sluice::fields {

// What checks ask the database for.
class Lookups {
 public:
  virtual ~Lookups() = default;
  // The collection with that id; null when it is gone.
  virtual const Collection* FindCollection(std::string_view id) = 0;
  // Whether all of `ids`, which are distinct, are ids of rows of `collection`.
  virtual StatusOr<bool> HasAll(const Collection& collection,
                                const std::vector<std::string>& ids) = 0;
  // Whether a row has that id, ASCII case apart (R-61 step 1).
  virtual StatusOr<bool> HasIdIgnoringCase(const Collection& collection, std::string_view id) = 0;
};

struct Checked {
  const Collection& collection;
  const std::vector<FieldValue>& values;
  // The stored values; null for a new record.
  const std::vector<FieldValue>* before = nullptr;
};

// The mistakes of all fields, one at most for each, sorted by field name; empty
// when all is well. The status is only for lookups that failed.
StatusOr<std::vector<http::ErrorEntry>> Validate(const Checked& record, Lookups& lookups);

// The size of the greatest body that a create or update may have.
std::uint64_t BodyLimit(const Collection& collection);

// `Cannot be blank.` and its kin, for forms that check more than fields.
http::ErrorEntry Blank(std::string_view key);
http::ErrorEntry Mismatch(std::string_view key);  // `Values don't match.`

}  // namespace sluice::fields
