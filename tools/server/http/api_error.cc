// The error envelope. The envelope travels through a Status as its finished
// text, so nothing has to be decoded again. Tested by http_api_error_test.cc.
#include "tools/server/http/api_error.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"

#include "tools/server/http/json_escape.h"
#include "tools/server/http/json_text.h"

namespace sluice::http {
namespace {

constexpr char kPayloadUrl[] = "sluice/api_error";

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsSpace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// A double as messages show it: shortest, in exponent form below 1e-4 and
// from 1e6 on. Params made from an integer type never come here.
void AppendMessageNumber(std::string& out, double number) {
  std::array<char, 40> text{};
  const double size = std::fabs(number);
  const bool exponent = size != 0 && (size < 1e-4 || size >= 1e6);
  if (!exponent) {
    if (!AppendPlainNumber(out, number)) {
      out.append("0");
    }
    return;
  }
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific)
          .ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void AppendMessageValue(std::string& out, const boost::json::value& value) {
  if (value.is_string()) {
    out.append(value.get_string().data(), value.get_string().size());
  } else if (value.is_double()) {
    AppendMessageNumber(out, value.get_double());
  } else if (value.is_array()) {
    std::string_view separator = "[";
    for (const boost::json::value& item : value.get_array()) {
      out.append(separator);
      AppendMessageValue(out, item);
      separator = " ";
    }
    out.append(separator == "[" ? "[]" : "]");
  } else {
    AppendJsonValue(out, value);
  }
}

// Replaces {{.name}}; a name that `params` lacks stays as it is.
std::string FillPlaceholders(std::string_view text, const boost::json::object& params) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("{{.");
    const std::size_t close = open == text.npos ? text.npos : text.find("}}", open);
    if (close == text.npos) {
      return out.append(text);
    }
    const std::string_view name = text.substr(open + 3, close - open - 3);
    out.append(text.substr(0, open));
    if (const auto* value = params.if_contains({name.data(), name.size()})) {
      AppendMessageValue(out, *value);
    } else {
      out.append(text.substr(open, close + 2 - open));
    }
    text.remove_prefix(close + 2);
  }
}

void AppendItem(std::string& out, const ErrorEntry& entry) {
  const bool classified = !entry.code.empty();
  out.append("{\"code\":");
  AppendJsonString(out, classified ? std::string_view(entry.code) : "validation_invalid_value");
  out.append(",\"message\":");
  AppendJsonString(out, classified
                            ? NormalizeSentence(FillPlaceholders(entry.message, entry.params))
                            : std::string("Invalid value."));
  if (classified && !entry.params.empty()) {
    out.append(",\"params\":");
    AppendJsonValue(out, entry.params);
  }
  out.push_back('}');
}

void AppendEntries(std::string& out, const std::vector<ErrorEntry>& entries) {
  std::vector<const ErrorEntry*> sorted;
  for (const ErrorEntry& entry : entries) {
    sorted.push_back(&entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  char separator = '{';
  for (const ErrorEntry* entry : sorted) {
    out.push_back(separator);
    AppendJsonString(out, entry->key);
    out.push_back(':');
    if (!entry->raw_json.empty()) {
      out.append(entry->raw_json);
    } else if (!entry->children.empty()) {
      AppendEntries(out, entry->children);
    } else {
      AppendItem(out, *entry);
    }
    separator = ',';
  }
  out.append(separator == '{' ? "{}" : "}");
}

absl::StatusCode CodeOf(int status) {
  switch (status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 413:
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 503:
      return absl::StatusCode::kUnavailable;
    default:
      return status >= 500 ? absl::StatusCode::kInternal : absl::StatusCode::kInvalidArgument;
  }
}

int StatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kResourceExhausted:  // memory or disk, nothing that the client does
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return 500;
    default:
      return 400;
  }
}

}  // namespace

std::string NormalizeSentence(std::string_view text) {
  text = Trim(text);
  std::string out(text);
  if (out.empty()) {
    return out;
  }
  if (out.front() >= 'a' && out.front() <= 'z') {
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  }
  if (std::string_view(".?!").find(out.back()) == std::string_view::npos) {
    out.push_back('.');
  }
  return out;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";
    case 416:
      return "Requested Range Not Satisfiable";
    case 507:
      return "Insufficient Storage";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

std::string DefaultMessage(int status) {
  switch (status) {
    case 400:
    case 500:
      return "Something went wrong while processing your request.";
    case 401:
      return "Missing or invalid authentication.";
    case 403:
      return "You are not allowed to perform this request.";
    case 404:
      return "The requested resource wasn't found.";
    case 413:
      return "Request entity too large.";
    default:
      return NormalizeSentence(ReasonPhrase(status));
  }
}

std::string ToJson(const ApiError& error) {
  std::string out = "{\"data\":";
  AppendEntries(out, error.data);
  out.append(",\"message\":");
  AppendJsonString(
      out, error.message.empty() ? DefaultMessage(error.status) : NormalizeSentence(error.message));
  out.append(",\"status\":").append(std::to_string(error.status)).append("}\n");
  return out;
}

Response ErrorResponse(const ApiError& error) { return JsonResponse(error.status, ToJson(error)); }

Status MakeStatus(const ApiError& error) {
  Status status(CodeOf(error.status), error.message);
  status.SetPayload(kPayloadUrl, absl::Cord(std::to_string(error.status) + ToJson(error)));
  return status;
}

bool IsApiStatus(const Status& status) { return status.GetPayload(kPayloadUrl).has_value(); }

Response ErrorResponse(const Status& status) {
  assert(!status.ok());
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) {
    return ErrorResponse(ApiError{.status = StatusOf(status.code())});
  }
  // Three digits of status, then the envelope.
  std::string text(*payload);
  int code = 500;
  std::from_chars(text.data(), text.data() + 3, code);
  return JsonResponse(code, text.substr(3));
}

}  // namespace sluice::http
