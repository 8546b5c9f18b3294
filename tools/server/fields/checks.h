// The checks of one field, by type. Private to this folder; each is one table
// of, read from top to bottom.
#pragma once

#include <optional>

#include "tools/server/fields/field_rules.h"
#include "tools/server/fields/field_value.h"
#include "tools/server/fields/validate.h"

namespace sluice::fields {

// The first mistake of a field, without its key; nothing when all is well.
using Mistake = std::optional<http::ErrorEntry>;

struct Subject {
  const Collection& collection;
  const Field& field;
  const FieldOptions& options;
  const FieldValue& value;
  const FieldValue* before;  // null for a new record
};

Mistake BlankIfRequired(const Subject& subject);

Mistake CheckText(const Subject& subject);
StatusOr<Mistake> CheckId(const Subject& subject, Lookups& lookups);
Mistake CheckPassword(const Subject& subject);

Mistake CheckEmail(const Subject& subject);
Mistake CheckUrl(const Subject& subject);
Mistake CheckEditor(const Subject& subject);
Mistake CheckJson(const Subject& subject);

Mistake CheckNumber(const Subject& subject);
Mistake CheckBool(const Subject& subject);
Mistake CheckDate(const Subject& subject);
Mistake CheckGeoPoint(const Subject& subject);

Mistake CheckSelect(const Subject& subject);
StatusOr<Mistake> CheckRelation(const Subject& subject, Lookups& lookups);
Mistake CheckFile(const Subject& subject);

}  // namespace sluice::fields
