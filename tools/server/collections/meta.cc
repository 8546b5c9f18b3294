#include "tools/server/collections/meta.h"

#include "tools/server/auth/random_text.h"
#include "tools/server/collections/body.h"
#include "tools/server/collections/collection_json.h"
#include "tools/server/collections/draft.h"
#include "tools/server/collections/field_errors.h"
#include "tools/server/collections/providers.h"
#include "tools/server/collections/view_query.h"
#include "tools/server/http/api_error.h"
#include "tools/server/json/json_text.h"

namespace sluice::collections {

// The first letter on a disc.
std::string ProviderLogo(std::string_view display_name) {
  std::string letter;
  json::AppendCodePoint(letter, json::DecodeCodePoint(display_name).value);
  return R"(<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="#5c6b7a"/>)"
         R"(<text x="12" y="16.5" font-family="sans-serif" font-size="13" text-anchor="middle" fill="#fff">)" +
         letter + "</text></svg>";
}

StatusOr<std::string> ScaffoldsJson() {
  std::string body = "{";
  for (const std::string_view type : {"auth", "base", "view"}) {
    Draft draft = NewDraft(type);
    Complete(draft, nullptr, auth::RandomText(10, auth::kIdAlphabet));
    SLUICE_ASSIGN_OR_RETURN(const std::shared_ptr<Collection> collection,
                            store::MakeCollection(RowOf(draft)));
    // Without a table they are no indexes yet.
    collection->indexes.clear();
    for (const std::string& sql : draft.indexes) collection->indexes.push_back({.sql = sql});
    if (body.size() > 1) body += ',';
    json::AppendString(body, type);
    body += ':';
    AppendCollection(body, *collection);
  }
  return body + "}\n";
}

std::string ProvidersJson() {
  std::string body = "[";
  for (const Provider& provider : Providers()) {
    if (body.size() > 1) body += ',';
    body += "{\"name\":";
    json::AppendString(body, provider.name);
    body += ",\"displayName\":";
    json::AppendString(body, provider.display_name);
    body += ",\"logo\":";
    json::AppendString(body, ProviderLogo(provider.display_name));
    body += '}';
  }
  return body + "]\n";
}

StatusOr<std::string> DryRun(const records::Caller& caller, const http::Request& request) {
  constexpr std::int64_t kQueryMax = 5000;
  const StatusOr<Body> body = ReadTypedBody(request);
  const Shape shape{.kind = ShapeKind::kObject, .keys = {"query"}, .members = {{}}};
  boost::json::value read = ZeroValue(shape);
  if (!body.ok() || !MergeTyped(read, body->values, shape, body->kind)) {
    return http::MakeStatus(
        {.status = 400, .message = "An error occurred while loading the submitted data."});
  }
  const std::string query = Text(read.get_object(), "query");
  FieldErrors errors;
  if (query.empty()) errors.Add({"query"}, Required());
  if (static_cast<std::int64_t>(query.size()) > kQueryMax) {
    errors.Add({"query"}, {"validation_length_too_long",
                           "the length must be no more than " + std::to_string(kQueryMax),
                           {{"min", std::int64_t{0}}, {"max", kQueryMax}}});
  }
  if (!errors.empty()) {
    return http::MakeStatus({.status = 400,
                             .message = "An error occurred while validating the submitted data.",
                             .data = errors.Take()});
  }
  StatusOr<std::string> answer = DryRunJson(caller.connection, query, caller.schema());
  if (answer.ok() ||
      !(absl::IsFailedPrecondition(answer.status()) || absl::IsInvalidArgument(answer.status())))
    return answer;
  return http::MakeStatus({.status = 400,
                           .message = "Invalid view query. Raw error: \n" +
                                      std::string(AsStd(answer.status().message()))});
}

}  // namespace sluice::collections
