// Forms: the same parts in whatever pieces they come.
//
// An input: a byte for the size of the pieces, then the body; its boundary is XX.
#include "tools/server/http/multipart.h"

#include <string>

#include "fuzz/target.h"
#include "tools/server/http/body.h"

namespace sluice::fuzz {
namespace {

constexpr std::size_t kInputBytesMax = 8192;

class Collector final : public http::PartSink {
 public:
  Status Begin(const http::PartHead& head) override {
    if (open_) Broken("a part in a part");
    if (head.filename.find('/') != std::string::npos)
      Broken("a file name with a folder", head.filename);
    open_ = true;
    text += "\n[" + head.name + "|" + head.filename + "|" + head.content_type + "]";
    return absl::OkStatus();
  }
  Status Data(std::string_view bytes) override {
    if (!open_) Broken("data of no part");
    text += bytes;
    return absl::OkStatus();
  }
  Status End() override {
    if (!open_) Broken("an end without a beginning");
    open_ = false;
    return absl::OkStatus();
  }

  std::string text;

 private:
  bool open_ = false;
};

std::string Feed(std::string_view body, std::size_t piece) {
  Collector parts;
  http::MultipartParser parser("XX", parts);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!parser.Feed(body.substr(at, piece)).ok()) return "broken";
  }
  return parser.Finish().ok() ? parts.text : "broken";
}

}  // namespace

void Multipart(std::string_view input) {
  if (input.empty() || input.size() > kInputBytesMax) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input[0]) % 32;
  const std::string_view body = input.substr(1);
  const std::string whole = Feed(body, body.size() + 1);
  if (whole != Feed(body, piece)) Broken("a form that hangs on its pieces", body);
  if (whole != "broken") Count("forms read");
  (void)http::MultipartBoundary(body.substr(0, 256));
  http::Request request;
  request.method = "POST";
  request.headers.Add("Content-Type", "multipart/form-data; boundary=XX");
  request.has_body = true;
  request.body = std::string(body);
  (void)http::ReadBody(request);
}

}  // namespace sluice::fuzz
