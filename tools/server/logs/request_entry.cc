// Tested by tests/server/logs_test.cc.
#include "tools/server/logs/request_entry.h"

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

class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}
  std::string& Key(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    json::AppendString(out_, key);
    out_ += ':';
    return out_;
  }
  void Text(std::string_view key, std::string_view value) { json::AppendString(Key(key), value); }

 private:
  std::string& out_;
};

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

void AppendFailure(Members& members, const AnswerNote& answer) {
  std::string message;
  boost::json::value details = nullptr;
  const StatusOr<boost::json::value> body =
      http::ParseJson(answer.error_body, http::JsonTail::kIgnored);
  if (body.ok() && body->is_object()) {
    const boost::json::object& object = body->get_object();
    if (const auto* text = object.if_contains("message"); text != nullptr && text->is_string())
      message = std::string(text->get_string());
    if (const auto* data = object.if_contains("data"); data != nullptr && data->is_object())
      details = DetailsOf(data->get_object());
  }
  http::AppendJsonValue(members.Key("details"), details);
  members.Text("error", message);
}

}  // namespace

RequestNote NoteOf(const http::Request& request) {
  return {request.method,
          request.target,
          std::string(request.path()),
          std::string(request.headers.Find("Referer").value_or("").substr(0, kHeaderMax)),
          std::string(request.headers.Find("User-Agent").value_or("").substr(0, kHeaderMax)),
          request.peer_ip,
          std::chrono::steady_clock::now()};
}

AnswerNote NoteOf(const http::Response& response) {
  AnswerNote note;
  note.status = response.status;
  if (response.status >= 400) note.error_body = response.body;
  note.end = std::chrono::steady_clock::now();
  return note;
}

std::optional<store::LogRow> LogRowOf(const RequestNote& request, const AnswerNote& answer,
                                      const AskerNote& asker, const store::LogsSettings& settings) {
  const bool failed = answer.status >= 400;
  store::LogRow row;
  row.level = failed ? kErrorLevel : kInfoLevel;
  if (settings.max_days == 0 || row.level < settings.min_level) return std::nullopt;
  if (!failed && IsQuiet(request)) return std::nullopt;
  const std::chrono::duration<double, std::milli> took = answer.end - request.begin;
  Members members(row.data);
  members.Text("auth", asker.collection_name);
  if (settings.log_auth_id) members.Text("authId", asker.record_id);
  if (failed) AppendFailure(members, answer);
  json::AppendNumber(members.Key("execTime"), took.count());
  members.Text("method", request.method);
  members.Text("referer", request.referer);
  if (settings.log_ip) members.Text("remoteIP", request.peer_ip);
  json::AppendInteger(members.Key("status"), answer.status);
  members.Text("type", "request");
  const std::string url = request.target.substr(0, kUrlMax);
  members.Text("url", url);
  members.Text("userAgent", request.user_agent);
  if (settings.log_ip) members.Text("userIP", asker.ip);
  row.data += '}';
  row.message = request.method + " " + http::PercentDecode(url, true).value_or(url);
  row.created = store::StoredTime(std::chrono::system_clock::now());
  return row;
}

}  // namespace sluice::logs
