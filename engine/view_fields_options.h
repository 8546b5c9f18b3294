// The fields that a view makes up, with the options the peer stores for them
// (S-20, S-22, S-32), and the JSON texts of options.
#pragma once

#include <string>
#include <string_view>

#include "sluice/schema.h"

namespace sluice {

Field ViewIdField();
Field ViewTextField(std::string name);
Field ViewNumberField(std::string name, bool only_int, Affinity affinity);
Field ViewBoolField(std::string name);
Field ViewJsonField(std::string name);
// One record of a collection.
Field ViewRelationField(std::string name, const std::string& collection_id);

// A field's JSON object with other members `id` and `name`; the rest stays as
// it is written.
std::string WithIdAndName(std::string_view object, std::string_view id, std::string_view name);

}  // namespace sluice
