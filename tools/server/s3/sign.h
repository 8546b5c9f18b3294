// Signatures of requests, AWS Signature Version 4. libcurl's own (7.88) neither
// sorts nor escapes queries as the signature wants it. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"

namespace sluice::s3 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A request as it is signed.
struct SignedParts {
  std::string method;
  std::string path;            // escaped, as it is sent
  Pairs query;                 // not escaped, in any order
  Pairs headers;               // names in lower case; all of them are signed
  std::string payload_sha256;  // hexadecimal
};

struct Credentials {
  std::string access_key;
  std::string secret;
  std::string region;
  std::string service = "s3";
};

// The value of the Authorization header. `date` is AmzDate's.
std::string Authorization(const SignedParts& parts, const Credentials& credentials,
                          std::string_view date);

// `20130524T000000Z`.
std::string AmzDate(std::int64_t unix_seconds);

// Everything but letters, digits and `-_.~` as %XX; '/' stays where `path` says.
enum class Escape : std::uint8_t { kAll, kPath };
std::string UriEscape(std::string_view text, Escape escape = Escape::kAll);

// `a=1&b=x%20y`, sorted: the form that is both sent and signed.
std::string QueryText(const Pairs& query);

// In hexadecimal.
std::string Sha256(std::string_view bytes);
// Reads all of it, piece by piece.
StatusOr<std::string> Sha256(const http::FileContent& content);

}  // namespace sluice::s3
