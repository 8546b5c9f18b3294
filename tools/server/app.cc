// Builds store, router and server, and turns requests into calls. Tested by
// tests/conformance.
#include "tools/server/app.h"

#include <chrono>
#include <filesystem>

#include "boost/json/value.hpp"

#include "sluice/binder.h"
#include "sluice/diagnostic.h"
#include "sluice/sql.h"
#include "tools/server/auth/ip_list.h"
#include "tools/server/auth/load_auth.h"
#include "tools/server/collections/change.h"
#include "tools/server/collections/list.h"
#include "tools/server/collections/meta.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/body.h"
#include "tools/server/http/real_ip.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"
#include "tools/server/http/server_options.h"
#include "tools/server/observe/log_sink.h"
#include "tools/server/records/list.h"
#include "tools/server/settings/rate_limiter.h"
#include "tools/server/settings/save.h"
#include "tools/server/settings/seal.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/reader_pool.h"
#include "tools/server/store/writer.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

JsonValue ToJsonValue(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::bool_:
      return JsonValue::Bool(value.get_bool());
    case boost::json::kind::int64:
      return JsonValue::Number(static_cast<double>(value.get_int64()));
    case boost::json::kind::uint64:
      return JsonValue::Number(static_cast<double>(value.get_uint64()));
    case boost::json::kind::double_:
      return JsonValue::Number(value.get_double());
    case boost::json::kind::string:
      return JsonValue::String(std::string(value.get_string()));
    case boost::json::kind::array: {
      JsonValue array{.kind = JsonValue::Kind::kArray};
      for (const auto& item : value.get_array()) array.items.push_back(ToJsonValue(item));
      return array;
    }
    case boost::json::kind::object: {
      JsonValue object = JsonValue::Object();
      for (const auto& [key, member] : value.get_object())
        object.members.emplace_back(std::string(key), ToJsonValue(member));
      return object;
    }
    case boost::json::kind::null:
      break;
  }
  return {};
}

UnixMillis NowMillis() {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// What the rules of a request may look at (F-90 to F-95).
RequestContext ContextOf(const http::Request& request) {
  RequestContext context;
  context.method = request.method;
  context.now = NowMillis();
  for (const http::Param& param : request.query)
    context.query.emplace_back(param.name, param.value);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const http::Headers::Field field = request.headers[i];
    if (EqualsIgnoreCase(field.name, "Host")) continue;
    context.headers.emplace_back(NormalizeHeaderName(field.name), std::string(field.value));
  }
  return context;
}

records::ListParams ParamsOf(const http::Request& request) {
  const auto get = [&request](std::string_view name) {
    return request.Query(name).value_or(std::string_view());
  };
  return {get("filter"), get("sort"),    get("expand"),   get("fields"),
          get("page"),   get("perPage"), get("skipTotal")};
}

Status ApiStatus(int status, std::string message) {
  return http::MakeStatus({.status = status, .message = std::move(message)});
}

}  // namespace

struct App::Parts {
  ServerConfig config;
  observe::LogSink log{observe::LogLevel::kInfo};
  settings::SealKey seal_key;
  settings::RateLimiter rate_limiter;
  std::unique_ptr<store::Connection> keeper;
  std::unique_ptr<store::Catalog> catalog;
  std::unique_ptr<store::ReaderPool> readers;
  std::unique_ptr<store::Writer> writer;
  std::unique_ptr<http::Server> server;
  bool has_superuser = false;

  // One request on a query thread. References live as long as the call.
  struct Call {
    const http::Request& request;
    const store::Snapshot& snapshot;
    store::Connection& connection;
    RequestContext& context;
    std::optional<auth::LoadedAuth> auth;
    bool no_content = false;  // the answer of a success is 204

    bool superuser() const { return auth && auth->principal.superuser; }
    records::Caller caller() const { return {snapshot, connection, context, superuser()}; }
  };
  using CallHandler = StatusOr<std::string> (Parts::*)(Call&);
  // Where the rate limit of a route is asked: before the handler, or by the
  // handler once it knows the collection.
  enum class RateLimit : std::uint8_t { kBeforeHandler, kByHandler };

  // ---- endpoints ----

  StatusOr<std::string> Health(Call& call);
  StatusOr<std::string> ListRecords(Call& call);
  StatusOr<std::string> ViewRecord(Call& call);
  StatusOr<std::string> WriteRecord(Call& call);
  StatusOr<std::string> ListCollections(Call& call);
  StatusOr<std::string> ViewCollection(Call& call);
  StatusOr<std::string> CreateCollection(Call& call);
  StatusOr<std::string> UpdateCollection(Call& call);
  StatusOr<std::string> DeleteCollection(Call& call);
  StatusOr<std::string> TruncateCollection(Call& call);
  StatusOr<std::string> ImportCollections(Call& call);
  StatusOr<std::string> CollectionScaffolds(Call& call);
  StatusOr<std::string> OAuth2Providers(Call& call);
  StatusOr<std::string> DryRunView(Call& call);
  StatusOr<std::string> ViewSettings(Call& call);
  StatusOr<std::string> PatchSettings(Call& call);

  // ---- the way there ----

  collections::Workplace workplace() { return {*catalog, *writer, config.folder}; }
  Status ReadBody(Call& call);
  StatusOr<const Collection*> RecordsCollection(Call& call, std::string_view missing);
  Status RequireSuperuser(const Call& call);
  // 429 when the caller asked too often; `collection` is null for routes that
  // are of none.
  Status LimitRate(const Call& call, const Collection* collection,
                   std::vector<std::string_view> tags);
  http::Handler OnQueryThread(CallHandler handler, RateLimit limit = RateLimit::kBeforeHandler);
  http::Response Run(CallHandler handler, RateLimit limit, const http::Request& request,
                     store::Connection& connection);
  void LogFailure(const http::Request& request, const Status& status);
  void AddRoutes(http::Router& router);
};

StatusOr<std::string> App::Parts::Health(Call& call) {
  std::string body = "{\"message\":\"API is healthy.\",\"code\":200,\"data\":{";
  if (call.superuser()) {
    const store::Settings& settings = call.snapshot.settings;
    std::vector<std::string> proxies = settings.trusted_proxy.headers;
    proxies.insert(proxies.end(), {"CF-Connecting-IP", "Fly-Client-IP"});
    std::string found;
    for (const std::string& header : proxies) {
      if (found.empty() && call.request.headers.Find(header)) found = header;
    }
    body += "\"canBackup\":true,\"possibleProxyHeader\":\"" + found + "\",\"realIP\":\"" +
            http::RealIp(call.request,
                         {settings.trusted_proxy.headers, settings.trusted_proxy.use_leftmost_ip}) +
            "\"";
  }
  body += "}}\n";
  return records::Picked(std::move(body), ParamsOf(call.request).fields, false);
}

Status App::Parts::ReadBody(Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const http::RequestBody body, http::ReadBody(call.request));
  call.context.body = ToJsonValue(boost::json::value(body.values));
  return absl::OkStatus();
}

StatusOr<const Collection*> App::Parts::RecordsCollection(Call& call, std::string_view missing) {
  const Collection* collection = call.snapshot.schema->Find(call.request.PathParam("collection"));
  if (collection == nullptr) return ApiStatus(404, std::string(missing));
  return collection;
}

StatusOr<std::string> App::Parts::ListRecords(Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          RecordsCollection(call, "Missing collection context."));
  SLUICE_RETURN_IF_ERROR(LimitRate(call, collection, {"list"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  return records::ListRecords(call.caller(), *collection, ParamsOf(call.request));
}

StatusOr<std::string> App::Parts::ViewRecord(Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection,
                          RecordsCollection(call, "Missing collection context."));
  SLUICE_RETURN_IF_ERROR(LimitRate(call, collection, {"view"}));
  SLUICE_RETURN_IF_ERROR(ReadBody(call));
  return records::ViewRecord(call.caller(), *collection, std::string(call.request.PathParam("id")),
                             ParamsOf(call.request));
}

StatusOr<std::string> App::Parts::WriteRecord(Call& call) {
  const std::string_view missing = call.request.method == "DELETE"
                                       ? "Missing collection context."
                                       : "Missing or invalid collection context.";
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, RecordsCollection(call, missing));
  if (collection->is_view()) return ApiStatus(400, "Unsupported collection type.");
  const std::string& method = call.request.method;
  SLUICE_RETURN_IF_ERROR(LimitRate(call, collection,
                                   {method == "POST"    ? "create"
                                    : method == "PATCH" ? "update"
                                                        : "delete"}));
  return ApiStatus(
      501, "This version of Sluice only reads: records cannot be created, changed or deleted yet.");
}

Status App::Parts::LimitRate(const Call& call, const Collection* collection,
                             std::vector<std::string_view> tags) {
  const store::Settings& settings = call.snapshot.settings;
  if (!settings.rate_limits.enabled || call.superuser()) return absl::OkStatus();
  const std::string ip = http::RealIp(
      call.request, {settings.trusted_proxy.headers, settings.trusted_proxy.use_leftmost_ip});
  if (auth::IsListed(ip, settings.rate_limits.excluded_ips)) return absl::OkStatus();
  settings::RateLimitAsk ask;
  ask.method = call.request.method;
  ask.path = call.request.path();
  if (collection != nullptr) {
    ask.collection_id = collection->id;
    ask.collection_name = collection->name;
  }
  ask.tags = std::move(tags);
  ask.authenticated = call.auth.has_value();
  ask.ip = ip;
  ask.now_seconds = call.context.now / 1000;
  if (rate_limiter.Allow(settings.rate_limits.rules, ask)) return absl::OkStatus();
  return http::MakeStatus({.status = 429});
}

// S-44: before the path or the body is looked at.
Status App::Parts::RequireSuperuser(const Call& call) {
  if (!call.auth) return ApiStatus(401, "The request requires valid record authorization token.");
  if (!call.superuser())
    return ApiStatus(403, "The authorized record is not allowed to perform this action.");
  return absl::OkStatus();
}

StatusOr<std::string> App::Parts::ListCollections(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return collections::ListCollections(call.caller(), ParamsOf(call.request));
}

StatusOr<std::string> App::Parts::ViewCollection(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return collections::ViewCollection(call.caller(), call.request.PathParam("collection"),
                                     ParamsOf(call.request));
}

StatusOr<std::string> App::Parts::ViewSettings(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return records::Picked(settings::AnswerBody(call.snapshot.settings),
                         ParamsOf(call.request).fields, false);
}

StatusOr<std::string> App::Parts::PatchSettings(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(const settings::Change change, settings::ChangeOfRequest(call.request));
  StatusOr<store::Settings> saved = absl::InternalError("not saved");
  SLUICE_RETURN_IF_ERROR(writer->Run([&](store::Connection& connection) {
    saved = settings::ChangeSettings(connection, seal_key, change);
    return saved.status();
  }));
  SLUICE_RETURN_IF_ERROR(catalog->Reload());
  rate_limiter.Reset();
  store::AnnounceChange(config.folder, "settings");
  return records::Picked(settings::AnswerBody(*saved), ParamsOf(call.request).fields, false);
}

StatusOr<std::string> App::Parts::CreateCollection(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return collections::CreateCollection(workplace(), call.request, ParamsOf(call.request).fields);
}

StatusOr<std::string> App::Parts::UpdateCollection(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return collections::UpdateCollection(workplace(), call.request.PathParam("collection"),
                                       call.request, ParamsOf(call.request).fields);
}

StatusOr<std::string> App::Parts::DeleteCollection(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_RETURN_IF_ERROR(
      collections::DeleteCollection(workplace(), call.request.PathParam("collection")));
  call.no_content = true;
  return std::string();
}

StatusOr<std::string> App::Parts::TruncateCollection(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_RETURN_IF_ERROR(
      collections::TruncateCollection(workplace(), call.request.PathParam("collection")));
  call.no_content = true;
  return std::string();
}

StatusOr<std::string> App::Parts::ImportCollections(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_RETURN_IF_ERROR(collections::ImportCollections(workplace(), call.request));
  call.no_content = true;
  return std::string();
}

StatusOr<std::string> App::Parts::CollectionScaffolds(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body, collections::ScaffoldsJson());
  return records::Picked(std::move(body), ParamsOf(call.request).fields, false);
}

StatusOr<std::string> App::Parts::OAuth2Providers(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return records::Picked(collections::ProvidersJson(), ParamsOf(call.request).fields, false);
}

StatusOr<std::string> App::Parts::DryRunView(Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(std::string body, collections::DryRun(call.caller(), call.request));
  return records::Picked(std::move(body), ParamsOf(call.request).fields, false);
}

void App::Parts::LogFailure(const http::Request& request, const Status& status) {
  const bool ours =
      absl::IsInternal(status) || absl::IsUnavailable(status) || absl::IsDataLoss(status);
  std::string_view source;
  observe::LogLevel level = ours ? observe::LogLevel::kError : observe::LogLevel::kDebug;
  if (const std::optional<Diagnostic> diagnostic = GetDiagnostic(status)) {
    const bool rule = diagnostic->code.starts_with("rule_");
    const bool sort = diagnostic->code.starts_with("sort_");
    // A client's mistake is the client's, a rule's is the operator's.
    level = rule ? observe::LogLevel::kWarn : observe::LogLevel::kInfo;
    if (!rule) source = request.Query(sort ? "sort" : "filter").value_or("");
  }
  log.Failure(level, request.method + " " + request.target.substr(0, 3000), status, source);
}

http::Response App::Parts::Run(CallHandler handler, RateLimit limit, const http::Request& request,
                               store::Connection& connection) {
  const std::shared_ptr<const store::Snapshot> snapshot = catalog->current();
  RequestContext context = ContextOf(request);
  Call call{request, *snapshot, connection, context, std::nullopt};
  const store::LimitedScope limits(
      connection, [&request] { return request.cancelled.IsCancelled(); },
      std::chrono::steady_clock::now() + config.query_timeout);
  call.auth = auth::LoadAuth(request.headers.Find("Authorization").value_or(""),
                             static_cast<double>(context.now) / 1000, *snapshot, connection);
  if (call.auth) context.auth = &call.auth->record;
  const store::Settings& settings = snapshot->settings;
  if (call.superuser() && !settings.superuser_ips.empty()) {
    const std::string ip = http::RealIp(
        request, {settings.trusted_proxy.headers, settings.trusted_proxy.use_leftmost_ip});
    if (!auth::IsListed(ip, settings.superuser_ips)) {
      http::Response refused = http::ErrorResponse(http::ApiError{.status = 403});
      refused.common_headers = http::CommonHeaders::kCorsOnly;
      return refused;
    }
  }
  Status status;
  if (limit == RateLimit::kBeforeHandler) status = LimitRate(call, nullptr, {});
  StatusOr<std::string> body = status.ok() ? (this->*handler)(call) : status;
  if (body.ok() && call.no_content) return http::NoContent();
  if (body.ok()) return http::JsonResponse(200, *std::move(body));
  LogFailure(request, body.status());
  return http::ErrorResponse(body.status());
}

http::Handler App::Parts::OnQueryThread(CallHandler handler, RateLimit limit) {
  return [this, handler, limit](http::Request request, http::Responder responder) {
    struct Task {
      http::Request request;
      http::Responder responder;
    };
    auto task = std::make_shared<Task>(Task{std::move(request), std::move(responder)});
    const bool queued =
        readers->Submit([this, handler, limit, task](store::Connection& connection) {
          if (task->request.cancelled.IsCancelled()) return;
          task->responder.Send(Run(handler, limit, task->request, connection));
        });
    if (!queued) {
      task->responder.Send(http::ErrorResponse(
          http::ApiError{.status = 503, .message = "The server is busy, try again later."}));
    }
  };
}

void App::Parts::AddRoutes(http::Router& router) {
  constexpr std::string_view kRecords = "/api/collections/{collection}/records";
  constexpr std::string_view kRecord = "/api/collections/{collection}/records/{id}";
  router.Add("GET", "/api/health", OnQueryThread(&Parts::Health));
  router.Add("GET", kRecords, OnQueryThread(&Parts::ListRecords, RateLimit::kByHandler));
  router.Add("GET", kRecord, OnQueryThread(&Parts::ViewRecord, RateLimit::kByHandler));
  router.Add("POST", kRecords, OnQueryThread(&Parts::WriteRecord, RateLimit::kByHandler));
  router.Add("PATCH", kRecord, OnQueryThread(&Parts::WriteRecord, RateLimit::kByHandler));
  router.Add("DELETE", kRecord, OnQueryThread(&Parts::WriteRecord, RateLimit::kByHandler));
  router.Add("GET", "/api/collections", OnQueryThread(&Parts::ListCollections));
  router.Add("GET", "/api/collections/{collection}", OnQueryThread(&Parts::ViewCollection));
  // A chunked body that is too long fails like any that cannot be read (S-83).
  http::RouteOptions create;
  create.chunked_overflow = http::ApiError{
      .status = 400,
      .message = "Failed to load the collection type data due to invalid formatting."};
  router.Add("POST", "/api/collections", OnQueryThread(&Parts::CreateCollection), create);
  router.Add("PATCH", "/api/collections/{collection}", OnQueryThread(&Parts::UpdateCollection));
  router.Add("DELETE", "/api/collections/{collection}", OnQueryThread(&Parts::DeleteCollection));
  router.Add("DELETE", "/api/collections/{collection}/truncate",
             OnQueryThread(&Parts::TruncateCollection));
  router.Add("PUT", "/api/collections/import", OnQueryThread(&Parts::ImportCollections));
  router.Add("GET", "/api/collections/meta/scaffolds", OnQueryThread(&Parts::CollectionScaffolds));
  router.Add("GET", "/api/collections/meta/oauth2-providers",
             OnQueryThread(&Parts::OAuth2Providers));
  router.Add("POST", "/api/collections/meta/dry-run-view", OnQueryThread(&Parts::DryRunView));
  router.Add("GET", "/api/settings", OnQueryThread(&Parts::ViewSettings));
  router.Add("PATCH", "/api/settings", OnQueryThread(&Parts::PatchSettings));
}

namespace {

// S-107.
bool HasSuperuser(const store::Snapshot& snapshot, store::Connection& connection) {
  const Collection* superusers = snapshot.schema->Find("_superusers");
  if (superusers == nullptr) return false;
  Query query;
  query.collection = superusers;
  const StatusOr<Plan> plan = Bind(query, *snapshot.schema, {.filter_mode = BindMode::kOpen});
  if (!plan.ok()) return false;
  SelectOptions options;
  options.columns = {"email"};
  StatusOr<store::Statement*> statement =
      connection.Prepare(SelectRows(*plan, Sqlite(), options).text);
  if (!statement.ok()) return false;
  const store::StatementUse use(*statement);
  for (StatusOr<bool> row = use->Step(); row.ok() && *row; row = use->Step()) {
    if (use->Column(0).text != "__pbinstaller@example.com") return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> FindHooks(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  const fs::path beside = fs::absolute(folder, error).lexically_normal();
  const fs::path parent =
      beside.filename().empty() ? beside.parent_path().parent_path() : beside.parent_path();
  for (const auto& entry : fs::directory_iterator(parent / "pb_hooks", error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > 6 && (name.ends_with(".pb.js") || name.ends_with(".pb.ts")))
      found.push_back(entry.path().string());
  }
  for (const auto& entry : fs::directory_iterator(parent / "pb_migrations", error)) {
    found.push_back(entry.path().string());
    break;  // one names them all
  }
  return found;
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() {
  parts_->server.reset();
  parts_->readers.reset();
  parts_->writer.reset();
  parts_->catalog.reset();
}

std::uint16_t App::port() const { return parts_->server->port(); }
bool App::has_superuser() const { return parts_->has_superuser; }
void App::Stop() { parts_->server->Stop(milliseconds(1000)); }

StatusOr<std::unique_ptr<App>> App::Start(const ServerConfig& config) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  parts->log = observe::LogSink(config.log_level);
  SLUICE_ASSIGN_OR_RETURN(parts->seal_key,
                          settings::KeyFromEnvironment(config.encryption_environment));
  SLUICE_ASSIGN_OR_RETURN(const bool made, folder::EnsureFolder(config.folder, parts->seal_key));
  if (made) parts->log.Write(observe::LogLevel::kInfo, "made the data folder " + config.folder);
  const std::string path = config.folder + "/data.db";
  // Switches the file to WAL if it is not, and truncates the WAL at the end;
  // readers alone could do neither.
  store::ConnectionOptions keeper;
  keeper.access = store::Access::kWrite;
  keeper.cache_kib = 256;
  SLUICE_ASSIGN_OR_RETURN(parts->keeper, store::Connection::Open(path, keeper));
  Parts* const raw = parts.get();
  SLUICE_ASSIGN_OR_RETURN(
      parts->catalog,
      store::Catalog::Open(
          config.folder,
          [raw](const Status& status) {
            raw->rate_limiter.Reset();
            if (status.ok())
              return raw->log.Write(
                  observe::LogLevel::kInfo,
                  "collections or settings were changed by another process: reloaded");
            raw->log.Failure(observe::LogLevel::kError,
                             "collections were changed by another process and cannot be loaded; "
                             "the old ones stay",
                             status, "");
          },
          settings::OpenerOf(parts->seal_key)));
  store::ReaderPoolOptions readers;
  readers.threads = config.query_threads > 0
                        ? config.query_threads
                        : std::max<std::size_t>(4, 2 * std::thread::hardware_concurrency());
  readers.queue_max = config.queue_max;
  SLUICE_ASSIGN_OR_RETURN(parts->readers, store::ReaderPool::Start(path, readers));
  SLUICE_ASSIGN_OR_RETURN(parts->writer, store::Writer::Start(path, {}));
  parts->has_superuser = HasSuperuser(*parts->catalog->current(), *parts->keeper);

  auto router = std::make_shared<http::Router>(http::CorsPolicy(config.origins));
  parts->AddRoutes(*router);
  http::ServerOptions options;
  options.address = config.address;
  options.port = config.port;
  options.io_threads = config.io_threads;
  SLUICE_ASSIGN_OR_RETURN(parts->server, http::Server::Start(options, std::move(router)));
  return std::unique_ptr<App>(new App(std::move(parts)));
}

}  // namespace sluice
