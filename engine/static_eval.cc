// One comparison over two values: F-44, F-50, F-51.
#include "engine/static_eval.h"

namespace sluice {
namespace {

ValueView OrEmptyText(const ValueView& value) {
  return value.is_null() ? ValueView::Text("") : value;
}

std::optional<std::strong_ordering> Order(const ValueView& left, const ValueView& right,
                                          Affinity affinity) {
  char left_text[32];
  char right_text[32];
  return CompareValues(ApplyAffinity(left, affinity, left_text),
                       ApplyAffinity(right, affinity, right_text));
}

bool IsSame(const ValueView& left, const ValueView& right, Affinity affinity) {
  if (left.is_null() || right.is_null()) return left.is_null() && right.is_null();
  return Order(left, right, affinity) == std::strong_ordering::equal;
}

bool IsEmpty(const ValueView& value, Affinity affinity) {
  return value.is_null() ||
         IsSame(value, ValueView::Text(""), ComparisonAffinity(affinity, Affinity::kNone));
}

Truth Like(const ValueView& left, const ValueView& right, bool contains) {
  char left_text[32];
  char right_text[32];
  const std::optional<std::string_view> text = TextOf(left, left_text);
  const std::optional<std::string_view> pattern = TextOf(right, right_text);
  if (!text || !pattern) return Truth::kUnknown;
  if (!contains) return ToTruth(LikeMatches(*text, *pattern));
  return ToTruth(LikeMatches(*text, "%" + std::string(*pattern) + "%"));
}

std::optional<ValueView> StaticValue(const Plan& plan, const SlotValues& values, ExprId id) {
  const Expr& expr = plan.exprs[id];
  if (const auto* slot = std::get_if<SlotExpr>(&expr)) return values.Get(slot->slot);
  if (const auto* constant = std::get_if<ConstantExpr>(&expr)) return constant->value.view();
  return std::nullopt;
}

}  // namespace

Truth CompareByForm(CompareForm form, const ValueView& left, Affinity left_affinity,
                    const ValueView& right, Affinity right_affinity) {
  const Affinity affinity = ComparisonAffinity(left_affinity, right_affinity);
  switch (form) {
    case CompareForm::kIs:
      return ToTruth(IsSame(left, right, affinity));
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
      return ToTruth(!IsSame(left, right, affinity));
    case CompareForm::kLeftEmpty:
      return ToTruth(IsEmpty(right, right_affinity));
    case CompareForm::kLeftNotEmpty:
      return ToTruth(!IsEmpty(right, right_affinity));
    case CompareForm::kRightEmpty:
      return ToTruth(IsEmpty(left, left_affinity));
    case CompareForm::kRightNotEmpty:
      return ToTruth(!IsEmpty(left, left_affinity));
    case CompareForm::kCoalesceEqual:
      return ToTruth(IsSame(OrEmptyText(left), OrEmptyText(right), Affinity::kNone));
    case CompareForm::kCoalesceNotEqual:
      return ToTruth(!IsSame(OrEmptyText(left), OrEmptyText(right), Affinity::kNone));
    case CompareForm::kLike:
    case CompareForm::kLikeContains:
      return Like(left, right, form == CompareForm::kLikeContains);
    case CompareForm::kNotLike:
    case CompareForm::kNotLikeContains:
      return Not(Like(left, right, form == CompareForm::kNotLikeContains));
    case CompareForm::kEqual:
    case CompareForm::kGreater:
    case CompareForm::kGreaterEqual:
    case CompareForm::kLess:
    case CompareForm::kLessEqual:
      break;
  }
  const std::optional<std::strong_ordering> order = Order(left, right, affinity);
  if (!order) return Truth::kUnknown;
  if (form == CompareForm::kEqual) return ToTruth(*order == 0);
  if (form == CompareForm::kGreater) return ToTruth(*order > 0);
  if (form == CompareForm::kGreaterEqual) return ToTruth(*order >= 0);
  return ToTruth(form == CompareForm::kLess ? *order < 0 : *order <= 0);
}

std::optional<Truth> EvaluateStatic(const Plan& plan, const CompareCond& compare) {
  return EvaluateStatic(plan, SlotValues(plan), compare);
}

std::optional<Truth> EvaluateStatic(const Plan& plan, const SlotValues& values,
                                    const CompareCond& compare) {
  const std::optional<ValueView> left = StaticValue(plan, values, compare.left);
  const std::optional<ValueView> right = StaticValue(plan, values, compare.right);
  if (!left || !right) return std::nullopt;
  return CompareByForm(compare.form, *left, Affinity::kNone, *right, Affinity::kNone);
}

}  // namespace sluice
