// Plan -> parameterised SQL text. Never opens a database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/dialect.h"
#include "sluice/plan.h"
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
};

// The rows of the plan's answer.
SqlStatement SelectRows(const Plan& plan, const Dialect& dialect, const SelectOptions& options);

// How many there are: distinct rows, for views distinct ids (F-129). The
// plan's sort is not looked at; give a plan bound without it where the sort
// is by a path.
SqlStatement SelectCount(const Plan& plan, const Dialect& dialect,
                         Lowering lowering = Lowering::kRewritten);

// Ids of the rows of `collection` whose relation `field` holds `slot 0`'s id:
// the look-up of a back-relation expand (F-166).
SqlStatement SelectBackIds(const Collection& collection, const Field& field,
                           const Dialect& dialect);

}  // namespace sluice
