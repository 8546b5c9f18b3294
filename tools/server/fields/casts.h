// Submitted values as what fields hold: the casts T, N, B and L
// and those of single types. None fails: what cannot be cast is empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/request_context.h"
#include "tools/server/records/field_json.h"

namespace sluice::fields {

double NumberOf(const JsonValue& value);  // N
bool BoolOf(const JsonValue& value);      // B
// L: without empty texts and repetitions. T is TextOf of apply.h.
std::vector<std::string> ListOf(const JsonValue& value);

// The names that a file field takes out of a value.
std::vector<std::string> FileNamesOf(const JsonValue& value);

// The normal form of a date, or empty.
std::string DateOf(const JsonValue& value);

// JSON text of a json field. Not JSON where the peer's is none.
std::string JsonTextOf(const JsonValue& value);
// The same of a text, submitted or stored.
std::string JsonTextOfText(std::string_view text);

// members that are no numbers are 0.
records::GeoPoint PointOf(const JsonValue& value);

// Removes empty texts and all but the first of equal ones.
void MakeDistinct(std::vector<std::string>& texts);

}  // namespace sluice::fields
