// Submitted bodies onto records: names, modifiers, casts.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "sluice/status.h"
#include "tools/server/fields/field_value.h"

namespace sluice::fields {

// What came: the values by key, keys unique, and the files with the keys of
// their parts (`F`, `F+`, `+F`); other files are ignored.
struct Submission {
  JsonValue values = JsonValue::Object();
  std::vector<std::pair<std::string, UploadPtr>> files;
};

struct ApplyOptions {
  // False: hidden fields are left out, but for an auth collection's password
  //
  bool superuser = false;
  // Gives the hash of a password at a cost, or a failure. Called once
  // for each non-empty password submitted.
  std::function<StatusOr<std::string>(std::string_view plain, int cost)> hash_password;
};

struct Applied {
  // The body as rules see it: resolved plain names, unknown keys as sent
  //
  JsonValue body = JsonValue::Object();
  // For each field of the collection: whether the body set it.
  std::vector<bool> touched;
};

// Lays `submission` over `values`, which has one value for each of the
// collection's fields and is the empty record or the stored one. autodate
// fields are never set. Never fails: what cannot be cast is empty.
Applied Apply(const Collection& collection, const Submission& submission,
              const ApplyOptions& options, std::vector<FieldValue>& values);

// The text T(x) of R-49, for form inputs that are no fields.
std::string TextOf(const JsonValue& value);

// texts left empty that have an autogeneratePattern, the id and an
// auth record's tokenKey among them. On create only.
void Generate(const Collection& collection, std::vector<FieldValue>& values);
// A fresh value of the field's autogeneratePattern; empty without one.
std::string GenerateText(const Field& field);

}  // namespace sluice::fields
