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
  virtual void AppendCompare(SqlWriter& out, const Plan& plan,
                             const CompareCond& compare) const = 0;
  // Equality of texts without regard to the case of ASCII letters, which an index
  // of such an order serves.
  virtual void AppendEqualIgnoringCase(SqlWriter& out, const Plan& plan, ExprId left,
                                       ExprId right) const = 0;
  virtual void AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const = 0;
  virtual void AppendTruth(SqlWriter& out, Truth truth) const = 0;

  // An expression to order by; its direction and the place of NULLs (F-136).
  virtual void AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const = 0;
  virtual void AppendSortDirection(SqlWriter& out, const SortTerm& term) const = 0;
  // SELECT DISTINCT may order by what it does not select, and the first row met
  // gives the key (F-137). Where not, a subquery picks that row.
  virtual bool OrdersDistinctRows() const = 0;
  // The row id is the last key, because rows come in no order otherwise and
  // pages would overlap.
  virtual bool OrdersTies() const = 0;
  // The column by which rows of the variable are met in order; empty: none.
  virtual std::string_view PositionColumn(const Variable& var) const = 0;

  // A variable's rows as an item of FROM with its alias, and, when
  // `AppendJoinCondition` has one, the condition that ties it to its parent.
  virtual void AppendSource(SqlWriter& out, const Plan& plan, VarId var) const = 0;
  virtual void AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId var) const = 0;

  // The slot's value as a column of the field's type keeps it (mutations.h).
  virtual void AppendStored(SqlWriter& out, const Field& field, SlotId slot) const = 0;
  // Cheap, and true wherever the field's JSON list may hold the slot's text:
  // the text is in the column's, or something there is escaped.
  virtual void AppendMayHold(SqlWriter& out, VarId var, const Field& field, SlotId slot) const = 0;

  // A FROM item with one row and no column of use.
  virtual std::string_view OneRow() const = 0;
  // The base's column that counts rows: the row id of a table.
  virtual std::string_view RowId() const = 0;
};

// SQLite 3.53, whose semantics the language is defined by.
const Dialect& Sqlite();

// PostgreSQL 15, in a UTF8 database where PostgresFunctions() was run.
// sqlgen/README.md has the types of columns and what differs from SQLite.
const Dialect& Postgres();

// The SQL script with the functions that Postgres() calls, all in the schema
// `sluice`. Running it again replaces them.
std::string_view PostgresFunctions();

}  // namespace sluice
