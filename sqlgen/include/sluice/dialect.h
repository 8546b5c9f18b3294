// The questions a database answers differently (F-188 to F-193).
//
// A dialect is stateless and shared; both live for the whole program. What a
// dialect writes goes through SqlWriter, the only place where text,
// identifiers and placeholders are appended.
#pragma once

#include <string_view>

#include "sluice/plan.h"

namespace sluice {

class SqlWriter;

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual std::string_view name() const = 0;

  // Placeholder number `number`, from 1.
  virtual void AppendPlaceholder(std::string& out, std::size_t number) const = 0;

  // A comparison as a boolean expression, three-valued as SQLite's.
  virtual void AppendCompare(SqlWriter& out, const Plan& plan, const CompareCond& compare) const = 0;
  virtual void AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const = 0;
  virtual void AppendTruth(SqlWriter& out, Truth truth) const = 0;

  // An expression to order by, with direction and the place of NULLs (F-136).
  virtual void AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const = 0;

  // A variable's rows as an item of FROM with its alias, and, when
  // `AppendJoinCondition` has one, the condition that ties it to its parent.
  virtual void AppendSource(SqlWriter& out, const Plan& plan, VarId var) const = 0;
  virtual void AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId var) const = 0;

  // A FROM item with one row and no column of use.
  virtual std::string_view OneRow() const = 0;
  // The base's column that counts rows: the row id of a table.
  virtual std::string_view RowId() const = 0;
};

// SQLite 3.53, whose semantics the language is defined by.
const Dialect& Sqlite();

}  // namespace sluice
