// Storing objects: whole, or in parts. Tested by tests/server/s3_client_test.cc
// and tests/s3.
#include <algorithm>
#include <map>
#include <utility>

#include "tools/server/s3/client.h"
#include "tools/server/s3/gate.h"
#include "tools/server/s3/xml.h"

namespace sluice::s3 {
namespace {

constexpr std::uint64_t kPartsMax = 10'000;

// What a header may hold: visible ASCII; the rest, and '%', as %XX.
std::string HeaderText(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

std::string TypeText(std::string_view type) {
  std::string text;
  for (const char c : type) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return text;
}

}  // namespace

Status Client::Put(const std::string& key, const http::FileContent& content,
                   const ObjectAttributes& attributes) const {
  if (key.empty() || key.size() > 1024) return absl::InvalidArgumentError("not a key of S3");
  Pairs headers;
  if (!attributes.content_type.empty())
    headers.emplace_back("content-type", TypeText(attributes.content_type));
  for (const auto& [name, value] : attributes.metadata)
    headers.emplace_back(name, HeaderText(value));
  return content.size() > options_.part_bytes ? PutParts(key, content, std::move(headers))
                                              : PutWhole(key, content, std::move(headers));
}

Status Client::PutWhole(const std::string& key, const http::FileContent& content,
                        Pairs headers) const {
  SLUICE_ASSIGN_OR_RETURN(std::string digest, Sha256(content));
  const Status status = Ask({.method = "PUT",
                             .key = key,
                             .headers = std::move(headers),
                             .body = content,
                             .body_sha256 = std::move(digest)})
                            .status();
  return absl::IsNotFound(status) ? absl::UnavailableError(status.message()) : status;
}

Status Client::PutParts(const std::string& key, const http::FileContent& content,
                        Pairs headers) const {
  SLUICE_ASSIGN_OR_RETURN(const WireAnswer begun, Ask({.method = "POST",
                                                       .key = key,
                                                       .query = {{"uploads", ""}},
                                                       .headers = std::move(headers)}));
  const std::string upload = XmlText(begun.body, "UploadId");
  if (upload.empty()) return absl::UnavailableError("S3: no upload was begun");
  const auto finish = [&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(const std::string list, SendParts(key, upload, content));
    SLUICE_ASSIGN_OR_RETURN(const WireAnswer done, Ask({.method = "POST",
                                                        .key = key,
                                                        .query = {{"uploadId", upload}},
                                                        .body = http::FileContent(list),
                                                        .body_sha256 = Sha256(list)}));
    // S3 may find out that it failed when it has said 200 already.
    return XmlText(done.body, "Code").empty() ? absl::OkStatus() : FailureOf(done);
  };
  const Status status = finish();
  // Parts of what was given up would stay, and cost, for ever.
  if (!status.ok()) (void)Ask({.method = "DELETE", .key = key, .query = {{"uploadId", upload}}});
  return absl::IsNotFound(status) ? absl::UnavailableError(status.message()) : status;
}

// Sends all parts, and returns what completes the upload.
StatusOr<std::string> Client::SendParts(const std::string& key, const std::string& upload,
                                        const http::FileContent& content) const {
  const std::uint64_t part =
      std::max(options_.part_bytes, (content.size() + kPartsMax - 1) / kPartsMax);
  const std::uint64_t count = (content.size() + part - 1) / part;
  std::vector<std::string> tags(count);  // each written by one part, read after all
  Gate gate(options_.parts_at_once);
  for (std::uint64_t i = 0; i < count; ++i) {
    const http::FileContent slice = content.Slice(i * part, part);
    StatusOr<std::string> digest = Sha256(slice);
    if (!gate.Enter() || !digest.ok()) {
      gate.Leave(digest.status());
      break;
    }
    auto request = std::make_shared<ObjectRequest>(
        ObjectRequest{.method = "PUT",
                      .key = key,
                      .query = {{"partNumber", std::to_string(i + 1)}, {"uploadId", upload}},
                      .body = slice,
                      .body_sha256 = *std::move(digest)});
    Send(std::move(request), [&gate, &tag = tags[i]](const StatusOr<WireAnswer>& answer) {
      if (answer.ok()) tag = answer->Header("etag");
      gate.Leave(answer.status());
    });
  }
  SLUICE_RETURN_IF_ERROR(gate.Wait());
  std::string list = "<CompleteMultipartUpload>";
  for (std::uint64_t i = 0; i < count; ++i) {
    list += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
            XmlEscape(tags[i]) + "</ETag></Part>";
  }
  return list + "</CompleteMultipartUpload>";
}

}  // namespace sluice::s3
