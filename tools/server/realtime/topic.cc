// Tested by tests/server/realtime_topic_test.cc.
#include "tools/server/realtime/topic.h"

#include "boost/json/value.hpp"

#include "sluice/request_context.h"
#include "tools/server/http/json_text.h"
#include "tools/server/http/target.h"
#include "tools/server/json/json_text.h"

namespace sluice::realtime {
namespace {

namespace json = boost::json;

std::string TextOf(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "";
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_number()) {
    std::string text;
    sluice::json::AppendNumber(text, value.to_number<double>());
    return text;
  }
  std::string text;
  http::AppendJsonValue(text, value);
  return text;
}

std::vector<std::pair<std::string, std::string>> PairsOf(const json::object& options,
                                                         std::string_view key, bool headers) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const json::value* member = options.if_contains(key);
  if (member == nullptr || !member->is_object()) return pairs;
  for (const auto& [name, value] : member->get_object()) {
    pairs.emplace_back(headers ? NormalizeHeaderName(std::string_view(name)) : std::string(name),
                       TextOf(value));
  }
  return pairs;
}

}  // namespace

std::string_view Topic::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return "";
}

Topic ParseTopic(std::string_view text) {
  const std::size_t mark = text.find('?');
  Topic topic;
  topic.base = std::string(text.substr(0, mark));
  if (mark == std::string_view::npos) return topic;
  std::vector<http::Param> params;
  http::ParseQuery(text.substr(mark + 1), params);
  for (const http::Param& param : params) {
    if (param.name != "options") continue;
    const StatusOr<json::value> options =
        http::ParseJson(param.value, http::JsonTail::kMustBeBlank);
    if (options.ok() && options->is_object()) {
      topic.query = PairsOf(options->get_object(), "query", false);
      topic.headers = PairsOf(options->get_object(), "headers", true);
    }
    break;
  }
  return topic;
}

}  // namespace sluice::realtime
