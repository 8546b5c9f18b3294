// S-97; superusers only, downloads by their file tokens.
#include "tools/server/backups/backups.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>

#include "tools/server/api/server_parts.h"
#include "tools/server/auth/ip_list.h"
#include "tools/server/collections/body.h"
#include "tools/server/collections/typed_json.h"
#include "tools/server/files/serve_content.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/body.h"
#include "tools/server/json/json_text.h"
#include "tools/server/login/tokens.h"
#include "tools/server/store/system_tables.h"

namespace sluice::api {
namespace {

constexpr std::size_t kNameMax = 150;
constexpr std::string_view kInvalid = "An error occurred while validating the submitted data.";

Status Mistake(http::ErrorEntry entry) {
  http::ApiError error{.status = 400, .message = std::string(kInvalid)};
  error.data.push_back(std::move(entry));
  return http::MakeStatus(error);
}

using Work = std::function<StatusOr<http::Response>()>;

// What a superuser is told of a store that does not answer.
StatusOr<http::Response> Told(StatusOr<http::Response> answer) {
  if (answer.ok() || !absl::IsUnavailable(answer.status()) || http::IsApiStatus(answer.status()))
    return answer;
  return ApiStatus(503, "Failed to reach the backups. Raw error: \n" +
                            std::string(AsStd(answer.status().message())) + ".");
}

// Does what may have to wait for S3 where that harms nobody. The call's
// connection is not to be used by it.
Status Do(ServerParts& parts, const CallPtr& call, Work work) {
  if (parts.backups->is_remote())
    return parts.Wait(call, [work = std::move(work)] { return Told(work()); });
  parts.Answer(*call, work());
  return absl::OkStatus();
}

StatusOr<http::Response> ListAll(ServerParts& parts, const Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<backups::BackupInfo> list, parts.backups->List());
  std::string body = "[";
  for (const backups::BackupInfo& info : list) {
    if (body.size() > 1) body += ',';
    const std::chrono::system_clock::time_point modified{
        std::chrono::milliseconds(info.modified_millis)};
    body += "{\"modified\":";
    json::AppendString(body, store::StoredTime(modified));
    body += ",\"key\":";
    json::AppendString(body, info.key);
    body += ",\"size\":";
    json::AppendInteger(body, static_cast<std::int64_t>(info.size));
    body += '}';
  }
  return PickedJson(call, body + "]\n");
}

Status List(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  return Do(parts, call, [&parts, call] { return ListAll(parts, *call); });
}

// The name that a body asks for; empty when it leaves that open.
StatusOr<std::string> ReadName(const http::Request& request) {
  using collections::Shape;
  using collections::ShapeKind;
  static const Shape kShape{
      .kind = ShapeKind::kObject, .keys = {"name"}, .members = {{.kind = ShapeKind::kText}}};
  constexpr std::string_view kUnread = "An error occurred while loading the submitted data.";
  const StatusOr<collections::Body> body = collections::ReadTypedBody(request);
  if (!body.ok()) return ApiStatus(400, std::string(kUnread));
  boost::json::value value = collections::ZeroValue(kShape);
  if (!collections::MergeTyped(value, boost::json::value(body->values), kShape, body->kind))
    return ApiStatus(400, std::string(kUnread));
  return std::string(value.at("name").as_string());
}

Status CheckName(const ServerParts& parts, const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  if (name.size() > kNameMax) {
    return Mistake({.key = "name",
                    .code = "validation_length_out_of_range",
                    .message = "The length must be between {{.min}} and {{.max}}.",
                    .params = {{"max", kNameMax}, {"min", 1}}});
  }
  if (!backups::Backups::IsCreatable(name)) {
    return Mistake({.key = "name",
                    .code = "validation_match_invalid",
                    .message = "Must be in a valid format."});
  }
  SLUICE_ASSIGN_OR_RETURN(const bool taken, parts.backups->Has(name));
  if (taken) {
    return Mistake({.key = "name",
                    .code = "validation_backup_name_exists",
                    .message = "The backup file name is invalid or already exists."});
  }
  return absl::OkStatus();
}

// The backup takes as long as the folder is large, so it holds no query thread.
void CreateNamed(ServerParts& parts, const CallPtr& call, std::string name) {
  const Status checked = CheckName(parts, name);
  if (!checked.ok()) return parts.Answer(*call, Told(checked));
  if (name.empty()) {
    name = backups::DefaultKey("pb_backup_", call->snapshot->settings.meta.app_name,
                               call->context.now);
  }
  parts.backups->Create(std::move(name), [&parts, call](const Status& status) {
    if (!status.ok()) return parts.Answer(*call, Told(status));
    parts.Answer(*call, http::NoContent());
  });
}

Status Create(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  SLUICE_ASSIGN_OR_RETURN(std::string name, ReadName(call->request));
  if (!parts.backups->is_remote()) {
    CreateNamed(parts, call, std::move(name));
    return absl::OkStatus();
  }
  const bool queued = parts.transfers->Submit(
      [&parts, call, name = std::move(name)] { CreateNamed(parts, call, name); });
  return queued ? absl::OkStatus() : ApiStatus(503, "The server is busy, try again later.");
}

StatusOr<http::Response> Store(ServerParts& parts, const http::UploadedFile& file) {
  SLUICE_ASSIGN_OR_RETURN(const bool taken, parts.backups->Has(file.filename));
  if (taken) {
    return Mistake({.key = "file",
                    .code = "validation_backup_name_exists",
                    .message = "Backup file with the specified name already exists."});
  }
  SLUICE_RETURN_IF_ERROR(parts.backups->Upload(file.filename, file.content));
  return http::NoContent();
}

Status Upload(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  const StatusOr<http::RequestBody> body = http::ReadBody(call->request);
  const http::UploadedFile* file = nullptr;
  if (body.ok()) {
    for (const http::UploadedFile& part : body->files) {
      if (file == nullptr && part.key == "file") file = &part;
    }
  }
  if (file == nullptr)
    return Mistake({.key = "file", .code = "validation_required", .message = "Cannot be blank."});
  // The first bytes of a zip file, or of one without entries.
  const StatusOr<std::string> head = file->content.Head(4);
  SLUICE_RETURN_IF_ERROR(head.status());
  if (*head != "PK\x03\x04" && *head != "PK\x05\x06") {
    return Mistake(
        {.key = "file",
         .code = "validation_invalid_mime_type",
         .message = "\"" + file->filename + "\" mime type must be one of: application/zip."});
  }
  if (!backups::IsBackupKey(file->filename)) {
    return Mistake({.key = "file",
                    .code = "validation_match_invalid",
                    .message = "Must be in a valid format."});
  }
  return Do(parts, call, [&parts, file = *file] { return Store(parts, file); });
}

// Whether the query holds a superuser's file token, used from where one may.
StatusOr<bool> HasSuperuserToken(const Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> record,
                          login::RecordOfToken(*call.snapshot, *call.connection,
                                               call.request.Query("token").value_or(""),
                                               login::TokenKind::kFile, call.context.now));
  const std::vector<std::string>& listed = call.snapshot->settings.superuser_ips;
  return record && record->collection->name == "_superusers" &&
         (listed.empty() || auth::IsListed(ClientIp(call), listed));
}

StatusOr<http::Response> Send(ServerParts& parts, const Call& call) {
  const std::string key(call.request.PathParam("key"));
  StatusOr<backups::BackupContent> backup = parts.backups->Open(key);
  if (absl::IsNotFound(backup.status())) return http::MakeStatus({.status = 404});
  SLUICE_RETURN_IF_ERROR(backup.status());
  files::StoredContent stored{std::move(backup->content), "application/zip",
                              backup->modified_seconds};
  return files::ServeRecordFile(call.request, std::move(stored), key, true);
}

Status Download(ServerParts& parts, const CallPtr& call) {
  SLUICE_ASSIGN_OR_RETURN(const bool allowed, HasSuperuserToken(*call));
  if (!allowed) return ApiStatus(403, "Insufficient permissions to access the resource.");
  return Do(parts, call, [&parts, call] { return Send(parts, *call); });
}

Status Delete(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  return Do(parts, call, [&parts, call]() -> StatusOr<http::Response> {
    const Status status = parts.backups->Remove(call->request.PathParam("key"));
    if (!status.ok()) {
      return ApiStatus(400, "Invalid or already deleted backup file. Raw error: \n" +
                                std::string(AsStd(status.message())) + ".");
    }
    return http::NoContent();
  });
}

StatusOr<http::Response> BeginRestore(ServerParts& parts, const Call& call) {
  SLUICE_RETURN_IF_ERROR(
      parts.backups->Restore(call.request.PathParam("key"), [&parts](const Status& status) {
        if (!status.ok())
          parts.log.Failure(observe::LogLevel::kError, "a backup cannot be restored", status, "");
      }));
  return http::NoContent();
}

Status Restore(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  return Do(parts, call, [&parts, call] { return BeginRestore(parts, *call); });
}

// Backs up by the settings' clock, and keeps as many as they say.
Status MakeScheduled(ServerParts& parts) {
  constexpr std::string_view kPrefix = "@auto_pb_backup_";
  const store::Settings settings = parts.catalog->current()->settings;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::promise<Status> outcome;
  parts.backups->Create(
      backups::DefaultKey(kPrefix, settings.meta.app_name,
                          std::chrono::duration_cast<std::chrono::milliseconds>(now).count()),
      [&outcome](const Status& status) { outcome.set_value(status); });
  SLUICE_RETURN_IF_ERROR(outcome.get_future().get());
  return parts.backups->Prune(
      kPrefix, static_cast<std::size_t>(std::max<std::int64_t>(1, settings.backups.cron_max_keep)));
}

}  // namespace

void AddBackupRoutes(ServerParts& parts, http::Router& router) {
  parts.crons->AddChanging(
      "__pbAutoBackup__", [&parts] { return parts.catalog->current()->settings.backups.cron; },
      [&parts] { return MakeScheduled(parts); });
  router.Add("GET", "/api/backups", parts.OnQueryThreadLater(&List));
  router.Add("POST", "/api/backups", parts.OnQueryThreadLater(&Create));
  http::RouteOptions unlimited;  // S-83
  unlimited.plan_body = [](const http::Request&) {
    return http::BodyPlan{.bytes_max = std::numeric_limits<std::uint64_t>::max()};
  };
  router.Add("POST", "/api/backups/upload", parts.OnQueryThreadLater(&Upload), unlimited);
  router.Add("GET", "/api/backups/{key}", parts.OnQueryThreadLater(&Download));
  router.Add("DELETE", "/api/backups/{key}", parts.OnQueryThreadLater(&Delete));
  router.Add("POST", "/api/backups/{key}/restore", parts.OnQueryThreadLater(&Restore));
}

}  // namespace sluice::api
