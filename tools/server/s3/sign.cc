// Tested by tests/server/s3_sign_test.cc with the examples that AWS publishes.
#include "tools/server/s3/sign.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include "openssl/evp.h"
#include "openssl/hmac.h"

namespace sluice::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kPiece = 65536;

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &size);
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

// Blanks around a value go, and several in it become one.
std::string Trimmed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c != ' ' && c != '\t') {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

class Digest {
 public:
  Digest() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string Finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
    return Hex({reinterpret_cast<const char*>(bytes.data()), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free};
};

}  // namespace

std::string Authorization(const SignedParts& parts, const Credentials& credentials,
                          std::string_view date) {
  Pairs headers = parts.headers;
  std::stable_sort(headers.begin(), headers.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string lines;
  std::string names;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].first == headers[i - 1].first) {
      lines.back() = ',';
      lines += Trimmed(headers[i].second) + "\n";
      continue;
    }
    lines += headers[i].first + ":" + Trimmed(headers[i].second) + "\n";
    names += (names.empty() ? "" : ";") + headers[i].first;
  }
  const std::string canonical = parts.method + "\n" + parts.path + "\n" + QueryText(parts.query) +
                                "\n" + lines + "\n" + names + "\n" + parts.payload_sha256;
  const std::string day(date.substr(0, 8));
  const std::string scope =
      day + "/" + credentials.region + "/" + credentials.service + "/aws4_request";
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope + "\n" + Sha256(canonical);
  std::string key = Hmac("AWS4" + credentials.secret, day);
  key = Hmac(key, credentials.region);
  key = Hmac(key, credentials.service);
  key = Hmac(key, "aws4_request");
  return std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" + scope +
         ", SignedHeaders=" + names + ", Signature=" + Hex(Hmac(key, to_sign));
}

std::string AmzDate(std::int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string UriEscape(std::string_view text, Escape escape) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain || (c == '/' && escape == Escape::kPath)) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kDigits[byte >> 4U];
      escaped += kDigits[byte & 15U];
    }
  }
  return escaped;
}

std::string QueryText(const Pairs& query) {
  Pairs escaped;
  for (const auto& [name, value] : query) escaped.emplace_back(UriEscape(name), UriEscape(value));
  std::sort(escaped.begin(), escaped.end());
  std::string text;
  for (const auto& [name, value] : escaped) {
    if (!text.empty()) text += '&';
    text += name + "=" + value;
  }
  return text;
}

std::string Sha256(std::string_view bytes) {
  Digest digest;
  digest.Add(bytes);
  return digest.Finish();
}

StatusOr<std::string> Sha256(const http::FileContent& content) {
  Digest digest;
  std::vector<char> piece(kPiece);
  for (std::uint64_t at = 0; at < content.size();) {
    SLUICE_ASSIGN_OR_RETURN(const std::size_t filled, content.ReadAt(at, piece));
    digest.Add({piece.data(), filled});
    at += filled;
  }
  return digest.Finish();
}

}  // namespace sluice::s3
