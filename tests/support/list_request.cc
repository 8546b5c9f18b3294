#include "tests/support/list_request.h"

#include "tools/server/http/api_error.h"
#include "tools/server/records/list.h"

namespace sluice {

std::string ListRequest::Show() const {
  return collection + (id.empty() ? "" : "/" + id) + "\n  filter: " + filter +
         "\n  sort:   " + sort + "\n  expand: " + expand + "\n  fields: " + fields +
         "\n  page:   " + page + "/" + per_page + " " + skip_total + "\n";
}

ListRequest MakeListRequest(RandomWorld& random) {
  ListRequest request;
  request.collection = random.AnyCollection();
  if (random.Chance(15))
    request.id = RandomWorld::IdOf(request.collection, 1 + random.Pick(RandomWorld::kRowsMax));
  if (random.Chance(80)) request.filter = random.MakeFilter(request.collection, 3, false);
  if (random.Chance(40)) request.sort = random.MakeSort(request.collection);
  if (random.Chance(40)) request.expand = random.MakeExpand(request.collection);
  if (random.Chance(25)) request.fields = random.MakeFields(request.collection);
  if (random.Chance(20)) request.page = random.PickOf({"1", "2", "0", "x"});
  if (random.Chance(30)) request.per_page = random.PickOf({"1", "2", "3"});
  if (random.Chance(10)) request.skip_total = "1";
  return request;
}

std::shared_ptr<const store::Snapshot> SnapshotOf(std::shared_ptr<const Schema> schema,
                                                  bool strict) {
  auto snapshot = std::make_shared<store::Snapshot>();
  for (const auto& collection : schema->collections()) {
    snapshot->rules[collection->id] = {
        store::ParseRule(collection->list_rule),   store::ParseRule(collection->view_rule),
        store::ParseRule(collection->create_rule), store::ParseRule(collection->update_rule),
        store::ParseRule(collection->delete_rule), store::ParseRule(collection->manage_rule)};
  }
  snapshot->schema = std::move(schema);
  snapshot->strict = strict;
  return snapshot;
}

std::string Answer(const store::Snapshot& snapshot, store::Connection& connection,
                   const AuthRecord* auth, const ListRequest& request) {
  RequestContext context;
  context.now = 1'704'067'200'000;
  context.auth = auth;
  const records::Caller caller{snapshot, connection, context, false};
  const records::ListParams params{request.filter,    request.sort, request.expand,
                                   request.fields,    request.page, request.per_page,
                                   request.skip_total};
  const Collection& collection = *snapshot.schema->Find(request.collection);
  const StatusOr<std::string> body =
      request.id.empty() ? records::ListRecords(caller, collection, params)
                         : records::ViewRecord(caller, collection, request.id, params);
  if (body.ok()) return "200 " + *body;
  // What a client gets; what the log gets may hang on anything.
  const http::Response response = http::ErrorResponse(body.status());
  return std::to_string(response.status) + " " + response.body;
}

}  // namespace sluice
