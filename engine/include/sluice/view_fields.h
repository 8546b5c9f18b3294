// The fields of a view, inferred from its SELECT list (S-32, R-134).
//
// Checking a view goes in four steps, because the database's own mistakes come
// between ours: InferViewFields, CREATE VIEW by the caller, MatchViewColumns
// with the columns that the database names, CheckViewFields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice {

// One field per selected column, in order. `schema` knows the collections that
// the query may name. A clone has the source's options in `options_json` and an
// empty id: the caller gives `_clone_` and four letters with SetFieldId. Other
// fields have their id (S-21).
//
// Queries that cannot be split fail with the peer's text (S-33):
// kInvalidArgument, message only. What the database refuses is not looked for.
// Linear in the length of the query.
StatusOr<std::vector<Field>> InferViewFields(std::string_view query, const Schema& schema);

// The fields of `columns`, the view's own, in their order: those of
// `fields` by name, a json field where there is none.
std::vector<Field> MatchViewColumns(std::vector<Field> fields,
                                    const std::vector<std::string>& columns);

// Fails with the peer's text when there is no `id`, or a name is none for a
// field (S-20, S-33): kInvalidArgument, message only.
Status CheckViewFields(const std::vector<Field>& fields);

// The tables that a view's query names, without their quotes; none where it
// cannot be split.
std::vector<std::string> TablesOfView(std::string_view query);

// Gives a field its id, also in `options_json`.
void SetFieldId(Field& field, std::string_view id);

// Trimmed of white space and semicolons at its ends, as it is stored (S-31).
std::string NormalizeViewQuery(std::string_view query);

}  // namespace sluice
