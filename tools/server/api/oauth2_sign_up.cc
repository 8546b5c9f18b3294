// New records of a provider's users. Tested by
// tests/server/oauth2_flow_test.cc and by the recorded flows.
#include <algorithm>

#include "tools/server/api/json_value.h"
#include "tools/server/api/oauth2.h"
#include "tools/server/api/submission.h"
#include "tools/server/fields/validate.h"
#include "tools/server/login/find.h"
#include "tools/server/writes/prepare.h"

namespace sluice::api {
namespace {

bool Has(const boost::json::object& object, std::string_view key) {
  return object.contains(boost::json::string_view(key.data(), key.size()));
}

// Whether a mapped field takes the provider's value: it is mapped, and nothing
// was said about it.
bool IsFree(const OAuth2Work& work, const std::string& field) {
  return !field.empty() && !Has(work.create_data, field);
}

const Field* AvatarField(const OAuth2Work& work) {
  const std::string& name = work.login->options().mapped_fields.avatar_url;
  if (!IsFree(work, name) || work.user.avatar_url.empty()) return nullptr;
  return work.collection().FindField(name);
}

// For the check of one text, which asks nothing of others.
class NoLookups final : public fields::Lookups {
 public:
  const Collection* FindCollection(std::string_view) override { return nullptr; }
  StatusOr<bool> HasAll(const Collection&, const std::vector<std::string>&) override {
    return false;
  }
  StatusOr<bool> HasIdIgnoringCase(const Collection&, std::string_view) override { return false; }
};

StatusOr<bool> FieldTakes(const Collection& collection, const Field& field,
                          const std::string& text) {
  if (field.type != FieldType::kText) return true;
  writes::Record record = writes::NewRecord(collection);
  record.Get(field.name).text = text;
  NoLookups lookups;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<http::ErrorEntry> mistakes,
                          fields::Validate({collection, record.values}, lookups));
  return std::none_of(mistakes.begin(), mistakes.end(), [&field](const http::ErrorEntry& mistake) {
    return mistake.key == field.name;
  });
}

// A username that cannot be had is left out rather than a reason to fail.
StatusOr<bool> UsernameFits(const OAuth2Work& work, const std::string& name) {
  const Collection& collection = work.collection();
  const Field* field = collection.FindField(name);
  if (field == nullptr) return false;
  SLUICE_ASSIGN_OR_RETURN(const bool taken, FieldTakes(collection, *field, work.user.username));
  if (!taken || !collection.HasUniqueIndexOn(name)) return taken;
  SLUICE_ASSIGN_OR_RETURN(
      const std::optional<writes::Record> other,
      login::FindByUnique(*work.call().connection, collection, name, work.user.username));
  return !other;
}

//
StatusOr<boost::json::object> Payload(const OAuth2Work& work) {
  boost::json::object payload = work.create_data;
  const boost::json::value* email = payload.if_contains("email");
  if (email == nullptr || email->is_null() || (email->is_string() && email->get_string().empty()))
    payload["email"] = work.user.email;
  const store::OAuth2MappedFields& mapped = work.login->options().mapped_fields;
  if (IsFree(work, mapped.id)) payload[mapped.id] = work.user.id;
  if (IsFree(work, mapped.name)) payload[mapped.name] = work.user.name;
  if (IsFree(work, mapped.username)) {
    SLUICE_ASSIGN_OR_RETURN(const bool fits, UsernameFits(work, mapped.username));
    if (fits) payload[mapped.username] = work.user.username;
  }
  const Field* avatar = AvatarField(work);
  if (avatar != nullptr && avatar->type != FieldType::kFile)
    payload[mapped.avatar_url] = work.user.avatar_url;
  return payload;
}

}  // namespace

bool WantsAvatar(const OAuth2Work& work) {
  const Field* field = AvatarField(work);
  return field != nullptr && field->type == FieldType::kFile;
}

Status PrepareSignUp(OAuth2Work& work) {
  Call& call = work.call();
  SLUICE_ASSIGN_OR_RETURN(boost::json::object payload, Payload(work));
  std::vector<http::UploadedFile> files;
  if (work.avatar && WantsAvatar(work)) {
    files.push_back(*work.avatar);
    files.back().key = work.login->options().mapped_fields.avatar_url;
  }
  SLUICE_ASSIGN_OR_RETURN(
      const fields::Submission submission,
      SubmissionOf(work.collection(), ToJsonValue(boost::json::value(std::move(payload))),
                   std::move(files), FileNames::kOnce));
  // A request of its own, made by the same caller.
  RequestContext context = call.context;
  context.context = "oauth2";
  context.query.clear();
  const records::Caller caller{*call.snapshot, *call.connection, context, call.superuser()};
  const writes::WriteInput input{.caller = caller,
                                 .collection = work.collection(),
                                 .submission = submission,
                                 .passwords = work.passwords,
                                 .random_password = !Has(work.create_data, "password")};
  SLUICE_ASSIGN_OR_RETURN(work.prepared, writes::PrepareCreate(input));
  return work.uploads->Add(call.snapshot->settings, work.prepared);
}

}  // namespace sluice::api
