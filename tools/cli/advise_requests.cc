// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/advise_requests.h"

#include "sluice/binder.h"
#include "sluice/mutations.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"

namespace sluice::cli {
namespace {

const store::ParsedRule& RuleOf(const store::CollectionRules& rules, AskKind kind) {
  switch (kind) {
    case AskKind::kList:
      return rules.list;
    case AskKind::kView:
      return rules.view;
    case AskKind::kUpdate:
      return rules.update;
    case AskKind::kDelete:
    case AskKind::kReferences:
      break;
  }
  return rules.del;
}

std::string_view RuleName(AskKind kind) {
  constexpr std::string_view kNames[] = {"listRule", "viewRule", "updateRule", "deleteRule", ""};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view Method(AskKind kind) {
  constexpr std::string_view kNames[] = {"GET", "GET", "PATCH", "DELETE", "DELETE"};
  return kNames[static_cast<std::size_t>(kind)];
}

AskedStatement StatementOf(const Plan& plan, const SqlStatement& sql, const AskedRequest& request) {
  AskedStatement statement{sql.text, {}, static_cast<std::size_t>(request.per_page), false};
  for (const Param& param : sql.params) {
    switch (param.kind) {
      case ParamKind::kSlot:
        statement.values.push_back(plan.slots[param.slot].value);
        break;
      case ParamKind::kLimit:
        statement.values.push_back(Value::Integer(request.per_page));
        break;
      case ParamKind::kOffset:
        statement.values.push_back(Value::Integer(request.offset));
        break;
    }
  }
  return statement;
}

void Append(std::vector<IndexCandidate>& all, std::vector<IndexCandidate> more) {
  for (IndexCandidate& candidate : more) {
    bool known = false;
    for (const IndexCandidate& one : all) known |= one.create == candidate.create;
    if (!known) all.push_back(std::move(candidate));
  }
}

}  // namespace

std::string Describe(const AskedRequest& request) {
  std::string text;
  if (request.kind == AskKind::kReferences) {
    return "DELETE " + request.collection + "/ID: what refers to the record";
  } else if (request.logged) {
    text = std::string(Method(request.kind)) + " " + request.collection +
           (request.kind == AskKind::kList ? "" : "/ID");
    for (const auto& [name, value] :
         {std::pair{"filter", &request.filter}, std::pair{"sort", &request.sort},
          std::pair{"expand", &request.expand}}) {
      if (!value->empty()) text += std::string(" ") + name + "=" + *value;
    }
    if (request.offset > 0) text += " from row " + std::to_string(request.offset);
  } else {
    text = request.collection + "." + std::string(RuleName(request.kind));
  }
  return text + " as " + (request.as.empty() ? "a guest" : request.as);
}

StatusOr<std::vector<std::string>> RequestBinder::Callers(const std::string& as) {
  if (!as.empty()) {
    SLUICE_RETURN_IF_ERROR(CallerOf(as).status());
    return std::vector<std::string>{as};
  }
  std::vector<std::string> callers = {""};
  for (const auto& collection : schema().collections()) {
    if (!collection->is_auth() || collection->system) continue;
    SLUICE_ASSIGN_OR_RETURN(const std::string id, rows_.AnyId(collection->name));
    if (!id.empty()) callers.push_back(collection->name + "/" + id);
  }
  return callers;
}

std::vector<AskedRequest> RequestBinder::OfRules(const std::vector<std::string>& callers) const {
  std::vector<AskedRequest> requests;
  for (const auto& collection : schema().collections()) {
    if (collection->system) continue;
    for (const AskKind kind :
         {AskKind::kList, AskKind::kView, AskKind::kUpdate, AskKind::kDelete}) {
      if (collection->is_view() && kind != AskKind::kList) continue;
      const store::ParsedRule& rule = RuleOf(snapshot_->RulesOf(*collection), kind);
      for (const std::string& caller : callers) {
        if (rule.ast && caller != "superuser")
          requests.push_back({.kind = kind, .collection = collection->name, .as = caller});
      }
    }
    if (!collection->is_view())
      requests.push_back(
          {.kind = AskKind::kReferences, .collection = collection->name, .as = "whoever may"});
  }
  return requests;
}

StatusOr<AskedStatements> RequestBinder::Bind(const AskedRequest& request, const Schema& schema) {
  const Collection* const collection = schema.Find(request.collection);
  if (collection == nullptr)
    return absl::NotFoundError("there is no collection " + request.collection);
  AskedStatements asked;
  std::string id;
  if (request.kind != AskKind::kList) {
    SLUICE_ASSIGN_OR_RETURN(id, IdOf(request, *collection));
  }
  if (request.kind == AskKind::kReferences) {
    SLUICE_RETURN_IF_ERROR(AddReferences(id, *collection, schema, asked));
    return asked;
  }
  SLUICE_ASSIGN_OR_RETURN(const FolderCaller* caller, CallerOf(request.as));
  RequestContext context;
  context.method = std::string(Method(request.kind));
  context.query = request.query;
  context.auth = caller->auth();
  context.now = NowMillis();
  const store::ParsedRule& rule = RuleOf(snapshot_->RulesOf(*collection), request.kind);
  Query query;
  query.collection = collection;
  if (!caller->superuser) {
    if (rule.locked) return absl::PermissionDeniedError("superusers only");
    if (!rule.error.ok()) return rule.error;
    if (rule.ast) query.rule = &*rule.ast;
  }
  Ast filter;
  SortList sort;
  if (request.kind == AskKind::kList) {
    if (!request.filter.empty()) {
      SLUICE_ASSIGN_OR_RETURN(filter, ParseFilter(request.filter));
      query.filter = &filter;
    }
    SLUICE_ASSIGN_OR_RETURN(sort, ParseSort(request.sort));
    if (!sort.keys.empty()) query.sort = &sort;
  } else {
    query.row_id = &id;
  }
  BindOptions options;
  options.request = &context;
  const bool restricted = request.kind == AskKind::kList && !caller->superuser;
  options.filter_mode = restricted ? BindMode::kRestricted : BindMode::kOpen;
  SLUICE_ASSIGN_OR_RETURN(Plan bound, sluice::Bind(query, schema, options));
  const Plan plan = Simplify(std::move(bound));
  SelectOptions select;
  for (const Field& field : collection->fields) select.columns.push_back(field.name);
  select.limit = true;
  select.offset = request.offset > 0;
  select.rows_asked += static_cast<double>(request.offset);
  select.statistics = snapshot_->statistics.get();
  asked.statements.push_back(StatementOf(plan, SelectRows(plan, Sqlite(), select), request));
  if (request.kind == AskKind::kList && !request.skip_total) {
    asked.statements.push_back(StatementOf(
        plan, SelectCount(plan, Sqlite(), Lowering::kRewritten, select.statistics), request));
    asked.statements.back().counts_more = !collection->is_view();
  }
  asked.candidates = IndexCandidates(plan, schema);
  if (!request.expand.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const std::string any, IdOf(request, *collection));
    AddExpand(request, any, *collection, schema, asked);
  }
  return asked;
}

StatusOr<const FolderCaller*> RequestBinder::CallerOf(const std::string& as) {
  const auto known = callers_.find(as);
  if (known != callers_.end()) return &known->second;
  SLUICE_ASSIGN_OR_RETURN(FolderCaller caller, FindCaller(as, *snapshot_, rows_.connection()));
  return &(callers_[as] = std::move(caller));
}

StatusOr<std::string> RequestBinder::IdOf(const AskedRequest& request,
                                          const Collection& collection) {
  if (!request.id.empty() || collection.is_view()) return request.id;
  const auto known = ids_.find(collection.id);
  if (known != ids_.end()) return known->second;
  SLUICE_ASSIGN_OR_RETURN(std::string id, rows_.AnyId(collection.name));
  return ids_[collection.id] = std::move(id);
}

Status RequestBinder::AddReferences(const std::string& id, const Collection& collection,
                                    const Schema& schema, AskedStatements& asked) const {
  for (const auto& other : schema.collections()) {
    if (other->is_view()) continue;
    for (const Field& field : other->fields) {
      if (field.type != FieldType::kRelation || field.collection_id != collection.id) continue;
      asked.statements.push_back(
          {SelectReferences(*other, field, Sqlite()).text, {Value::Text(id)}, 0, false});
      Append(asked.candidates, ReferenceCandidate(*other, field, schema));
    }
  }
  return absl::OkStatus();
}

// Relations are followed by id; of back-relations, `comments_via_post`, the rows
// have to be found.
void RequestBinder::AddExpand(const AskedRequest& request, const std::string& id,
                              const Collection& collection, const Schema& schema,
                              AskedStatements& asked) {
  for (const std::vector<std::string>& path : ParseExpand(request.expand).paths) {
    const Collection* at = &collection;
    for (const std::string& segment : path) {
      const Field* field = at->FindField(segment);
      if (field != nullptr) {
        at = schema.FindById(field->collection_id);
      } else {
        const std::size_t via = segment.find("_via_");
        at = via == std::string::npos ? nullptr : schema.Find(segment.substr(0, via));
        field = at == nullptr ? nullptr : at->FindField(segment.substr(via + 5));
        if (field == nullptr || field->type != FieldType::kRelation || at->is_view()) break;
        asked.statements.push_back(
            {SelectReferences(*at, *field, Sqlite()).text, {Value::Text(id)}, 0, false});
        Append(asked.candidates, ReferenceCandidate(*at, *field, schema));
      }
      if (at == nullptr) break;
    }
  }
}

}  // namespace sluice::cli
