// Everything in a plan that hangs on a value of the request, other than the
// values of slots themselves, is checked here: see Binder::ParameterOperand
// (empty values) and Simplifier::Fold. Tested by tests/engine/refill_test.cc,
// and by tests/oracle/refill_test.cc against plans that were bound anew.
#include "sluice/refill.h"

#include <algorithm>

#include "engine/binder_impl.h"
#include "engine/request_values.h"
#include "engine/static_eval.h"

namespace sluice {
namespace {

bool IsEmptyText(const Value& value) {
  return value.storage == StorageClass::kText && value.text.empty();
}

// To the binder, values of the same class are alike.
bool IsSameClass(const Value& a, const Value& b) {
  return a.storage == b.storage && IsEmptyText(a) == IsEmptyText(b);
}

Value TruthText(bool value, bool pattern) {
  return pattern ? Value::Text(WrapLikePattern(value ? "true" : "false")) : Value::Bool(value);
}

}  // namespace

std::optional<Refill::Origin> Refill::OriginOf(const Slot& slot) {
  switch (slot.source) {
    case SlotSource::kMacro:
      return Origin::kMacro;
    case SlotSource::kAuthId:
      return Origin::kAuthId;
    case SlotSource::kRowId:
      return Origin::kRowId;
    case SlotSource::kIds:
      if (slot.name == "ids") return Origin::kIds;
      return std::nullopt;
    case SlotSource::kRequest:
      if (slot.look != 0) return Origin::kLook;
      if (slot.name == "@request.method") return Origin::kMethod;
      if (slot.name == "@request.context") return Origin::kContext;
      if (slot.name == "@request.auth.id") return Origin::kAuthId;
      if (slot.name == "@request.auth.email") return Origin::kAuthEmail;
      if (slot.name == "@request.auth.emailVisibility") return Origin::kAuthEmailVisibility;
      if (slot.name == "@request.auth.verified") return Origin::kAuthVerified;
      return std::nullopt;
    case SlotSource::kLiteral:
    case SlotSource::kJsonPath:
      break;
  }
  return Origin::kLiteral;
}

std::optional<Refill> Refill::Of(const Plan& plan, const FilterShape* filter) {
  if (plan.of_one_request) return std::nullopt;
  Refill refill;
  for (SlotId id = 0; id < plan.slots.size(); ++id) {
    const Slot& slot = plan.slots[id];
    // These are the same for all records of the collection, which is given.
    if (slot.name == "@request.auth.collectionId" || slot.name == "@request.auth.collectionName")
      continue;
    const std::optional<Origin> origin = OriginOf(slot);
    if (!origin) return std::nullopt;
    if (*origin != Origin::kLiteral) {
      refill.rules_.push_back({id, *origin, 0});
      continue;
    }
    if (slot.literal == 0) continue;
    if (filter == nullptr) return std::nullopt;
    const auto& literals = filter->literals;
    const auto found = std::find_if(literals.begin(), literals.end(), [&slot](const auto& literal) {
      return literal.begin + 1 == slot.literal;
    });
    if (found == literals.end()) return std::nullopt;
    refill.rules_.push_back({id, *origin, static_cast<std::uint32_t>(found - literals.begin())});
  }
  return refill;
}

Value Refill::ValueFor(const Rule& rule, const Plan& plan, const SlotInputs& inputs) {
  const Slot& slot = plan.slots[rule.slot];
  const auto text = [&slot](std::string_view value) {
    return Value::Text(slot.pattern ? WrapLikePattern(value) : std::string(value));
  };
  switch (rule.origin) {
    case Origin::kLiteral: {
      const ShapeLiteral& literal = inputs.filter->literals[rule.literal];
      if (literal.is_text) return text(literal.text);
      const Value number = Value::Real(literal.number);
      return slot.pattern ? PatternOf(number) : number;
    }
    case Origin::kMacro: {
      const Value value = MacroValue(slot.name, inputs.request->now).value_or(Value::Null());
      return slot.pattern ? PatternOf(value) : value;
    }
    case Origin::kMethod:
      return text(inputs.request->method);
    case Origin::kContext:
      return text(inputs.request->context);
    case Origin::kAuthId:
      return text(inputs.request->auth->id);
    case Origin::kAuthEmail:
      return text(inputs.request->auth->email);
    case Origin::kAuthEmailVisibility:
      return TruthText(inputs.request->auth->email_visibility, slot.pattern);
    case Origin::kAuthVerified:
      return TruthText(inputs.request->auth->verified, slot.pattern);
    case Origin::kLook: {
      const RequestLook& look = plan.looks[slot.look - 1];
      JsonValue scratch;
      const JsonValue* value = FindRequestValue(*inputs.request, look.path, scratch);
      return slot.pattern ? RequestPatternOf(*value, look.number_field)
                          : RequestValueOf(*value, look.number_field);
    }
    case Origin::kRowId:
      return text(*inputs.row_id);
    case Origin::kIds:
      return IdsValue(*inputs.ids);
  }
  return Value::Null();
}

bool Refill::Changes(SlotId slot) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [slot](const Rule& rule) { return rule.slot == slot; });
}

std::optional<SlotValues> Refill::Fill(const Plan& plan, const SlotInputs& inputs) const {
  SlotValues values(plan);
  if (!rules_.empty()) {
    const std::size_t size = rules_.back().slot + 1;
    values.values_.resize(size);
    values.changed_.resize(size);
  }
  for (const RequestLook& look : plan.looks) {
    JsonValue scratch;
    if (StateOf(FindRequestValue(*inputs.request, look.path, scratch)) != look.state)
      return std::nullopt;
  }
  for (const Rule& rule : rules_) {
    Value& value = values.values_[rule.slot];
    value = ValueFor(rule, plan, inputs);
    values.changed_[rule.slot] = true;
    if (!IsSameClass(value, plan.slots[rule.slot].value)) return std::nullopt;
  }
  for (const FoldedCompare& folded : plan.folded) {
    if (EvaluateStatic(plan, values, folded.compare) != folded.truth) return std::nullopt;
  }
  return values;
}

}  // namespace sluice
