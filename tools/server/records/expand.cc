// Tested by tests/conformance and tests/server/records_expand_test.cc.
#include "tools/server/records/expand.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "absl/container/flat_hash_map.h"

#include "sluice/binder.h"
#include "sluice/strings.h"
#include "tools/server/records/field_json.h"
#include "tools/server/records/query.h"

namespace sluice::records {
namespace {

constexpr std::int64_t kBackIdsMax = 1000;  // F-166

// What a segment leads to (F-159).
struct Target {
  const Collection* collection = nullptr;
  const Field* field = nullptr;  // a back-relation's is the other collection's
  bool back = false;
  bool single = false;
};

std::optional<Target> BackTarget(const Schema& schema, const Collection& collection,
                                 std::string_view name, std::string_view field_name) {
  Target target;
  target.collection = schema.Find(name);
  if (target.collection == nullptr) return std::nullopt;
  target.field = target.collection->FindField(field_name);
  if (target.field == nullptr || target.field->type != FieldType::kRelation) return std::nullopt;
  if (target.field->collection_id != collection.id) return std::nullopt;
  target.back = true;
  target.single = target.collection->HasUniqueIndexOn(target.field->name);
  return target;
}

std::optional<Target> FindTarget(const Schema& schema, const Collection& collection,
                                 std::string_view segment) {
  if (const Field* field = collection.FindField(segment)) {
    if (field->type != FieldType::kRelation) return std::nullopt;
    Target target{schema.FindById(field->collection_id), field, false, !field->multiple()};
    if (target.collection == nullptr) return std::nullopt;
    return target;
  }
  const std::size_t via = segment.rfind("_via_");
  if (via != std::string_view::npos)
    return BackTarget(schema, collection, segment.substr(0, via), segment.substr(via + 5));
  const std::size_t open = segment.find('(');
  if (open != std::string_view::npos && segment.back() == ')') {
    return BackTarget(schema, collection, segment.substr(0, open),
                      segment.substr(open + 1, segment.size() - open - 2));
  }
  return std::nullopt;
}

// Rows with one value of the relation come in the order of the table, by
// whatever index SQLite finds them, and whatever else is read of them: the order
// in which the peer has their ids.
bool ComesInRowOrder(const Target& target) {
  if (target.field->multiple() || target.collection->is_view()) return false;
  const std::vector<Index>& indexes = target.collection->indexes;
  return std::all_of(indexes.begin(), indexes.end(), [&target](const Index& index) {
    const bool holds = std::any_of(index.columns.begin(), index.columns.end(),
                                   [&target](const std::string& column) {
                                     return EqualsIgnoreCase(column, target.field->name);
                                   });
    return !holds || index.columns.size() == 1;
  });
}

// The rows whose relation is the row id that is given.
Plan PlanOfBackRows(const Target& target) {
  Plan plan;
  plan.collection = target.collection;
  plan.variables.resize(1);
  plan.variables[0].collection = target.collection;
  plan.slots.push_back(Slot{SlotSource::kRowId, Value::Text(""), "id"});
  plan.exprs.emplace_back(ColumnExpr{kBaseVar, target.field});
  plan.exprs.emplace_back(SlotExpr{0});
  plan.conds.emplace_back(CompareCond{CompareForm::kEqual, 0, 1});
  plan.condition = 0;
  return plan;
}

// The records that one path prefix leads to. Looked up once, however many paths
// begin with it: a thousand of them are short to write.
struct Level {
  bool failed = false;
  bool attached = false;
  std::vector<std::string_view> ids;  // of all records before, one after the other
  std::vector<std::size_t> ends;      // of each one's, in ids
  std::vector<LoadedRecord*> records;
  // Null: not to be seen.
  absl::flat_hash_map<std::string_view, LoadedRecord*, StringHash, std::equal_to<>> by_id;
};

class Expander {
 public:
  Expander(const Caller& caller, const AnswerLimits& limits, LoadedRecords& loaded)
      : caller_(caller), limits_(limits), loaded_(loaded) {}

  // The limit that was passed, if any.
  const Status& passed() const { return passed_; }

  // `picked` is what `fields` leaves of the records. False: the path fails, and
  // nothing of it shows (F-161).
  bool Path(const Collection& collection, const std::vector<LoadedRecord*>& records,
            const FieldList& picked, const std::vector<std::string>& segments, std::size_t at,
            const std::string& prefix) {
    const std::optional<Target> target = FindTarget(caller_.schema(), collection, segments[at]);
    if (!target) return false;
    // The peer expands hidden relations for everyone (F-163).
    if (caller_.snapshot.strict && !caller_.superuser && target->field->hidden) return false;
    const store::ParsedRule& rule = caller_.snapshot.RulesOf(*target->collection).view;
    if (!caller_.superuser && (rule.locked || !rule.error.ok())) return false;

    const FieldList below = PickedOf(picked, segments, at);
    const std::string path = prefix + segments[at] + ".";
    const auto [found, fresh] = levels_.try_emplace(path);
    Level& level = found->second;
    if (fresh) level.failed = !Fetch(*target, rule, records, below, level).ok();
    if (level.failed) return false;
    if (!level.records.empty() && at + 1 < segments.size() &&
        !Path(*target->collection, level.records, below, segments, at + 1, path)) {
      return false;
    }
    if (!level.attached) Attach(records, segments[at], *target, level);
    level.attached = true;
    return true;
  }

 private:
  // In the context of expansions, which only rules look at.
  Caller CallerFor(const store::ParsedRule& rule) {
    if (caller_.superuser || !rule.ast) return caller_;
    if (!request_) request_.emplace(caller_.request).context = "expand";
    return {caller_.snapshot, caller_.connection, *request_, caller_.superuser};
  }
  Caller CallerForManage(const Collection& collection) {
    return CallerFor(caller_.snapshot.RulesOf(collection).manage);
  }

  // What `fields` leaves of the records that segment `at` leads to. Of those whose
  // expansions nobody sees, but which may fail, all is read.
  static FieldList PickedOf(const FieldList& picked, const std::vector<std::string>& segments,
                            std::size_t at) {
    const std::optional<FieldList> expansions = PickedBelow(picked, "expand");
    if (!expansions) return {};
    std::optional<FieldList> below = PickedBelow(*expansions, segments[at]);
    const bool last = at + 1 == segments.size();
    if (!below || (!last && !below->paths.empty() && !Picks(*below, "expand"))) return {};
    return *std::move(below);
  }

  Status FindIds(const std::vector<LoadedRecord*>& records, const Target& target, Level& level) {
    ValueList values;
    BackIds back;
    if (target.back) back = BackIds(target);
    for (const LoadedRecord* record : records) {
      if (target.back) {
        SLUICE_RETURN_IF_ERROR(AddBackIds(*record, back, level));
      } else {
        AddRelatedIds(*record, target, values, level);
      }
      level.ends.push_back(level.ids.size());
    }
    return absl::OkStatus();
  }

  // The look-up of a back-relation's ids, for one record after the other.
  struct BackIds {
    BackIds() = default;
    explicit BackIds(const Target& target)
        : statement{SelectBackIds(*target.collection, *target.field, Sqlite()), {}} {
      plan.slots.push_back(Slot{SlotSource::kRowId, Value::Text(""), "id"});
    }
    Plan plan;
    KeptStatement statement;
  };

  Status AddBackIds(const LoadedRecord& record, BackIds& back, Level& level) {
    SlotValues values(back.plan);
    values.SetRowId(record.id);
    return RunStatement(caller_.connection, values, back.statement, {kBackIdsMax, 0},
                        [&](const store::Statement& row) {
                          level.ids.push_back(loaded_.Keep(row.Column(0).text));
                          return absl::OkStatus();
                        });
  }

  void AddRelatedIds(const LoadedRecord& record, const Target& target, ValueList& values,
                     Level& level) {
    for (const auto& [name, text] : record.relations) {
      if (name != target.field->name) continue;
      values.Assign(text);
      if (!target.single) {
        for (const std::string_view id : values.values()) level.ids.push_back(loaded_.Keep(id));
      } else if (!values.last().empty()) {
        level.ids.push_back(loaded_.Keep(values.last()));
      }
    }
  }

  // The related records that the caller may view (F-162).
  Status Fetch(const Target& target, const store::ParsedRule& rule,
               const std::vector<LoadedRecord*>& records, const FieldList& picked, Level& level) {
    const Collection& collection = *target.collection;
    if (target.back && (caller_.superuser || !rule.ast) && ComesInRowOrder(target))
      return FetchBackRows(target, records, picked, level);
    SLUICE_RETURN_IF_ERROR(FindIds(records, target, level));
    std::vector<std::string_view> ids;
    bool empty = false;
    for (const std::string_view id : level.ids) {
      if (!level.by_id.try_emplace(id, nullptr).second) continue;
      if (id.empty()) empty = true;
      if (!id.empty()) ids.push_back(id);
    }
    // To compare with nothing is another condition, so another plan.
    if (empty)
      SLUICE_RETURN_IF_ERROR(FetchRows(collection, rule, {std::string_view()}, picked, level));
    SLUICE_RETURN_IF_ERROR(FetchRows(collection, rule, ids, picked, level));
    ApplyManageRule(CallerForManage(collection), collection, level.records);
    return absl::OkStatus();
  }

  // The rows of a back-relation that every caller sees, read by their relation
  // and not first their ids and then each by its id.
  Status FetchBackRows(const Target& target, const std::vector<LoadedRecord*>& records,
                       const FieldList& picked, Level& level) {
    const auto shape = RecordShape::OfPicked(caller_.snapshot.schema, *target.collection,
                                             caller_.superuser, picked);
    const Plan plan = PlanOfBackRows(target);
    passed_ = CheckCost(caller_, plan, static_cast<double>(records.size()));
    SLUICE_RETURN_IF_ERROR(passed_);
    SelectOptions options;
    options.columns = shape->columns();
    options.limit = true;
    options.statistics = caller_.snapshot.statistics.get();
    KeptStatement statement{SelectRows(plan, Sqlite(), options), {}};
    SlotValues values(plan);
    for (const LoadedRecord* record : records) {
      values.SetRowId(record->id);
      SLUICE_RETURN_IF_ERROR(RunStatement(
          caller_.connection, values, statement, {kBackIdsMax, 0},
          [&](const store::Statement& row) -> Status {
            SLUICE_ASSIGN_OR_RETURN(LoadedRecord* const loaded, Load(caller_, *shape, row, level));
            level.ids.push_back(loaded->id);
            level.by_id.try_emplace(loaded->id, loaded);
            return absl::OkStatus();
          }));
      level.ends.push_back(level.ids.size());
    }
    ApplyManageRule(CallerForManage(*target.collection), *target.collection, level.records);
    return absl::OkStatus();
  }

  // Each is found by its key: to read a list of ids takes SQLite longer.
  Status FetchRows(const Collection& collection, const store::ParsedRule& rule,
                   const std::vector<std::string_view>& ids, const FieldList& picked,
                   Level& level) {
    if (ids.empty()) return absl::OkStatus();
    const std::string first(ids.front());
    const Caller caller = CallerFor(rule);
    Asked asked{.collection = &collection, .row_id = &first, .mode = BindMode::kOpen};
    if (!caller.superuser && rule.ast) asked.rule = &*rule.ast;
    SLUICE_ASSIGN_OR_RETURN(BoundPlan plan, PlanFor(caller, asked));
    passed_ = CheckCost(caller, plan, static_cast<double>(ids.size()));
    SLUICE_RETURN_IF_ERROR(passed_);
    const auto shape =
        RecordShape::OfPicked(caller.snapshot.schema, collection, caller.superuser, picked);
    KeptStatement& statement = plan.kept->Page(*shape, false, 1);
    for (const std::string_view id : ids) {
      if (!id.empty()) plan.values.SetRowId(id);
      SLUICE_RETURN_IF_ERROR(RunStatement(caller.connection, plan.values, statement, {1, 0},
                                          [&](const store::Statement& row) -> Status {
                                            SLUICE_ASSIGN_OR_RETURN(
                                                level.by_id[id], Load(caller, *shape, row, level));
                                            return absl::OkStatus();
                                          }));
    }
    return absl::OkStatus();
  }

  // Reads the current row into the level; fails when that passes a limit.
  StatusOr<LoadedRecord*> Load(const Caller& caller, const RecordShape& shape,
                               const store::Statement& row, Level& level) {
    SLUICE_ASSIGN_OR_RETURN(LoadedRecord* const record, LoadRecord(caller, shape, row, loaded_));
    level.records.push_back(record);
    bytes_ += record->text.size();
    if (++count_ > limits_.expanded_max) passed_ = TooManyExpanded(limits_);
    if (bytes_ > limits_.bytes_max) passed_ = AnswerTooLong(limits_);
    SLUICE_RETURN_IF_ERROR(passed_);
    return record;
  }

  static void Attach(const std::vector<LoadedRecord*>& records, std::string_view segment,
                     const Target& target, const Level& level) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i]->has_expand = true;
      Expansion expansion{segment, target.single, {}};
      for (; at < level.ends[i]; ++at) {
        const LoadedRecord* const record = level.by_id.find(level.ids[at])->second;
        const bool full = target.single && !expansion.records.empty();
        if (record != nullptr && !full) expansion.records.push_back(record);
      }
      if (!expansion.records.empty()) records[i]->SetExpansion(std::move(expansion));
    }
  }

  const Caller& caller_;
  const AnswerLimits& limits_;
  LoadedRecords& loaded_;
  std::optional<RequestContext> request_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  Status passed_;
  std::map<std::string, Level> levels_;  // by path with a trailing dot
};

}  // namespace

Status ExpandRecords(const Caller& caller, const Collection& collection,
                     const std::vector<LoadedRecord*>& records, const ExpandList& paths,
                     const FieldList& picked, const AnswerLimits& limits, LoadedRecords& loaded) {
  if (records.empty() || paths.paths.empty()) return absl::OkStatus();
  Expander expander(caller, limits, loaded);
  for (const std::vector<std::string>& path : paths.paths) {
    if (!path.empty()) expander.Path(collection, records, picked, path, 0, "");
    SLUICE_RETURN_IF_ERROR(expander.passed());
  }
  return absl::OkStatus();
}

}  // namespace sluice::records
