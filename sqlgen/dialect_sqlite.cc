// SQLite's answers. The comparisons are SQLite's own, so most of F-34 to F-56
// needs no more than writing the operands down.
// Tested by tests/pipeline, and by tests/oracle against the predicate.
#include "sluice/dialect.h"
#include "sqlgen/cond_printer.h"
#include "sqlgen/sql_writer.h"

namespace sluice {
namespace {

class SqliteDialect final : public Dialect {
 public:
  std::string_view name() const override { return "sqlite"; }
  std::string_view OneRow() const override { return "(SELECT 1)"; }
  std::string_view RowId() const override { return "_rowid_"; }

  void AppendPlaceholder(std::string& out, std::size_t number) const override {
    out += '?';
    out += std::to_string(number);
  }

  void AppendTruth(SqlWriter& out, Truth truth) const override {
    out << (truth == Truth::kTrue ? "1" : truth == Truth::kFalse ? "0" : "NULL");
  }

  void AppendCompare(SqlWriter& out, const Plan& plan, const CompareCond& compare) const override;
  void AppendEqualIgnoringCase(SqlWriter& out, const Plan& plan, ExprId left,
                               ExprId right) const override;
  void AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const override;
  void AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const override;
  void AppendSortDirection(SqlWriter& out, const SortTerm& term) const override;
  bool OrdersDistinctRows() const override { return true; }
  bool OrdersTies() const override { return false; }
  std::string_view PositionColumn(const Variable&) const override { return ""; }
  void AppendSource(SqlWriter& out, const Plan& plan, VarId var) const override;
  void AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId var) const override;
  void AppendStored(SqlWriter& out, const Field& field, SlotId slot) const override;
  void AppendMayHold(SqlWriter& out, VarId var, const Field& field, SlotId slot) const override;

 private:
  void Expression(SqlWriter& out, const Plan& plan, ExprId id) const;
  void Binary(SqlWriter& out, const Plan& plan, const CompareCond& compare,
              std::string_view op) const;
  void Empty(SqlWriter& out, const Plan& plan, ExprId side, bool negated) const;
  void Coalesce(SqlWriter& out, const Plan& plan, ExprId side) const;
  void Like(SqlWriter& out, const Plan& plan, const CompareCond& compare) const;
  void Json(SqlWriter& out, const JsonExpr& json) const;
  void Length(SqlWriter& out, const LengthExpr& length) const;
  void GeoDistance(SqlWriter& out, const Plan& plan, const GeoDistanceExpr& geo) const;
  void ElementList(SqlWriter& out, VarId var, std::string_view column) const;
};

bool IsNullConstant(const Plan& plan, ExprId id) {
  const auto* constant = std::get_if<ConstantExpr>(&plan.exprs[id]);
  return constant != nullptr && constant->value.is_null();
}

// F-79, F-80: what is no JSON is a JSON string of the raw text, so that the
// root gives the text and anything deeper NULL.
void SqliteDialect::Json(SqlWriter& out, const JsonExpr& json) const {
  out << "CASE WHEN json_valid(";
  out.Column(json.var, json.field->name) << ") THEN json_extract(";
  out.Column(json.var, json.field->name) << ",";
  out.Slot(json.path) << ") ELSE json_extract(json_object('v',";
  out.Column(json.var, json.field->name) << "),'$.v'||substr(";
  out.Slot(json.path) << ",2)) END";
}

// F-75.
void SqliteDialect::Length(SqlWriter& out, const LengthExpr& length) const {
  const VarId var = length.var;
  const std::string_view column = length.field->name;
  out << "CASE WHEN ";
  out.Column(var, column) << " IS NULL OR ";
  out.Column(var, column) << "='' THEN 0 WHEN json_valid(";
  out.Column(var, column) << ") THEN CASE json_type(";
  out.Column(var, column) << ") WHEN 'array' THEN json_array_length(";
  out.Column(var, column) << ") ELSE 1 END ELSE 1 END";
}

// The operand of json_each: the column where it holds an array, else an array
// of its one raw value (F-86).
void SqliteDialect::ElementList(SqlWriter& out, VarId var, std::string_view column) const {
  out << "CASE WHEN json_valid(";
  out.Column(var, column) << ") THEN CASE json_type(";
  out.Column(var, column) << ") WHEN 'array' THEN ";
  out.Column(var, column) << " ELSE json_array(";
  out.Column(var, column) << ") END ELSE json_array(";
  out.Column(var, column) << ") END";
}

// Kilometres by the spherical law of cosines (F-106), in the peer's order of
// operations: rounding decides what becomes NULL (F-107).
void SqliteDialect::GeoDistance(SqlWriter& out, const Plan& plan,
                                const GeoDistanceExpr& geo) const {
  const auto radians = [&](int i) {
    out << "radians(";
    Expression(out, plan, geo.arguments[i]);
    out << ")";
  };
  const int lon_a = 0, lat_a = 1, lon_b = 2, lat_b = 3;
  out << "(6371*acos(cos(";
  radians(lat_a);
  out << ")*cos(";
  radians(lat_b);
  out << ")*cos(";
  radians(lon_b);
  out << "-";
  radians(lon_a);
  out << ")+sin(";
  radians(lat_a);
  out << ")*sin(";
  radians(lat_b);
  out << ")))";
}

void SqliteDialect::Expression(SqlWriter& out, const Plan& plan, ExprId id) const {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr)) {
    out.Column(column->var, column->field->name);
  } else if (const auto* json = std::get_if<JsonExpr>(&expr)) {
    Json(out, *json);
  } else if (const auto* length = std::get_if<LengthExpr>(&expr)) {
    Length(out, *length);
  } else if (const auto* element = std::get_if<ElementExpr>(&expr)) {
    out.Column(element->var, "value");
  } else if (const auto* lower = std::get_if<LowerExpr>(&expr)) {
    out << "LOWER(";
    Expression(out, plan, lower->argument);
    out << ")";
  } else if (const auto* slot = std::get_if<SlotExpr>(&expr)) {
    out.Slot(slot->slot);
  } else if (const auto* constant = std::get_if<ConstantExpr>(&expr)) {
    // Constants are NULL, 1, 0 and '' only: no user's value.
    const Value& value = constant->value;
    out << (value.is_null()                        ? "NULL"
            : value.storage == StorageClass::kText ? "''"
            : value.integer != 0                   ? "1"
                                                   : "0");
  } else if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    out << "strftime(";
    for (std::size_t i = 0; i < strftime->arguments.size(); ++i) {
      if (i > 0) out << ",";
      Expression(out, plan, strftime->arguments[i]);
    }
    out << ")";
  } else if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    GeoDistance(out, plan, *geo);
  } else {
    AppendCondition(out, plan, std::get<ConditionExpr>(expr).condition);
  }
}

void SqliteDialect::Binary(SqlWriter& out, const Plan& plan, const CompareCond& compare,
                           std::string_view op) const {
  Expression(out, plan, compare.left);
  out << op;
  Expression(out, plan, compare.right);
}

void SqliteDialect::Empty(SqlWriter& out, const Plan& plan, ExprId side, bool negated) const {
  out << "(";
  Expression(out, plan, side);
  out << (negated ? " IS NOT '' AND " : "='' OR ");
  Expression(out, plan, side);
  out << (negated ? " IS NOT NULL)" : " IS NULL)");
}

void SqliteDialect::Coalesce(SqlWriter& out, const Plan& plan, ExprId side) const {
  out << "COALESCE(";
  Expression(out, plan, side);
  out << ",'')";
}

void SqliteDialect::Like(SqlWriter& out, const Plan& plan, const CompareCond& compare) const {
  const bool contains =
      compare.form == CompareForm::kLikeContains || compare.form == CompareForm::kNotLikeContains;
  const bool negated =
      compare.form == CompareForm::kNotLike || compare.form == CompareForm::kNotLikeContains;
  Expression(out, plan, compare.left);
  out << (negated ? " NOT LIKE " : " LIKE ");
  if (contains && IsNullConstant(plan, compare.right)) {
    out << "NULL";
  } else {
    if (contains) out << "('%'||";
    Expression(out, plan, compare.right);
    if (contains) out << "||'%')";
  }
  out << " ESCAPE '\\'";
}

void SqliteDialect::AppendEqualIgnoringCase(SqlWriter& out, const Plan& plan, ExprId left,
                                            ExprId right) const {
  Expression(out, plan, left);
  out << "=";
  Expression(out, plan, right);
  out << " COLLATE NOCASE";
}

void SqliteDialect::AppendCompare(SqlWriter& out, const Plan& plan,
                                  const CompareCond& compare) const {
  switch (compare.form) {
    case CompareForm::kIs:
      return Binary(out, plan, compare, " IS ");
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
      return Binary(out, plan, compare, " IS NOT ");
    case CompareForm::kEqual:
      return Binary(out, plan, compare, "=");
    case CompareForm::kGreater:
      return Binary(out, plan, compare, ">");
    case CompareForm::kGreaterEqual:
      return Binary(out, plan, compare, ">=");
    case CompareForm::kLess:
      return Binary(out, plan, compare, "<");
    case CompareForm::kLessEqual:
      return Binary(out, plan, compare, "<=");
    case CompareForm::kLeftEmpty:
    case CompareForm::kLeftNotEmpty:
      return Empty(out, plan, compare.right, compare.form == CompareForm::kLeftNotEmpty);
    case CompareForm::kRightEmpty:
    case CompareForm::kRightNotEmpty:
      return Empty(out, plan, compare.left, compare.form == CompareForm::kRightNotEmpty);
    case CompareForm::kCoalesceEqual:
    case CompareForm::kCoalesceNotEqual:
      Coalesce(out, plan, compare.left);
      out << (compare.form == CompareForm::kCoalesceEqual ? "=" : " IS NOT ");
      return Coalesce(out, plan, compare.right);
    case CompareForm::kLike:
    case CompareForm::kNotLike:
    case CompareForm::kLikeContains:
    case CompareForm::kNotLikeContains:
      return Like(out, plan, compare);
  }
}

void SqliteDialect::AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const {
  Expression(out, plan, in.left);
  out << " IN (SELECT value FROM json_each(";
  out.Slot(in.slot) << "))";
}

void SqliteDialect::AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const {
  if (term.kind == SortKind::kRandom) {
    out << "RANDOM()";
    return;
  }
  if (term.kind == SortKind::kRowId) {
    out.Alias(kBaseVar) << "._rowid_";
  } else {
    Expression(out, plan, term.expr);
  }
}

void SqliteDialect::AppendSortDirection(SqlWriter& out, const SortTerm& term) const {
  if (term.kind != SortKind::kRandom && term.descending) out << " DESC";
}

void SqliteDialect::AppendSource(SqlWriter& out, const Plan& plan, VarId id) const {
  const Variable& var = plan.variables[id];
  if (var.domain == Domain::kElements) {
    out << "json_each(";
    ElementList(out, var.parent, var.column);
    out << ")";
  } else if (var.domain == Domain::kSlotElements) {
    out << "json_each(";
    out.Slot(var.slot) << ")";
  } else {
    out.Identifier(var.collection->name);
  }
  out << " AS ";
  out.Alias(id);
}

void SqliteDialect::AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId id) const {
  const Variable& var = plan.variables[id];
  switch (var.domain) {
    case Domain::kRelation: {
      const bool element = plan.variables[var.parent].domain == Domain::kElements;
      out.Column(id, "id") << "=";
      out.Column(var.parent, element ? "value" : std::string_view(var.column));
      return;
    }
    case Domain::kBack:
      out.Column(id, var.column) << "=";
      out.Column(var.parent, "id");
      return;
    case Domain::kBackElements:
      out.Column(var.parent, "id") << " IN (SELECT value FROM json_each(";
      ElementList(out, id, var.column);
      out << "))";
      return;
    case Domain::kSameId:
      out.Column(id, "id") << "=";
      out.Column(var.parent, "id");
      return;
    case Domain::kAuth:
      out.Column(id, "id") << "=";
      out.Slot(var.slot);
      return;
    case Domain::kSlotRows:
      out.Column(id, "id") << " IN (SELECT value FROM json_each(";
      out.Slot(var.slot) << "))";
      return;
    case Domain::kBase:
    case Domain::kElements:
    case Domain::kCollection:
    case Domain::kSlotElements:
      out << "1";
      return;
  }
}

// The column's affinity does the rest.
void SqliteDialect::AppendStored(SqlWriter& out, const Field&, SlotId slot) const {
  out.Slot(slot);
}

// Strings of JSON stand there as they are but for escapes, which have a
// backslash. Elements that are no strings may be spelled otherwise: only a word
// with a letter that no number has is sure to equal none of them. SQLite tests
// the word once, not for each row.
void SqliteDialect::AppendMayHold(SqlWriter& out, VarId var, const Field& field,
                                  SlotId slot) const {
  out << "(instr(";
  out.Column(var, field.name) << ",";
  out.Slot(slot) << ")>0 OR instr(";
  out.Column(var, field.name) << ",'\\')>0 OR ";
  out.Slot(slot) << " NOT GLOB '*[A-DF-HJ-Za-dg-mo-z]*' OR ";
  out.Slot(slot) << " GLOB '*[^A-Za-z0-9_-]*')";
}

}  // namespace

const Dialect& Sqlite() {
  static const SqliteDialect kDialect;
  return kDialect;
}

}  // namespace sluice
