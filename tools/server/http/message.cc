// Look-ups and small constructors of message.h. Tested by http_message_test.cc.
#include "tools/server/http/message.h"

#include <algorithm>
#include <utility>

#include "sluice/strings.h"

namespace sluice::http {
namespace {

bool EndsField(char c) { return c == '\r' || c == '\n' || c == '\0'; }

}  // namespace

void Headers::Add(std::string_view name, std::string_view value) {
  if (std::any_of(name.begin(), name.end(), EndsField)) {
    return;
  }
  if (fields_.empty()) {
    fields_.reserve(8);
    text_.reserve(256);
  }
  fields_.push_back({static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(": ");
  const std::size_t value_at = text_.size();
  text_.append(value);
  std::replace_if(text_.begin() + static_cast<std::ptrdiff_t>(value_at), text_.end(), EndsField,
                  ' ');
  text_.append("\r\n");
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Position& at = fields_[index];
  const std::string_view text = text_;
  return {text.substr(at.name_at, at.name_size),
          text.substr(at.name_at + at.name_size + 2, at.value_size)};
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field field = (*this)[i];
    if (field.name.size() == name.size() && EqualsIgnoreCase(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Headers::FindLast(std::string_view name) const {
  for (std::size_t i = fields_.size(); i-- > 0;) {
    const Field field = (*this)[i];
    if (field.name.size() == name.size() && EqualsIgnoreCase(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::string_view Request::raw_query() const {
  const std::size_t end = path_at + path_size;
  return end < target.size() ? std::string_view(target).substr(end + 1) : std::string_view();
}

std::optional<std::string_view> Request::Query(std::string_view name) const {
  for (const Param& param : query) {
    if (param.name == name) {
      return param.value;
    }
  }
  return std::nullopt;
}

std::string_view Request::PathParam(std::string_view name) const {
  for (const Param& param : path_params) {
    if (param.name == name) {
      return param.value;
    }
  }
  return {};
}

Response JsonResponse(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

Response NoContent() {
  Response response;
  response.status = 204;
  return response;
}

}  // namespace sluice::http
