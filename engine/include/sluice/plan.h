// The typed, bound form of a query: what a rule, a filter and a sort mean over
// one schema, without a byte of SQL.
//
// Meaning (F-58, F-66, F-126): `variables` range over rows. Variable 0 is the
// base row, the answer's row. Every other variable has a parent and a domain;
// where its domain holds nothing it ranges over a single all-NULL row, so no
// domain is ever empty. A base row is in the answer when SOME assignment of
// the free variables makes `condition` TRUE in three-valued logic. All paths
// with the same prefix share one variable, across rule, filter and sort.
//
// Nodes are in flat vectors, children before parents; after Bind or Simplify
// returns, a plan does not change. A plan points into the Schema it was bound
// to, which must outlive it; it holds copies of all else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"

#include "sluice/ast.h"
#include "sluice/schema.h"
#include "sluice/value.h"

namespace sluice {

using VarId = std::uint32_t;
using ExprId = std::uint32_t;
using CondId = std::uint32_t;
using SlotId = std::uint32_t;

inline constexpr VarId kBaseVar = 0;

// What a variable ranges over. "Parent" is a row variable unless said.
enum class Domain : std::uint8_t {
  kBase,          // the row that is asked about
  kSameId,        // rows of the base's source with the parent's id: the parent
                  // itself, but for views whose ids repeat
  kRelation,      // the row of `collection` whose id is the parent's `column`,
                  // or the parent's value when the parent is kElements
  kElements,      // elements of the parent's `column` (F-76, F-86)
  kBack,          // rows of `collection` whose `column` is the parent's id
  kBackElements,  // rows of `collection` whose list `column` holds the parent's id
  kCollection,    // every row of `collection` (F-103); the parent is the base
  kAuth,          // the row of `collection` whose id is in `slot` (F-101)
  kSlotRows,      // rows of `collection` whose id is in the JSON array of `slot` (F-100)
  kSlotElements,  // elements of the JSON array of `slot` (F-98)
};

struct Variable {
  Domain domain = Domain::kBase;
  VarId parent = kBaseVar;
  const Collection* collection = nullptr;  // null for element domains
  std::string column;
  SlotId slot = 0;
  // At most one row for each row of the parent: it never multiplies.
  bool to_one = false;
  // Bound by an AllValues or Exists node rather than free.
  bool bound = false;
  // The path as written, for people.
  std::string path;
};

// Where a slot's value comes from; with the value it had when the plan was
// bound. Values differ between requests, plans may be kept.
enum class SlotSource : std::uint8_t {
  kLiteral,
  kMacro,
  kRequest,
  kJsonPath,
  kAuthId,
  kRowId,
  kIds
};

struct Slot {
  SlotSource source = SlotSource::kLiteral;
  Value value;
  std::string name;  // `@request.query.a`, `@now`; for people and for refilling
  // Where the literal begins in the text of the query's filter, plus one; 0 for
  // everything else, literals of rules among them.
  std::uint32_t literal = 0;
  // The value is the pattern that `~` makes of it (F-54).
  bool pattern = false;
  // One more than the number of the look at the request that gave it; 0: none.
  std::uint32_t look = 0;
};

// What the binder saw when it looked at a part of the request: `body.a.0`,
// `query.x`, `headers.x_y`.
struct RequestLook {
  enum class State : std::uint8_t { kMissing, kNull, kPresent };
  std::string path;
  State state = State::kMissing;
  bool number_field = false;  // named like a number field (F-95)
};

// A column of a row variable.
struct ColumnExpr {
  VarId var = kBaseVar;
  const Field* field = nullptr;
};
// The value at `path` (a slot with `$.a[1]`) inside a json or geoPoint column,
// read by F-79 and F-80.
struct JsonExpr {
  VarId var = kBaseVar;
  const Field* field = nullptr;
  SlotId path = 0;
};
// `:length` (F-75).
struct LengthExpr {
  VarId var = kBaseVar;
  const Field* field = nullptr;
};
// The value of a kElements or kSlotElements variable.
struct ElementExpr {
  VarId var = 0;
};
// LOWER, ASCII only.
struct LowerExpr {
  ExprId argument = 0;
};
struct SlotExpr {
  SlotId slot = 0;
};
// A constant written into the expression: NULL, TRUE (1) or FALSE (0).
struct ConstantExpr {
  Value value;
};
// SQLite's strftime; the format first. One argument means now.
struct StrftimeExpr {
  std::vector<ExprId> arguments;
};
// lonA, latA, lonB, latB (F-106).
struct GeoDistanceExpr {
  std::array<ExprId, 4> arguments{};
};
// The truth of a condition as 1, 0 or NULL (`:changed`, F-99).
struct ConditionExpr {
  CondId condition = 0;
};

using Expr = std::variant<ColumnExpr, JsonExpr, LengthExpr, ElementExpr, LowerExpr, SlotExpr,
                          ConstantExpr, StrftimeExpr, GeoDistanceExpr, ConditionExpr>;

// What a comparison does with its sides: F-44's rows for `=` and `!=`, and the
// operators of F-50 and F-51 as they are.
enum class CompareForm : std::uint8_t {
  kIs,
  kIsNot,  // row 1
  kEqual,
  kNotEqual,  // row 3: L = R; L IS NOT R
  kLeftEmpty,
  kLeftNotEmpty,  // row 4: R = '' OR R IS NULL (the left side is empty)
  kRightEmpty,
  kRightNotEmpty,  // row 5: L = '' OR L IS NULL
  kCoalesceEqual,
  kCoalesceNotEqual,  // row 6
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kLike,
  kNotLike,  // the pattern is R as it is
  kLikeContains,
  kNotLikeContains,  // the pattern is '%' || R || '%' (F-52)
};

struct CompareCond {
  CompareForm form = CompareForm::kEqual;
  ExprId left = 0;
  ExprId right = 0;
};
struct ConstantCond {
  Truth value = Truth::kTrue;
};
// n-ary; terms keep their order.
struct JunctionCond {
  LogicalOp op = LogicalOp::kAnd;
  std::vector<CondId> terms;
};
// TRUE unless some assignment of `variables` makes `condition` FALSE (F-59).
// Never UNKNOWN. Variables are in tree order, parents first.
struct AllValuesCond {
  std::vector<VarId> variables;
  CondId condition = 0;
};
// TRUE when some assignment of `variables` makes `condition` TRUE, else FALSE.
// Only Simplify makes these.
struct ExistsCond {
  std::vector<VarId> variables;
  CondId condition = 0;
};
// `left` is one of the JSON array of texts in `slot`.
struct InListCond {
  ExprId left = 0;
  SlotId slot = 0;
};

using Cond =
    std::variant<CompareCond, ConstantCond, JunctionCond, AllValuesCond, ExistsCond, InListCond>;

enum class SortKind : std::uint8_t { kExpression, kRandom, kRowId };

struct SortTerm {
  SortKind kind = SortKind::kExpression;
  ExprId expr = 0;
  bool descending = false;
};

// Which laws a Simplify pass used, for `explain`.
struct AppliedPass {
  std::string name;
  std::string detail;
};

// A comparison of constants that Simplify replaced by what it came to.
struct FoldedCompare {
  CompareCond compare;
  Truth truth = Truth::kUnknown;
};

struct Plan {
  const Collection* collection = nullptr;
  std::vector<Variable> variables;  // [0] is the base
  std::vector<Expr> exprs;
  std::vector<Cond> conds;
  std::vector<Slot> slots;
  CondId condition = 0;
  std::vector<SortTerm> sort;
  std::vector<AppliedPass> passes;
  std::vector<FoldedCompare> folded;
  std::vector<RequestLook> looks;
  // What the request holds beside the values of slots and the states of looks
  // decided what the plan looks like.
  bool of_one_request = false;
  // The base row is a record that is not stored yet: its columns have no
  // affinity (F-42).
  bool virtual_row = false;

  const Expr& expr(ExprId id) const { return exprs[id]; }
  const Cond& cond(CondId id) const { return conds[id]; }
};

// The affinity with which SQLite compares `expr` (F-36).
Affinity AffinityOf(const Plan& plan, ExprId expr);

// Called with a variable; a reference that must not be kept.
using VisitVariable = absl::FunctionRef<void(VarId)>;

// Calls `visit` for each variable that the expression, or the condition
// without the variables it binds itself, mentions directly. May repeat.
void VisitExprVariables(const Plan& plan, ExprId expr, VisitVariable visit);
void VisitCondVariables(const Plan& plan, CondId cond, VisitVariable visit);

// An unambiguous form for tests and people.
std::string Dump(const Plan& plan);
std::string DumpCond(const Plan& plan, CondId cond);
std::string DumpExpr(const Plan& plan, ExprId expr);

}  // namespace sluice
