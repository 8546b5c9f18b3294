// What a plan is compiled to: flat tables that the evaluator walks, with all
// that does not depend on a record worked out beforehand. Private to engine/.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "engine/text_match.h"
#include "sluice/plan.h"
#include "sluice/strings.h"

namespace sluice {

enum class ExprOp : std::uint8_t {
  kConstant,
  kColumn,
  kJson,
  kLength,
  kElement,
  kLower,
  kStrftime,
  kGeoDistance,
  kCondition,
};

struct ExprNode {
  ExprOp op = ExprOp::kConstant;
  VarId var = kBaseVar;
  std::uint32_t first = 0;  // argument, condition, or begin of `arguments`
  std::uint32_t count = 0;
  const Field* field = nullptr;
  ValueView constant = {};  // kConstant; kJson: the path
  std::uint32_t slot = 0;   // kConstant: one more than the slot it is the value of; 0: of none
};

// `terms` and `scope` index the program's lists.
// kObserve asks the observer of a trace; compiling makes none.
enum class CondOp : std::uint8_t {
  kConstant,
  kCompare,
  kLikePattern,
  kAnd,
  kOr,
  kScope,
  kInList,
  kObserve
};

// Row 1, row 3 and the operators of F-50 look at how two values stand to each
// other; which outcomes make them TRUE is all that differs.
enum class Relation : std::uint8_t {
  kSame,
  kNotSame,
  kEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kEmpty,
  kNotEmpty,
  kLike,
};

struct CondNode {
  CondOp op = CondOp::kConstant;
  Relation relation = Relation::kEqual;
  Truth constant = Truth::kTrue;
  bool negated = false;   // NOT LIKE
  bool contains = false;  // the pattern gets its `%` at run time
  bool coalesce = false;  // NULL counts as ''
  Affinity affinity = Affinity::kNone;
  ExprId left = 0;
  ExprId right = 0;
  std::uint32_t first = 0;  // begin of `terms`; scope, pattern or list
  std::uint32_t count = 0;
};

// A search through the assignments of some variables for one that makes every
// term `wanted`. `levels[i]` are the terms that can be judged as soon as the
// first i variables are bound.
struct Scope {
  std::vector<VarId> variables;
  std::vector<std::vector<CondId>> levels;
  Truth wanted = Truth::kTrue;
};

// One variable, with its names looked up.
struct VariableNode {
  Domain domain = Domain::kBase;
  VarId parent = kBaseVar;
  const Collection* collection = nullptr;
  const Field* column = nullptr;  // of the parent, or of the collection for back-relations
  const Field* parent_id = nullptr;
  bool parent_is_elements = false;
  bool number_matches = false;  // kRelation: a number in the column counts as its text
  ValueView slot;
  SlotId slot_id = 0;
};

struct IdList {
  absl::flat_hash_set<std::string, StringHash, std::equal_to<>> texts;
  std::vector<Value> values;
};

struct PredicateProgram {
  std::vector<ExprNode> exprs;
  std::vector<CondNode> conds;
  std::vector<ExprId> arguments;
  std::vector<CondId> terms;
  std::vector<Scope> scopes;
  std::vector<LikePattern> patterns;
  std::vector<bool> pattern_too_long;
  std::vector<IdList> lists;
  std::vector<VariableNode> variables;
  std::uint32_t root_scope = 0;
  // Slots whose values are in patterns, lists and paths.
  std::vector<SlotId> worked_in;
  // Texts that constants point into; a deque, so that they stay where they are.
  std::deque<std::string> texts;
};

// The program of a plan as it is. Expressions and conditions keep their ids.
PredicateProgram CompilePredicate(const Plan& plan);

}  // namespace sluice
