// The binder's working state, shared by binder.cc and the bind_*.cc files.
// Private to engine/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/plan.h"

namespace sluice {

// How an operand's side takes part in `=` and `!=` (F-28, F-44 to F-46).
enum class NullMode : std::uint8_t { kAuto, kOff, kForced };

// One resolved side of a comparison (F-29).
struct Operand {
  ExprId expr = 0;
  NullMode mode = NullMode::kAuto;
  bool null_constant = false;    // written as NULL
  bool truth_constant = false;   // written as TRUE, FALSE, 0 or 1
  std::uint32_t parameters = 0;  // bound values, as the peer counts them
  bool empty_parameter = false;  // some bound value is '' or NULL
  bool multi = false;            // F-57: comparisons add the all-values part
  bool email = false;            // F-114 applies to `email_row`
  VarId email_row = kBaseVar;

  // "Counts as empty" and "counts as known non-empty" of F-29.
  bool CountsEmpty() const {
    return null_constant || (mode == NullMode::kAuto && parameters == 1 && empty_parameter);
  }
  bool KnownNonEmpty() const {
    return truth_constant || (mode == NullMode::kAuto && parameters > 0 && !empty_parameter);
  }
};

// What the names of one expression mean: the base of its paths and its mode.
// The query has one scope; each list rule that is added for a joined row (F-116,
// F-119) has one of its own.
struct Scope {
  std::uint32_t id = 0;
  VarId base = kBaseVar;
  const Collection* collection = nullptr;
  BindMode mode = BindMode::kOpen;
};

// A failure of resolving, before it is wrapped with its place.
inline Status BindError(std::string message) {
  return absl::InvalidArgumentError(absl::string_view(message.data(), message.size()));
}

// `"text"` as the peer quotes names in its messages.
std::string Quoted(std::string_view text);

// What a list rule of a joined row is put behind (F-116).
inline constexpr std::string_view kListRuleBegin = "id = '' || (\n";

// A resolved @request.* value: absent when `json` is null.
struct RequestValue {
  const JsonValue* json = nullptr;
};

class Binder {
 public:
  Binder(const Schema& schema, const BindOptions& options) : schema_(schema), options_(options) {}

  StatusOr<Plan> Bind(const Query& query);

 private:
  struct PathState;  // bind_path.cc

  // ---- binder.cc: conditions ----
  StatusOr<CondId> BindPart(const Ast& ast, const Scope& scope, std::string_view part);
  StatusOr<CondId> BindNode(const Ast& ast, NodeId id, const Scope& scope);
  void NotePlace(CondId cond, const Ast& ast, const Node& node);
  StatusOr<CondId> BindComparison(const Ast& ast, const Node& node, const Scope& scope);
  StatusOr<Operand> BindOperand(const Ast& ast, NodeId id, const Scope& scope);
  StatusOr<Operand> BindOperandNamed(const Ast& ast, NodeId id, const Scope& scope,
                                     std::string_view side);
  CondId MakeCompare(CompareOp op, Operand left, Operand right);
  CondId MakeEquality(bool negated, const Operand& left, const Operand& right);
  CondId MakeLike(bool negated, const Operand& left, const Operand& right);
  CondId MakeComparison(CompareOp op, const Operand& left, const Operand& right,
                        const Scope& scope);
  CondId MakeAllValues(CompareOp op, const Operand& left, const Operand& right, const Scope& scope);
  Operand CloneOperand(const Operand& operand, const Scope& scope, std::vector<VarId>& own);
  Status BindSort(const SortList& sort, const Scope& scope);
  void ReserveFor(const Query& query);
  Status AddRowConditions(const Query& query, std::vector<CondId>& terms);
  Status CheckAliases();
  Status CheckTables();

  // ---- bind_path.cc: names ----
  StatusOr<Operand> BindIdentifier(std::string_view name, const Scope& scope);
  StatusOr<Operand> BindFieldName(std::string_view name, const Scope& scope);
  StatusOr<Operand> BindPlainName(std::string_view name, const Scope& scope);
  StatusOr<Operand> BindCollectionPath(std::string_view name, const Scope& scope);
  StatusOr<Operand> WalkPath(PathState state, const Scope& scope);
  StatusOr<Operand> LastSegment(PathState& state, std::string_view segment, const Scope& scope);
  StatusOr<Operand> JsonPath(PathState& state, const Field& field, std::size_t next,
                             const Scope& scope);
  Status FollowRelation(PathState& state, const Field& field, const Scope& scope);
  Status FollowBackRelation(PathState& state, std::string_view segment, const Scope& scope);
  Status RestrictJoinedRow(VarId var, const Scope& scope);
  bool HangsOnRow(const Ast& rule, const Collection& collection) const;
  bool IsStrict(const Scope& scope) const {
    return options_.strict && scope.mode == BindMode::kRestricted;
  }

  // ---- bind_request.cc: @request.* ----
  StatusOr<Operand> BindRequestName(std::string_view name, const Scope& scope);
  StatusOr<Operand> BindAuth(std::string_view name, const std::vector<std::string_view>& segments,
                             const Scope& scope);
  StatusOr<Operand> BindBody(std::string_view name, const std::vector<std::string_view>& segments,
                             const Scope& scope);
  StatusOr<Operand> BindBodyField(std::string_view name, const Field& field,
                                  std::string_view modifier, const Scope& scope);
  StatusOr<Operand> BindChanged(std::string_view name, const Field& field, const Scope& scope);
  StatusOr<Operand> BindBodyRelation(const std::vector<std::string_view>& segments,
                                     const Field& field, const Scope& scope);
  StatusOr<Operand> BindStatic(std::string_view name, const Scope& scope);
  Operand StaticOperand(std::string_view name, const JsonValue* value);
  const JsonValue* LookAt(std::string_view name, const Scope& scope, JsonValue& scratch);

  // ---- bind_call.cc: functions ----
  StatusOr<Operand> BindCall(const Ast& ast, const Node& node, const Scope& scope);
  StatusOr<Operand> BindGeoDistance(const Ast& ast, const Call& call, const Scope& scope);
  StatusOr<Operand> BindStrftime(const Ast& ast, const Call& call, const Scope& scope);
  Status CheckArgument(const Operand& operand, const Scope& scope) const;

  // ---- binder.cc: building ----
  ExprId Add(Expr expr) {
    plan_.exprs.push_back(std::move(expr));
    return static_cast<ExprId>(plan_.exprs.size() - 1);
  }
  CondId Add(Cond cond) {
    plan_.conds.push_back(std::move(cond));
    return static_cast<CondId>(plan_.conds.size() - 1);
  }
  SlotId AddSlot(SlotSource source, Value value, std::string_view name);
  CondId Junction(LogicalOp op, std::vector<CondId> terms);
  Operand ParameterOperand(SlotSource source, Value value, std::string_view name);
  Operand LiteralOperand(Value value, const Node& node, const Scope& scope);
  Operand NullOperand();
  Operand TruthOperand(bool value);
  void WrapLikeSlots(ExprId expr);
  // The variable of that key in `scope`, made on first use.
  VarId FindOrAddVariable(const Scope& scope, Variable variable, std::string_view alias = {});
  ExprId CloneExpr(ExprId expr, const std::vector<std::pair<VarId, VarId>>& map);
  VarId CloneVariable(VarId var, const Scope& scope, std::vector<std::pair<VarId, VarId>>& map,
                      std::vector<VarId>& own);
  const RequestContext& request() const;

  struct VariableNote {
    std::uint32_t scope = 0;
    std::string alias;
    bool restricted = false;  // its list rule was added
    bool replaced = false;    // F-104
  };

  const Schema& schema_;
  const BindOptions& options_;
  Plan plan_;
  std::vector<VariableNote> notes_;      // by VarId
  std::vector<std::string> slot_texts_;  // by SlotId: what `~` shows instead of the value
  std::vector<CondId> added_;            // list rules of joined rows (F-116)
  std::uint32_t scopes_ = 1;
  std::string part_;  // `rule` or `filter`, for the codes of mistakes
  CondPlace place_;   // the text that is being bound; its span is not used
};

// The macro's value, or nothing when `name` is none (F-32).
std::optional<Value> MacroValue(std::string_view name, UnixMillis now);

// The pattern that `~` makes of a bound value (F-53, F-54).
Value PatternOf(const Value& value);

// The value of a slot of ids: a JSON array.
Value IdsValue(const std::vector<std::string>& ids);

// Splits at '.', keeping empty segments.
std::vector<std::string_view> SplitPath(std::string_view path);

// `name:modifier` split at the one colon it has; with none or several the
// whole is the name and the modifier is empty (F-71).
struct NameAndModifier {
  std::string_view name;
  std::string_view modifier;
  bool has_modifier = false;
};
NameAndModifier SplitModifier(std::string_view segment);
bool IsKnownModifier(std::string_view modifier);

}  // namespace sluice
