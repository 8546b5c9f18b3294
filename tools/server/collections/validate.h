// Whether a draft can be saved (S-20, S-33, S-37, S-51 to S-53).
#pragma once

#include "sluice/schema.h"
#include "tools/server/collections/draft.h"
#include "tools/server/collections/field_errors.h"
#include "tools/server/store/connection.h"

namespace sluice::collections {

struct Candidate {
  const Draft& draft;
  // What it was; null when it is new.
  const Draft* before = nullptr;
  // The draft as a collection, and the schema that holds it already.
  const Collection& collection;
  const Schema& schema;
  store::Connection& connection;
  // Its row and table are there already (S-56, 5).
  bool saved = false;
};

// All mistakes together, by key.
FieldErrors Validate(const Candidate& candidate);

// The parts, each in a file of its own.
void ValidateField(const Candidate& candidate, std::size_t position, FieldErrors& errors);
void ValidateAuthOptions(const Candidate& candidate, FieldErrors& errors);

// The mistake of a rule that is not empty and does not bind (S-53); none when
// it does.
void ValidateRule(const Candidate& candidate, FieldErrors::Path path, std::string_view rule,
                  FieldErrors& errors);

}  // namespace sluice::collections
