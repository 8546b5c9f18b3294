// Tested by tests/conformance (`records`) and tests/server/writes_rules_test.cc.
#include "tools/server/writes/rules.h"

#include <algorithm>

#include "sluice/sql.h"
#include "tools/server/records/query.h"
#include "tools/server/records/stored_rows.h"

namespace sluice::writes {
namespace {

// The columns as they were read.
class StoredColumns final : public RecordView {
 public:
  explicit StoredColumns(const Record& record) : record_(record) {}
  ValueView Get(const Field& field) const override {
    const auto position = static_cast<std::size_t>(&field - record_.collection->fields.data());
    return position < record_.columns.size() ? record_.columns[position].view() : ValueView::Null();
  }

 private:
  const Record& record_;
};

bool FollowsBackRelation(const Plan& plan) {
  return std::any_of(plan.variables.begin(), plan.variables.end(), [](const Variable& variable) {
    return variable.parent == kBaseVar &&
           (variable.domain == Domain::kBack || variable.domain == Domain::kBackElements);
  });
}

// A failure of ours (no time left, no database) is one; all else means that the
// rule does not hold.
StatusOr<bool> Held(const StatusOr<bool>& held) {
  if (held.ok()) return *held;
  const Status& status = held.status();
  if (absl::IsUnavailable(status) || absl::IsInternal(status) || absl::IsCancelled(status) ||
      absl::IsDeadlineExceeded(status))
    return status;
  return false;
}

StatusOr<bool> FindRow(const records::Caller& caller, const records::BoundPlan& plan) {
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  bool found = false;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(caller.connection, plan.values,
                                               plan.kept->Rows(options), {1, 0},
                                               [&found](const store::Statement&) {
                                                 found = true;
                                                 return absl::OkStatus();
                                               }));
  return found;
}

}  // namespace

StatusOr<bool> HoldsOnNew(const records::Caller& caller, const store::ParsedRule& rule,
                          const RecordColumns& columns, const Collection& collection) {
  if (!rule.error.ok() || rule.locked) return false;
  if (!rule.ast) return true;
  const StatusOr<records::BoundPlan> plan = records::PlanFor(caller, {.collection = &collection,
                                                                      .rule = &*rule.ast,
                                                                      .mode = BindMode::kOpen,
                                                                      .virtual_row = true});
  if (!plan.ok() || FollowsBackRelation(plan->plan())) return false;
  records::StoredRows rows(caller.snapshot.schema, caller.connection);
  return Held(records::Matches(*plan, columns, &rows));
}

StatusOr<bool> HoldsOnStored(const records::Caller& caller, const store::ParsedRule& rule,
                             const Record& record) {
  if (!rule.error.ok() || rule.locked) return false;
  if (!rule.ast) return true;
  const std::string id = record.id();
  const StatusOr<records::BoundPlan> plan =
      records::PlanFor(caller, {.collection = record.collection,
                                .rule = &*rule.ast,
                                .row_id = &id,
                                .mode = BindMode::kOpen});
  if (!plan.ok()) return false;
  if (plan->plan().variables.size() > 1) {
    SLUICE_RETURN_IF_ERROR(records::CheckCost(caller, *plan, 1));
    return Held(FindRow(caller, *plan));
  }
  return Held(records::Matches(*plan, StoredColumns(record), nullptr));
}

}  // namespace sluice::writes
