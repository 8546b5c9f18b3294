// Tested by tests/server/logs_test.cc.
#include "tools/server/logs/request_entry.h"

#include <algorithm>

#include "boost/json/value.hpp"

#include "tools/server/http/json_text.h"
#include "tools/server/http/target.h"
#include "tools/server/json/json_text.h"
#include "tools/server/store/system_tables.h"

namespace sluice::logs {
namespace {

constexpr std::size_t kUrlMax = 3000;
constexpr std::size_t kHeaderMax = 2000;

// S-92: what would only log the looking at logs, or secrets in an URL.
bool IsQuiet(const RequestNote& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return request.path == "/api/logs" || request.path.starts_with("/api/logs/") ||
         (reads && request.path == "/api/realtime") || request.path == "/api/oauth2-redirect" ||
         !request.path.starts_with("/api/");
}

// A JSON object, written to memory that has room for it. Keys are ours and need
// no escapes.
class Members {
 public:
  explicit Members(char* out) : out_(out) { *out_++ = '{'; }

  void Text(std::string_view key, std::string_view value) {
    out_ = json::PutString(Key(key), value);
    *out_++ = ',';
  }
  void Integer(std::string_view key, std::int64_t value) {
    out_ = json::PutInteger(Key(key), value);
    *out_++ = ',';
  }
  void Number(std::string_view key, double value) {
    out_ = json::PutNumber(Key(key), value);
    *out_++ = ',';
  }
  void Json(std::string_view key, std::string_view value) {
    out_ = std::copy(value.begin(), value.end(), Key(key));
    *out_++ = ',';
  }
  // Of the whole object, which has members.
  char* End() {
    out_[-1] = '}';
    return out_;
  }

 private:
  char* Key(std::string_view key) {
    *out_++ = '"';
    out_ = std::copy(key.begin(), key.end(), out_);
    *out_++ = '"';
    *out_++ = ':';
    return out_;
  }

  char* out_;
};

// For the keys of a row and its numbers.
constexpr std::size_t kFrameRoom = 512;

// `Cannot be blank.` as the validator said it before it was made a sentence.
std::string RawText(std::string_view sentence) {
  std::string text(sentence);
  if (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

// The items of an error's `data`, each as its message. Nesting is as deep as
// that of the forms, which are ours.
boost::json::value DetailsOf(const boost::json::object& data) {
  if (data.empty()) return nullptr;
  boost::json::object details;
  for (const auto& [key, value] : data) {
    if (!value.is_object()) continue;
    const boost::json::object& item = value.get_object();
    const boost::json::value* message = item.if_contains("message");
    details[key] = message != nullptr && message->is_string()
                       ? boost::json::value(RawText(message->get_string()))
                       : DetailsOf(item);
  }
  return details;
}

// What a row tells of a failure.
struct Failure {
  std::string details = "null";
  std::string error;
};

Failure FailureOf(std::string_view error_body) {
  Failure failure;
  const StatusOr<boost::json::value> body = http::ParseJson(error_body, http::JsonTail::kIgnored);
  if (!body.ok() || !body->is_object()) return failure;
  const boost::json::object& object = body->get_object();
  if (const auto* text = object.if_contains("message"); text != nullptr && text->is_string())
    failure.error = std::string(text->get_string());
  if (const auto* data = object.if_contains("data"); data != nullptr && data->is_object()) {
    failure.details.clear();
    http::AppendJsonValue(failure.details, DetailsOf(data->get_object()));
  }
  return failure;
}

// `GET /path?name=value`, decoded as far as it can be.
char* PutMessage(char* out, std::string_view method, std::string_view url) {
  out = std::copy(method.begin(), method.end(), out);
  *out++ = ' ';
  if (url.find_first_of("%+") == std::string_view::npos)
    return std::copy(url.begin(), url.end(), out);
  const std::string decoded = http::PercentDecode(url, true).value_or(std::string(url));
  return std::copy(decoded.begin(), decoded.end(), out);
}

}  // namespace

RequestNote NoteOf(const http::Request& request, std::chrono::steady_clock::time_point begin) {
  return {request.method,
          request.target,
          request.path(),
          request.headers.Find("Referer").value_or("").substr(0, kHeaderMax),
          request.headers.Find("User-Agent").value_or("").substr(0, kHeaderMax),
          request.peer_ip,
          begin};
}

AnswerNote NoteOf(const http::Response& response) {
  AnswerNote note;
  note.status = response.status;
  if (response.status >= 400) note.error_body = response.body;
  note.end = std::chrono::steady_clock::now();
  return note;
}

std::optional<store::LogRow> LogRowOf(const RequestNote& request, const AnswerNote& answer,
                                      const AskerNote& asker, const store::LogsSettings& settings,
                                      std::string& text) {
  const bool failed = answer.status >= 400;
  store::LogRow row;
  row.level = failed ? kErrorLevel : kInfoLevel;
  if (settings.max_days == 0 || row.level < settings.min_level) return std::nullopt;
  if (!failed && IsQuiet(request)) return std::nullopt;
  const std::chrono::duration<double, std::milli> took = answer.end - request.begin;
  const std::string_view url = request.target.substr(0, kUrlMax);
  const Failure failure = failed ? FailureOf(answer.error_body) : Failure();
  // The message and its method, too.
  std::size_t room = kFrameRoom + failure.details.size() + url.size() + request.method.size();
  for (const std::string_view value :
       {asker.collection_name, asker.record_id, std::string_view(failure.error), request.method,
        request.referer, request.peer_ip, url, request.user_agent, std::string_view(asker.ip)})
    room += json::StringRoom(value.size());
  if (text.size() < room) text.resize(room);
  Members members(text.data());
  members.Text("auth", asker.collection_name);
  if (settings.log_auth_id) members.Text("authId", asker.record_id);
  if (failed) {
    members.Json("details", failure.details);
    members.Text("error", failure.error);
  }
  members.Number("execTime", took.count());
  members.Text("method", request.method);
  members.Text("referer", request.referer);
  if (settings.log_ip) members.Text("remoteIP", request.peer_ip);
  members.Integer("status", answer.status);
  members.Text("type", "request");
  members.Text("url", url);
  members.Text("userAgent", request.user_agent);
  if (settings.log_ip) members.Text("userIP", asker.ip);
  char* const data_end = members.End();
  row.data = {text.data(), data_end};
  char* const message_end = PutMessage(data_end, request.method, url);
  row.message = {data_end, message_end};
  row.created = {message_end, store::PutStoredTime(message_end, std::chrono::system_clock::now())};
  return row;
}

}  // namespace sluice::logs
