// Tested by tests/server/oauth2_user_test.cc.
#include "tools/server/oauth2/document.h"

#include <algorithm>
#include <charconv>

#include "boost/json/parse.hpp"

#include "tools/server/http/json_text.h"
#include "tools/server/text/email_syntax.h"

namespace sluice::oauth2 {
namespace {

constexpr std::size_t kDepthMax = 64;

Status WrongType(std::string_view path) {
  return absl::InvalidArgumentError("a member of another type: " + std::string(path));
}

bool IsDigits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return false;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

int Number(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + count, number);
  return number;
}

// RFC 3339, with a T between.
bool IsTime(std::string_view text) {
  if (!(IsDigits(text, 0, 4) && text[4] == '-' && IsDigits(text, 5, 2) && text[7] == '-' &&
        IsDigits(text, 8, 2) && text[10] == 'T' && IsDigits(text, 11, 2) && text[13] == ':' &&
        IsDigits(text, 14, 2) && text[16] == ':' && IsDigits(text, 17, 2)))
    return false;
  const int month = Number(text, 5, 2);
  const int day = Number(text, 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31 || Number(text, 11, 2) > 23 ||
      Number(text, 14, 2) > 59 || Number(text, 17, 2) > 59)
    return false;
  text.remove_prefix(19);
  if (text.starts_with('.')) {
    std::size_t end = 1;
    while (IsDigits(text, end, 1)) ++end;
    if (end == 1) return false;
    text.remove_prefix(end);
  }
  if (text == "Z") return true;
  return text.size() == 6 && (text[0] == '+' || text[0] == '-') && IsDigits(text, 1, 2) &&
         text[3] == ':' && IsDigits(text, 4, 2) && Number(text, 1, 2) < 24 &&
         Number(text, 4, 2) < 60;
}

StatusOr<bool> IsOne(const boost::json::value& document, std::string_view path) {
  SLUICE_ASSIGN_OR_RETURN(const std::string number, NumberAt(document, path));
  return number == "1";
}

}  // namespace

StatusOr<const boost::json::value*> Find(const boost::json::value& document,
                                         std::string_view path) {
  const boost::json::value* at = &document;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string_view key = path.substr(0, end);
    if (at == nullptr || at->is_null()) return nullptr;
    if (IsDigits(key, 0, key.size())) {
      if (!at->is_array()) return WrongType(path);
      at = at->get_array().if_contains(static_cast<std::size_t>(Number(key, 0, key.size())));
    } else {
      if (!at->is_object()) return WrongType(path);
      at = at->get_object().if_contains(boost::json::string_view(key.data(), key.size()));
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at != nullptr && at->is_null() ? nullptr : at;
}

StatusOr<std::string> TextAt(const boost::json::value& document, std::string_view path) {
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value* value, Find(document, path));
  if (value == nullptr) return std::string();
  if (!value->is_string()) return WrongType(path);
  return std::string(value->get_string());
}

StatusOr<std::string> NumberAt(const boost::json::value& document, std::string_view path) {
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value* value, Find(document, path));
  if (value == nullptr) return std::string();
  if (!value->is_int64()) return WrongType(path);
  if (value->get_int64() == 0) return std::string();
  return std::to_string(value->get_int64());
}

StatusOr<bool> BoolAt(const boost::json::value& document, std::string_view path) {
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value* value, Find(document, path));
  if (value == nullptr) return false;
  if (!value->is_bool()) return WrongType(path);
  return value->get_bool();
}

bool IsTruthy(const boost::json::value* value) {
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  if (value->is_number()) return value->to_number<double>() != 0;
  if (!value->is_string()) return false;
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (std::string_view(value->get_string()) == yes) return true;
  }
  return false;
}

StatusOr<bool> Holds(const boost::json::value& document, const Condition& condition) {
  switch (condition.is) {
    case Is::kAnything:
      return true;
    case Is::kTrue:
      return BoolAt(document, condition.path);
    case Is::kFalse: {
      SLUICE_ASSIGN_OR_RETURN(const bool value, BoolAt(document, condition.path));
      return !value;
    }
    case Is::kTruthy: {
      SLUICE_ASSIGN_OR_RETURN(const boost::json::value* value, Find(document, condition.path));
      return IsTruthy(value);
    }
    case Is::kOne:
      return IsOne(document, condition.path);
    case Is::kTime:
    case Is::kActive:
    case Is::kMailShape:
      break;
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string text, TextAt(document, condition.path));
  if (condition.is == Is::kActive) return text == "active";
  return condition.is == Is::kTime ? IsTime(text) : text::IsEmail(text);
}

StatusOr<boost::json::value> ParseDocument(std::string_view json) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  boost::json::value document =
      boost::json::parse(boost::json::string_view(json.data(), json.size()), error, {}, options);
  if (error) {
    // Not UTF-8, say: the lenient reader takes that, but rounds numbers.
    SLUICE_ASSIGN_OR_RETURN(document, http::ParseJson(json, http::JsonTail::kMustBeBlank));
  }
  if (!document.is_object() && !document.is_null())
    return absl::InvalidArgumentError("an answer that is no object");
  return document;
}

}  // namespace sluice::oauth2
