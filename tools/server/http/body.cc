// Dispatch on Content-Type, and the two form encodings. JSON grammar is
// json_text.cc's, multipart framing multipart.cc's. Tested by http_body_test.cc.
#include "tools/server/http/body.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "tools/server/http/api_error.h"
#include "tools/server/http/json_escape.h"
#include "tools/server/http/json_text.h"
#include "tools/server/http/multipart.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

constexpr std::size_t kUrlencodedBytesMax = 10U << 20U;
constexpr std::size_t kPlainPartBytesMax = 26U << 20U;
constexpr std::string_view kJsonPayload = "@jsonPayload";

Status BadRequest() { return MakeStatus({.status = 400}); }

// Adds the members of one JSON object text to `values`; `null` empties it.
Status OverlayJson(std::string_view text, JsonTail tail, boost::json::object& values) {
  auto parsed = ParseJson(text, tail);
  if (!parsed.ok()) {
    return BadRequest();
  }
  if (parsed->is_null()) {
    values.clear();
    return absl::OkStatus();
  }
  if (!parsed->is_object()) {
    return BadRequest();
  }
  for (boost::json::key_value_pair& member : parsed->get_object()) {
    values.insert_or_assign(member.key(), std::move(member.value()));
  }
  return absl::OkStatus();
}

// Texts under their keys become values: one as itself, several as an array. The
// payloads come last, whatever their place in the form.
Status FillValues(std::vector<Param>& texts, boost::json::object& values) {
  boost::json::object lists;
  for (const Param& text : texts) {
    if (text.name != kJsonPayload) {
      boost::json::value& list = lists[text.name];
      if (list.is_null()) {
        list.emplace_array();
      }
      list.get_array().push_back(InferFormValue(text.value));
    }
  }
  for (boost::json::key_value_pair& member : lists) {
    boost::json::array& list = member.value().get_array();
    if (list.size() == 1) {
      boost::json::value only = std::move(list.front());
      values.insert_or_assign(member.key(), std::move(only));
    } else {
      values.insert_or_assign(member.key(), std::move(member.value()));
    }
  }
  for (const Param& text : texts) {
    if (text.name == kJsonPayload) {
      SLUICE_RETURN_IF_ERROR(OverlayJson(text.value, JsonTail::kMustBeBlank, values));
    }
  }
  return absl::OkStatus();
}

Status ReadUrlencoded(const Request& request, RequestBody& body) {
  std::vector<Param> texts;
  bool well_formed = !request.query_malformed;
  if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    if (request.body.size() > kUrlencodedBytesMax) {
      return BadRequest();
    }
    well_formed = ParseQuery(request.body, texts) && well_formed;
  }
  if (!well_formed) {
    return BadRequest();
  }
  texts.insert(texts.end(), request.query.begin(), request.query.end());
  return FillValues(texts, body.values);
}

// Keeps every part in memory; a sink that spools files would take its place.
class MemorySink : public PartSink {
 public:
  explicit MemorySink(std::vector<UploadedFile>& files) : files_(files) {}

  Status Begin(const PartHead& head) override {
    is_file_ = !head.filename.empty();
    if (is_file_) {
      files_.push_back({head.name, head.filename, head.content_type, ""});
    } else {
      texts_.push_back({head.name, ""});
      plain_bytes_ += head.name.size();
    }
    return absl::OkStatus();
  }

  Status Data(std::string_view bytes) override {
    if (is_file_) {
      files_.back().bytes.append(bytes);
      return absl::OkStatus();
    }
    plain_bytes_ += bytes.size();
    if (plain_bytes_ > kPlainPartBytesMax) {
      return absl::InvalidArgumentError("the plain parts of the form are too large");
    }
    texts_.back().value.append(bytes);
    return absl::OkStatus();
  }

  Status End() override { return absl::OkStatus(); }

  std::vector<Param>& texts() { return texts_; }

 private:
  std::vector<UploadedFile>& files_;
  std::vector<Param> texts_;
  std::size_t plain_bytes_ = 0;
  bool is_file_ = false;
};

Status ReadMultipart(const Request& request, std::string_view content_type, RequestBody& body) {
  constexpr std::size_t kSlice = 65536;
  const auto boundary = MultipartBoundary(content_type);
  if (!boundary.ok() || request.query_malformed) {
    return BadRequest();
  }
  MemorySink sink(body.files);
  MultipartParser parser(*boundary, sink);
  std::string_view rest = request.body;
  Status status;
  while (!rest.empty() && status.ok()) {
    const std::string_view slice = rest.substr(0, kSlice);
    rest.remove_prefix(slice.size());
    status = parser.Feed(slice);
  }
  if (!status.ok() || !parser.Finish().ok()) {
    return BadRequest();
  }
  sink.texts().insert(sink.texts().end(), request.query.begin(), request.query.end());
  return FillValues(sink.texts(), body.values);
}

}  // namespace

boost::json::value InferFormValue(std::string_view text) {
  if (text == "true" || text == "false") {
    return text == "true";
  }
  const bool may_be_number = !text.empty() &&
                             (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) &&
                             text.find_first_not_of("-.0123456789") == std::string_view::npos;
  double number = 0;
  if (may_be_number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string printed;
    if (result.ec == std::errc() && result.ptr == text.data() + text.size() &&
        AppendPlainNumber(printed, number) && printed == text) {
      return number;
    }
  }
  return boost::json::string(text.data(), text.size());
}

StatusOr<RequestBody> ReadBody(const Request& request) {
  RequestBody body;
  if (!request.has_body) {
    return body;
  }
  const std::string_view type = request.headers.Find("Content-Type").value_or("");
  Status status;
  if (type.starts_with("application/json")) {
    status = OverlayJson(request.body, JsonTail::kIgnored, body.values);
  } else if (type.starts_with("multipart/form-data")) {
    status = ReadMultipart(request, type, body);
  } else if (type.starts_with("application/x-www-form-urlencoded")) {
    status = ReadUrlencoded(request, body);
  } else if (type.starts_with("text/xml") || type.starts_with("application/xml")) {
    status = BadRequest();
  } else {
    status = MakeStatus({.status = 400, .message = "Unsupported Content-Type."});
  }
  SLUICE_RETURN_IF_ERROR(status);
  return body;
}

}  // namespace sluice::http
