// One field of one record in memory, as writes work on it: typed, between the
// body that came and the column that will be stored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "sluice/value.h"
#include "tools/server/http/body.h"

namespace sluice::fields {

// A file that came with the request, under the name it will be stored by.
struct Upload {
  http::UploadedFile file;
  std::string name;
  std::string detected_mime;  // R-87; its parameters, if any, do not matter
};
using UploadPtr = std::shared_ptr<const Upload>;

// Which members count hangs on the field's type; the others keep their
// defaults.
struct FieldValue {
  // text, email, url, editor: the text. date, autodate: the normal form of
  // S-43, or empty. json: the JSON text, `null` for null. password: the hash.
  std::string text;
  double number = 0;               // number
  bool boolean = false;            // bool
  double lon = 0;                  // geoPoint
  double lat = 0;                  // geoPoint
  std::vector<std::string> list;   // select, relation, file; single: at most one
  std::vector<UploadPtr> uploads;  // file: those of `list` that are new
  // password: what was submitted, when the request submitted one; and whether
  // it could not be hashed.
  std::string plain;
  bool has_plain = false;
  bool hash_failed = false;

  bool operator==(const FieldValue&) const = default;
};

// The value of a field that nobody has set: of json `null`.
FieldValue EmptyValue(const Field& field);

// What the column holds -> the value, as the peer loads it (S-42): odd legacy
// values included.
FieldValue FromColumn(const Field& field, const ValueView& column);

// The value -> what the column will hold: storage class and text as the
// peer would write them. json null is NULL; a single list is its one text, a
// multiple one a JSON array of texts.
Value ToColumn(const Field& field, const FieldValue& value);

// The value as rules see it in @request.body: a password's plain text,
// an upload as an object of name, originalName and size, a date in its normal
// form, a multiple list as an array, a single one as a text.
JsonValue ToBodyValue(const Field& field, const FieldValue& value);

// Appends the value as the answer to its own write shows it: -0 stays,
// a json field keeps the numbers it was sent. `plain_passwords` is for batches
// (R-160 row 2).
void AppendJson(std::string& out, const Field& field, const FieldValue& value,
                bool plain_passwords);

}  // namespace sluice::fields
