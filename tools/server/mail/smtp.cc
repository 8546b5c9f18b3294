// libcurl connects, negotiates TLS and logs in; the conversation about the one
// mail is ours, because libcurl neither says BODY=8BITMIME nor leaves the
// domain of an address as it is. Tested by tests/server/mail_smtp_test.cc
// against a small server, and by the recorded flows against a real one.
#include <cstdlib>
#include <curl/curl.h>
#include <memory>
#include <poll.h>
#include <string_view>

#include "sluice/strings.h"
#include "tools/server/mail/send.h"
#include "tools/server/threads/guard.h"

namespace sluice::mail {
namespace {

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

// A server that talks without end is no mail server.
constexpr std::size_t kReplyBytesMax = 65536;

bool IsLocal(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

Status Failure(std::string_view what, std::string_view why) {
  return absl::UnavailableError(std::string(what) + ": " + std::string(why));
}

// What the server said so far, from its greeting on.
struct Greeting {
  std::string text;

  // Whether the last answer to EHLO offers `word`.
  bool Offers(std::string_view word) const {
    bool found = false;
    bool ehlo = false;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = std::string_view(text).substr(at, end - at);
      at = end + 1;
      if (line.starts_with("250-") && !ehlo) {
        ehlo = true;
        found = false;
      }
      if (!line.starts_with("250-")) ehlo = false;
      if (line.starts_with("250") && line.size() > 4 &&
          LowerAscii(line.substr(4)).starts_with(word))
        found = true;
    }
    return found;
  }
};

std::size_t KeepHeader(char* data, std::size_t size, std::size_t count, void* greeting) {
  std::string& text = static_cast<Greeting*>(greeting)->text;
  if (text.size() + size * count > kReplyBytesMax) return 0;
  // No exception may pass libcurl, which is C.
  return threads::Try([&] { text.append(data, size * count); }) ? size * count : 0;
}

int StopWhenOver(void* patience, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Patience*>(patience)->over() ? 1 : 0;
}

std::string Url(const store::SmtpSettings& settings, CURL* curl) {
  std::string host = settings.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string& name = settings.local_name;
  char* escaped = curl_easy_escape(curl, name.data(), static_cast<int>(name.size()));
  std::string url = settings.tls ? "smtps://" : "smtp://";
  url += host + ":" + std::to_string(settings.port) + "/";
  url += name.empty() || escaped == nullptr ? "localhost" : escaped;
  curl_free(escaped);
  return url;
}

void SetUpTls(CURL* curl, const store::SmtpSettings& settings, bool credentials) {
  // Names and passwords never travel in the clear, but to this machine.
  const bool must = credentials && !IsLocal(settings.host);
  curl_easy_setopt(curl, CURLOPT_USE_SSL, must ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  // OpenSSL's variable, which libcurl does not read; then nobody else is trusted.
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
}

void SetUp(CURL* curl, const store::SmtpSettings& settings, const Patience& patience,
           Greeting& greeting, char* error) {
  const bool credentials = !settings.username.empty() || !settings.password.empty();
  curl_easy_setopt(curl, CURLOPT_URL, Url(settings, curl).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.left().count()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.left().count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &KeepHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &greeting);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &StopWhenOver);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &patience);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  SetUpTls(curl, settings, credentials);
  if (!credentials) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, settings.username.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, settings.password.c_str());
  curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS,
                   settings.auth_method == "LOGIN" ? "AUTH=LOGIN" : "AUTH=PLAIN");
}

// Commands and answers on a connection that is ready for a mail.
class Conversation {
 public:
  Conversation(CURL* curl, const Patience& patience) : curl_(curl), patience_(patience) {
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket_);
  }

  // Sends `command` with a line's end, and reads the answer, which must begin
  // with the digit `wanted`.
  Status Say(std::string_view command, char wanted) {
    SLUICE_RETURN_IF_ERROR(Send(std::string(command) + "\r\n"));
    SLUICE_ASSIGN_OR_RETURN(const std::string answer, ReadAnswer());
    if (answer.empty() || answer[0] != wanted)
      return Failure("the mail server refused " + std::string(command.substr(0, 4)), answer);
    return absl::OkStatus();
  }

  Status Send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const CURLcode code = curl_easy_send(curl_, bytes.data(), bytes.size(), &sent);
      bytes.remove_prefix(sent);
      if (code == CURLE_AGAIN) {
        SLUICE_RETURN_IF_ERROR(Wait(POLLOUT));
      } else if (code != CURLE_OK) {
        return Failure("the mail server went away", curl_easy_strerror(code));
      }
    }
    return absl::OkStatus();
  }

 private:
  // Waits until the socket is ready, in slices that notice a server that ends.
  Status Wait(short events) {
    constexpr int kSliceMillis = 100;
    while (!patience_.over()) {
      pollfd one{socket_, events, 0};
      if (poll(&one, 1, kSliceMillis) > 0) return absl::OkStatus();
    }
    return absl::DeadlineExceededError("the mail server took too long");
  }

  // All lines of one answer, the last one as `250 text`.
  StatusOr<std::string> ReadAnswer() {
    std::string answer;
    std::size_t line = 0;
    while (true) {
      const std::size_t end = answer.find('\n', line);
      if (end != std::string::npos) {
        if (end < line + 4 || answer[line + 3] != '-') return answer.substr(0, end);
        line = end + 1;
        continue;
      }
      if (answer.size() > kReplyBytesMax) return Failure("the mail server talks", "without end");
      char bytes[1024];
      std::size_t received = 0;
      const CURLcode code = curl_easy_recv(curl_, bytes, sizeof bytes, &received);
      if (code == CURLE_AGAIN) {
        SLUICE_RETURN_IF_ERROR(Wait(POLLIN));
      } else if (code != CURLE_OK || received == 0) {
        return Failure("the mail server went away", curl_easy_strerror(code));
      }
      answer.append(bytes, received);
    }
  }

  CURL* curl_;
  const Patience& patience_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

// RFC 5321 4.5.2: a line that begins with a dot gets another one.
std::string DotStuffed(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && c == '.') out += '.';
    out += c;
    line_start = c == '\n';
  }
  if (!line_start) out += "\r\n";
  return out;
}

}  // namespace

std::chrono::milliseconds Patience::left() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

Status SendBySmtp(const Mail& mail, const store::SmtpSettings& settings, const Patience& patience) {
  SLUICE_RETURN_IF_ERROR(CheckAddress(mail.from_address));
  SLUICE_RETURN_IF_ERROR(CheckAddress(mail.to));
  const Curl curl(curl_easy_init(), &curl_easy_cleanup);
  if (curl == nullptr) return absl::InternalError("libcurl cannot be used");
  Greeting greeting;
  char error[CURL_ERROR_SIZE] = "";
  SetUp(curl.get(), settings, patience, greeting, error);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK)
    return Failure("the mail server cannot be used", *error ? error : curl_easy_strerror(code));
  const bool credentials = !settings.username.empty() || !settings.password.empty();
  if (credentials && !greeting.Offers("auth"))
    return Failure("the mail server cannot be used", "it lets nobody log in");

  Conversation talk(curl.get(), patience);
  std::string from = "MAIL FROM:<" + mail.from_address + ">";
  if (greeting.Offers("8bitmime")) from += " BODY=8BITMIME";
  if (greeting.Offers("smtputf8")) from += " SMTPUTF8";
  SLUICE_RETURN_IF_ERROR(talk.Say(from, '2'));
  SLUICE_RETURN_IF_ERROR(talk.Say("RCPT TO:<" + mail.to + ">", '2'));
  SLUICE_RETURN_IF_ERROR(talk.Say("DATA", '3'));
  const std::string text = DotStuffed(MimeText(mail, std::chrono::system_clock::now()));
  SLUICE_RETURN_IF_ERROR(talk.Send(text));
  SLUICE_RETURN_IF_ERROR(talk.Say(".", '2'));
  // The mail is theirs now; how they part does not matter.
  talk.Send("QUIT\r\n").IgnoreError();
  return absl::OkStatus();
}

}  // namespace sluice::mail
