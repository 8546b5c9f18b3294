// Plan -> parameterised SQL text. Never opens a database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/dialect.h"
#include "sluice/plan.h"
#include "sluice/statistics.h"
#include "sluice/status.h"

namespace sluice {

// What a placeholder stands for: a slot of the plan, or the page.
enum class ParamKind : std::uint8_t { kSlot, kLimit, kOffset };

struct Param {
  ParamKind kind = ParamKind::kSlot;
  SlotId slot = 0;
};

// One statement. `text` holds no value that a user sent: those are the
// parameters, in the order of their numbers (`?1` is params[0]). `columns`
// are the selected columns' names, in order.
struct SqlStatement {
  std::string text;
  std::vector<Param> params;
  std::vector<std::string> columns;
};

// How variables become joins.
enum class Lowering : std::uint8_t {
  kRewritten,  // of a plan after Simplify: semi-joins; DISTINCT only where a sort needs it
  kPlain,      // of a plan as bound: every variable a LEFT JOIN, DISTINCT over all (F-126);
               // the reference that the rewritten form is tested against
};

struct SelectOptions {
  // Columns of the base to return; empty: one column, 1.
  std::vector<std::string_view> columns;
  bool limit = false;   // LIMIT as a parameter
  bool offset = false;  // OFFSET as a parameter, after LIMIT
  bool order = true;    // the plan's sort
  Lowering lowering = Lowering::kRewritten;
  // With LIMIT, about how many rows there are up to the end of the page; below 0:
  // as many as there are. What it changes is the statement's spelling alone.
  double rows_asked = 30;
  // Of the database that will run the statement, where it has any; looked at
  // while the statement is made, not later.
  const Statistics* statistics = nullptr;
};

// The rows of the plan's answer.
SqlStatement SelectRows(const Plan& plan, const Dialect& dialect, const SelectOptions& options);

// How many there are: distinct rows, for views distinct ids (F-129). The
// plan's sort is not looked at; give a plan bound without it where the sort
// is by a path.
SqlStatement SelectCount(const Plan& plan, const Dialect& dialect,
                         Lowering lowering = Lowering::kRewritten,
                         const Statistics* statistics = nullptr);

// How the rows of a back-relation that the condition asks for are found. None
// changes what is answered.
enum class ExistsSpelling : std::uint8_t {
  kProbes,      // EXISTS (SELECT 1 ...): a look for each base row
  kList,        // id IN (SELECT ...): listed once; the database may start from there
  kTestedList,  // +id IN (SELECT ...): listed once, each base row is looked up in it
};

// A choice for SQLite, and its reason for people, in one line.
struct ExistsChoice {
  std::string path;  // of the back-relation, in the filter's words
  ExistsSpelling spelling = ExistsSpelling::kProbes;
  std::string why;
};

// What SelectRows and SelectCount choose for SQLite, in the order of the
// condition; of conditions that can be spelled in one way only, nothing.
std::vector<ExistsChoice> ExplainRows(const Plan& plan, const SelectOptions& options);
std::vector<ExistsChoice> ExplainCount(const Plan& plan, const Statistics* statistics = nullptr);

// Ids of the rows of `collection` whose relation `field` holds `slot 0`'s id:
// the look-up of a back-relation expand (F-166).
SqlStatement SelectBackIds(const Collection& collection, const Field& field,
                           const Dialect& dialect);

}  // namespace sluice
