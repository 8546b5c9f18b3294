// Tested by tests/conformance and tests/server/records_expand_test.cc.
#include "tools/server/records/expand.h"

#include <algorithm>

#include "sluice/binder.h"
#include "sluice/strings.h"
#include "tools/server/json/json_text.h"
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

std::string IdsJson(const std::vector<std::string>& ids) {
  std::string text = "[";
  for (const std::string& id : ids) {
    if (text.size() > 1) text += ',';
    json::AppendString(text, id);
  }
  text += ']';
  return text;
}

// The rows of a back-relation whose relation is one of `ids`.
Plan PlanOfMany(const Target& target, std::string ids) {
  Plan plan;
  plan.collection = target.collection;
  plan.variables.resize(1);
  plan.variables[0].collection = target.collection;
  plan.slots.push_back(Slot{SlotSource::kIds, Value::Text(std::move(ids)), "ids"});
  plan.exprs.emplace_back(ColumnExpr{kBaseVar, target.field});
  plan.conds.emplace_back(InListCond{0, 0});
  return plan;
}

class Expander {
 public:
  Expander(const Caller& caller, const AnswerLimits& limits)
      : caller_(caller), limits_(limits), request_(caller.request) {
    request_.context = "expand";
  }

  // The limit that was passed, if any.
  const Status& passed() const { return passed_; }

  // False: the path fails, and nothing of it shows (F-161).
  bool Path(const Collection& collection, const std::vector<RecordPtr>& records,
            const std::vector<std::string>& segments, std::size_t at, const std::string& prefix) {
    const std::optional<Target> target = FindTarget(caller_.schema(), collection, segments[at]);
    if (!target) return false;
    // The peer expands hidden relations for everyone (F-163).
    if (caller_.snapshot.strict && !caller_.superuser && target->field->hidden) return false;
    const store::ParsedRule& rule = caller_.snapshot.RulesOf(*target->collection).view;
    if (!caller_.superuser && (rule.locked || !rule.error.ok())) return false;

    const std::string path = prefix + segments[at] + ".";
    const auto [found, fresh] = levels_.try_emplace(path);
    Level& level = found->second;
    if (fresh) level.failed = !Fetch(*target, rule, records, level).ok();
    if (level.failed) return false;
    if (!level.records.empty() && at + 1 < segments.size() &&
        !Path(*target->collection, level.records, segments, at + 1, path)) {
      return false;
    }
    for (std::size_t i = 0; i < records.size(); ++i)
      Attach(*records[i], segments[at], *target, level.ids_of[i], level);
    return true;
  }

 private:
  // The records that one path prefix leads to. Looked up once, however many paths
  // begin with it: a thousand of them are short to write.
  struct Level {
    bool failed = false;
    std::vector<std::vector<std::string>> ids_of;  // of each record before
    std::vector<RecordPtr> records;
    StringMap<RecordPtr> by_id;
  };

  StatusOr<std::vector<std::vector<std::string>>> RelatedIdsOfAll(
      const std::vector<RecordPtr>& records, const Target& target) {
    std::vector<std::vector<std::string>> ids_of(records.size());
    if (target.back && !target.field->multiple() && records.size() > 1) {
      SLUICE_ASSIGN_OR_RETURN(const bool all, BackIdsOfMany(records, target, ids_of));
      if (all) return ids_of;
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      SLUICE_ASSIGN_OR_RETURN(ids_of[i], RelatedIds(*records[i], target));
    }
    return ids_of;
  }

  // One query for all records. False when there are so many rows that a record
  // might miss its own: then each is asked for by itself.
  StatusOr<bool> BackIdsOfMany(const std::vector<RecordPtr>& records, const Target& target,
                               std::vector<std::vector<std::string>>& ids_of) {
    std::vector<std::string> parents;
    StringMap<std::vector<std::string>> by_parent;
    for (const RecordPtr& record : records) {
      if (by_parent.try_emplace(record->id).second) parents.push_back(record->id);
    }
    const std::int64_t rows_max = kBackIdsMax * static_cast<std::int64_t>(parents.size());
    const Plan plan = PlanOfMany(target, IdsJson(parents));
    SelectOptions options;
    options.columns = {target.field->name, "id"};
    options.limit = true;
    std::int64_t rows = 0;
    SLUICE_RETURN_IF_ERROR(RunStatement(
        caller_.connection, plan, SelectRows(plan, Sqlite(), options), {rows_max, 0},
        [&](const store::Statement& row) {
          ++rows;
          const auto found = by_parent.find(row.Column(0).text);
          const bool fits = found != by_parent.end() &&
                            static_cast<std::int64_t>(found->second.size()) < kBackIdsMax;
          if (fits) found->second.emplace_back(row.Column(1).text);
          return absl::OkStatus();
        }));
    if (rows == rows_max) return false;
    for (std::size_t i = 0; i < records.size(); ++i)
      ids_of[i] = by_parent.find(records[i]->id)->second;
    return true;
  }

  StatusOr<std::vector<std::string>> RelatedIds(const LoadedRecord& record, const Target& target) {
    std::vector<std::string> ids;
    if (target.back) {
      Plan plan;
      plan.slots.push_back(Slot{SlotSource::kIds, Value::Text(record.id), "id"});
      const SqlStatement statement = SelectBackIds(*target.collection, *target.field, Sqlite());
      SLUICE_RETURN_IF_ERROR(RunStatement(caller_.connection, plan, statement, {kBackIdsMax, 0},
                                          [&ids](const store::Statement& row) {
                                            ids.emplace_back(row.Column(0).text);
                                            return absl::OkStatus();
                                          }));
      return ids;
    }
    for (const auto& [field, text] : record.relations) {
      if (field != target.field->name) continue;
      ValueList values;
      values.Assign(text);
      if (target.single) {
        if (!values.last().empty()) ids.emplace_back(values.last());
      } else {
        ids.assign(values.values().begin(), values.values().end());
      }
    }
    return ids;
  }

  // The related records that the caller may view (F-162).
  Status Fetch(const Target& target, const store::ParsedRule& rule,
               const std::vector<RecordPtr>& records, Level& level) {
    const Collection& collection = *target.collection;
    SLUICE_ASSIGN_OR_RETURN(level.ids_of, RelatedIdsOfAll(records, target));
    std::vector<std::string> missing;
    StringMap<bool> asked_for;
    for (const std::vector<std::string>& ids : level.ids_of) {
      for (const std::string& id : ids) {
        if (asked_for.try_emplace(id, true).second) missing.push_back(id);
      }
    }
    if (missing.empty()) return absl::OkStatus();
    const Caller caller{caller_.snapshot, caller_.connection, request_, caller_.superuser};
    Asked asked{.collection = &collection, .mode = BindMode::kOpen};
    // One is found by its key, without a list that SQLite would have to read first.
    if (missing.size() == 1) {
      asked.row_id = &missing.front();
    } else {
      asked.ids = &missing;
    }
    if (!caller.superuser && rule.ast) asked.rule = &*rule.ast;
    SLUICE_ASSIGN_OR_RETURN(const BoundPlan plan, PlanFor(caller, asked));
    passed_ = CheckCost(caller, plan, static_cast<double>(missing.size()));
    SLUICE_RETURN_IF_ERROR(passed_);
    const RecordShape& shape =
        RecordShape::Of(caller.snapshot.schema, collection, caller.superuser);
    SelectOptions options;
    options.columns = shape.columns();
    std::vector<RecordPtr> fetched;
    SLUICE_RETURN_IF_ERROR(RunStatement(caller.connection, plan.values, plan.kept->Rows(options),
                                        {}, [&](const store::Statement& row) -> Status {
                                          SLUICE_ASSIGN_OR_RETURN(RecordPtr record,
                                                                  LoadRecord(caller, shape, row));
                                          SLUICE_RETURN_IF_ERROR(Count(*record));
                                          fetched.push_back(std::move(record));
                                          return absl::OkStatus();
                                        }));
    ApplyManageRule(caller, collection, fetched);
    for (RecordPtr& record : fetched) {
      level.by_id.try_emplace(record->id, record);
      level.records.push_back(std::move(record));
    }
    return absl::OkStatus();
  }

  Status Count(const LoadedRecord& record) {
    bytes_ += record.text.size();
    if (++loaded_ > limits_.expanded_max) passed_ = TooManyExpanded(limits_);
    if (bytes_ > limits_.bytes_max) passed_ = AnswerTooLong(limits_);
    return passed_;
  }

  static void Attach(LoadedRecord& record, const std::string& segment, const Target& target,
                     const std::vector<std::string>& ids, const Level& level) {
    record.has_expand = true;
    Expansion expansion;
    expansion.single = target.single;
    for (const std::string& id : ids) {
      const auto found = level.by_id.find(id);
      if (found == level.by_id.end()) continue;
      expansion.records.push_back(found->second);
      if (target.single) break;
    }
    if (!expansion.records.empty()) record.expand[segment] = std::move(expansion);
  }

  const Caller& caller_;
  const AnswerLimits& limits_;
  RequestContext request_;
  std::size_t loaded_ = 0;
  std::size_t bytes_ = 0;
  Status passed_;
  std::map<std::string, Level> levels_;  // by path with a trailing dot
};

}  // namespace

Status ExpandRecords(const Caller& caller, const Collection& collection,
                     const std::vector<RecordPtr>& records, const ExpandList& paths,
                     const AnswerLimits& limits) {
  if (records.empty() || paths.paths.empty()) return absl::OkStatus();
  Expander expander(caller, limits);
  for (const std::vector<std::string>& path : paths.paths) {
    if (!path.empty()) expander.Path(collection, records, path, 0, "");
    SLUICE_RETURN_IF_ERROR(expander.passed());
  }
  return absl::OkStatus();
}

}  // namespace sluice::records
