// A plan made for one request, given the values of another (design/core.md 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "sluice/filter_shape.h"
#include "sluice/plan.h"
#include "sluice/request_context.h"

namespace sluice {

// What slots are filled from: the parts of a Query and of its BindOptions that
// are values. Null where the plan was bound without.
struct SlotInputs {
  const RequestContext* request = nullptr;
  const FilterShape* filter = nullptr;
  const std::string* row_id = nullptr;
  const std::vector<std::string>* ids = nullptr;
};

// By SlotId, for the slots that change; the others keep the plan's values.
class SlotValues {
 public:
  explicit SlotValues(const Plan& plan) : plan_(&plan) {}
  ValueView Get(SlotId slot) const {
    if (row_id_ && plan_->slots[slot].source == SlotSource::kRowId)
      return ValueView::Text(*row_id_);
    return slot < values_.size() && changed_[slot] ? values_[slot].view()
                                                   : plan_->slots[slot].value.view();
  }
  // For the same query of another row (SlotSource::kRowId), which must not be
  // empty; `id` outlives this, or the next call.
  void SetRowId(std::string_view id) { row_id_ = id; }

 private:
  friend class Refill;
  const Plan* plan_;
  absl::InlinedVector<Value, 4> values_;
  absl::InlinedVector<bool, 16> changed_;
  std::optional<std::string_view> row_id_;
};

// How the values of a simplified plan follow from a request. Immutable; safe
// from several threads.
class Refill {
 public:
  // Nothing when the plan fits no other request than its own: it looks at the
  // request's body in other ways than for a value, or whether there is one. `filter` is the shape
  // of the filter that the plan was bound with, if it was, and fits its tree.
  static std::optional<Refill> Of(const Plan& plan, const FilterShape* filter);

  // The values for other inputs: those of a request by the same principal's
  // collection (or a guest), in the same mode, with the same rule, the same sort
  // and a filter of the same shape. Nothing when Bind or Simplify would have made
  // another plan of them: a value is empty that was not, or comparisons of
  // constants come out otherwise.
  std::optional<SlotValues> Fill(const Plan& plan, const SlotInputs& inputs) const;

  // Whether the slot's value hangs on the request.
  bool Changes(SlotId slot) const;

 private:
  enum class Origin : std::uint8_t {
    kLiteral,
    kMacro,
    kMethod,
    kContext,
    kAuthId,
    kAuthEmail,
    kAuthEmailVisibility,
    kAuthVerified,
    kLook,
    kRowId,
    kIds,
  };
  struct Rule {
    SlotId slot = 0;
    Origin origin = Origin::kLiteral;
    std::uint32_t literal = 0;  // its number in the shape
  };

  static std::optional<Origin> OriginOf(const Slot& slot);
  static Value ValueFor(const Rule& rule, const Plan& plan, const SlotInputs& inputs);

  std::vector<Rule> rules_;
};

}  // namespace sluice
