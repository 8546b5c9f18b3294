#include "tools/server/api/server_parts.h"
#include "tools/server/settings/save.h"

namespace sluice::api {
namespace {

StatusOr<http::Response> View(ServerParts&, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  return PickedJson(call, settings::AnswerBody(call.snapshot->settings));
}

StatusOr<http::Response> Patch(ServerParts& parts, Call& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(call));
  SLUICE_ASSIGN_OR_RETURN(const settings::Change change, settings::ChangeOfRequest(call.request));
  StatusOr<store::Settings> saved = absl::InternalError("not saved");
  SLUICE_RETURN_IF_ERROR(parts.writer->Run([&](store::Connection& connection) {
    saved = settings::ChangeSettings(connection, parts.seal_key, change);
    return saved.status();
  }));
  SLUICE_RETURN_IF_ERROR(parts.catalog->Reload());
  parts.rate_limiter.Reset();
  parts.activity->Prune(saved->logs.max_days, saved->logs.min_level);
  store::AnnounceChange(parts.config.folder, "settings");
  return PickedJson(call, settings::AnswerBody(*saved));
}

}  // namespace

void AddSettingsRoutes(ServerParts& parts, http::Router& router) {
  router.Add("GET", "/api/settings", parts.OnQueryThread(&View));
  router.Add("PATCH", "/api/settings", parts.OnQueryThread(&Patch));
}

}  // namespace sluice::api
