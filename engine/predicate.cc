// Plan -> program. Resolves names, converts constants to the affinity they are
// compared under, takes LIKE patterns apart, and finds for each scope which
// variables matter and when each term can be judged. Runs in predicate_eval.cc;
// tested by tests/engine/predicate_test.cc and tests/oracle.
#include "sluice/predicate.h"

#include <algorithm>

#include "engine/json_text.h"
#include "engine/predicate_eval.h"
#include "engine/predicate_program.h"
#include "sluice/simplify.h"

namespace sluice {
namespace {

class Compiler {
 public:
  explicit Compiler(const Plan& plan) : plan_(plan) {}

  PredicateProgram Compile() {
    for (const Variable& variable : plan_.variables) CompileVariable(variable);
    // Children come before parents, so ids carry over one to one.
    for (const Expr& expr : plan_.exprs) program_.exprs.push_back(std::visit(*this, expr));
    for (const Cond& cond : plan_.conds) program_.conds.push_back(std::visit(*this, cond));
    std::vector<VarId> free;
    for (VarId var = 1; var < plan_.variables.size(); ++var) {
      if (!plan_.variables[var].bound) free.push_back(var);
    }
    program_.root_scope = AddScope(free, plan_.condition, Truth::kTrue);
    return std::move(program_);
  }

  // ---- expressions ----

  ExprNode operator()(const ColumnExpr& column) {
    return {.op = ExprOp::kColumn, .var = column.var, .field = column.field};
  }
  ExprNode operator()(const JsonExpr& json) {
    program_.worked_in.push_back(json.path);
    return {.op = ExprOp::kJson,
            .var = json.var,
            .field = json.field,
            .constant = SlotValue(json.path)};
  }
  ExprNode operator()(const LengthExpr& length) {
    return {.op = ExprOp::kLength, .var = length.var, .field = length.field};
  }
  ExprNode operator()(const ElementExpr& element) {
    return {.op = ExprOp::kElement, .var = element.var};
  }
  ExprNode operator()(const LowerExpr& lower) {
    return {.op = ExprOp::kLower, .first = lower.argument};
  }
  ExprNode operator()(const SlotExpr& slot) {
    return {.constant = SlotValue(slot.slot), .slot = slot.slot + 1};
  }
  ExprNode operator()(const ConstantExpr& constant) {
    return {.constant = Keep(constant.value.view())};
  }
  ExprNode operator()(const StrftimeExpr& strftime) {
    return WithArguments(ExprOp::kStrftime, strftime.arguments);
  }
  ExprNode operator()(const GeoDistanceExpr& geo) {
    return WithArguments(ExprOp::kGeoDistance, geo.arguments);
  }
  ExprNode operator()(const ConditionExpr& condition) {
    return {.op = ExprOp::kCondition, .first = condition.condition};
  }

  // ---- conditions ----

  CondNode operator()(const CompareCond& compare);
  CondNode operator()(const ConstantCond& constant) { return {.constant = constant.value}; }
  CondNode operator()(const JunctionCond& junction) {
    CondNode node{.op = junction.op == LogicalOp::kAnd ? CondOp::kAnd : CondOp::kOr};
    node.first = static_cast<std::uint32_t>(program_.terms.size());
    node.count = static_cast<std::uint32_t>(junction.terms.size());
    program_.terms.insert(program_.terms.end(), junction.terms.begin(), junction.terms.end());
    return node;
  }
  // Both are a search; what AllValues looks for is an objection.
  CondNode operator()(const AllValuesCond& all) {
    return {.op = CondOp::kScope,
            .negated = true,
            .first = AddScope(all.variables, all.condition, Truth::kFalse)};
  }
  CondNode operator()(const ExistsCond& exists) {
    return {.op = CondOp::kScope,
            .first = AddScope(exists.variables, exists.condition, Truth::kTrue)};
  }
  CondNode operator()(const InListCond& in);

 private:
  template <typename Ids>
  ExprNode WithArguments(ExprOp op, const Ids& ids) {
    ExprNode node{.op = op};
    node.first = static_cast<std::uint32_t>(program_.arguments.size());
    node.count = static_cast<std::uint32_t>(ids.size());
    program_.arguments.insert(program_.arguments.end(), ids.begin(), ids.end());
    return node;
  }

  ValueView Keep(ValueView value) {
    if (value.storage == StorageClass::kText) value.text = program_.texts.emplace_back(value.text);
    return value;
  }
  ValueView SlotValue(SlotId slot) { return Keep(plan_.slots[slot].value.view()); }

  void CompileVariable(const Variable& variable);
  void CompileLike(const CompareCond& compare, CondNode* node);
  // A constant as it is compared under `affinity`: in a node of its own when
  // that changes it, for the expression may be used elsewhere.
  ExprId Convert(ExprId expr, Affinity affinity);

  std::uint32_t AddScope(const std::vector<VarId>& variables, CondId condition, Truth wanted);
  std::vector<VarId> MattersIn(const std::vector<VarId>& variables, CondId condition) const;
  std::size_t LevelOf(const std::vector<VarId>& variables, CondId term) const;

  const Plan& plan_;
  PredicateProgram program_;
};

// What a form compares, and which outcome it asks for.
struct Shape {
  Relation relation;
  bool coalesce = false;
  bool negated = false;
  bool contains = false;
};

Shape ShapeOf(CompareForm form) {
  switch (form) {
    case CompareForm::kIs:
      return {Relation::kSame};
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
      return {Relation::kNotSame};
    case CompareForm::kEqual:
      return {Relation::kEqual};
    case CompareForm::kLeftEmpty:
    case CompareForm::kRightEmpty:
      return {Relation::kEmpty};
    case CompareForm::kLeftNotEmpty:
    case CompareForm::kRightNotEmpty:
      return {Relation::kNotEmpty};
    case CompareForm::kCoalesceEqual:
      return {Relation::kSame, true};
    case CompareForm::kCoalesceNotEqual:
      return {Relation::kNotSame, true};
    case CompareForm::kGreater:
      return {Relation::kGreater};
    case CompareForm::kGreaterEqual:
      return {Relation::kGreaterEqual};
    case CompareForm::kLess:
      return {Relation::kLess};
    case CompareForm::kLessEqual:
      return {Relation::kLessEqual};
    case CompareForm::kLike:
      return {Relation::kLike};
    case CompareForm::kNotLike:
      return {Relation::kLike, false, true};
    case CompareForm::kLikeContains:
      return {Relation::kLike, false, false, true};
    case CompareForm::kNotLikeContains:
      return {Relation::kLike, false, true, true};
  }
  return {Relation::kEqual};
}

CondNode Compiler::operator()(const CompareCond& compare) {
  const Shape shape = ShapeOf(compare.form);
  CondNode node{.op = CondOp::kCompare,
                .relation = shape.relation,
                .negated = shape.negated,
                .contains = shape.contains,
                .coalesce = shape.coalesce,
                .left = compare.left,
                .right = compare.right};
  if (shape.relation == Relation::kLike) {
    CompileLike(compare, &node);
  } else if (shape.relation == Relation::kEmpty || shape.relation == Relation::kNotEmpty) {
    // Only the other side is looked at.
    const bool left_is_empty =
        compare.form == CompareForm::kLeftEmpty || compare.form == CompareForm::kLeftNotEmpty;
    if (left_is_empty) node.left = compare.right;
  } else if (!shape.coalesce) {
    node.affinity =
        ComparisonAffinity(AffinityOf(plan_, compare.left), AffinityOf(plan_, compare.right));
    node.left = Convert(compare.left, node.affinity);
    node.right = Convert(compare.right, node.affinity);
  }
  return node;
}

void Compiler::CompileLike(const CompareCond& compare, CondNode* node) {
  const ExprNode& right = program_.exprs[compare.right];
  if (right.op != ExprOp::kConstant) return;
  if (right.slot != 0) program_.worked_in.push_back(right.slot - 1);
  char buffer[32];
  const std::optional<std::string_view> text = TextOf(right.constant, buffer);
  if (!text) {
    *node = CondNode{.constant = Truth::kUnknown};
    return;
  }
  const std::string pattern = node->contains ? "%" + std::string(*text) + "%" : std::string(*text);
  node->op = CondOp::kLikePattern;
  node->first = static_cast<std::uint32_t>(program_.patterns.size());
  program_.patterns.emplace_back(pattern);
  program_.pattern_too_long.push_back(pattern.size() > kLikePatternBytesMax);
}

ExprId Compiler::Convert(ExprId expr, Affinity affinity) {
  const ExprNode& node = program_.exprs[expr];
  if (node.op != ExprOp::kConstant) return expr;
  char buffer[32];
  const ValueView converted = ApplyAffinity(node.constant, affinity, buffer);
  if (converted.storage == node.constant.storage) return expr;
  const std::uint32_t slot = node.slot;
  program_.exprs.push_back({.constant = Keep(converted), .slot = slot});
  return static_cast<ExprId>(program_.exprs.size() - 1);
}

CondNode Compiler::operator()(const InListCond& in) {
  program_.worked_in.push_back(in.slot);
  IdList list;
  JsonElements elements(plan_.slots[in.slot].value.view());
  std::string storage;
  ValueView element;
  while (elements.Next(&element, &storage)) {
    if (element.storage == StorageClass::kText) list.texts.insert(std::string(element.text));
    list.values.push_back(Value::From(element));
  }
  CondNode node{.op = CondOp::kInList, .left = in.left};
  // The list's column has no declared type, as json_each's has none.
  node.affinity = ComparisonAffinity(AffinityOf(plan_, in.left), Affinity::kBlob);
  node.first = static_cast<std::uint32_t>(program_.lists.size());
  program_.lists.push_back(std::move(list));
  return node;
}

// ---- variables and scopes ----

bool IsElements(Domain domain) {
  return domain == Domain::kElements || domain == Domain::kSlotElements;
}

void Compiler::CompileVariable(const Variable& variable) {
  VariableNode node;
  node.domain = variable.domain;
  node.parent = variable.parent;
  node.collection = variable.collection;
  const Variable& parent = plan_.variables[variable.parent];
  node.parent_is_elements = IsElements(parent.domain);
  const Collection* parent_collection =
      variable.parent == kBaseVar ? plan_.collection : parent.collection;
  if (variable.domain == Domain::kSameId && node.collection == nullptr)
    node.collection = parent_collection;
  if (variable.domain == Domain::kBack || variable.domain == Domain::kBackElements) {
    node.column = node.collection->FindField(variable.column);
  } else if (parent_collection != nullptr && !variable.column.empty()) {
    node.column = parent_collection->FindField(variable.column);
  }
  if (parent_collection != nullptr) node.parent_id = parent_collection->FindField("id");
  if (variable.domain == Domain::kRelation && node.column != nullptr) {
    const bool is_virtual = plan_.virtual_row && variable.parent == kBaseVar;
    const Affinity affinity = is_virtual ? Affinity::kNone : node.column->affinity();
    node.number_matches = ComparisonAffinity(Affinity::kText, affinity) == Affinity::kText;
  }
  if (variable.slot < plan_.slots.size()) node.slot = SlotValue(variable.slot);
  node.slot_id = variable.slot;
  program_.variables.push_back(node);
}

// The variables that `condition` mentions, and their ancestors among
// `variables`; the others cannot matter, for no domain is ever empty.
std::vector<VarId> Compiler::MattersIn(const std::vector<VarId>& variables,
                                       CondId condition) const {
  std::vector<bool> matters(plan_.variables.size());
  VisitCondVariables(plan_, condition, [&](VarId var) { matters[var] = true; });
  std::vector<VarId> result(variables);
  // Parents have smaller ids than their children.
  std::sort(result.begin(), result.end());
  for (auto var = result.rbegin(); var != result.rend(); ++var) {
    if (matters[*var]) matters[plan_.variables[*var].parent] = true;
  }
  result.erase(
      std::remove_if(result.begin(), result.end(), [&](VarId var) { return !matters[var]; }),
      result.end());
  return result;
}

std::size_t Compiler::LevelOf(const std::vector<VarId>& variables, CondId term) const {
  std::size_t level = 0;
  VisitCondVariables(plan_, term, [&](VarId var) {
    const auto at = std::find(variables.begin(), variables.end(), var);
    if (at != variables.end())
      level = std::max(level, static_cast<std::size_t>(at - variables.begin()) + 1);
  });
  return level;
}

std::uint32_t Compiler::AddScope(const std::vector<VarId>& variables, CondId condition,
                                 Truth wanted) {
  Scope scope;
  scope.wanted = wanted;
  scope.variables = MattersIn(variables, condition);
  scope.levels.resize(scope.variables.size() + 1);
  // All terms of an AND must be TRUE, or all of an OR be FALSE, so each can
  // end the search for itself.
  const auto* junction = std::get_if<JunctionCond>(&plan_.conds[condition]);
  const bool splits =
      junction != nullptr && (junction->op == LogicalOp::kAnd) == (wanted == Truth::kTrue);
  const std::vector<CondId> terms = splits ? junction->terms : std::vector<CondId>{condition};
  for (const CondId term : terms) scope.levels[LevelOf(scope.variables, term)].push_back(term);
  program_.scopes.push_back(std::move(scope));
  return static_cast<std::uint32_t>(program_.scopes.size() - 1);
}

Plan SimplifiedCondition(Plan plan) {
  // A sort would only tie variables to the top.
  plan.sort.clear();
  return Simplify(plan);
}

}  // namespace

PredicateProgram CompilePredicate(const Plan& plan) { return Compiler(plan).Compile(); }

struct Predicate::Program {
  explicit Program(Plan given)
      : plan(std::move(given)),
        simplified(SimplifiedCondition(plan)),
        code(CompilePredicate(simplified)) {}

  Plan plan;
  Plan simplified;
  PredicateProgram code;
};

Predicate::Predicate(Plan plan) : program_(std::make_unique<const Program>(std::move(plan))) {}
Predicate::~Predicate() = default;
Predicate::Predicate(Predicate&&) noexcept = default;
Predicate& Predicate::operator=(Predicate&&) noexcept = default;

const Plan& Predicate::plan() const { return program_->plan; }

StatusOr<bool> Predicate::Matches(const RecordView& record, RowSource* rows,
                                  const PredicateLimits& limits) const {
  return RunPredicate(program_->code, record, rows, limits);
}

StatusOr<bool> Predicate::Matches(const RecordView& record, RowSource* rows,
                                  const PredicateLimits& limits, const SlotValues& values) const {
  absl::InlinedVector<ValueView, 16> slots(program_->simplified.slots.size());
  for (SlotId slot = 0; slot < slots.size(); ++slot) slots[slot] = values.Get(slot);
  return RunPredicate(program_->code, record, rows, limits, slots.data());
}

bool Predicate::TakesValues(const Refill& refill) const {
  const std::vector<SlotId>& worked_in = program_->code.worked_in;
  // Comparisons that only the second look has folded are not checked by Fill.
  return program_->simplified.folded.size() == program_->plan.folded.size() &&
         std::none_of(worked_in.begin(), worked_in.end(),
                      [&refill](SlotId slot) { return refill.Changes(slot); });
}

}  // namespace sluice
