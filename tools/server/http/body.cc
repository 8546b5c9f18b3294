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
constexpr std::size_t kFormSlice = 65536;
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

// Keeps plain parts in memory, and files too unless the form is on disk: then a
// file is where its part is.
class FormSink : public PartSink {
 public:
  FormSink(const FileContent& spooled, std::vector<UploadedFile>& files)
      : spooled_(spooled), files_(files) {}

  // To be called before anything is fed: where the bytes of a part are.
  void Follow(const MultipartParser& parser) { parser_ = &parser; }

  Status Begin(const PartHead& head) override {
    is_file_ = !head.filename.empty();
    if (is_file_) {
      files_.push_back({head.name, head.filename, head.content_type, FileContent()});
      file_bytes_.clear();
      file_size_ = 0;
    } else {
      texts_.push_back({head.name, ""});
      plain_bytes_ += head.name.size();
    }
    return absl::OkStatus();
  }

  Status Data(std::string_view bytes) override {
    if (is_file_) {
      file_at_ = file_size_ == 0 ? parser_->data_offset() : file_at_;
      file_size_ += bytes.size();
      if (spooled_.empty()) {
        file_bytes_.append(bytes);
      }
      return absl::OkStatus();
    }
    plain_bytes_ += bytes.size();
    if (plain_bytes_ > kPlainPartBytesMax) {
      return absl::InvalidArgumentError("the plain parts of the form are too large");
    }
    texts_.back().value.append(bytes);
    return absl::OkStatus();
  }

  Status End() override {
    if (is_file_ && file_size_ > 0) {
      files_.back().content = spooled_.empty() ? FileContent(std::exchange(file_bytes_, {}))
                                               : spooled_.Slice(file_at_, file_size_);
    }
    return absl::OkStatus();
  }

  std::vector<Param>& texts() { return texts_; }

 private:
  const FileContent& spooled_;
  std::vector<UploadedFile>& files_;
  const MultipartParser* parser_ = nullptr;
  std::string file_bytes_;
  std::uint64_t file_at_ = 0;
  std::uint64_t file_size_ = 0;
  std::vector<Param> texts_;
  std::size_t plain_bytes_ = 0;
  bool is_file_ = false;
};

// Whether the form is well-formed; a status only when it cannot be read at all.
StatusOr<bool> FeedForm(const Request& request, MultipartParser& parser) {
  Status status;
  for (std::string_view rest = request.body; !rest.empty() && status.ok();) {
    const std::string_view slice = rest.substr(0, kFormSlice);
    rest.remove_prefix(slice.size());
    status = parser.Feed(slice);
  }
  const FileContent& spooled = request.spooled_body;
  std::string slice(spooled.empty() ? 0 : kFormSlice, '\0');
  for (std::uint64_t at = 0; at < spooled.size() && status.ok();) {
    SLUICE_ASSIGN_OR_RETURN(const std::size_t filled, spooled.ReadAt(at, slice));
    status = parser.Feed(std::string_view(slice).substr(0, filled));
    at += filled;
  }
  return status.ok() && parser.Finish().ok();
}

Status ReadMultipart(const Request& request, std::string_view content_type, RequestBody& body) {
  const auto boundary = MultipartBoundary(content_type);
  if (!boundary.ok() || request.query_malformed) {
    return BadRequest();
  }
  FormSink sink(request.spooled_body, body.files);
  MultipartParser parser(*boundary, sink);
  sink.Follow(parser);
  SLUICE_ASSIGN_OR_RETURN(const bool well_formed, FeedForm(request, parser));
  if (!well_formed) {
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
