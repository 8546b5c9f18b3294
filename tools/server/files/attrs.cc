// Tested by files_store_test.cc.
#include "tools/server/files/attrs.h"

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

#include "tools/server/http/json_escape.h"

namespace sluice::files {
namespace {

constexpr std::size_t kOriginalNameMax = 255;
constexpr std::string_view kContentType = "user.content_type";
constexpr std::string_view kMetadata = "user.metadata";
constexpr std::string_view kOriginalName = "original-filename";

std::string TextAt(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

}  // namespace

std::string AttrsText(const Attrs& attrs) {
  std::string text =
      "{\"user.cache_control\":\"\",\"user.content_disposition\":\"\","
      "\"user.content_encoding\":\"\",\"user.content_language\":\"\",\"user.content_type\":";
  http::AppendJsonString(text, attrs.content_type);
  text += ",\"user.metadata\":";
  if (attrs.original_name) {
    text += "{\"original-filename\":";
    http::AppendJsonString(text,
                           std::string_view(*attrs.original_name).substr(0, kOriginalNameMax));
    text += "}";
  } else {
    text += "null";
  }
  text += ",\"md5\":";
  http::AppendJsonString(text, attrs.md5);
  return text + "}\n";
}

std::optional<Attrs> ParseAttrs(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  const boost::json::object& object = value.get_object();
  Attrs attrs;
  attrs.content_type = TextAt(object, kContentType);
  attrs.md5 = TextAt(object, "md5");
  const boost::json::value* const metadata = object.if_contains(kMetadata);
  if (metadata != nullptr && metadata->is_object()) {
    attrs.original_name = TextAt(metadata->get_object(), kOriginalName);
  }
  return attrs;
}

}  // namespace sluice::files
