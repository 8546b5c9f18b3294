// Logged requests as what they asked. Tested by tests/server/cli_advise_test.cc.
#include <algorithm>
#include <set>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

#include "tools/cli/advise_requests.h"
#include "tools/server/http/target.h"
#include "tools/server/records/list.h"
#include "tools/server/store/log_table.h"

namespace sluice::cli {
namespace {

constexpr std::int64_t kRequestsMax = 200'000;

std::string TextOf(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

bool Succeeded(const boost::json::object& object) {
  const boost::json::value* const status = object.if_contains("status");
  return status != nullptr && status->is_int64() && status->get_int64() < 400;
}

// `/api/collections/NAME/records` with or without an id.
bool IsOfRecords(const http::Request& request) {
  const std::vector<std::string>& path = request.segments;
  return (path.size() == 4 || (path.size() == 5 && !path[4].empty())) && path[0] == "api" &&
         path[1] == "collections" && path[3] == "records";
}

Status ReadQuery(const http::Request& target, AskedRequest& request) {
  for (const http::Param& param : target.query) request.query.emplace_back(param.name, param.value);
  const auto text = [&target](std::string_view name) {
    return std::string(target.Query(name).value_or(""));
  };
  request.filter = text("filter");
  request.sort = text("sort");
  request.expand = text("expand");
  if (request.kind != AskKind::kList) return absl::OkStatus();
  const std::string page = text("page");
  const std::string per_page = text("perPage");
  const std::string skip = text("skipTotal");
  records::ListParams params;
  params.page = page;
  params.per_page = per_page;
  params.skip_total = skip;
  SLUICE_ASSIGN_OR_RETURN(const records::PageParams asked, records::ParsePage(params));
  request.per_page = asked.per_page;
  request.offset = asked.offset;
  request.skip_total = asked.skip_total;
  return absl::OkStatus();
}

}  // namespace

// None for a request to something else, or that failed.
StatusOr<std::vector<AskedRequest>> RequestBinder::Read(std::string_view data,
                                                        const std::string& as) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({data.data(), data.size()}, error);
  if (error || !value.is_object() || !Succeeded(value.get_object()))
    return std::vector<AskedRequest>();
  const boost::json::object& entry = value.get_object();
  http::Request target;
  target.target = TextOf(entry, "url");
  if (!http::ParseTarget(target) || !IsOfRecords(target)) return std::vector<AskedRequest>();
  const Collection* const collection = schema().Find(target.segments[2]);
  if (collection == nullptr) return absl::NotFoundError("no such collection any more");
  AskedRequest request{.collection = collection->name, .logged = true};
  const std::string method = TextOf(entry, "method");
  const bool one = target.segments.size() == 5;
  if (one) request.id = target.segments[4];
  if (method == "GET") {
    request.kind = one ? AskKind::kView : AskKind::kList;
  } else if (method == "PATCH" && one) {
    request.kind = AskKind::kUpdate;
  } else if (method == "DELETE" && one) {
    request.kind = AskKind::kDelete;
    request.id = "";  // it is gone
  } else {
    return std::vector<AskedRequest>();
  }
  const std::string auth = TextOf(entry, "auth");
  const std::string auth_id = TextOf(entry, "authId");
  if (auth == "_superusers") {
    request.as = "superuser";
  } else if (!auth.empty()) {
    request.as = auth + "/" + auth_id;
    if (auth_id.empty() || !CallerOf(request.as).ok()) {
      SLUICE_ASSIGN_OR_RETURN(const std::string id, rows_.AnyId(auth));
      request.as = auth + "/" + id;
    }
  }
  if (!as.empty()) request.as = as;
  SLUICE_RETURN_IF_ERROR(ReadQuery(target, request));
  std::vector<AskedRequest> requests = {request};
  if (request.kind == AskKind::kDelete) {
    request.kind = AskKind::kReferences;
    requests.push_back(std::move(request));
  }
  return requests;
}

StatusOr<std::vector<AskedRequest>> RequestBinder::OfLog(store::Connection& log,
                                                         const std::string& as,
                                                         std::int64_t& unread) {
  // The statements' texts are a shape without the values; so many values may
  // differ that their texts are kept, too, to bind each once.
  std::map<std::string, std::size_t> by_data;
  std::map<std::string, std::size_t> by_shape;
  std::vector<AskedRequest> all;
  const auto take = [&](AskedRequest request) -> Status {
    const std::string exact = std::to_string(static_cast<int>(request.kind)) + "\n" +
                              request.collection + "\n" + request.as + "\n" + request.filter +
                              "\n" + request.sort + "\n" + request.expand + "\n" +
                              std::to_string(request.offset) + (request.skip_total ? "s" : "");
    if (const auto known = by_data.find(exact); known != by_data.end()) {
      ++all[known->second].times;
      return absl::OkStatus();
    }
    SLUICE_ASSIGN_OR_RETURN(const AskedStatements asked, Bind(request, schema()));
    std::string shape = std::to_string(static_cast<int>(request.kind)) + request.collection + "\n" +
                        request.as.substr(0, request.as.find('/')) + "\n";
    for (const AskedStatement& statement : asked.statements) shape += statement.text + "\n";
    const auto [place, is_new] = by_shape.try_emplace(std::move(shape), all.size());
    by_data.emplace(exact, place->second);
    if (is_new) {
      all.push_back(std::move(request));
    } else {
      ++all[place->second].times;
    }
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(store::ForEachLoggedRequest(log, kRequestsMax, [&](std::string_view data) {
    StatusOr<std::vector<AskedRequest>> requests = Read(data, as);
    if (!requests.ok()) ++unread;
    for (std::size_t i = 0; requests.ok() && i < requests->size(); ++i) {
      if (!take(std::move((*requests)[i])).ok()) ++unread;
    }
  }));
  return all;
}

}  // namespace sluice::cli
