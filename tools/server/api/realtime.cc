// GET and POST /api/realtime (S-98 to S-100).
#include "tools/server/api/server_parts.h"
#include "tools/server/collections/body.h"
#include "tools/server/collections/typed_json.h"
#include "tools/server/http/api_error.h"
#include "tools/server/realtime/hub.h"

namespace sluice::api {
namespace {

constexpr std::size_t kClientIdMax = 255;
constexpr std::size_t kTopicsMax = 1000;
constexpr std::size_t kTopicSizeMax = 2500;

StatusOr<http::Response> Connect(ServerParts& parts, Call& call) {
  http::Response response;
  response.headers.Add("Content-Type", "text/event-stream");
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("X-Accel-Buffering", "no");
  if (call.request.method != "HEAD") response.events = parts.realtime->Connect(ClientIp(call));
  return response;
}

http::ErrorEntry TooLong(std::string key, std::size_t max) {
  return {.key = std::move(key),
          .code = "validation_length_too_long",
          .message = "The length must be no more than {{.max}}.",
          .params = {{"max", max}, {"min", 0}}};
}

// The length of a text as the peer counts it: in code points.
std::size_t LengthOf(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return length;
}

struct Wish {
  std::string client_id;
  std::vector<std::string> topics;
};

StatusOr<Wish> ReadWish(const http::Request& request) {
  using collections::Shape;
  using collections::ShapeKind;
  static const Shape kShape{.kind = ShapeKind::kObject,
                            .keys = {"clientId", "subscriptions"},
                            .members = {{.kind = ShapeKind::kText}, {.kind = ShapeKind::kTexts}}};
  const StatusOr<collections::Body> body = collections::ReadTypedBody(request);
  if (!body.ok()) return http::MakeStatus({.status = 400});
  boost::json::value value = collections::ZeroValue(kShape);
  if (!collections::MergeTyped(value, boost::json::value(body->values), kShape, body->kind))
    return http::MakeStatus({.status = 400});
  Wish wish;
  wish.client_id = std::string(value.at("clientId").as_string());
  if (const boost::json::value& topics = value.at("subscriptions"); topics.is_array()) {
    for (const boost::json::value& topic : topics.get_array())
      wish.topics.emplace_back(topic.as_string());
  }
  return wish;
}

Status CheckWish(const Wish& wish) {
  http::ApiError error{.status = 400};
  if (wish.client_id.empty()) {
    error.data.push_back(
        {.key = "clientId", .code = "validation_required", .message = "Cannot be blank."});
  } else if (LengthOf(wish.client_id) > kClientIdMax) {
    error.data.push_back({.key = "clientId",
                          .code = "validation_length_out_of_range",
                          .message = "The length must be between {{.min}} and {{.max}}.",
                          .params = {{"max", kClientIdMax}, {"min", 1}}});
  }
  if (wish.topics.size() > kTopicsMax) {
    error.data.push_back(TooLong("subscriptions", kTopicsMax));
  } else {
    http::ErrorEntry group{.key = "subscriptions"};
    for (std::size_t i = 0; i < wish.topics.size(); ++i) {
      if (LengthOf(wish.topics[i]) > kTopicSizeMax)
        group.children.push_back(TooLong(std::to_string(i), kTopicSizeMax));
    }
    if (!group.children.empty()) error.data.push_back(std::move(group));
  }
  return error.data.empty() ? absl::OkStatus() : http::MakeStatus(error);
}

StatusOr<http::Response> Subscribe(ServerParts& parts, Call& call) {
  SLUICE_ASSIGN_OR_RETURN(const Wish wish, ReadWish(call.request));
  SLUICE_RETURN_IF_ERROR(CheckWish(wish));
  std::optional<realtime::Identity> identity;
  if (call.auth) identity = realtime::IdentityOf(*call.auth, *call.snapshot);
  SLUICE_RETURN_IF_ERROR(
      parts.realtime->Subscribe(wish.client_id, ClientIp(call), identity, wish.topics));
  // A token that became worthless since it was looked at had nobody here yet
  // to tell of it.
  const std::string_view token = call.request.headers.Find("Authorization").value_or("");
  if (!identity) return http::NoContent();
  const auto still = auth::LoadAuth(token, static_cast<double>(call.context.now) / 1000,
                                    *parts.catalog->current(), *call.connection);
  if (!still.ok() || !*still) parts.realtime->Forget(*identity);
  SLUICE_RETURN_IF_ERROR(still.status());
  return http::NoContent();
}

}  // namespace

void AddRealtimeRoutes(ServerParts& parts, http::Router& router) {
  router.Add("GET", "/api/realtime", parts.OnQueryThread(&Connect));
  router.Add("POST", "/api/realtime", parts.OnQueryThread(&Subscribe));
}

}  // namespace sluice::api
