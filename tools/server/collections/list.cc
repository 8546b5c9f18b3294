#include "tools/server/collections/list.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "tools/server/collections/collection_json.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/query.h"

namespace sluice::collections {
namespace {

// `_collections` as far as clients may filter and sort by it.
const Collection& CollectionsTable() {
  static const Collection* const kTable = [] {
    auto* table = new Collection;
    table->name = "_collections";
    for (const char* name : {"id", "created", "updated", "name", "type"}) {
      Field field;
      field.name = name;
      table->fields.push_back(std::move(field));
    }
    Field system;
    system.name = "system";
    system.type = FieldType::kBool;
    table->fields.push_back(std::move(system));
    return table;
  }();
  return *kTable;
}

struct Bound {
  std::optional<Ast> filter;
  SortList sort;
  Query query;
};

StatusOr<Plan> BindList(const records::Caller& caller, const records::ListParams& params,
                        Bound& bound) {
  bound.query.collection = &CollectionsTable();
  if (!params.sort.empty()) {
    SLUICE_ASSIGN_OR_RETURN(bound.sort, ParseSort(params.sort));
    bound.query.sort = &bound.sort;
  }
  if (!params.filter.empty()) {
    SLUICE_ASSIGN_OR_RETURN(Ast filter, ParseFilter(params.filter));
    bound.filter = std::move(filter);
    bound.query.filter = &*bound.filter;
  }
  BindOptions options;
  options.filter_mode = BindMode::kOpen;
  options.plain_names_only = true;
  RequestContext clock;  // macros work here, @request does not
  clock.now = caller.request.now;
  options.request = &clock;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, Bind(bound.query, caller.schema(), options));
  return Simplify(plan);
}

}  // namespace

StatusOr<std::string> ListCollections(const records::Caller& caller,
                                      const records::ListParams& params) {
  SLUICE_ASSIGN_OR_RETURN(const records::PageParams page, records::ParsePage(params));
  Bound bound;
  SLUICE_ASSIGN_OR_RETURN(const Plan plan, BindList(caller, params, bound));
  SLUICE_ASSIGN_OR_RETURN(const auto snapshot, store::ReadSnapshot::Begin(caller.connection));
  SelectOptions options;
  // No index has all three, so that rows come in the order of their row ids.
  options.columns = {"id", "name", "type"};
  options.limit = true;
  options.offset = page.offset > 0;
  std::string body = "{\"items\":[";
  std::int64_t rows = 0;
  const auto append = [&](const store::Statement& row) {
    const Collection* collection = caller.schema().FindById(row.Column(0).text);
    if (collection == nullptr) return absl::OkStatus();
    if (rows++ > 0) body += ',';
    AppendCollection(body, *collection);
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(records::RunStatement(caller.connection, plan,
                                               SelectRows(plan, Sqlite(), options),
                                               {page.per_page, page.offset}, append));
  std::int64_t total = -1;
  if (!page.skip_total) {
    SLUICE_ASSIGN_OR_RETURN(total, records::RunCount(caller.connection, plan));
  }
  records::AppendEnvelopeEnd(body, page, total);
  return records::Picked(std::move(body), params.fields, true);
}

StatusOr<std::string> ViewCollection(const records::Caller& caller, std::string_view id_or_name,
                                     const records::ListParams& params) {
  const Collection* collection = caller.schema().Find(id_or_name);
  if (collection == nullptr) return http::MakeStatus({.status = 404});
  std::string body;
  AppendCollection(body, *collection);
  body += '\n';
  return records::Picked(std::move(body), params.fields, false);
}

}  // namespace sluice::collections
