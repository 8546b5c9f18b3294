// An envelope is read back, reworded as data and written anew, so that no text
// of a user's can be taken for one of ours. Tested by
// tests/server/editions_test.cc.
#include "tools/server/editions/editor.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/object.hpp"

#include "tools/server/http/json_escape.h"
#include "tools/server/http/json_text.h"

namespace sluice::editions {
namespace {

using boost::json::object;
using boost::json::value;

// Endpoints whose documented answers differ.
enum class Place : std::uint8_t {
  kOther,
  kList,
  kRecordWrite,
  kPassword,
  kOAuth2,
  kOtp,
  kOtpRequest,
  kRefresh,
  kEmailChange,
  kImpersonate,
};

// When a text is replaced.
enum class When : std::uint8_t {
  kAlways,
  kThisText,   // the peer says exactly `peer`
  kThisStart,  // the peer's text begins with `peer`
  kWithData,   // fields are at fault
};

struct Wording {
  Place place;
  int status;
  When when;
  std::string_view peer;
  std::string_view documented;
  std::string_view legacy;
};

constexpr std::string_view kNoCollection =
    "The requested resource wasn't found. Missing collection context.";
constexpr std::string_view kSubmitting = "An error occurred while submitting the form.";
constexpr std::string_view kTooManyOtps =
    "You've send too many OTP requests, please try again later.";
constexpr std::string_view kNoToken = "The request requires valid record authorization token.";
constexpr std::string_view kTokenToBeSet =
    "The request requires valid record authorization token to be set.";
constexpr std::string_view kOtherRecord = "The request requires auth record from ";
constexpr std::string_view kNotThisRecord =
    "The authorized record is not allowed to perform this action.";
constexpr std::string_view kModelNotAllowed =
    "The authorized record model is not allowed to perform this action.";
constexpr std::string_view kNoAuthRecord = "Missing auth record context.";

constexpr std::array kWordings = {
    Wording{Place::kList, 403, When::kThisText, "Only superusers can filter by @collection.",
            "Only superusers can filter by '@collection.*'",
            "Only admins can filter by '@collection.*'"},
    Wording{Place::kRecordWrite, 404, When::kThisText, "Missing or invalid collection context.",
            kNoCollection, kNoCollection},
    Wording{Place::kPassword, 400, When::kWithData, "", kSubmitting, kSubmitting},
    Wording{Place::kOAuth2, 400, When::kWithData, "", kSubmitting, kSubmitting},
    Wording{Place::kOtp, 400, When::kWithData, "", "Failed to authenticate.",
            "Failed to authenticate."},
    Wording{Place::kOtpRequest, 429, When::kAlways, "", kTooManyOtps, kTooManyOtps},
    Wording{Place::kRefresh, 401, When::kThisText, kNoToken, kTokenToBeSet, kTokenToBeSet},
    Wording{Place::kRefresh, 403, When::kThisStart, kOtherRecord, kModelNotAllowed,
            kModelNotAllowed},
    Wording{Place::kRefresh, 404, When::kAlways, "", kNoAuthRecord, kNoAuthRecord},
    Wording{Place::kEmailChange, 401, When::kThisText, kNoToken, kTokenToBeSet, kTokenToBeSet},
    Wording{Place::kEmailChange, 403, When::kThisStart, kOtherRecord, kModelNotAllowed,
            kModelNotAllowed},
    Wording{Place::kImpersonate, 401, When::kThisText, kNoToken, kTokenToBeSet, kTokenToBeSet},
    Wording{Place::kImpersonate, 403, When::kThisText, kNotThisRecord, kModelNotAllowed,
            kModelNotAllowed},
};

struct AuthRoute {
  std::string_view name;
  Place place;
};
constexpr std::array kAuthRoutes = {
    AuthRoute{"auth-with-password", Place::kPassword},
    AuthRoute{"auth-with-oauth2", Place::kOAuth2},
    AuthRoute{"auth-with-otp", Place::kOtp},
    AuthRoute{"request-otp", Place::kOtpRequest},
    AuthRoute{"auth-refresh", Place::kRefresh},
    AuthRoute{"request-email-change", Place::kEmailChange},
    AuthRoute{"impersonate", Place::kImpersonate},
};

Place PlaceOf(const http::Request& head) {
  const std::vector<std::string>& path = head.segments;
  if (path.empty() || path[0] != "api") return Place::kOther;
  if (head.method == "GET" || head.method == "HEAD") return Place::kList;
  if (path.size() < 4 || path[1] != "collections") return Place::kOther;
  if (path[3] == "records") {
    const bool writes =
        (head.method == "POST" && path.size() == 4) || (head.method == "PATCH" && path.size() == 5);
    return writes ? Place::kRecordWrite : Place::kOther;
  }
  for (const AuthRoute& route : kAuthRoutes) {
    if (head.method == "POST" && path[3] == route.name) return route.place;
  }
  return Place::kOther;
}

// An error as its envelope tells it.
struct Error {
  std::string message;
  int status = 0;
  object data;
};

std::string_view TextOf(const object& from, std::string_view key) {
  const value* found = from.if_contains({key.data(), key.size()});
  if (found == nullptr || !found->is_string()) return {};
  return {found->get_string().data(), found->get_string().size()};
}

// False where it is no envelope.
bool ReadError(value& parsed, Error& error) {
  object* const envelope = parsed.if_object();
  if (envelope == nullptr || envelope->size() != 3) return false;
  value* const data = envelope->if_contains("data");
  const value* const status = envelope->if_contains("status");
  const value* const message = envelope->if_contains("message");
  if (data == nullptr || !data->is_object() || status == nullptr || !status->is_number() ||
      message == nullptr || !message->is_string())
    return false;
  error.message = TextOf(*envelope, "message");
  error.status = status->to_number<int>();
  error.data = std::move(data->get_object());
  return true;
}

bool Applies(const Wording& wording, const Error& error) {
  switch (wording.when) {
    case When::kAlways:
      return true;
    case When::kThisText:
      return error.message == wording.peer;
    case When::kThisStart:
      return std::string_view(error.message).starts_with(wording.peer);
    case When::kWithData:
      return !error.data.empty();
  }
  return false;
}

void RewordMessage(Edition edition, Place place, Error& error) {
  for (const Wording& wording : kWordings) {
    if (wording.place != place || wording.status != error.status || !Applies(wording, error))
      continue;
    error.message = edition == Edition::kLegacy ? wording.legacy : wording.documented;
    return;
  }
}

// What the fields of a form and of a record lack is said in one way everywhere.
void RewordItems(object& data) {
  std::vector<object*> open = {&data};
  while (!open.empty()) {
    object& group = *open.back();
    open.pop_back();
    if (TextOf(group, "code") == "validation_required")
      group["message"] = "Missing required value.";
    for (auto& member : group) {
      if (object* inner = member.value().if_object()) open.push_back(inner);
    }
  }
}

void AppendMember(std::string& out, std::string_view key, const value& member) {
  http::AppendJsonString(out, key);
  out += ':';
  http::AppendJsonValue(out, member);
}

// `{"KEY":400,"message":"…","data":DATA}`.
void AppendEnvelope(std::string& out, std::string_view key, const Error& error,
                    std::string_view data) {
  out += '{';
  http::AppendJsonString(out, key);
  out.append(":").append(std::to_string(error.status)).append(",\"message\":");
  http::AppendJsonString(out, error.message);
  out.append(",\"data\":").append(data).append("}");
}

std::string DataText(const Error& error) {
  std::string text;
  http::AppendJsonValue(text, error.data);
  return text;
}

// The data of a failed batch: the first failed request with its answer.
std::string BatchData(Error& error) {
  value* const requests = error.data.if_contains("requests");
  if (requests == nullptr || !requests->is_object()) return DataText(error);
  std::string out = "{\"requests\":{";
  for (auto& request : requests->get_object()) {
    object& item = request.value().as_object();
    if (out.back() != '{') out += ',';
    http::AppendJsonString(out, {request.key().data(), request.key().size()});
    out += ":{";
    for (auto& member : item) {
      if (out.back() != '{') out += ',';
      Error inner;
      if (member.key() != "response" || !ReadError(member.value(), inner)) {
        AppendMember(out, {member.key().data(), member.key().size()}, member.value());
        continue;
      }
      out += "\"response\":";
      AppendEnvelope(out, "status", inner, DataText(inner));
    }
    out += '}';
  }
  return out + "}}";
}

std::string ToText(Edition edition, Error& error) {
  std::string out;
  if (edition == Edition::kDocumented) {
    out.append("{\"data\":").append(DataText(error)).append(",\"message\":");
    http::AppendJsonString(out, error.message);
    out.append(",\"status\":").append(std::to_string(error.status)).append("}");
  } else if (error.message == "Batch transaction failed.") {
    AppendEnvelope(out, "status", error, BatchData(error));
  } else {
    AppendEnvelope(out, "code", error, DataText(error));
  }
  return out + "\n";
}

}  // namespace

int Editor::Note(const http::Request& head) const { return static_cast<int>(PlaceOf(head)); }

void Editor::Edit(int note, http::Response& answer) const {
  if (answer.status < 400 || answer.headers.Find("Content-Type") != "application/json") return;
  StatusOr<value> parsed = http::ParseJson(answer.body, http::JsonTail::kMustBeBlank);
  Error error;
  if (!parsed.ok() || !ReadError(*parsed, error)) return;
  RewordMessage(edition_, static_cast<Place>(note), error);
  RewordItems(error.data);
  answer.body = ToText(edition_, error);
}

}  // namespace sluice::editions
