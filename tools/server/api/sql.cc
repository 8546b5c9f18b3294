// S-95; superusers only.
#include <chrono>

#include "tools/server/api/server_parts.h"
#include "tools/server/collections/body.h"
#include "tools/server/collections/typed_json.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"
#include "tools/server/store/raw_sql.h"

namespace sluice::api {
namespace {

constexpr std::size_t kQueryMax = 5000;
constexpr std::size_t kRowsMax = 1000;
constexpr std::chrono::minutes kTimeMax{3};

StatusOr<std::string> ReadQuery(const http::Request& request) {
  using collections::Shape;
  using collections::ShapeKind;
  static const Shape kShape{
      .kind = ShapeKind::kObject, .keys = {"query"}, .members = {{.kind = ShapeKind::kText}}};
  constexpr std::string_view kUnread = "An error occurred while loading the submitted data.";
  const StatusOr<collections::Body> body = collections::ReadTypedBody(request);
  if (!body.ok()) return ApiStatus(400, std::string(kUnread));
  boost::json::value value = collections::ZeroValue(kShape);
  if (!collections::MergeTyped(value, boost::json::value(body->values), kShape, body->kind))
    return ApiStatus(400, std::string(kUnread));
  std::string query(value.at("query").as_string());
  http::ApiError error{.status = 400,
                       .message = "An error occurred while validating the submitted data."};
  std::size_t length = 0;
  for (const char c : query) length += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  if (query.empty()) {
    error.data.push_back(
        {.key = "query", .code = "validation_required", .message = "Cannot be blank."});
  } else if (length > kQueryMax) {
    error.data.push_back({.key = "query",
                          .code = "validation_length_too_long",
                          .message = "The length must be no more than {{.max}}.",
                          .params = {{"max", kQueryMax}, {"min", 0}}});
  }
  if (!error.data.empty()) return http::MakeStatus(error);
  return query;
}

std::string BodyOf(const store::SqlResult& result, double milliseconds) {
  std::string body = "{\"execTime\":";
  json::AppendNumber(body, milliseconds);
  body += ",\"affectedRows\":";
  json::AppendInteger(body, result.affected_rows);
  body += ",\"columns\":[";
  for (const store::SqlColumn& column : result.columns) {
    if (body.back() != '[') body += ',';
    body += "{\"name\":";
    json::AppendString(body, column.name);
    body += ",\"type\":";
    json::AppendString(body, column.type);
    body += ",\"nullable\":true}";
  }
  body += "],\"rows\":[";
  for (const auto& row : result.rows) {
    if (body.back() != '[') body += ',';
    body += '[';
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) body += ',';
      if (row[i]) {
        json::AppendString(body, *row[i]);
      } else {
        body += "null";
      }
    }
    body += ']';
  }
  return body + "]}\n";
}

// On a connection of its own, so that nothing of it stays.
StatusOr<store::SqlResult> Read(ServerParts& parts, Call& call, const std::string& query) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<store::Connection> connection,
                          store::Connection::Open(parts.config.folder + "/data.db", {}));
  connection->SetLimits([&call] { return call.request.cancelled.IsCancelled(); },
                        std::chrono::steady_clock::now() + kTimeMax);
  SLUICE_ASSIGN_OR_RETURN(store::SqlResult result, store::RunSql(*connection, query, kRowsMax));
  result.affected_rows = 0;
  return result;
}

StatusOr<store::SqlResult> Write(ServerParts& parts, const std::string& query) {
  store::SqlResult result;
  SLUICE_RETURN_IF_ERROR(parts.writer->Run([&](store::Connection& connection) -> Status {
    const store::LimitedScope limits(connection, nullptr,
                                     std::chrono::steady_clock::now() + kTimeMax);
    SLUICE_ASSIGN_OR_RETURN(result, store::RunSql(connection, query, kRowsMax));
    return absl::OkStatus();
  }));
  result.columns.clear();
  result.rows.clear();
  // It may have been a collection's row, or the settings.
  SLUICE_RETURN_IF_ERROR(parts.catalog->Reload());
  return result;
}

StatusOr<http::Response> Run(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(const std::string query, ReadQuery(call.request));
  const auto begin = std::chrono::steady_clock::now();
  const StatusOr<store::SqlResult> result =
      store::ChangesDatabase(query) ? Write(parts, query) : Read(parts, call, query);
  if (absl::IsUnavailable(result.status())) return result.status();
  if (!result.ok()) {
    return ApiStatus(400, "Failed to execute query. Raw error:\n" +
                              std::string(AsStd(result.status().message())) + ".");
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return PickedJson(call, BodyOf(*result, took.count()));
}

}  // namespace

void AddSqlRoutes(ServerParts& parts, http::Router& router) {
  router.Add("POST", "/api/sql", parts.OnQueryThread(&Run));
}

}  // namespace sluice::api
