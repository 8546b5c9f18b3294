// PostgreSQL's answers. Where both sides of a comparison have a class that is
// known from the schema and the slots, it is written with plain operators;
// where not, values carry their class (sqlgen/postgres_functions.sql).
// README.md lists what differs. Tested by tests/pipeline on a server.
#include "sluice/dialect.h"
#include "sqlgen/cond_printer.h"
#include "sqlgen/postgres_functions.h"
#include "sqlgen/sql_writer.h"

namespace sluice {
namespace {

// What an expression is in PostgreSQL.
enum class Kind : std::uint8_t {
  kText,     // text; NULL or a TEXT
  kNumber,   // double precision that is a number column: integral values are INTEGER
  kReal,     // double precision, a REAL
  kInteger,  // an integer type, an INTEGER
  kRaw,      // text, the column of a JSON text: TEXT, or a number where it reads as one
  kValue,    // text with the class in front
};

bool IsNumber(Kind kind) {
  return kind == Kind::kNumber || kind == Kind::kReal || kind == Kind::kInteger;
}

Kind ColumnKind(const Plan& plan, const ColumnExpr& column) {
  if (column.field->multiple()) return Kind::kRaw;
  switch (column.field->type) {
    case FieldType::kNumber:
      return plan.virtual_row && column.var == kBaseVar ? Kind::kReal : Kind::kNumber;
    case FieldType::kBool:
      return Kind::kInteger;
    case FieldType::kJson:
    case FieldType::kGeoPoint:
      return Kind::kRaw;
    default:
      return Kind::kText;
  }
}

Kind ValueKind(const Value& value) {
  if (value.storage == StorageClass::kReal) return Kind::kReal;
  return value.storage == StorageClass::kInteger ? Kind::kInteger : Kind::kText;
}

Kind KindOf(const Plan& plan, ExprId id) {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr)) return ColumnKind(plan, *column);
  if (const auto* slot = std::get_if<SlotExpr>(&expr))
    return ValueKind(plan.slots[slot->slot].value);
  if (const auto* constant = std::get_if<ConstantExpr>(&expr)) return ValueKind(constant->value);
  if (std::holds_alternative<JsonExpr>(expr)) return Kind::kValue;
  if (std::holds_alternative<ElementExpr>(expr)) return Kind::kValue;
  if (std::holds_alternative<GeoDistanceExpr>(expr)) return Kind::kReal;
  if (std::holds_alternative<LengthExpr>(expr)) return Kind::kInteger;
  if (std::holds_alternative<ConditionExpr>(expr)) return Kind::kInteger;
  return Kind::kText;
}

// How the sides of a comparison meet.
enum class Basis : std::uint8_t {
  kText,    // as texts
  kNumber,  // as numbers; a text that is none is NaN
  kApart,   // a number and a text: the order of the classes decides
  kTagged,  // texts with the class in front, equal or not
  kKey,     // by class, then by value
};

class PostgresDialect final : public Dialect {
 public:
  std::string_view name() const override { return "postgres"; }
  std::string_view OneRow() const override { return "(SELECT 1)"; }
  std::string_view RowId() const override { return "_rowid_"; }
  bool OrdersDistinctRows() const override { return false; }
  bool OrdersTies() const override { return true; }

  void AppendPlaceholder(std::string& out, std::size_t number) const override {
    out += '$';
    out += std::to_string(number);
  }

  void AppendTruth(SqlWriter& out, Truth truth) const override {
    out << (truth == Truth::kTrue ? "TRUE" : truth == Truth::kFalse ? "FALSE" : "NULL::boolean");
  }

  void AppendCompare(SqlWriter& out, const Plan& plan, const CompareCond& compare) const override;
  void AppendEqualIgnoringCase(SqlWriter& out, const Plan& plan, ExprId left,
                               ExprId right) const override;
  void AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const override;
  void AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const override;
  void AppendSortDirection(SqlWriter& out, const SortTerm& term) const override;
  std::string_view PositionColumn(const Variable& var) const override;
  void AppendSource(SqlWriter& out, const Plan& plan, VarId var) const override;
  void AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId var) const override;
  void AppendStored(SqlWriter& out, const Field& field, SlotId slot) const override;
  void AppendMayHold(SqlWriter& out, VarId var, const Field& field, SlotId slot) const override;

 private:
  struct Sides {
    Basis basis = Basis::kText;
    bool numeric = false;  // kKey: both sides under NUMERIC affinity
  };
  static Sides Meet(const Plan& plan, const CompareCond& compare);

  void Slot(SqlWriter& out, const Plan& plan, SlotId slot) const;
  // The expression as its kind has it.
  void Native(SqlWriter& out, const Plan& plan, ExprId id) const;
  // The same as text, as a value with its class, as a number or NULL.
  void Text(SqlWriter& out, const Plan& plan, ExprId id) const;
  void Tagged(SqlWriter& out, const Plan& plan, ExprId id, bool numeric) const;
  void Real(SqlWriter& out, const Plan& plan, ExprId id) const;
  void Side(SqlWriter& out, const Plan& plan, ExprId id, const Sides& sides) const;

  void Binary(SqlWriter& out, const Plan& plan, const CompareCond& compare,
              std::string_view op) const;
  void Apart(SqlWriter& out, const Plan& plan, const CompareCond& compare) const;
  void Empty(SqlWriter& out, const Plan& plan, ExprId side, bool negated) const;
  void Coalesce(SqlWriter& out, const Plan& plan, const CompareCond& compare) const;
  void Like(SqlWriter& out, const Plan& plan, const CompareCond& compare) const;
  // A column that holds JSON text. A view's may be of any type.
  void Document(SqlWriter& out, const Plan& plan, VarId var, std::string_view column) const;
  void List(SqlWriter& out, const Plan& plan, VarId var, std::string_view column,
            std::string_view function) const;
};

// One type for each slot wherever it stands, so that a statement prepares
// without guessing.
void PostgresDialect::Slot(SqlWriter& out, const Plan& plan, SlotId slot) const {
  const Kind kind = ValueKind(plan.slots[slot].value);
  out.Slot(slot) << (kind == Kind::kReal      ? "::double precision"
                     : kind == Kind::kInteger ? "::bigint"
                                              : "::text");
}

void PostgresDialect::Document(SqlWriter& out, const Plan& plan, VarId var,
                               std::string_view column) const {
  out.Column(var, column) << (plan.variables[var].collection->is_view() ? "::text" : "");
}

// `function` of the list in a column; whether a bare number in it is a number
// is a matter of the column's affinity.
void PostgresDialect::List(SqlWriter& out, const Plan& plan, VarId var, std::string_view column,
                           std::string_view function) const {
  const Field* field = plan.variables[var].collection->FindField(column);
  const bool numeric = field != nullptr && field->affinity() == Affinity::kNumeric;
  out << function << "(";
  Document(out, plan, var, column);
  out << (numeric ? ",true)" : ",false)");
}

void PostgresDialect::Native(SqlWriter& out, const Plan& plan, ExprId id) const {
  const Expr& expr = plan.exprs[id];
  if (const auto* column = std::get_if<ColumnExpr>(&expr)) {
    out.Column(column->var, column->field->name);
  } else if (const auto* json = std::get_if<JsonExpr>(&expr)) {
    out << "sluice.json_get(";
    Document(out, plan, json->var, json->field->name);
    out << ",";
    Slot(out, plan, json->path);
    out << ")";
  } else if (const auto* length = std::get_if<LengthExpr>(&expr)) {
    out << "sluice.length(";
    Document(out, plan, length->var, length->field->name);
    out << ")";
  } else if (const auto* element = std::get_if<ElementExpr>(&expr)) {
    out.Column(element->var, "value");
  } else if (const auto* lower = std::get_if<LowerExpr>(&expr)) {
    out << "lower(";
    Text(out, plan, lower->argument);
    out << " COLLATE \"C\")";
  } else if (const auto* slot = std::get_if<SlotExpr>(&expr)) {
    Slot(out, plan, slot->slot);
  } else if (const auto* constant = std::get_if<ConstantExpr>(&expr)) {
    // Constants are NULL, 1, 0 and '' only: no user's value.
    const Value& value = constant->value;
    const bool text = value.storage == StorageClass::kText;
    out << (value.is_null() ? "NULL::text" : text ? "''::text" : value.integer != 0 ? "1" : "0");
  } else if (const auto* strftime = std::get_if<StrftimeExpr>(&expr)) {
    out << "sluice.strftime(";
    for (std::size_t i = 0; i < strftime->arguments.size(); ++i) {
      if (i > 0) out << ",";
      if (i == 1) {
        Tagged(out, plan, strftime->arguments[i], false);
      } else {
        Text(out, plan, strftime->arguments[i]);
      }
    }
    out << ")";
  } else if (const auto* geo = std::get_if<GeoDistanceExpr>(&expr)) {
    out << "sluice.geo_distance(";
    for (std::size_t i = 0; i < geo->arguments.size(); ++i) {
      if (i > 0) out << ",";
      Real(out, plan, geo->arguments[i]);
    }
    out << ")";
  } else {
    out << "(";
    AppendCondition(out, plan, std::get<ConditionExpr>(expr).condition);
    out << ")::integer";
  }
}

void PostgresDialect::Text(SqlWriter& out, const Plan& plan, ExprId id) const {
  const Kind kind = KindOf(plan, id);
  if (kind == Kind::kText || kind == Kind::kRaw) return Native(out, plan, id);
  if (kind == Kind::kInteger) {
    out << "(";
    Native(out, plan, id);
    out << ")::text";
    return;
  }
  out << (kind == Kind::kNumber ? "sluice.number_text("
          : kind == Kind::kReal ? "sluice.real_text("
                                : "sluice.text(");
  Native(out, plan, id);
  out << ")";
}

void PostgresDialect::Tagged(SqlWriter& out, const Plan& plan, ExprId id, bool numeric) const {
  std::string_view before;
  std::string_view after = ")";
  switch (KindOf(plan, id)) {
    case Kind::kText:
      before = numeric ? "sluice.numeric(sluice.of_text(" : "sluice.of_text(";
      if (numeric) after = "))";
      break;
    case Kind::kNumber:
      before = "sluice.of_number(";
      break;
    case Kind::kReal:
      before = "sluice.of_real(";
      break;
    case Kind::kInteger:
      before = "sluice.of_integer(";
      break;
    case Kind::kRaw:
      before = "sluice.raw_value(";
      after = ",true)";
      break;
    case Kind::kValue:
      before = numeric ? "sluice.numeric(" : "";
      if (!numeric) after = "";
      break;
  }
  out << before;
  Native(out, plan, id);
  out << after;
}

void PostgresDialect::Real(SqlWriter& out, const Plan& plan, ExprId id) const {
  if (IsNumber(KindOf(plan, id))) return Native(out, plan, id);
  out << "sluice.only_real(";
  Tagged(out, plan, id, false);
  out << ")";
}

// ---- comparisons ----

PostgresDialect::Sides PostgresDialect::Meet(const Plan& plan, const CompareCond& compare) {
  const Kind left = KindOf(plan, compare.left);
  const Kind right = KindOf(plan, compare.right);
  const Affinity affinity =
      ComparisonAffinity(AffinityOf(plan, compare.left), AffinityOf(plan, compare.right));
  const bool known = left <= Kind::kInteger && right <= Kind::kInteger;
  const bool numbers = IsNumber(left) && IsNumber(right);
  if (affinity == Affinity::kText) return {Basis::kText};
  if (affinity == Affinity::kNumeric) {
    return known && (IsNumber(left) || IsNumber(right)) ? Sides{Basis::kNumber}
                                                        : Sides{Basis::kKey, true};
  }
  if (known && numbers) return {Basis::kNumber};
  if (known) return {left == right ? Basis::kText : Basis::kApart};
  const bool equality = compare.form == CompareForm::kIs || compare.form == CompareForm::kIsNot ||
                        compare.form == CompareForm::kEqual ||
                        compare.form == CompareForm::kNotEqual;
  if (equality && (left == Kind::kText || right == Kind::kText)) return {Basis::kTagged};
  return {Basis::kKey};
}

void PostgresDialect::Side(SqlWriter& out, const Plan& plan, ExprId id, const Sides& sides) const {
  switch (sides.basis) {
    case Basis::kText:
      return Text(out, plan, id);
    case Basis::kNumber:
      if (IsNumber(KindOf(plan, id))) return Native(out, plan, id);
      out << "sluice.number_or_nan(";
      Native(out, plan, id);
      out << ")";
      return;
    case Basis::kTagged:
      return Tagged(out, plan, id, false);
    case Basis::kApart:
    case Basis::kKey:
      out << "sluice.key(";
      Tagged(out, plan, id, sides.numeric);
      out << ")";
      return;
  }
}

void PostgresDialect::Binary(SqlWriter& out, const Plan& plan, const CompareCond& compare,
                             std::string_view op) const {
  const Sides sides = Meet(plan, compare);
  if (sides.basis == Basis::kApart) return Apart(out, plan, compare);
  Side(out, plan, compare.left, sides);
  out << op;
  Side(out, plan, compare.right, sides);
  const bool ordering =
      compare.form >= CompareForm::kGreater && compare.form <= CompareForm::kLessEqual;
  if (ordering && sides.basis == Basis::kText) out << " COLLATE \"C\"";
}

// Numbers come before texts, whatever they are (F-34).
void PostgresDialect::Apart(SqlWriter& out, const Plan& plan, const CompareCond& compare) const {
  const auto both_null = [&](std::string_view negation, std::string_view between) {
    Native(out, plan, compare.left);
    out << negation << between;
    Native(out, plan, compare.right);
    out << negation;
  };
  const bool left_first = IsNumber(KindOf(plan, compare.left));
  bool truth = false;
  switch (compare.form) {
    case CompareForm::kIs:
      return both_null(" IS NULL", " AND ");
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
      return both_null(" IS NOT NULL", " OR ");
    case CompareForm::kLess:
    case CompareForm::kLessEqual:
      truth = left_first;
      break;
    case CompareForm::kGreater:
    case CompareForm::kGreaterEqual:
      truth = !left_first;
      break;
    default:
      break;
  }
  out << "CASE WHEN ";
  both_null(" IS NOT NULL", " AND ");
  out << (truth ? " THEN TRUE END" : " THEN FALSE END");
}

void PostgresDialect::Empty(SqlWriter& out, const Plan& plan, ExprId side, bool negated) const {
  const Kind kind = KindOf(plan, side);
  out << "(";
  if (!IsNumber(kind)) {
    Native(out, plan, side);
    out << (negated ? "<>" : "=") << (kind == Kind::kValue ? "'s'" : "''")
        << (negated ? " AND " : " OR ");
  }
  Native(out, plan, side);
  out << (negated ? " IS NOT NULL)" : " IS NULL)");
}

// COALESCE(L,'') against COALESCE(R,''), without affinity.
void PostgresDialect::Coalesce(SqlWriter& out, const Plan& plan, const CompareCond& compare) const {
  const bool equal = compare.form == CompareForm::kCoalesceEqual;
  const Kind left = KindOf(plan, compare.left);
  const Kind right = KindOf(plan, compare.right);
  if (IsNumber(left) && IsNumber(right)) {
    Native(out, plan, compare.left);
    out << (equal ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
    return Native(out, plan, compare.right);
  }
  const bool texts = left == Kind::kText && right == Kind::kText;
  const bool tagged = left == Kind::kText || right == Kind::kText;
  const auto side = [&](ExprId id) {
    out << (tagged ? "COALESCE(" : "sluice.key(COALESCE(");
    if (texts) {
      Native(out, plan, id);
    } else {
      Tagged(out, plan, id, false);
    }
    out << (texts ? ",'')" : tagged ? ",'s')" : ",'s'))");
  };
  side(compare.left);
  out << (equal ? "=" : "<>");
  side(compare.right);
}

void PostgresDialect::Like(SqlWriter& out, const Plan& plan, const CompareCond& compare) const {
  const bool contains =
      compare.form == CompareForm::kLikeContains || compare.form == CompareForm::kNotLikeContains;
  const bool negated =
      compare.form == CompareForm::kNotLike || compare.form == CompareForm::kNotLikeContains;
  out << (negated ? "NOT sluice.like(" : "sluice.like(");
  Text(out, plan, compare.left);
  out << (contains ? ",'%'||" : ",");
  Text(out, plan, compare.right);
  out << (contains ? "||'%')" : ")");
}

void PostgresDialect::AppendCompare(SqlWriter& out, const Plan& plan,
                                    const CompareCond& compare) const {
  switch (compare.form) {
    case CompareForm::kIs:
      return Binary(out, plan, compare, " IS NOT DISTINCT FROM ");
    case CompareForm::kIsNot:
    case CompareForm::kNotEqual:
      return Binary(out, plan, compare, " IS DISTINCT FROM ");
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
      return Coalesce(out, plan, compare);
    case CompareForm::kLike:
    case CompareForm::kNotLike:
    case CompareForm::kLikeContains:
    case CompareForm::kNotLikeContains:
      return Like(out, plan, compare);
  }
}

void PostgresDialect::AppendEqualIgnoringCase(SqlWriter& out, const Plan& plan, ExprId left,
                                              ExprId right) const {
  out << "lower(";
  Text(out, plan, left);
  out << " COLLATE \"C\")=lower(";
  Text(out, plan, right);
  out << " COLLATE \"C\")";
}

void PostgresDialect::AppendInList(SqlWriter& out, const Plan& plan, const InListCond& in) const {
  Text(out, plan, in.left);
  out << " IN (SELECT sluice.texts(";
  Slot(out, plan, in.slot);
  out << ",false))";
}

// ---- order ----

void PostgresDialect::AppendSortKey(SqlWriter& out, const Plan& plan, const SortTerm& term) const {
  if (term.kind == SortKind::kRandom) {
    out << "random()";
    return;
  }
  if (term.kind == SortKind::kRowId) {
    out.Alias(kBaseVar) << "._rowid_";
    return;
  }
  const Kind kind = KindOf(plan, term.expr);
  if (kind == Kind::kRaw || kind == Kind::kValue) {
    out << "sluice.key(";
    Tagged(out, plan, term.expr, false);
    out << ")";
    return;
  }
  Native(out, plan, term.expr);
  if (kind == Kind::kText) out << " COLLATE \"C\"";
}

void PostgresDialect::AppendSortDirection(SqlWriter& out, const SortTerm& term) const {
  if (term.kind == SortKind::kRandom) return;
  out << (term.descending ? " DESC NULLS LAST" : " ASC NULLS FIRST");
}

std::string_view PostgresDialect::PositionColumn(const Variable& var) const {
  if (var.collection == nullptr) return "ord";
  return var.collection->is_view() ? "" : "_rowid_";
}

// ---- rows ----

void PostgresDialect::AppendSource(SqlWriter& out, const Plan& plan, VarId id) const {
  const Variable& var = plan.variables[id];
  if (var.collection != nullptr) {
    out.Identifier(var.collection->name) << " AS ";
    out.Alias(id);
    return;
  }
  if (var.domain == Domain::kElements) {
    List(out, plan, var.parent, var.column, "sluice.elements");
  } else {
    out << "sluice.elements(";
    Slot(out, plan, var.slot);
    out << ",false)";
  }
  out << " WITH ORDINALITY AS ";
  out.Alias(id) << "(\"value\",\"ord\")";
}

void PostgresDialect::AppendJoinCondition(SqlWriter& out, const Plan& plan, VarId id) const {
  const Variable& var = plan.variables[id];
  switch (var.domain) {
    case Domain::kRelation:
      out.Column(id, "id") << "=";
      if (plan.variables[var.parent].domain == Domain::kElements) {
        out << "sluice.only_text(";
        out.Column(var.parent, "value") << ")";
      } else {
        out.Column(var.parent, var.column);
      }
      return;
    case Domain::kBack:
      out.Column(id, var.column) << "=";
      out.Column(var.parent, "id");
      return;
    case Domain::kBackElements:
      out.Column(var.parent, "id") << " IN (SELECT ";
      List(out, plan, id, var.column, "sluice.texts");
      out << ")";
      return;
    case Domain::kSameId:
      out.Column(id, "id") << "=";
      out.Column(var.parent, "id");
      return;
    case Domain::kAuth:
      out.Column(id, "id") << "=";
      Slot(out, plan, var.slot);
      return;
    case Domain::kSlotRows:
      out.Column(id, "id") << " IN (SELECT sluice.texts(";
      Slot(out, plan, var.slot);
      out << ",false))";
      return;
    case Domain::kBase:
    case Domain::kElements:
    case Domain::kCollection:
    case Domain::kSlotElements:
      out << "TRUE";
      return;
  }
}

// A bare number in a column of JSON is kept as SQLite's affinity keeps it
//
void PostgresDialect::AppendStored(SqlWriter& out, const Field& field, SlotId slot) const {
  const bool json = field.type == FieldType::kJson;
  if (json) out << "sluice.stored_json(";
  out.Slot(slot) << (field.type == FieldType::kNumber ? "::double precision"
                     : field.type == FieldType::kBool ? "::smallint"
                                                      : "::text");
  if (json) out << ")";
}

void PostgresDialect::AppendMayHold(SqlWriter& out, VarId var, const Field& field,
                                    SlotId slot) const {
  out << "(strpos(";
  out.Column(var, field.name) << ",";
  out.Slot(slot) << "::text)>0 OR strpos(";
  out.Column(var, field.name) << ",'\\')>0)";
}

}  // namespace

const Dialect& Postgres() {
  static const PostgresDialect kDialect;
  return kDialect;
}

std::string_view PostgresFunctions() { return kPostgresFunctions; }

}  // namespace sluice
