// Plans and statements that are kept between requests: what is asked, without
// its values, leads to a plan, and the request's values are put into it
// (design/core.md 4).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/binder.h"
#include "sluice/predicate.h"
#include "sluice/refill.h"
#include "sluice/sql.h"
#include "tools/server/records/caller.h"
#include "tools/server/records/plan_cost.h"
#include "tools/server/records/record_json.h"

namespace sluice::records {

// What a request asks, with a client's filter and sort as texts. Those that are
// empty are not there.
struct Asked {
  const Collection* collection = nullptr;
  const Ast* rule = nullptr;
  std::string_view filter;
  std::string_view sort;
  const std::string* row_id = nullptr;
  const std::vector<std::string>* ids = nullptr;
  BindMode mode = BindMode::kRestricted;  // of filter and sort
  bool virtual_row = false;               // F-42
};

// A statement that is run again and again.
struct KeptStatement {
  SqlStatement sql;
  store::StatementHint hint;
};

// A simplified plan, and the statements that were made of it. For one thread.
class KeptPlan {
 public:
  // `statistics` are those of the snapshot that the plan is of.
  explicit KeptPlan(Plan plan, std::shared_ptr<const Statistics> statistics)
      : plan_(std::move(plan)), statistics_(std::move(statistics)) {}

  const Plan& plan() const { return plan_; }
  // Unset: the plan serves the one request that it was made for.
  const std::optional<Refill>& refill() const { return refill_; }
  // Made when they are first asked for, by the plan's statistics. Valid as long as
  // this is.
  KeptStatement& Rows(const SelectOptions& options);
  // The columns of a record, within LIMIT, and with OFFSET where that is wanted.
  // `rows` are asked for up to the end of the page; those before it are met, too.
  KeptStatement& Page(const RecordShape& shape, bool offset, std::int64_t rows);
  KeptStatement& Count();
  // The plan as it is run in memory; the same holds.
  const Predicate& InMemory();

  // What it costs, by the sizes that tables had within the last ten minutes.
  const PlanCost& CostFor(const Caller& caller);

  // Whether a hurried connection should not even try: it could not finish lately.
  // Asked and told by `connection`'s state before and after the plan is run.
  bool SkipsHurried(store::Connection& connection);
  void NoteHurried(const store::Connection& connection);

 private:
  friend class PlanCache;
  struct Statement {
    std::vector<std::string> columns;
    SelectOptions options;    // its columns are views of the others
    std::uint64_t shape = 0;  // by its serial number; 0: of no shape
    KeptStatement kept;
  };

  KeptStatement& Make(const SelectOptions& options, std::uint64_t shape);

  Plan plan_;
  std::shared_ptr<const Statistics> statistics_;
  std::optional<Refill> refill_;
  std::deque<Statement> rows_;
  std::optional<KeptStatement> count_;
  std::optional<Predicate> predicate_;
  std::optional<PlanCost> cost_;
  UnixMillis cost_at_ = 0;
  int hurried_skips_ = 0;
  int hurried_skips_next_ = 0;  // 0: none yet
};

// A plan with the values of one request. Keeps the schema alive as the caller's
// snapshot does, not longer.
struct BoundPlan {
  std::shared_ptr<KeptPlan> kept;
  SlotValues values;

  const Plan& plan() const { return kept->plan(); }
};

// The plan of `asked` for this caller. Mistakes in the texts come in the order
// sort, filter, binding; each has its Diagnostic.
StatusOr<BoundPlan> PlanFor(const Caller& caller, const Asked& asked);

// An answer limit where running the plan for `rows_asked` of its rows (below 0:
// for all) costs more than the snapshot's cost_max. A plan that is kept is
// estimated once in ten minutes.
Status CheckCost(const Caller& caller, const BoundPlan& plan, double rows_asked);
Status CheckCost(const Caller& caller, const Plan& plan, double rows_asked);

// Whether `record` is in the plan's answer: Predicate::Matches with the request's
// values.
StatusOr<bool> Matches(const BoundPlan& plan, const RecordView& record, RowSource* rows,
                       const PredicateLimits& limits = {});

// Since the thread began.
struct PlanCacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};
PlanCacheCounts PlanCacheCountsOfThread();

}  // namespace sluice::records
