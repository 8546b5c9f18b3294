// One bound query on the caller's connection: plan, statement, rows.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"

#include "sluice/binder.h"
#include "sluice/sql.h"
#include "tools/server/records/caller.h"
#include "tools/server/records/plan_cache.h"

namespace sluice::records {

// LIMIT and OFFSET; a negative limit means none.
struct Page {
  std::int64_t limit = -1;
  std::int64_t offset = 0;
};

// Binds and simplifies; `virtual_row` as in BindOptions. The plan points into the caller's
// snapshot.
StatusOr<Plan> MakePlan(const Caller& caller, const Query& query, BindMode filter_mode,
                        bool virtual_row = false);

using OnRow = absl::FunctionRef<Status(const store::Statement&)>;

// Runs a statement of `plan`; `on_row` is called for each row and may fail.
Status RunStatement(store::Connection& connection, const Plan& plan, const SqlStatement& statement,
                    const Page& page, OnRow on_row);

// The same for a plan with a request's values.
Status RunStatement(store::Connection& connection, const SlotValues& values,
                    KeptStatement& statement, const Page& page, OnRow on_row);

// The number that a count statement gives.
StatusOr<std::int64_t> RunCount(store::Connection& connection, const Plan& plan,
                                const Statistics* statistics = nullptr);
StatusOr<std::int64_t> RunCount(store::Connection& connection, const BoundPlan& plan);
StatusOr<std::int64_t> RunCount(store::Connection& connection, const SlotValues& values,
                                KeptStatement& statement);

}  // namespace sluice::records
