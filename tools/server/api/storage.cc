// Tested by tests/s3, and by tests/conformance (`auth`) where there is no S3.
#include "tools/server/api/storage.h"

#include <utility>

#include "tools/server/api/auth.h"
#include "tools/server/auth/random_text.h"
#include "tools/server/login/form.h"

namespace sluice::api {
namespace {

constexpr std::string_view kTestFailed = "Failed to test the S3 filesystem.";

Status RawError(const Status& status) {
  return ApiStatus(400, std::string(kTestFailed) + " Raw error: \n" +
                            std::string(AsStd(status.message())) + ".");
}

// All that files and backups need: an object comes, is read and listed, and
// goes again.
Status TryBucket(const s3::Client& bucket) {
  const std::string prefix = "sluice_settings_test_" + auth::RandomText(15) + "/";
  const std::string key = prefix + "test.txt";
  constexpr std::string_view kContent = "test";
  const auto use = [&]() -> Status {
    SLUICE_RETURN_IF_ERROR(bucket.Put(key, http::FileContent(std::string(kContent)),
                                      {.content_type = "text/plain", .metadata = {}}));
    SLUICE_ASSIGN_OR_RETURN(const http::FileContent content, bucket.Fetch(key, ""));
    SLUICE_ASSIGN_OR_RETURN(const std::string text, content.Head(kContent.size() + 1));
    if (text != kContent) return absl::UnavailableError("S3: an object is not what was stored");
    bool listed = false;
    SLUICE_RETURN_IF_ERROR(
        bucket.List(prefix, s3::Client::Depth::kAll,
                    [&](const s3::ListedObject& object) { listed = listed || object.key == key; }));
    return listed ? absl::OkStatus() : absl::UnavailableError("S3: an object is not listed");
  };
  Status status = use();
  status.Update(bucket.Delete(key));
  return status;
}

}  // namespace

s3::Config BucketOf(const store::S3Settings& settings) {
  return {.endpoint = settings.endpoint,
          .region = settings.region,
          .bucket = settings.bucket,
          .access_key = settings.access_key,
          .secret = settings.secret,
          .force_path_style = settings.force_path_style};
}

Status TestS3(ServerParts& parts, const CallPtr& call) {
  SLUICE_RETURN_IF_ERROR(RequireSuperuser(*call));
  const StatusOr<login::Form> form = login::Form::Read(call->request);
  if (!form.ok()) return login::LoadError();
  SLUICE_ASSIGN_OR_RETURN(const std::string name, form->Text("filesystem"));
  login::Mistakes mistakes;
  mistakes.Required("filesystem", name);
  if (name != "storage" && name != "backups")
    mistakes.Add("filesystem", "validation_in_invalid", "Must be a valid value.");
  SLUICE_RETURN_IF_ERROR(mistakes.ToStatus(std::string(kTestFailed)));
  const store::Settings& settings = call->snapshot->settings;
  const store::S3Settings& s3 = name == "storage" ? settings.s3 : settings.backups.s3;
  if (!s3.enabled) return RawError(absl::UnavailableError("S3 storage filesystem is not enabled"));
  return parts.Wait(call, [&parts, call, config = BucketOf(s3)]() -> StatusOr<http::Response> {
    const auto bucket = parts.file_stores->Bucket(config);
    const Status status = bucket.ok() ? TryBucket(**bucket) : bucket.status();
    return status.ok() ? StatusOr<http::Response>(http::NoContent()) : RawError(status);
  });
}

}  // namespace sluice::api
