// TLS over real sockets on the loopback interface: handshakes, all kinds of
// answers and bodies, certificates that are replaced, clients that misbehave.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/server/http_client.h"
#include "tools/server/http/body.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/http/redirect.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"
#include "tools/server/http/tls.h"

namespace sluice::http {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Writes a new key, and a certificate of that name signed by it.
void WriteCertificate(const fs::path& certificate, const fs::path& key, const std::string& name) {
  EVP_PKEY* const pair = EVP_EC_gen("P-256");
  X509* const made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, pair);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(made));
  X509_sign(made, pair, EVP_sha256());
  FILE* file = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(file, made);
  std::fclose(file);
  file = std::fopen(key.c_str(), "w");
  PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(made);
  EVP_PKEY_free(pair);
}

struct TlsWish {
  int version_max = TLS1_3_VERSION;
  std::string protocols;  // of ALPN, in wire form
};

// A client that speaks TLS, byte by byte.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsWish& wish = {})
      : plain_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, wish.version_max);
    ssl_ = SSL_new(context_);
    if (!wish.protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wish.protocols.data()),
                          static_cast<unsigned>(wish.protocols.size()));
    }
    SSL_set_fd(ssl_, plain_.descriptor());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  int version() const { return SSL_version(ssl_); }
  SSL* ssl() { return ssl_; }
  Client& plain() { return plain_; }

  std::string Protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &text, &size);
    return {reinterpret_cast<const char*>(text), size};
  }

  // The name in the certificate that the server has shown.
  std::string Name() const {
    X509* const shown = SSL_get1_peer_certificate(ssl_);
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
    X509_free(shown);
    return name;
  }

  bool Send(std::string_view text) {
    std::size_t sent = 0;
    return text.empty() || SSL_write_ex(ssl_, text.data(), text.size(), &sent) == 1;
  }

  // Until `end` has come, the other side closes, or ten seconds went by.
  std::string ReadUntil(std::string_view end) {
    while (in_.find(end) == std::string::npos && ReadMore()) {
    }
    const std::size_t at = std::min(in_.find(end), in_.size());
    const std::size_t size = std::min(at + end.size(), in_.size());
    std::string text = in_.substr(0, size);
    in_.erase(0, size);
    return text;
  }

  // One answer with a Content-Length.
  std::string ReadAnswer() {
    std::string answer = ReadUntil("\r\n\r\n");
    const std::size_t length = answer.find("Content-Length: ");
    if (length == std::string::npos) {
      return answer;
    }
    const std::size_t wanted = std::strtoul(answer.c_str() + length + 16, nullptr, 10);
    while (in_.size() < wanted && ReadMore()) {
    }
    answer += in_.substr(0, wanted);
    in_.erase(0, wanted);
    return answer;
  }

  std::string ReadToEnd() {
    while (ReadMore()) {
    }
    return std::exchange(in_, std::string());
  }
  // Whether the server said that this is the end, rather than being cut off.
  bool EndedWell() const { return SSL_get_shutdown(ssl_) == SSL_RECEIVED_SHUTDOWN; }

 private:
  bool ReadMore() {
    if (SSL_pending(ssl_) == 0 && !plain_.WaitForBytes()) {
      return false;
    }
    char buffer[16384];
    std::size_t size = 0;
    if (SSL_read_ex(ssl_, buffer, sizeof buffer, &size) != 1) {
      return false;
    }
    in_.append(buffer, size);
    return true;
  }

  Client plain_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool connected_ = false;
  std::string in_;
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // OpenSSL writes to sockets without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    std::string name = (fs::temp_directory_path() / "sluice_tls_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    files_ = {folder_ / "cert.pem", folder_ / "key.pem"};
    WriteCertificate(files_.certificate, files_.key, "first");
    options_.port = 0;
    options_.io_threads = 1;
    options_.spool_folder = folder_;
    for (std::size_t i = 0; i < (std::size_t{5} << 20U) + 7; ++i) {
      bytes_.push_back(static_cast<char>('a' + (i * i + (i >> 9U)) % 26));
    }
    std::ofstream(folder_ / "f") << bytes_;
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  void Start() {
    auto loaded = TlsCertificate::Load(files_, [this](const Status& status) {
      const std::lock_guard lock(mutex_);
      told_ = status;
      ++told_count_;
    });
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    options_.tls = *loaded;
    auto router = std::make_shared<Router>(CorsPolicy({"*"}));
    router->Add("GET", "/ok", [](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, "{}\n"));
    });
    router->Add("GET", "/big", [this](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, bytes_));
    });
    router->Add("GET", "/file", [this](const Request&, Responder responder) {
      Response response;
      response.body = "<";
      response.files = {*FileContent::Open(folder_ / "f"), FileContent(">")};
      responder.Send(std::move(response));
    });
    router->Add("POST", "/echo", [](const Request& request, Responder responder) {
      responder.Send(JsonResponse(200, request.body));
    });
    router->Add("POST", "/form", [](const Request& request, Responder responder) {
      const StatusOr<RequestBody> body = ReadBody(request);
      responder.Send(JsonResponse(200, std::to_string(request.spooled_body.size()) + " " +
                                           std::to_string(body.ok() ? body->files.size() : 999)));
    });
    router->Add("GET", "/events", [this](const Request&, Responder responder) {
      Response response;
      response.events = std::make_shared<EventStream>(EventStreamLimits{});
      {
        const std::lock_guard lock(mutex_);
        events_ = response.events;
      }
      response.events->Append("data: 1\n\n");
      responder.Send(std::move(response));
    });
    auto started = Server::Start(options_, std::move(router));
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  std::shared_ptr<EventStream> Events() {
    const std::lock_guard lock(mutex_);
    return events_.lock();
  }

  bool NoConnectionIsLeft() const {
    const auto deadline = steady_clock::now() + std::chrono::seconds(10);
    while (server_->connections() != 0 && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    return server_->connections() == 0;
  }

  fs::path folder_;
  TlsFiles files_;
  std::string bytes_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::weak_ptr<EventStream> events_;
  std::mutex mutex_;
  Status told_;
  int told_count_ = 0;
};

constexpr std::string_view kGetOk = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(TlsTest, VersionsAndProtocols) {
  Start();
  TlsClient newest(server_->port(), {TLS1_3_VERSION, "\x02h2\x08http/1.1"});
  ASSERT_TRUE(newest.connected());
  EXPECT_EQ(newest.version(), TLS1_3_VERSION);
  EXPECT_EQ(newest.Protocol(), "http/1.1");
  TlsClient older(server_->port(), {TLS1_2_VERSION, ""});
  ASSERT_TRUE(older.connected());
  EXPECT_EQ(older.version(), TLS1_2_VERSION);
  EXPECT_EQ(older.Protocol(), "");
  EXPECT_TRUE(older.Send(kGetOk));
  EXPECT_THAT(older.ReadAnswer(), EndsWith("\r\n\r\n{}\n"));
  EXPECT_FALSE(TlsClient(server_->port(), {TLS1_1_VERSION, ""}).connected());
  EXPECT_FALSE(TlsClient(server_->port(), {TLS1_3_VERSION, "\x02h2"}).connected());
}

TEST_F(TlsTest, KeepsConnectionsAndEndsThemWell) {
  Start();
  TlsClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.Send(kGetOk));
    EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\n{}\n"));
  }
  // Two at once, and the first bytes of a third.
  EXPECT_TRUE(client.Send(std::string(kGetOk) + std::string(kGetOk) + "GET /o"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{}\n"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{}\n"));
  EXPECT_TRUE(client.Send("k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.EndedWell());
  EXPECT_TRUE(NoConnectionIsLeft());
}

TEST_F(TlsTest, LargeAnswersAndFilesArriveWhole) {
  Start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_->port(), {version, ""});
    client.Send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\n" + bytes_));
    client.Send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\n<" + bytes_ + ">"));
    client.Send("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 5242889\r\n"));
  }
}

// A client that reads slowly, while another is answered.
TEST_F(TlsTest, SlowReadersHoldNobodyUp) {
  Start();
  TlsClient slow(server_->port());
  slow.Send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  TlsClient other(server_->port());
  other.Send(kGetOk);
  EXPECT_THAT(other.ReadAnswer(), EndsWith("{}\n"));
  EXPECT_TRUE(slow.ReadAnswer().ends_with("<" + bytes_ + ">"));
}

TEST_F(TlsTest, BodiesAndForms) {
  Start();
  TlsClient client(server_->port());
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes_.size()) +
              "\r\n\r\n" + bytes_);
  EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\n" + bytes_));
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\nabc"));
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("xyz");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\nxyz"));
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" + bytes_ +
      "\r\n--b--\r\n";
  client.Send(
      "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
      "Content-Length: " +
      std::to_string(form.size()) + "\r\n\r\n" + form);
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\n" + std::to_string(form.size()) + " 1"));
}

TEST_F(TlsTest, Events) {
  Start();
  TlsClient client(server_->port());
  client.Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("data: 1\n\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  for (int i = 0; i < 10; ++i) {
    Events()->Append("data: 2\n\n");
    EXPECT_THAT(client.ReadUntil("data: 2\n\n\r\n"), StartsWith("9\r\n"));
  }
  Events()->End();
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "0\r\n\r\n");
  client.Send(kGetOk);
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{}\n"));
}

TEST_F(TlsTest, ClientsThatLeaveLeaveNothingBehind) {
  Start();
  {
    Client nothing(server_->port());
    Client nonsense(server_->port());
    nonsense.Send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + std::string(600, 'x'));
    nonsense.ReadToEnd();
    TlsClient half(server_->port());
    half.Send("GET /fi");
    TlsClient busy(server_->port());
    busy.Send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    busy.ReadUntil("<");
    TlsClient garbled(server_->port());
    garbled.plain().Send("this is no record");
    TlsClient streaming(server_->port());
    streaming.Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    streaming.ReadUntil("data: 1");
  }
  EXPECT_TRUE(NoConnectionIsLeft());
  TlsClient client(server_->port());
  client.Send(kGetOk);
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{}\n"));
}

TEST_F(TlsTest, HandshakesHaveTheirTime) {
  options_.handshake_timeout = milliseconds(60);
  Start();
  Client silent(server_->port());
  EXPECT_TRUE(silent.IsClosed());
  // Done in time, a connection may be silent for longer.
  TlsClient client(server_->port());
  std::this_thread::sleep_for(milliseconds(150));
  client.Send(kGetOk);
  EXPECT_THAT(client.ReadAnswer(), EndsWith("{}\n"));
}

TEST_F(TlsTest, PlainHttpIsToldSo) {
  Start();
  Client client(server_->port());
  client.Send(kGetOk);
  EXPECT_EQ(client.ReadToEnd(),
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
}

TEST_F(TlsTest, TooManyConnectionsAreClosed) {
  options_.connections_max = 1;
  Start();
  TlsClient first(server_->port());
  ASSERT_TRUE(first.connected());
  EXPECT_FALSE(TlsClient(server_->port()).connected());
  first.Send(kGetOk);
  EXPECT_THAT(first.ReadAnswer(), EndsWith("{}\n"));
}

TEST_F(TlsTest, ReplacedCertificatesAreTaken) {
  Start();
  TlsClient before(server_->port());
  EXPECT_EQ(before.Name(), "first");
  WriteCertificate(files_.certificate, files_.key, "second");
  EXPECT_TRUE(options_.tls->Reload().ok());
  EXPECT_EQ(TlsClient(server_->port()).Name(), "second");
  before.Send(kGetOk);
  EXPECT_THAT(before.ReadAnswer(), EndsWith("{}\n"));

  // One that does not fit its key changes nothing.
  WriteCertificate(files_.certificate, folder_ / "other.pem", "third");
  EXPECT_THAT(std::string(options_.tls->Reload().message()), HasSubstr("key values mismatch"));
  EXPECT_EQ(TlsClient(server_->port()).Name(), "second");
  {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(told_count_, 2);
    EXPECT_FALSE(told_.ok());
  }

  // A change is noticed once the files stay as they are.
  fs::rename(folder_ / "other.pem", files_.key);
  options_.tls->ReloadIfChanged();
  EXPECT_EQ(TlsClient(server_->port()).Name(), "second");
  options_.tls->ReloadIfChanged();
  EXPECT_EQ(TlsClient(server_->port()).Name(), "third");
  options_.tls->ReloadIfChanged();
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(told_count_, 3);
  EXPECT_TRUE(told_.ok());
}

TEST_F(TlsTest, FilesThatCannotBeUsed) {
  std::ofstream(folder_ / "empty") << "";
  const std::pair<TlsFiles, const char*> cases[] = {
      {{folder_ / "none", files_.key}, "No such file"},
      {{files_.certificate, folder_ / "none"}, "No such file"},
      {{folder_ / "empty", files_.key}, "the certificate"},
      {{files_.certificate, folder_ / "empty"}, "the key"},
      {{files_.key, files_.key}, "the certificate"},
      {{files_.certificate, files_.certificate}, "the key"},
  };
  for (const auto& [files, message] : cases) {
    const auto loaded = TlsCertificate::Load(files);
    ASSERT_FALSE(loaded.ok());
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(message));
  }
}

TEST_F(TlsTest, HttpIsRedirected) {
  options_.tls = nullptr;
  auto started = Server::Start(options_, std::make_shared<HttpsRedirect>(8443));
  ASSERT_TRUE(started.ok());
  const auto ask = [&](std::string_view text) {
    Client client((*started)->port());
    client.Send(text);
    return client.ReadAnswer();
  };
  const std::string found = ask("GET /a%20b?c=<d> HTTP/1.1\r\nHost: x.y:80\r\n\r\n");
  EXPECT_THAT(found, StartsWith("HTTP/1.1 302 Found\r\n"));
  EXPECT_THAT(found, HasSubstr("Location: https://x.y:8443/a%20b?c=<d>\r\n"));
  EXPECT_THAT(found, EndsWith("<a href=\"https://x.y:8443/a%20b?c=&lt;d&gt;\">Found</a>.\n\n"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
              HasSubstr("Location: https://[::1]:8443/\r\n"));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x.y\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Use HTTPS\n"));
  auto standard = Server::Start(options_, std::make_shared<HttpsRedirect>(443));
  Client client((*standard)->port());
  client.Send("GET /p HTTP/1.1\r\nHost: x.y:80\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("Location: https://x.y/p\r\n"));
}

}  // namespace
}  // namespace sluice::http
