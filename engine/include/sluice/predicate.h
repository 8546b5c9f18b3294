// The second evaluator: a Plan run on a record in memory.
//
// Used where no query is worth it or none is possible: create rules on the
// virtual row (F-42), realtime, batch, `eval`, `why`. It must agree with what
// SQLite answers for the same plan, for every record (F-193); tests/oracle
// holds the two together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sluice/plan.h"
#include "sluice/record_view.h"
#include "sluice/refill.h"
#include "sluice/status.h"

namespace sluice {

// What an evaluation may cost, where paths multiply.
struct PredicateLimits {
  std::uint64_t assignments_max = 10'000'000;
  // What strftime takes for `now`, in milliseconds since the Unix epoch; unset
  // means the system's clock, read once for each evaluation.
  std::optional<std::int64_t> now;
};

// A compiled plan. Immutable, safe to use from several threads at once, each
// with its own record and row source. Keeps a copy of the plan (not of the
// schema). Where no relation is crossed, Matches allocates nothing.
class Predicate {
 public:
  explicit Predicate(Plan plan);
  ~Predicate();
  Predicate(Predicate&&) noexcept;
  Predicate& operator=(Predicate&&) noexcept;

  // Whether `record` is in the plan's answer. `rows` may be null when the plan
  // has no variable but the base. Fails where SQLite would fail (a malformed
  // JSON path, a pattern over 50,000 bytes), when `rows` fails, and beyond the
  // limits (kResourceExhausted).
  StatusOr<bool> Matches(const RecordView& record, RowSource* rows = nullptr,
                         const PredicateLimits& limits = {}) const;

  // The same with other values in the plan's slots, which TakesValues allows.
  StatusOr<bool> Matches(const RecordView& record, RowSource* rows, const PredicateLimits& limits,
                         const SlotValues& values) const;

  // Whether the slots that `refill` changes are none of those that were worked
  // into patterns, lists and paths when the plan was compiled.
  bool TakesValues(const Refill& refill) const;

  const Plan& plan() const;

 private:
  struct Program;
  std::unique_ptr<const Program> program_;
};

}  // namespace sluice
