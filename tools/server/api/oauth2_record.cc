// Which record a provider's user is, and its link.
// Tested by tests/server/oauth2_flow_test.cc and by the recorded flows.
#include "tools/server/api/auth_record.h"
#include "tools/server/api/oauth2.h"
#include "tools/server/api/submission.h"
#include "tools/server/fields/apply.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"
#include "tools/server/login/find.h"
#include "tools/server/login/form.h"
#include "tools/server/oauth2/fetch_user.h"
#include "tools/server/store/system_tables.h"
#include "tools/server/writes/prepare.h"

namespace sluice::api {
namespace {

constexpr std::string_view kLinks = "_externalAuths";
// Tries before a login gives up on collections or records that change under it.
constexpr int kAttemptsMax = 20;

// A record found, and by what.
struct Target {
  std::optional<writes::Record> record;
  bool linked = false;
};

StatusOr<const Collection*> LinksOf(const Schema& schema) {
  const Collection* links = schema.Find(kLinks);
  if (links == nullptr) return absl::InternalError("no collection of links");
  return links;
}

//
StatusOr<Target> FindTarget(const OAuth2Work& work, store::Connection& connection) {
  const Call& call = work.call();
  const Collection& collection = work.collection();
  SLUICE_ASSIGN_OR_RETURN(const Collection* links, LinksOf(*call.snapshot->schema));
  Target target;
  if (!work.user.id.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> link,
                            writes::FindRecordBy(connection, *links,
                                                 {{"collectionRef", collection.id},
                                                  {"provider", work.options.name},
                                                  {"providerId", work.user.id}}));
    if (link) {
      SLUICE_ASSIGN_OR_RETURN(
          target.record, writes::FindRecord(connection, collection, link->Get("recordRef").text));
      if (!target.record) return ApiStatus(404, "");
      target.linked = true;
      return target;
    }
  }
  if (call.auth && call.auth->principal.collection_id == collection.id) {
    SLUICE_ASSIGN_OR_RETURN(
        target.record, writes::FindRecord(connection, collection, call.auth->principal.record_id));
  }
  if (!target.record && !work.user.email.empty()) {
    SLUICE_ASSIGN_OR_RETURN(target.record,
                            login::FindByEmail(connection, collection, work.user.email));
  }
  return target;
}

bool IsCaller(const OAuth2Work& work, const writes::Record& record) {
  const Call& call = work.call();
  return call.auth && call.auth->principal.collection_id == record.collection->id &&
         call.auth->principal.record_id == record.id();
}

Status DropLinks(writes::Scope& scope, const writes::Record& record) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* links, LinksOf(scope.schema()));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<writes::Record> rows,
                          writes::FindRecordsBy(scope.connection, *links,
                                                {{"collectionRef", record.collection->id},
                                                 {"recordRef", record.id()}}));
  for (const writes::Record& row : rows) SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, row));
  return absl::OkStatus();
}

// A-88, and the defence of A-145: who made the account first may not be its
// owner, so password, sessions and links go unless it was verified before.
Status Adopt(const OAuth2Work& work, writes::Scope& scope, Target& target) {
  writes::Record& record = *target.record;
  const std::string& email = work.user.email;
  const bool verified = record.Get("verified").boolean;
  const bool takes_email = record.Get("email").text.empty() && !email.empty();
  if (takes_email) {
    record.Get("email").text = email;
    SLUICE_RETURN_IF_ERROR(writes::CheckRecord(*scope.snapshot, scope.connection, record));
  }
  if (verified) return takes_email ? writes::SaveRecord(scope, record) : absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(DropLinks(scope, record));
  target.linked = false;
  const bool stranger = !IsCaller(work, record);
  if (stranger) SetRandomPassword(record);
  const std::string& own = record.Get("email").text;
  const bool proven = own.empty() || own == email;
  if (proven) record.Get("verified").boolean = true;
  return stranger || proven ? writes::SaveRecord(scope, record) : absl::OkStatus();
}

Status SaveNew(OAuth2Work& work, writes::Scope& scope, Target& target) {
  work.creating = true;
  writes::Record record = work.prepared;
  SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, record));
  work.creating = false;
  if (record.Get("email").text == work.user.email && !record.Get("verified").boolean) {
    record.Get("verified").boolean = true;
    SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, record));
  }
  target.record = std::move(record);
  return absl::OkStatus();
}

//
Status Link(const OAuth2Work& work, writes::Scope& scope, const writes::Record& record) {
  SLUICE_ASSIGN_OR_RETURN(const Collection* links, LinksOf(scope.schema()));
  writes::Record link = writes::NewRecord(*links);
  link.Get("collectionRef").text = record.collection->id;
  link.Get("recordRef").text = record.id();
  link.Get("provider").text = work.options.name;
  link.Get("providerId").text = work.user.id;
  fields::Generate(*links, link.values);
  return writes::CheckAndSave(scope, link);
}

// All of it in one transaction, or nothing.
Status Write(OAuth2Work& work, writes::Scope& scope) {
  work.creating = false;
  if (scope.snapshot != work.call().snapshot)
    return absl::AbortedError("the collections or settings have changed");
  SLUICE_ASSIGN_OR_RETURN(Target target, FindTarget(work, scope.connection));
  if (target.record.has_value() == work.is_new)
    return absl::AbortedError("the record came, or went");
  if (work.is_new) {
    SLUICE_RETURN_IF_ERROR(SaveNew(work, scope, target));
  } else {
    SLUICE_RETURN_IF_ERROR(Adopt(work, scope, target));
  }
  if (!target.linked) SLUICE_RETURN_IF_ERROR(Link(work, scope, *target.record));
  work.login->record = *std::move(target.record);
  return absl::OkStatus();
}

void AppendMember(std::string& out, std::string_view key, std::string_view text) {
  out += out.size() > 1 ? ",\"" : "\"";
  out += key;
  out += "\":";
  json::AppendString(out, text);
}

// A-91, keys sorted.
std::string MetaJson(const OAuth2Work& work) {
  std::string expiry;
  if (work.token.expires) {
    expiry = store::StoredTime(
        std::chrono::system_clock::time_point(std::chrono::milliseconds(*work.token.expires)));
  }
  std::string json = "{";
  AppendMember(json, "accessToken", work.token.access);
  AppendMember(json, "avatarURL", work.user.avatar_url);
  AppendMember(json, "avatarUrl", work.user.avatar_url);
  AppendMember(json, "email", work.user.email);
  AppendMember(json, "expiry", expiry);
  AppendMember(json, "id", work.user.id);
  json += ",\"isNew\":";
  json += work.is_new ? "true" : "false";
  AppendMember(json, "name", work.user.name);
  json += ",\"rawUser\":" + work.user.raw_json;
  AppendMember(json, "refreshToken", work.token.refresh);
  AppendMember(json, "username", work.user.username);
  return json + "}";
}

void Finish(ServerParts& parts, const OAuth2WorkPtr& work) {
  parts.Resume(work->login->call, [work](ServerParts& resumed, const CallPtr& call) {
    const Status reloaded = ReloadRecord(*work->login);
    if (!reloaded.ok()) return resumed.Answer(*call, reloaded);
    work->login->meta = MetaJson(*work);
    FinishLogin(resumed, work->login);
  });
}

// After the commit or the rollback, on the writer's thread.
void Done(ServerParts& parts, const OAuth2WorkPtr& work, const Status& status) {
  if (status.ok()) {
    work->uploads->Keep();
    return Finish(parts, work);
  }
  work->uploads->TakeBack();
  if (absl::IsAborted(status) && work->attempts < kAttemptsMax) {
    return parts.Resume(work->login->call, [work](ServerParts& resumed, const CallPtr&) {
      LogInAsUser(resumed, work);
    });
  }
  if (absl::IsAborted(status))
    return parts.Answer(work->call(), absl::UnavailableError(status.message()));
  if (work->creating || absl::IsUnavailable(status)) return parts.Answer(work->call(), status);
  parts.Answer(work->call(), login::SaveError(status, "Failed to authenticate."));
}

// The avatar is fetched where waiting harms nobody, then all begins anew.
Status FetchAvatar(ServerParts& parts, const OAuth2WorkPtr& work);

Status Try(ServerParts& parts, const OAuth2WorkPtr& work) {
  Call& call = work->call();
  ++work->attempts;
  SLUICE_ASSIGN_OR_RETURN(work->login->collection,
                          CollectionInPath(call, "Missing or invalid collection context."));
  if (!work->collection().is_auth() || !work->login->options().oauth2_enabled)
    return ApiStatus(403, "The collection is not configured to allow OAuth2 authentication.");
  SLUICE_ASSIGN_OR_RETURN(const Target target, FindTarget(*work, *call.connection));
  work->is_new = !target.record;
  if (work->is_new) {
    if (!work->limited)
      SLUICE_RETURN_IF_ERROR(parts.LimitRate(call, &work->collection(), {"create"}));
    work->limited = true;
    SLUICE_RETURN_IF_ERROR(
        writes::RequireRule(call.caller(), call.snapshot->RulesOf(work->collection()).create));
    if (!work->avatar_asked && WantsAvatar(*work)) return FetchAvatar(parts, work);
    SLUICE_RETURN_IF_ERROR(PrepareSignUp(*work));
  }
  work->uploads->StoreLacking([&parts, work](const Status& stored) {
    if (!stored.ok()) return Done(parts, work, stored);
    parts.writes->Submit([work](writes::Scope& scope) { return Write(*work, scope); },
                         [&parts, work](const Status& status) { Done(parts, work, status); });
  });
  return absl::OkStatus();
}

Status FetchAvatar(ServerParts& parts, const OAuth2WorkPtr& work) {
  work->avatar_asked = true;
  const bool queued = parts.fetches->Submit([&parts, work] {
    const Call& call = work->call();
    StatusOr<oauth2::Picture> picture =
        oauth2::FetchPicture(work->user.avatar_url, [&parts, &call] {
          return call.request.cancelled.IsCancelled() || parts.fetches->stopping();
        });
    if (picture.ok()) {
      work->avatar = http::UploadedFile{.filename = std::move(picture->file_name),
                                        .content = http::FileContent(std::move(picture->content))};
    } else {
      parts.log.Failure(observe::LogLevel::kInfo, "fetch an avatar", picture.status(), "");
    }
    parts.Resume(work->login->call,
                 [work](ServerParts& resumed, const CallPtr&) { LogInAsUser(resumed, work); });
  });
  return queued ? absl::OkStatus() : ApiStatus(503, "The server is busy, try again later.");
}

}  // namespace

void LogInAsUser(ServerParts& parts, const OAuth2WorkPtr& work) {
  // The provider took its time: nothing is as it was.
  if (!parts.Begin(work->call())) return;
  if (work->options.name == "apple" && work->user.name.empty())
    work->user.name = parts.apple_names.Take(work->grant.code, work->call().context.now);
  const Status status = Try(parts, work);
  if (status.ok()) return;
  work->uploads->TakeBack();
  parts.Answer(work->call(), status);
}

}  // namespace sluice::api
