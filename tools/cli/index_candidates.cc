// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/index_candidates.h"

#include <algorithm>
#include <map>
#include <set>

#include "sluice/index_text.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kEqualMax = 3;
constexpr std::size_t kColumnsMax = 4;

using Fields = std::vector<const Field*>;

void AddTo(Fields& fields, const Field* field) {
  if (field != nullptr && std::find(fields.begin(), fields.end(), field) == fields.end())
    fields.push_back(field);
}

// The same set in the same order, whoever asks: one index then serves many.
// Relations leave fewest rows, bools most.
Fields Ordered(Fields fields) {
  const auto rank = [](const Field* field) {
    return field->type == FieldType::kRelation ? 0 : field->type == FieldType::kBool ? 2 : 1;
  };
  std::stable_sort(fields.begin(), fields.end(), [&](const Field* a, const Field* b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a->name < b->name;
  });
  if (fields.size() > kEqualMax) fields.resize(kEqualMax);
  return fields;
}

bool StartsWith(const std::string& sql, const std::vector<std::string>& columns) {
  const std::optional<IndexText> index = ParseIndexText(sql);
  if (!index || !index->where.empty() || index->columns.size() < columns.size()) return false;
  bool same = true;
  bool inverted = true;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const IndexColumn& column = index->columns[i];
    const bool wants_descending = columns[i].ends_with(" DESC");
    const std::string name = columns[i].substr(0, columns[i].find(' '));
    if (!EqualsIgnoreCase(column.name, name)) return false;
    if (!column.collation.empty() && !EqualsIgnoreCase(column.collation, "binary")) return false;
    const bool descending = EqualsIgnoreCase(column.sort, "desc");
    same = same && descending == wants_descending;
    inverted = inverted && descending != wants_descending;
  }
  return same || inverted;
}

std::string FreeName(const Schema& schema, const std::string& wanted) {
  const auto taken = [&schema](const std::string& name) {
    for (const auto& collection : schema.collections()) {
      for (const Index& index : collection->indexes) {
        if (EqualsIgnoreCase(index.name, name)) return true;
      }
    }
    return false;
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + "_" + std::to_string(number);
  return name;
}

class Candidates {
 public:
  explicit Candidates(const Schema& schema) : schema_(schema) {}

  void Add(const Collection& collection, const std::vector<std::string>& columns, std::string why) {
    if (columns.empty() || collection.is_view() || collection.system) return;
    if (columns[0] == "id" || columns.size() > kColumnsMax) return;
    for (const Index& index : collection.indexes) {
      if (StartsWith(index.sql, columns)) return;
    }
    IndexCandidate candidate{collection.name, columns, "idx_" + collection.name, "",
                             std::move(why)};
    std::string list;
    for (const std::string& column : columns) {
      const std::size_t blank = column.find(' ');
      const std::string name = column.substr(0, blank);
      candidate.name += "_" + name + (blank == std::string::npos ? "" : "_desc");
      list += (list.empty() ? "`" : ", `") + name + "`";
      if (blank != std::string::npos) list += column.substr(blank);
    }
    candidate.name = FreeName(schema_, candidate.name);
    candidate.create =
        "CREATE INDEX `" + candidate.name + "` ON `" + collection.name + "` (" + list + ")";
    if (seen_.insert(candidate.create).second) found_.push_back(std::move(candidate));
  }

  std::vector<IndexCandidate> Take() { return std::move(found_); }

 private:
  const Schema& schema_;
  std::set<std::string> seen_;
  std::vector<IndexCandidate> found_;
};

std::vector<std::string> Names(const Fields& fields) {
  std::vector<std::string> names;
  for (const Field* field : fields) names.push_back(field->name);
  return names;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// What a conjunction says of a row.
struct Known {
  Fields equal;
  Fields range;
};
using Facts = std::map<VarId, Known>;

class PlanReader {
 public:
  PlanReader(const Plan& plan, Candidates& candidates) : plan_(plan), candidates_(candidates) {}

  void Read() {
    Facts top;
    std::vector<CondId> others;
    Gather(plan_.condition, top, others);
    ReadSort(top[kBaseVar]);
    Walk(plan_.condition, {});
  }

 private:
  void Walk(CondId id, Facts facts) {
    std::vector<CondId> others;
    Gather(id, facts, others);
    Emit(facts);
    for (CondId other : others) {
      const Cond& cond = plan_.conds[other];
      if (const auto* exists = std::get_if<ExistsCond>(&cond)) {
        for (VarId var : exists->variables) facts[var];
        Walk(exists->condition, facts);
        for (VarId var : exists->variables) facts.erase(var);
      } else if (const auto* all = std::get_if<AllValuesCond>(&cond)) {
        // Rows that object are looked for: only how they are reached is known.
        for (VarId var : all->variables) Emit({{var, {}}});
      } else if (const auto* junction = std::get_if<JunctionCond>(&cond)) {
        for (CondId term : junction->terms) Walk(term, facts);
      }
    }
  }

  // Comparisons of the conjunction into `facts`; what is none into `others`.
  void Gather(CondId id, Facts& facts, std::vector<CondId>& others) {
    const Cond& cond = plan_.conds[id];
    if (const auto* compare = std::get_if<CompareCond>(&cond)) return Compare(*compare, facts);
    if (const auto* in = std::get_if<InListCond>(&cond)) {
      if (const auto* column = std::get_if<ColumnExpr>(&plan_.exprs[in->left]))
        AddTo(facts[column->var].equal, column->field);
      return;
    }
    const auto* junction = std::get_if<JunctionCond>(&cond);
    if (junction == nullptr || junction->op == LogicalOp::kOr) return others.push_back(id);
    for (CondId term : junction->terms) Gather(term, facts, others);
  }

  void Compare(const CompareCond& compare, Facts& facts) {
    const CompareForm form = compare.form;
    const bool equal = form == CompareForm::kEqual || form == CompareForm::kIs;
    const bool range = form >= CompareForm::kGreater && form <= CompareForm::kLessEqual;
    if (equal || range || form == CompareForm::kRightEmpty)
      Side(compare.left, compare.right, range, facts);
    if (equal || range || form == CompareForm::kLeftEmpty)
      Side(compare.right, compare.left, range, facts);
  }

  void Side(ExprId side, ExprId other, bool range, Facts& facts) {
    const auto* column = std::get_if<ColumnExpr>(&plan_.exprs[side]);
    if (column == nullptr) return;
    bool of_itself = false;
    VisitExprVariables(plan_, other, [&](VarId var) { of_itself |= var == column->var; });
    if (of_itself) return;
    Known& known = facts[column->var];
    AddTo(range ? known.range : known.equal, column->field);
  }

  void Emit(const Facts& facts) {
    for (const auto& [var, known] : facts) {
      const Variable& variable = plan_.variables[var];
      if (variable.collection == nullptr) continue;
      const Fields equal = Ordered(known.equal);
      if (variable.domain == Domain::kBack) {
        EmitBack(variable, equal, known.range);
      } else {
        EmitRow(*variable.collection, equal, known.range);
      }
      if (!equal.empty() || !known.range.empty()) EmitParents(variable, facts);
    }
  }

  void EmitRow(const Collection& collection, const Fields& equal, const Fields& range) {
    const std::vector<std::string> names = Names(equal);
    if (!names.empty())
      candidates_.Add(collection, names, collection.name + " are looked up by " + Joined(names));
    for (const Field* field : range) {
      std::vector<std::string> columns = names;
      columns.push_back(field->name);
      candidates_.Add(collection, columns,
                      collection.name + " are looked up by " + Joined(columns) + ", a range");
    }
  }

  // From each row to those that point at it, or from those to the rows.
  void EmitBack(const Variable& variable, const Fields& equal, const Fields& range) {
    const Collection& collection = *variable.collection;
    const std::string why = "for " + variable.path + ", ";
    std::vector<std::string> columns = {variable.column};
    for (const Field* field : equal) {
      if (field->name != variable.column) columns.push_back(field->name);
    }
    if (columns.size() == 1 && !range.empty()) columns.push_back(range[0]->name);
    candidates_.Add(collection, columns,
                    why + collection.name + " are looked up by " + Joined(columns));
    if (columns.size() == 1 || equal.empty()) return;
    std::rotate(columns.begin(), columns.begin() + 1, columns.end());
    candidates_.Add(collection, columns,
                    why + collection.name + " are looked up by " + Joined(columns));
  }

  // From a related row that is found first, to the rows that name it.
  void EmitParents(const Variable& related, const Facts& facts) {
    const Variable* variable = &related;
    while (variable->domain == Domain::kRelation) {
      const VarId parent_id = variable->parent;
      const Variable& parent = plan_.variables[parent_id];
      if (parent.collection == nullptr) return;
      const Field* field = parent.collection->FindField(variable->column);
      if (field == nullptr || field->multiple()) return;
      const auto known = facts.find(parent_id);
      Fields equal = known == facts.end() ? Fields() : known->second.equal;
      AddTo(equal, field);
      const std::vector<std::string> names = Names(Ordered(std::move(equal)));
      candidates_.Add(*parent.collection, names,
                      "from " + variable->path + ", " + parent.collection->name + " are found by " +
                          Joined(names));
      variable = &parent;
    }
  }

  void ReadSort(const Known& known) {
    std::vector<std::string> keys;
    std::vector<bool> descending;
    for (const SortTerm& term : plan_.sort) {
      const auto* column = term.kind == SortKind::kExpression
                               ? std::get_if<ColumnExpr>(&plan_.exprs[term.expr])
                               : nullptr;
      if (column == nullptr || column->var != kBaseVar) {
        if (term.kind != SortKind::kRowId) return;
        break;  // every index has the row id behind its columns
      }
      keys.push_back(column->field->name);
      descending.push_back(term.descending);
    }
    // Backwards an index is read as well; only a mixed order has to be written.
    const bool mixed = std::find(descending.begin(), descending.end(), true) != descending.end() &&
                       std::find(descending.begin(), descending.end(), false) != descending.end();
    for (std::size_t i = 0; mixed && i < keys.size(); ++i) {
      if (descending[i]) keys[i] += " DESC";
    }
    const Collection& collection = *plan_.collection;
    const std::vector<std::string> equal = Names(Ordered(known.equal));
    std::vector<std::string> columns = equal;
    columns.insert(columns.end(), keys.begin(), keys.end());
    if (keys.empty()) return;
    if (!equal.empty())
      candidates_.Add(collection, columns,
                      collection.name + " are looked up by " + Joined(equal) +
                          " and read in the order of " + Joined(keys));
    candidates_.Add(collection, keys,
                    collection.name + " are read in the order of " + Joined(keys));
  }

  const Plan& plan_;
  Candidates& candidates_;
};

}  // namespace

std::vector<IndexCandidate> IndexCandidates(const Plan& plan, const Schema& schema) {
  Candidates candidates(schema);
  PlanReader(plan, candidates).Read();
  return candidates.Take();
}

std::vector<IndexCandidate> ReferenceCandidate(const Collection& collection, const Field& relation,
                                               const Schema& schema) {
  Candidates candidates(schema);
  if (!relation.multiple())
    candidates.Add(collection, {relation.name},
                   collection.name + " are looked up by " + relation.name);
  return candidates.Take();
}

std::vector<std::string> Superseded(const IndexCandidate& candidate, const Collection& collection) {
  std::vector<std::string> names;
  for (const Index& index : collection.indexes) {
    std::vector<std::string> columns = index.columns;
    if (index.unique || columns.empty() || columns.size() >= candidate.columns.size()) continue;
    const bool begins = std::equal(columns.begin(), columns.end(), candidate.columns.begin());
    if (begins && StartsWith(index.sql, columns)) names.push_back(index.name);
  }
  return names;
}

std::shared_ptr<const Schema> WithIndexes(const Schema& schema,
                                          const std::vector<const IndexCandidate*>& indexes) {
  std::vector<std::shared_ptr<const Collection>> collections;
  for (const auto& collection : schema.collections()) {
    std::shared_ptr<Collection> changed;
    for (const IndexCandidate* candidate : indexes) {
      if (candidate->collection != collection->name) continue;
      std::optional<Index> index = ParseIndex(candidate->create);
      if (!index) continue;
      if (changed == nullptr) changed = std::make_shared<Collection>(*collection);
      changed->indexes.push_back(*std::move(index));
    }
    collections.push_back(changed == nullptr ? collection
                                             : std::shared_ptr<const Collection>(changed));
  }
  return std::make_shared<const Schema>(std::move(collections));
}

}  // namespace sluice::cli
