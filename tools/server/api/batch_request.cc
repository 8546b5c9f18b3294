// Tested by tests/conformance (`batch`).
#include "tools/server/api/batch_request.h"

#include <algorithm>
#include <charconv>

#include "tools/server/api/call.h"
#include "tools/server/api/json_value.h"
#include "tools/server/api/submission.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/target.h"

namespace sluice::api {
namespace {

constexpr std::size_t kUrlBytesMax = 2000;

Status Unreadable() { return ApiStatus(400, "Failed to read the submitted batch data."); }

// The last member of that name without case; null as if it were not
// there.
const JsonValue* Find(const JsonValue& object, std::string_view key) {
  const JsonValue* found = nullptr;
  for (const auto& [name, value] : object.members) {
    if (EqualsIgnoreCase(name, key)) found = &value;
  }
  return found == nullptr || found->kind == JsonValue::Kind::kNull ? nullptr : found;
}

bool ReadText(const JsonValue& object, std::string_view key, std::string& text) {
  const JsonValue* value = Find(object, key);
  if (value == nullptr) return true;
  if (value->kind != JsonValue::Kind::kString) return false;
  text = value->string;
  return true;
}

bool ReadHeaders(const JsonValue& object, BatchItem& item) {
  const JsonValue* headers = Find(object, "headers");
  if (headers == nullptr) return true;
  if (headers->kind != JsonValue::Kind::kObject) return false;
  for (const auto& [name, value] : headers->members) {
    if (value.kind == JsonValue::Kind::kNull) {
      item.headers.emplace_back(name, "");
    } else if (value.kind == JsonValue::Kind::kString) {
      item.headers.emplace_back(name, value.string);
    } else {
      return false;
    }
  }
  return true;
}

StatusOr<BatchItem> ReadItem(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::kNull) return http::MakeStatus({.status = 500});
  if (value.kind != JsonValue::Kind::kObject) return Unreadable();
  BatchItem item;
  if (!ReadText(value, "method", item.method) || !ReadText(value, "url", item.url) ||
      !ReadHeaders(value, item))
    return Unreadable();
  if (const JsonValue* body = Find(value, "body")) {
    if (body->kind != JsonValue::Kind::kObject) return Unreadable();
    item.body = *body;
  }
  return item;
}

bool IsXml(const http::Request& request) {
  const std::string_view type = request.headers.Find("Content-Type").value_or("");
  return type.starts_with("text/xml") || type.starts_with("application/xml");
}

// No element of an XML body has a meaning here; what is no XML at all cannot be
// read.
bool LooksLikeXml(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && body[begin] == '<' &&
         body.find('>', begin) != std::string_view::npos;
}

// N and KEY of `requests.N.KEY` and `requests[N].KEY`.
std::optional<std::pair<std::size_t, std::string_view>> FileKey(std::string_view key) {
  constexpr std::string_view kName = "requests";
  if (!key.starts_with(kName)) return std::nullopt;
  key.remove_prefix(kName.size());
  const bool bracket = key.starts_with('[');
  if (!bracket && !key.starts_with('.')) return std::nullopt;
  key.remove_prefix(1);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc()) return std::nullopt;
  key.remove_prefix(static_cast<std::size_t>(end - key.data()));
  const std::string_view separator = bracket ? "]." : ".";
  if (!key.starts_with(separator)) return std::nullopt;
  return std::make_pair(index, key.substr(separator.size()));
}

void PlaceFiles(std::vector<http::UploadedFile> files, std::vector<BatchItem>& items) {
  for (http::UploadedFile& file : files) {
    const auto place = FileKey(file.key);
    if (!place || place->first >= items.size()) continue;
    file.key = std::string(place->second);
    items[place->first].files.push_back(std::move(file));
  }
}

http::ErrorEntry Item(std::string key, std::string code, std::string message,
                      boost::json::object params = {}) {
  return {.key = std::move(key),
          .code = std::move(code),
          .message = std::move(message),
          .params = std::move(params)};
}

http::ErrorEntry Blank(std::string key) {
  return Item(std::move(key), "validation_required", "Cannot be blank.");
}

http::ErrorEntry TooLong(std::string key, std::int64_t max) {
  return Item(std::move(key), "validation_length_too_long",
              "The length must be no more than {{.max}}.", {{"max", max}, {"min", 0}});
}

std::vector<http::ErrorEntry> CheckItem(const BatchItem& item) {
  std::vector<http::ErrorEntry> errors;
  if (item.method.empty()) {
    errors.push_back(Blank("method"));
  } else {
    const auto methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    if (std::find(methods.begin(), methods.end(), item.method) == methods.end())
      errors.push_back(Item("method", "validation_in_invalid", "Must be a valid value."));
  }
  if (item.url.empty()) {
    errors.push_back(Blank("url"));
  } else if (item.url.size() > kUrlBytesMax) {
    errors.push_back(TooLong("url", kUrlBytesMax));
  }
  return errors;
}

Status Check(const std::vector<BatchItem>& items, const store::BatchSettings& settings) {
  std::vector<http::ErrorEntry> data;
  if (items.empty()) {
    data.push_back(Blank("requests"));
  } else if (static_cast<std::int64_t>(items.size()) > settings.max_requests) {
    data.push_back(TooLong("requests", settings.max_requests));
  } else {
    http::ErrorEntry group{.key = "requests"};
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::vector<http::ErrorEntry> errors = CheckItem(items[i]);
      if (!errors.empty())
        group.children.push_back({.key = std::to_string(i), .children = std::move(errors)});
    }
    if (!group.children.empty()) data.push_back(std::move(group));
  }
  if (data.empty()) return absl::OkStatus();
  return http::MakeStatus(
      {.status = 400, .message = "Invalid batch request data.", .data = std::move(data)});
}

JsonValue Inferred(std::string_view text) { return ToJsonValue(http::InferFormValue(text)); }

}  // namespace

StatusOr<std::vector<BatchItem>> ReadBatch(const http::Request& request,
                                           const store::BatchSettings& settings) {
  std::vector<BatchItem> items;
  if (LacksForm(request)) return Unreadable();
  if (IsXml(request)) {
    if (!LooksLikeXml(request.body)) return Unreadable();
  } else {
    StatusOr<http::RequestBody> body = http::ReadBody(request);
    if (!body.ok()) return absl::IsInternal(body.status()) ? body.status() : Unreadable();
    const JsonValue values = ToJsonValue(boost::json::value(std::move(body->values)));
    if (const JsonValue* requests = Find(values, "requests")) {
      if (requests->kind != JsonValue::Kind::kArray) return Unreadable();
      for (const JsonValue& value : requests->items) {
        SLUICE_ASSIGN_OR_RETURN(BatchItem item, ReadItem(value));
        items.push_back(std::move(item));
      }
    }
    PlaceFiles(std::move(body->files), items);
  }
  SLUICE_RETURN_IF_ERROR(Check(items, settings));
  return items;
}

std::optional<BatchTarget> TargetOf(const BatchItem& item) {
  std::string_view path = item.url;
  path = path.substr(0, path.find('?'));
  constexpr std::string_view kPrefix = "/api/collections/";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  BatchTarget target;
  target.collection = std::string(path.substr(0, slash));
  path.remove_prefix(slash);
  constexpr std::string_view kRecords = "/records";
  if (!path.starts_with(kRecords)) return std::nullopt;
  path.remove_prefix(kRecords.size());
  if (path.empty()) {
    if (item.method != "POST" && item.method != "PUT") return std::nullopt;
    target.action = item.method == "POST" ? BatchAction::kCreate : BatchAction::kUpsert;
    return target;
  }
  if (path.size() < 2 || path[0] != '/' || path.find('/', 1) != std::string_view::npos)
    return std::nullopt;
  target.id = std::string(path.substr(1));
  if (item.method == "PATCH") {
    target.action = BatchAction::kUpdate;
  } else if (item.method == "DELETE") {
    target.action = BatchAction::kDelete;
  } else {
    return std::nullopt;
  }
  return target;
}

std::optional<http::Request> RequestOf(const BatchItem& item, const http::Request& outer) {
  http::Request request;
  request.method = item.method;
  request.target = item.url;
  if (!http::ParseTarget(request)) return std::nullopt;
  const auto overlaid = [&item](std::string_view name) {
    return std::any_of(item.headers.begin(), item.headers.end(),
                       [name](const auto& header) { return EqualsIgnoreCase(header.first, name); });
  };
  const auto fixed = [](std::string_view name) {
    return EqualsIgnoreCase(name, "Authorization") || EqualsIgnoreCase(name, "Content-Type");
  };
  for (std::size_t i = 0; i < outer.headers.size(); ++i) {
    const http::Headers::Field field = outer.headers[i];
    if (EqualsIgnoreCase(field.name, "Content-Type")) continue;
    if (fixed(field.name) || !overlaid(field.name)) request.headers.Add(field.name, field.value);
  }
  for (const auto& [name, value] : item.headers) {
    if (!fixed(name)) request.headers.Add(name, value);
  }
  request.headers.Add("Content-Type", "multipart/form-data");
  request.peer_ip = outer.peer_ip;
  request.tls = outer.tls;
  request.cancelled = outer.cancelled;
  return request;
}

JsonValue ValuesOf(const BatchItem& item, const http::Request& request) {
  JsonValue values = JsonValue::Object();
  const auto set = [&values](std::string_view key, JsonValue value) {
    for (auto& [name, old] : values.members) {
      if (name == key) {
        old = std::move(value);
        return;
      }
    }
    values.members.emplace_back(std::string(key), std::move(value));
  };
  std::vector<std::string> seen;
  for (const http::Param& param : request.query) {
    if (std::find(seen.begin(), seen.end(), param.name) != seen.end()) continue;
    seen.push_back(param.name);
    JsonValue all(JsonValue::Kind::kArray);
    for (const http::Param& other : request.query) {
      if (other.name == param.name) all.items.push_back(Inferred(other.value));
    }
    set(param.name, all.items.size() == 1 ? std::move(all.items[0]) : std::move(all));
  }
  for (const auto& [key, value] : item.body.members) set(key, value);
  for (const http::UploadedFile& file : item.files)
    std::erase_if(values.members, [&file](const auto& member) { return member.first == file.key; });
  return values;
}

}  // namespace sluice::api
