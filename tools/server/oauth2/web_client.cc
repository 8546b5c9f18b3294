// Tested by tests/server/oauth2_web_client_test.cc.
#include "tools/server/oauth2/web_client.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/server/threads/guard.h"

namespace sluice::oauth2 {
namespace {

constexpr long kRedirectsMax = 10;
// A socket that the callback refused to open.
constexpr curl_socket_t kRefused = CURL_SOCKET_BAD;

struct Reading {
  std::string body;
  std::size_t max = 0;
  bool cut = false;
};

std::size_t Keep(char* data, std::size_t size, std::size_t count, void* target) {
  auto& reading = *static_cast<Reading*>(target);
  const std::size_t bytes = size * count;
  const std::size_t taken = std::min(bytes, reading.max - reading.body.size());
  // No exception may pass libcurl, which is C.
  if (!threads::Try([&] { reading.body.append(data, taken); })) return 0;
  reading.cut = taken < bytes;
  return taken;
}

int StopWhenOver(void* budget, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Budget*>(budget)->over() ? 1 : 0;
}

bool IsPublicSocket(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.addr, sizeof(in));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IsPublicAddress(bytes);
  }
  if (address.family != AF_INET6) return false;
  sockaddr_in6 in{};
  // libcurl's struct is as large as the address needs, not as its type says.
  std::memcpy(static_cast<void*>(&in), static_cast<const void*>(&address.addr),
              std::min<std::size_t>(address.addrlen, sizeof(in)));
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IsPublicAddress(bytes);
}

// Asked for every connection, with the address that it will be made to.
curl_socket_t OpenPublic(void*, curlsocktype, curl_sockaddr* address) {
  if (!IsPublicSocket(*address)) return kRefused;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void Append(List& list, const std::string& line) {
  // A line break would begin a header of its own.
  if (line.find_first_of("\r\n") != line.npos) return;
  if (curl_slist* grown = curl_slist_append(list.get(), line.c_str())) {
    (void)list.release();
    list.reset(grown);
  }
}

List HeadersOf(const WebRequest& request) {
  List list;
  if (!request.content_type.empty()) Append(list, "Content-Type: " + request.content_type);
  if (!request.authorization.empty()) Append(list, "Authorization: " + request.authorization);
  for (const auto& [name, value] : request.headers) Append(list, name + ": " + value);
  return list;
}

void SetUpReach(CURL* curl, Reach reach) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  if (reach == Reach::kPublic) {
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &OpenPublic);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
  }
  // OpenSSL's variable, which libcurl does not read; then nobody else is trusted.
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
}

void SetUpTime(CURL* curl, const Budget& budget) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      budget.end - std::chrono::steady_clock::now());
  const long millis = std::max(1L, static_cast<long>(left.count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, millis);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, millis);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &StopWhenOver);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &budget);
}

void SetUpRequest(CURL* curl, const WebRequest& request, curl_slist* headers) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (!request.content_type.empty()) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (!request.user.empty() || !request.password.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kRedirectsMax);
  curl_easy_setopt(curl, CURLOPT_UNRESTRICTED_AUTH, 0L);
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

struct WebClient::Handle {
  CURL* curl = curl_easy_init();
  ~Handle() { curl_easy_cleanup(curl); }
};

WebClient::WebClient(Reach reach) : handle_(std::make_unique<Handle>()), reach_(reach) {}
WebClient::~WebClient() = default;

StatusOr<WebAnswer> WebClient::Send(const WebRequest& request, const Budget& budget) {
  CURL* const curl = handle_->curl;
  if (curl == nullptr) return absl::ResourceExhaustedError("no handle of libcurl");
  if (budget.over()) return absl::UnavailableError("no time is left");
  curl_easy_reset(curl);
  const List headers = HeadersOf(request);
  Reading reading{.max = request.body_max};
  SetUpReach(curl, reach_);
  SetUpTime(curl, budget);
  SetUpRequest(curl, request, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reading);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && reading.cut))
    return absl::UnavailableError(std::string("no answer: ") + curl_easy_strerror(code));
  WebAnswer answer;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) answer.content_type = type;
  answer.body = std::move(reading.body);
  answer.cut = reading.cut;
  return answer;
}

bool IsPublicAddress(std::span<const std::uint8_t> address) {
  if (address.size() == 4) {
    const std::uint8_t a = address[0];
    const std::uint8_t b = address[1];
    // This network, private, shared, loopback, link-local, assignments,
    // benchmarks; and everything from multicast on.
    return !(a == 0 || a == 10 || a == 127 || (a == 100 && (b & 0xC0U) == 64) ||
             (a == 169 && b == 254) || (a == 172 && (b & 0xF0U) == 16) ||
             (a == 192 && b == 0 && address[2] == 0) || (a == 192 && b == 168) ||
             (a == 198 && (b & 0xFEU) == 18) || a >= 224);
  }
  if (address.size() != 16) return false;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B};
  if (std::equal(kMapped.begin(), kMapped.end(), address.begin()) ||
      std::equal(kNat64.begin(), kNat64.end(), address.begin()))
    return IsPublicAddress(address.subspan(12));
  // Global unicast only, without the tunnels that carry IPv4 addresses.
  const unsigned head = (unsigned{address[0]} << 8U) | address[1];
  const bool teredo = head == 0x2001 && address[2] == 0 && address[3] == 0;
  return (head & 0xE000U) == 0x2000U && head != 0x2002 && !teredo;
}

std::string FormEscape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c)) {
      escaped += c;
    } else if (c == ' ') {
      escaped += '+';
    } else {
      escaped += '%';
      escaped += kHex[byte >> 4U];
      escaped += kHex[byte & 15U];
    }
  }
  return escaped;
}

std::string FormEncode(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string form;
  for (const auto& [name, value] : pairs) {
    if (!form.empty()) form += '&';
    form += FormEscape(name) + "=" + FormEscape(value);
  }
  return form;
}

}  // namespace sluice::oauth2
