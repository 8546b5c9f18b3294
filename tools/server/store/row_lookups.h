// The texts of statements that look a row up by its id.
#pragma once

#include <memory>

#include "sluice/mutations.h"
#include "sluice/schema.h"

namespace sluice::store {

struct RowLookups {
  RowStatement row;  // all fields
  RowStatement has_id;
  RowStatement has_id_ignoring_case;
  RowStatement count_ids;
  RowStatement sign_in;  // tokenKey, email, emailVisibility, verified; of auth collections

  explicit RowLookups(const Collection& collection);

  // Those of a snapshot's collection, made once by each thread. Valid until the
  // thread asks in another snapshot.
  static const RowLookups& Of(const std::shared_ptr<const Schema>& schema,
                              const Collection& collection);
};

}  // namespace sluice::store
