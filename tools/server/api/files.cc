// Files of records and of the public folder (S-66 to S-70, S-75). Tested by
// tests/server/files_api_test.cc and tests/conformance (`files`).
#include <algorithm>
#include <memory>
#include <utility>

#include "boost/json/array.hpp"

#include "sluice/sql.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/api/view_files.h"
#include "tools/server/auth/ip_list.h"
#include "tools/server/files/serve_content.h"
#include "tools/server/files/static_files.h"
#include "tools/server/files/thumb.h"
#include "tools/server/files/thumb_pool.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/json_text.h"
#include "tools/server/login/tokens.h"
#include "tools/server/records/query.h"
#include "tools/server/writes/record.h"

namespace sluice::api {
namespace {

constexpr std::string_view kMissing = "Missing or invalid collection context.";
constexpr std::string_view kDefaultThumb = "100x100";

Status NotFound() { return http::MakeStatus({.status = 404}); }

// The options of a file field that serving asks for.
struct FileOptions {
  bool is_protected = false;
  std::vector<std::string> thumbs;
};

FileOptions OptionsOf(const Field& field) {
  FileOptions options;
  const auto parsed = http::ParseJson(field.options_json, http::JsonTail::kMustBeBlank);
  if (!parsed.ok() || !parsed->is_object()) return options;
  const boost::json::object& object = parsed->get_object();
  const boost::json::value* guarded = object.if_contains("protected");
  options.is_protected = guarded != nullptr && guarded->is_bool() && guarded->get_bool();
  const boost::json::value* thumbs = object.if_contains("thumbs");
  if (thumbs == nullptr || !thumbs->is_array()) return options;
  for (const boost::json::value& thumb : thumbs->get_array())
    if (thumb.is_string()) options.thumbs.emplace_back(thumb.get_string());
  return options;
}

// The first file field of the record that names the file; hidden ones count.
const Field* FieldOfFile(const writes::Record& record, std::string_view name) {
  const std::vector<Field>& fields = record.collection->fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::vector<std::string>& list = record.values[i].list;
    if (fields[i].type == FieldType::kFile &&
        std::find(list.begin(), list.end(), name) != list.end())
      return &fields[i];
  }
  return nullptr;
}

bool IsTrue(std::string_view text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" ||
         text == "True";
}

// Who the file token in the query stands for; a superuser from an address that
// is not listed is nobody.
StatusOr<std::optional<writes::Record>> FileCaller(const Call& call) {
  SLUICE_ASSIGN_OR_RETURN(std::optional<writes::Record> record,
                          login::RecordOfToken(*call.snapshot, *call.connection,
                                               call.request.Query("token").value_or(""),
                                               login::TokenKind::kFile, call.context.now));
  const std::vector<std::string>& listed = call.snapshot->settings.superuser_ips;
  if (record && record->collection->name == "_superusers" && !listed.empty() &&
      !auth::IsListed(ClientIp(call), listed))
    record.reset();
  return record;
}

// S-67: the view rule, asked by the bearer of the file token and nobody else.
Status CheckProtected(const Call& call, const writes::Record& record) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> bearer, FileCaller(call));
  if (bearer && bearer->collection->name == "_superusers") return absl::OkStatus();
  const store::ParsedRule& rule = call.snapshot->RulesOf(*record.collection).view;
  if (rule.locked || !rule.error.ok()) return NotFound();
  if (!rule.ast) return absl::OkStatus();
  std::optional<AuthRecord> own;
  RequestContext context = call.context;
  context.context = "protectedFile";
  context.auth = nullptr;
  if (bearer) {
    own = AuthRecord{bearer->collection, bearer->id(), bearer->Get("email").text,
                     bearer->Get("emailVisibility").boolean, bearer->Get("verified").boolean};
    context.auth = &*own;
  }
  const records::Caller caller{*call.snapshot, *call.connection, context, false};
  Query query;
  query.collection = record.collection;
  query.row_id = &record.id();
  query.rule = &*rule.ast;
  const StatusOr<Plan> plan = records::MakePlan(caller, query, BindMode::kOpen);
  if (!plan.ok()) return NotFound();
  SLUICE_RETURN_IF_ERROR(records::CheckCost(caller, *plan, 1));
  const StatusOr<std::int64_t> count = records::RunCount(*call.connection, *plan);
  if (!count.ok() && (absl::IsUnavailable(count.status()) || absl::IsInternal(count.status())))
    return count.status();
  return count.ok() && *count > 0 ? absl::OkStatus() : NotFound();
}

http::Response Serve(const Call& call, files::StoredContent stored, std::string_view name) {
  const bool download = IsTrue(call.request.Query("download").value_or(""));
  return files::ServeRecordFile(call.request, std::move(stored), name, download);
}

// A file that may be served, on its way through threads that wait for its store.
struct Serving {
  CallPtr call;
  files::ThumbPool* pool;  // lives as long as the route, and what it began
  FileOptions options;
  // Without a size: the file itself.
  files::ThumbRequest file;
};
using ServingPtr = std::shared_ptr<Serving>;

// Whether a thumb is to be served rather than the original.
bool WantsThumb(Serving& serving, const files::StoredContent& stored) {
  const std::string_view text = serving.call->request.Query("thumb").value_or("");
  const std::optional<files::ThumbSize> size = files::ParseThumbSize(text);
  const std::vector<std::string>& listed = serving.options.thumbs;
  const bool known =
      text == kDefaultThumb || std::find(listed.begin(), listed.end(), text) != listed.end();
  if (!size || !known || !files::HasThumbs(stored.content_type)) return false;
  serving.file.size_text = std::string(text);
  serving.file.size = *size;
  return true;
}

// Serves the thumb, makes it first where there is none, and the original where
// it cannot be made.
void ServeThumb(ServerParts& parts, const ServingPtr& serving, files::StoredContent original) {
  const files::ThumbRequest& thumb = serving->file;
  auto told = [&parts, serving,
               original = std::move(original)](StatusOr<files::StoredContent> made) {
    Call& call = *serving->call;
    const std::string name = serving->file.size_text + "_" + serving->file.name;
    if (made.ok()) return parts.Answer(call, Serve(call, *std::move(made), name));
    parts.log.Failure(observe::LogLevel::kWarn,
                      "Fallback to original - failed to create thumb " + name, made.status(), "");
    parts.Answer(call, Serve(call, original, serving->file.name));
  };
  thumb.store->OpenThumb(
      thumb.key(), thumb.size_text,
      [serving, told = std::move(told)](StatusOr<files::StoredContent> stored) mutable {
        if (stored.ok()) return told(std::move(stored));
        serving->pool->Make(serving->file, std::move(told));
      });
}

// On any thread, which must not wait.
void ServeOpened(ServerParts& parts, const ServingPtr& serving,
                 StatusOr<files::StoredContent> stored) {
  Call& call = *serving->call;
  if (!stored.ok()) {
    return parts.Answer(call, absl::IsNotFound(stored.status()) ? NotFound() : stored.status());
  }
  if (WantsThumb(*serving, *stored)) return ServeThumb(parts, serving, *std::move(stored));
  parts.Answer(call, Serve(call, *std::move(stored), serving->file.name));
}

Status ServeFile(ServerParts& parts, files::ThumbPool& pool, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* collection, CollectionInPath(*call, kMissing));
  SLUICE_RETURN_IF_ERROR(parts.LimitRate(*call, collection, {"file"}));
  const std::string name(call->request.PathParam("filename"));
  SLUICE_ASSIGN_OR_RETURN(
      const std::optional<writes::Record> record,
      writes::FindRecord(*call->connection, *collection, call->request.PathParam("record")));
  const Field* field = record ? FieldOfFile(*record, name) : nullptr;
  if (field == nullptr) return NotFound();
  auto serving = std::make_shared<Serving>(Serving{call, &pool, OptionsOf(*field), {}});
  if (serving->options.is_protected) SLUICE_RETURN_IF_ERROR(CheckProtected(*call, *record));
  FileOwner owner{collection->id, record->id()};
  if (collection->is_view()) {
    SLUICE_ASSIGN_OR_RETURN(owner, OwnerOfViewFile(*call->snapshot->schema, *call->connection,
                                                   *field, *collection, name));
  }
  serving->file = {.store = parts.FilesBy(call->snapshot->settings),
                   .collection_id = std::move(owner.collection_id),
                   .record_id = std::move(owner.record_id),
                   .name = name,
                   .size_text = "",
                   .size = {}};
  serving->file.store->Open(serving->file.key(),
                            [&parts, serving](StatusOr<files::StoredContent> stored) {
                              ServeOpened(parts, serving, std::move(stored));
                            });
  return absl::OkStatus();
}

}  // namespace

void AddFileRoutes(ServerParts& parts, http::Router& router) {
  // Lives as long as its route.
  const auto pool = std::make_shared<files::ThumbPool>();
  router.Add("GET", "/api/files/{collection}/{record}/{filename}",
             parts.OnQueryThreadLater(
                 [pool](ServerParts& the_parts, const CallPtr& call) {
                   return ServeFile(the_parts, *pool, call);
                 },
                 RateLimit::kByHandler));
}

void AddStaticRoutes(ServerParts& parts, http::Router& router) {
  if (parts.config.public_folder.empty()) return;
  // Unknown paths of other methods are told so at once.
  const http::Handler serve =
      parts.OnQueryThreadLater([](ServerParts& the_parts, const CallPtr& call) {
        const ServerConfig& config = the_parts.config;
        the_parts.Answer(*call, files::ServeStatic(call->request,
                                                   {config.public_folder, config.index_fallback}));
        return absl::OkStatus();
      });
  router.SetFallback([serve](http::Request request, http::Responder responder) {
    if (request.method == "GET" || request.method == "HEAD")
      return serve(std::move(request), std::move(responder));
    responder.Send(http::UnknownRoute(request.method));
  });
}

}  // namespace sluice::api
