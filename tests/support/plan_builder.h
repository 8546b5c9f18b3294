// Plans, collections and records made by hand, for tests of what comes after
// the binder.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/plan.h"
#include "sluice/record_view.h"

namespace sluice {

inline Field MakeField(std::string name, FieldType type, std::uint32_t max_select = 0) {
  Field field;
  field.id = "f_" + name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  return field;
}

inline std::shared_ptr<Collection> MakeCollection(std::string name, std::vector<Field> fields) {
  auto collection = std::make_shared<Collection>();
  collection->id = "c_" + name;
  collection->name = std::move(name);
  collection->fields = std::move(fields);
  return collection;
}

// A free variable below the base; what else it needs is set afterwards.
inline Variable MakeVariable(Domain domain, const Collection* collection, std::string column = "") {
  Variable variable;
  variable.domain = domain;
  variable.collection = collection;
  variable.column = std::move(column);
  return variable;
}

class PlanBuilder {
 public:
  explicit PlanBuilder(const Collection* collection) {
    plan.collection = collection;
    plan.variables.push_back(MakeVariable(Domain::kBase, collection));
  }

  VarId Add(Variable variable) {
    plan.variables.push_back(std::move(variable));
    return static_cast<VarId>(plan.variables.size() - 1);
  }
  // By reference: GCC 12 takes a moved variant for uninitialised memory.
  ExprId Add(const Expr& expr) {
    plan.exprs.push_back(expr);
    return static_cast<ExprId>(plan.exprs.size() - 1);
  }
  CondId Add(const Cond& cond) {
    plan.conds.push_back(cond);
    return static_cast<CondId>(plan.conds.size() - 1);
  }

  const Field* FieldOf(std::string_view name, VarId var = kBaseVar) const {
    return plan.variables[var].collection->FindField(name);
  }
  SlotId SlotOf(Value value) {
    Slot slot;
    slot.value = std::move(value);
    plan.slots.push_back(std::move(slot));
    return static_cast<SlotId>(plan.slots.size() - 1);
  }
  ExprId Column(std::string_view name, VarId var = kBaseVar) {
    return Add(Expr{ColumnExpr{var, FieldOf(name, var)}});
  }
  ExprId Json(std::string_view name, std::string path, VarId var = kBaseVar) {
    return Add(Expr{JsonExpr{var, FieldOf(name, var), SlotOf(Value::Text(std::move(path)))}});
  }
  ExprId Literal(Value value) { return Add(Expr{SlotExpr{SlotOf(std::move(value))}}); }
  ExprId Constant(Value value) { return Add(Expr{ConstantExpr{std::move(value)}}); }
  CondId Compare(CompareForm form, ExprId left, ExprId right) {
    return Add(Cond{CompareCond{form, left, right}});
  }
  CondId And(std::vector<CondId> terms) {
    return Add(Cond{JunctionCond{LogicalOp::kAnd, std::move(terms)}});
  }
  CondId Or(std::vector<CondId> terms) {
    return Add(Cond{JunctionCond{LogicalOp::kOr, std::move(terms)}});
  }

  Plan Build(CondId condition) const {
    Plan result = plan;
    result.condition = condition;
    return result;
  }

  Plan plan;
};

// A record in memory: values by field name.
class MapRecord : public RecordView {
 public:
  MapRecord() = default;
  explicit MapRecord(std::map<std::string, Value> given) : values(std::move(given)) {}

  ValueView Get(const Field& field) const override {
    const auto at = values.find(field.name);
    return at == values.end() ? ValueView::Null() : at->second.view();
  }

  std::map<std::string, Value> values;
};

// Tables in memory, by collection name.
class MapRowSource : public RowSource {
 public:
  void Insert(const std::string& collection, std::map<std::string, Value> values) {
    tables[collection].push_back(std::make_shared<MapRecord>(std::move(values)));
  }

  StatusOr<Rows> FindById(const Collection& collection, std::string_view id) override {
    return Where(collection, [&](const MapRecord& row) { return row.values.at("id").text == id; });
  }
  StatusOr<Rows> FindByField(const Collection& collection, const Field& field,
                             std::string_view value) override {
    return Where(collection, [&](const MapRecord& row) {
      const ValueView stored = row.Get(field);
      return stored.storage == StorageClass::kText && stored.text == value;
    });
  }
  StatusOr<Rows> All(const Collection& collection) override {
    return Where(collection, [](const MapRecord&) { return true; });
  }

  std::map<std::string, std::vector<std::shared_ptr<const MapRecord>>> tables;
  Status status;  // of every answer
  int calls = 0;

 private:
  template <typename Test>
  StatusOr<Rows> Where(const Collection& collection, const Test& test) {
    ++calls;
    if (!status.ok()) return status;
    Rows rows;
    for (const auto& row : tables[collection.name]) {
      if (test(*row)) rows.push_back(row);
    }
    return rows;
  }
};

}  // namespace sluice
