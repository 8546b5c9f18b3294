// The statements of record writes. Conditions are written by the dialect from
// a small plan, as those of lists are. Tested by tests/sqlgen/mutations_test.cc
// and, on a real SQLite and a real PostgreSQL, mutations_run_test.cc.
#include "sluice/mutations.h"

#include <utility>

#include "sqlgen/sql_writer.h"

namespace sluice {
namespace {

// One statement about rows of a collection, `v0`, with a slot for each
// parameter. Number of slot and of placeholder agree, as slots are used in
// the order in which they are made.
class RowWriter {
 public:
  RowWriter(const Collection& collection, const Dialect& dialect)
      : collection_(collection), out_(dialect) {
    plan_.collection = &collection;
    plan_.variables.resize(1);
    plan_.variables[0].collection = &collection;
  }

  SqlWriter& out() { return out_; }

  SlotId NewSlot(std::string_view param) {
    // The value shows the class only: text.
    plan_.slots.push_back(Slot{SlotSource::kIds, Value::Text(""), std::string(param)});
    params_.emplace_back(param);
    return static_cast<SlotId>(plan_.slots.size() - 1);
  }

  RowWriter& Text(std::string_view fixed) {
    out_ << fixed;
    return *this;
  }

  // `"name" AS v0`.
  RowWriter& Table() {
    out_.dialect().AppendSource(out_, plan_, kBaseVar);
    return *this;
  }

  RowWriter& Column(const Field& field) {
    if (!columns_.empty()) out_ << ",";
    out_.Column(kBaseVar, field.name);
    columns_.push_back(field.name);
    return *this;
  }

  RowWriter& Columns() {
    for (const Field& field : collection_.fields) Column(field);
    return *this;
  }

  // The new value of a field.
  void Stored(const Field& field) { out_.dialect().AppendStored(out_, field, NewSlot(field.name)); }

  // `v0."id"=?`: an equality of texts.
  RowWriter& Equals(const Field& field, std::string_view param) {
    const ExprId left = Add(ColumnExpr{kBaseVar, &field});
    const ExprId right = Add(SlotExpr{NewSlot(param)});
    out_.dialect().AppendCompare(out_, plan_, CompareCond{CompareForm::kEqual, left, right});
    return *this;
  }

  RowWriter& WhereId() {
    out_ << " WHERE ";
    return Equals(Id(), "id");
  }

  RowWriter& EqualsIgnoringCase(const Field& field, std::string_view param) {
    const ExprId left = Add(LowerExpr{Add(ColumnExpr{kBaseVar, &field})});
    const ExprId right = Add(LowerExpr{Add(SlotExpr{NewSlot(param)})});
    out_.dialect().AppendCompare(out_, plan_, CompareCond{CompareForm::kEqual, left, right});
    return *this;
  }

  RowWriter& IsText(const Field& field, TextMatch match) {
    if (match == TextMatch::kExact) {
      Equals(field, field.name);
    } else {
      const ExprId left = Add(ColumnExpr{kBaseVar, &field});
      const ExprId right = Add(SlotExpr{NewSlot(field.name)});
      out_.dialect().AppendEqualIgnoringCase(out_, plan_, left, right);
    }
    out_ << " AND ";
    out_.Column(kBaseVar, field.name);
    // As the indexes of auth collections say it.
    out_ << "!=''";
    return *this;
  }

  RowWriter& IsOneOf(const Field& field, std::string_view param) {
    const ExprId left = Add(ColumnExpr{kBaseVar, &field});
    out_.dialect().AppendInList(out_, plan_, InListCond{left, NewSlot(param)});
    return *this;
  }

  // An element of the list equals the parameter.
  RowWriter& Holds(const Field& field, std::string_view param) {
    const Dialect& dialect = out_.dialect();
    const SlotId slot = NewSlot(param);
    dialect.AppendMayHold(out_, kBaseVar, field, slot);
    Variable elements;
    elements.domain = Domain::kElements;
    elements.column = field.name;
    plan_.variables.push_back(std::move(elements));
    const auto var = static_cast<VarId>(plan_.variables.size() - 1);
    out_ << " AND EXISTS (SELECT 1 FROM ";
    dialect.AppendSource(out_, plan_, var);
    out_ << " WHERE ";
    const ExprId left = Add(ElementExpr{var});
    const ExprId right = Add(SlotExpr{slot});
    dialect.AppendCompare(out_, plan_, CompareCond{CompareForm::kEqual, left, right});
    out_ << ")";
    return *this;
  }

  // Every collection has one.
  const Field& Id() const { return *collection_.FindField("id"); }

  RowStatement Take() {
    return RowStatement{std::move(out_).Take().text, std::move(params_), std::move(columns_)};
  }

 private:
  template <typename Node>
  ExprId Add(Node node) {
    plan_.exprs.emplace_back(std::move(node));
    return static_cast<ExprId>(plan_.exprs.size() - 1);
  }

  const Collection& collection_;
  Plan plan_;
  SqlWriter out_;
  std::vector<std::string> params_;
  std::vector<std::string> columns_;
};

RowStatement Update(const Collection& collection, const std::vector<const Field*>& fields,
                    const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("UPDATE ").Table().Text(" SET ");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) row.Text(",");
    row.out().Identifier(fields[i]->name) << "=";
    row.Stored(*fields[i]);
  }
  if (fields.empty())
    row.out().Identifier("id") << "="
                               << "v0.\"id\"";
  return row.WhereId().Take();
}

}  // namespace

RowStatement InsertRow(const Collection& collection, const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("INSERT INTO ").out().Identifier(collection.name) << " (";
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    if (i > 0) row.Text(",");
    row.out().Identifier(collection.fields[i].name);
  }
  row.Text(") VALUES (");
  for (std::size_t i = 0; i < collection.fields.size(); ++i) {
    if (i > 0) row.Text(",");
    row.Stored(collection.fields[i]);
  }
  return row.Text(")").Take();
}

RowStatement UpdateRow(const Collection& collection, const Dialect& dialect) {
  std::vector<const Field*> fields;
  for (const Field& field : collection.fields) {
    if (field.name != "id") fields.push_back(&field);
  }
  return Update(collection, fields, dialect);
}

RowStatement UpdateColumns(const Collection& collection,
                           const std::vector<std::string_view>& columns, const Dialect& dialect) {
  std::vector<const Field*> fields;
  for (const std::string_view column : columns) {
    fields.push_back(collection.FindField(column));
    if (fields.back() == nullptr) return {};
  }
  return Update(collection, fields, dialect);
}

RowStatement DeleteRow(const Collection& collection, const Dialect& dialect) {
  return RowWriter(collection, dialect).Text("DELETE FROM ").Table().WhereId().Take();
}

RowStatement DeleteWhere(const Collection& collection, const std::vector<std::string_view>& columns,
                         const Dialect& dialect) {
  if (columns.empty()) return {};
  RowWriter row(collection, dialect);
  row.Text("DELETE FROM ").Table();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field* field = collection.FindField(columns[i]);
    if (field == nullptr) return {};
    row.Text(i == 0 ? " WHERE " : " AND ").Equals(*field, field->name);
  }
  return row.Take();
}

RowStatement SelectRow(const Collection& collection, const Dialect& dialect) {
  RowWriter row(collection, dialect);
  return row.Text("SELECT ").Columns().Text(" FROM ").Table().WhereId().Take();
}

RowStatement SelectByText(const Collection& collection, std::string_view name, TextMatch match,
                          const Dialect& dialect) {
  const Field* field = collection.FindField(name);
  if (field == nullptr) return {};
  RowWriter row(collection, dialect);
  row.Text("SELECT ").Columns().Text(" FROM ").Table().Text(" WHERE ");
  return row.IsText(*field, match).Take();
}

RowStatement SelectColumns(const Collection& collection,
                           const std::vector<std::string_view>& columns, const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("SELECT ");
  for (const std::string_view column : columns) {
    const Field* field = collection.FindField(column);
    if (field == nullptr) return {};
    row.Column(*field);
  }
  return row.Text(" FROM ").Table().WhereId().Take();
}

RowStatement SelectReferences(const Collection& collection, const Field& field,
                              const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("SELECT ").Columns().Text(" FROM ").Table().Text(" WHERE ");
  return (field.multiple() ? row.Holds(field, "id") : row.Equals(field, "id")).Take();
}

RowStatement CountIds(const Collection& collection, const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("SELECT COUNT(*) FROM ").Table().Text(" WHERE ");
  return row.IsOneOf(row.Id(), "ids").Take();
}

RowStatement HasId(const Collection& collection, const Dialect& dialect) {
  return RowWriter(collection, dialect)
      .Text("SELECT 1 FROM ")
      .Table()
      .WhereId()
      .Text(" LIMIT 1")
      .Take();
}

RowStatement HasIdIgnoringCase(const Collection& collection, const Dialect& dialect) {
  RowWriter row(collection, dialect);
  row.Text("SELECT 1 FROM ").Table().Text(" WHERE ");
  return row.EqualsIgnoringCase(row.Id(), "id").Text(" LIMIT 1").Take();
}

}  // namespace sluice
