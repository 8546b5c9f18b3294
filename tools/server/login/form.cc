// Tested by tests/server/login_form_test.cc.
#include "tools/server/login/form.h"

#include <algorithm>
#include <cmath>

#include "sluice/strings.h"
#include "tools/server/http/body.h"
#include "tools/server/http/json_text.h"
#include "tools/server/json/json_text.h"
#include "tools/server/settings/checks.h"

namespace sluice::login {
namespace {

constexpr std::string_view kUnsupported = "Unsupported Content-Type.";

// A form's text as it was before it was taken for a number or a bool.
std::string TextOfFormValue(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_array()) {
    return value.get_array().empty() ? std::string() : TextOfFormValue(value.get_array().front());
  }
  std::string text;
  if (value.is_number()) json::AppendNumber(text, value.to_number<double>());
  return text;
}

// Behind the JSON value at `at` of a sound text.
std::size_t EndOfValue(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  bool in_text = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (in_text) {
      if (c == '\\') ++at;
      in_text = c != '"';
      continue;
    }
    in_text = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '}' || c == ']') --depth;
  }
  return json.size();
}

std::size_t SkipBlanks(std::string_view json, std::size_t at) {
  return std::min(json.find_first_not_of(" \t\r\n", at), json.size());
}

// The members of a JSON object text that was read before, each as it stands:
// a key may come again, and which one counts hangs on the values.
boost::json::array AllMembers(std::string_view json) {
  boost::json::array members;
  std::size_t at = SkipBlanks(json, 0);
  if (at == json.size() || json[at] != '{') return members;
  for (at = SkipBlanks(json, at + 1); at < json.size() && json[at] == '"';) {
    std::size_t colon = at + 1;
    while (colon < json.size() && json[colon] != '"') colon += json[colon] == '\\' ? 2 : 1;
    colon = json.find(':', colon);
    if (colon == json.npos) break;
    const std::size_t end = EndOfValue(json, colon + 1);
    const std::string text = "{" + std::string(json.substr(at, end - at)) + "}";
    auto member = http::ParseJson(text, http::JsonTail::kMustBeBlank);
    if (!member.ok()) break;
    members.push_back(*std::move(member));
    if (end == json.size() || json[end] != ',') break;
    at = SkipBlanks(json, end + 1);
  }
  return members;
}

}  // namespace

Status LoadError() {
  return http::MakeStatus(
      {.status = 400, .message = "An error occurred while loading the submitted data."});
}

StatusOr<Form> Form::Read(const http::Request& request) {
  StatusOr<http::RequestBody> body = http::ReadBody(request);
  if (!body.ok()) {
    if (absl::IsInternal(body.status()) || AsStd(body.status().message()) == kUnsupported)
      return body.status();
    return LoadError();
  }
  Form form;
  const std::string_view type = request.headers.Find("Content-Type").value_or("");
  form.json_ = LowerAscii(type).starts_with("application/json");
  if (form.json_) {
    form.values_ = AllMembers(request.body);
  } else {
    form.values_.emplace_back(std::move(body->values));
  }
  return form;
}

std::vector<const boost::json::value*> Form::Find(std::string_view key) const {
  std::vector<const boost::json::value*> found;
  for (const boost::json::value& object : values_) {
    for (const boost::json::key_value_pair& member : object.get_object()) {
      const std::string_view name(member.key().data(), member.key().size());
      const bool same = name == key || (json_ && EqualsIgnoreCase(name, key));
      if (same && !member.value().is_null()) found.push_back(&member.value());
    }
  }
  return found;
}

StatusOr<std::string> Form::Text(std::string_view key) const {
  std::string text;
  for (const boost::json::value* value : Find(key)) {
    if (json_ && !value->is_string()) return LoadError();
    text = TextOfFormValue(*value);
  }
  return text;
}

StatusOr<std::int64_t> Form::Integer(std::string_view key) const {
  double number = 0;
  for (const boost::json::value* value : Find(key)) {
    if (!json_ && value->is_string() && value->get_string().empty()) continue;
    if (!value->is_number()) return LoadError();
    number = value->to_number<double>();
    if (std::floor(number) != number || std::fabs(number) > 9.2e18) return LoadError();
  }
  return static_cast<std::int64_t>(number);
}

StatusOr<boost::json::object> Form::Object(std::string_view key) const {
  boost::json::object object;
  for (const boost::json::value* value : Find(key)) {
    if (!value->is_object()) return LoadError();
    for (const auto& member : value->get_object()) object[member.key()] = member.value();
  }
  return object;
}

void Mistakes::Add(std::string_view key, std::string_view code, std::string_view message,
                   boost::json::object params) {
  if (Has(key)) return;
  entries_.push_back({.key = std::string(key),
                      .code = std::string(code),
                      .message = std::string(message),
                      .params = std::move(params)});
}

bool Mistakes::Has(std::string_view key) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [key](const http::ErrorEntry& entry) { return entry.key == key; });
}

void Mistakes::Required(std::string_view key, std::string_view value) {
  if (value.empty()) Add(key, "validation_required", "Cannot be blank.");
}

void Mistakes::Length(std::string_view key, std::string_view value, std::size_t min,
                      std::size_t max) {
  if (value.empty() || (value.size() >= min && value.size() <= max)) return;
  const boost::json::object params = {{"max", max}, {"min", min}};
  if (min == 0) {
    return Add(key, "validation_length_too_long",
               "The length must be no more than " + std::to_string(max) + ".", params);
  }
  Add(key, "validation_length_out_of_range",
      "The length must be between " + std::to_string(min) + " and " + std::to_string(max) + ".",
      params);
}

void Mistakes::ExactLength(std::string_view key, std::string_view value, std::size_t size) {
  if (value.empty() || value.size() == size) return;
  Add(key, "validation_length_invalid", "The length must be exactly " + std::to_string(size) + ".",
      {{"max", size}, {"min", size}});
}

void Mistakes::Email(std::string_view key, std::string_view value) {
  if (!value.empty() && !settings::IsEmail(value))
    Add(key, "validation_is_email", "Must be a valid email address.");
}

Status Mistakes::ToStatus() const {
  return ToStatus("An error occurred while validating the submitted data.");
}

Status Mistakes::ToStatus(std::string message) const {
  if (entries_.empty()) return absl::OkStatus();
  return http::MakeStatus({.status = 400, .message = std::move(message), .data = entries_});
}

http::Response SaveError(const Status& status, std::string_view message) {
  http::Response response = http::ErrorResponse(status);
  for (const std::string_view saved : {"Failed to update record.", "Failed to create record."}) {
    const std::string end = ",\"message\":\"" + std::string(saved) + "\",\"status\":400}\n";
    if (!response.body.ends_with(end)) continue;
    response.body.resize(response.body.size() - end.size());
    response.body += ",\"message\":\"" + std::string(message) + "\",\"status\":400}\n";
    return response;
  }
  return response;
}

}  // namespace sluice::login
