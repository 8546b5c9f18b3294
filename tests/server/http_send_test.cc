// Answers that are files: sent whole, in pieces, to slow clients and to clients
// that leave.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/http/file_content.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"

namespace sluice::http {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kFileSize = (std::size_t{24} << 20U) + 7;

class SendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sluice_send_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    bytes_.reserve(kFileSize);
    for (std::size_t i = 0; i < kFileSize; ++i) {
      bytes_.push_back(static_cast<char>('a' + (i * i + (i >> 9U)) % 26));
    }
    std::ofstream(folder_ / "f") << bytes_;
    options_.port = 0;
    options_.io_threads = 1;
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  void Start() {
    auto router = std::make_shared<Router>(CorsPolicy({"*"}));
    router->Add("GET", "/file", [this](const Request&, Responder responder) {
      Response response;
      response.common_headers = CommonHeaders::kFramed;
      response.files.push_back(*FileContent::Open(path()));
      responder.Send(std::move(response));
    });
    router->Add("GET", "/parts", [this](const Request&, Responder responder) {
      const FileContent file = *FileContent::Open(path());
      Response response;
      response.body = "<";
      response.files = {file.Slice(1, 3),
                        FileContent("|"),
                        FileContent(),
                        file.Slice(5, 100000),
                        FileContent(std::string(100000, '-')),
                        file.Slice(kFileSize - 2, 9),
                        FileContent(">")};
      responder.Send(std::move(response));
    });
    router->Add("GET", "/ok", [](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, "ok"));
    });
    auto started = Server::Start(options_, std::move(router));
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  std::string path() const { return (folder_ / "f").string(); }
  static std::string Get(const std::string& target, const std::string& method = "GET") {
    return method + " " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  fs::path folder_;
  std::string bytes_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(SendTest, WholeFiles) {
  Start();
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/file"));
    const std::string answer = client.ReadAnswer();
    const std::size_t head = answer.find("\r\n\r\n") + 4;
    EXPECT_THAT(answer.substr(0, head), HasSubstr("Content-Length: " + std::to_string(kFileSize)));
    EXPECT_THAT(answer.substr(0, head), HasSubstr("X-Content-Type-Options: nosniff"));
    EXPECT_THAT(answer.substr(0, head), Not(HasSubstr("X-Frame-Options")));
    EXPECT_TRUE(answer.substr(head) == bytes_);
  }
  client.Send(Get("/file", "HEAD") + Get("/ok"));
  EXPECT_THAT(client.ReadAnswer(true),
              HasSubstr("Content-Length: " + std::to_string(kFileSize) + "\r\n"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("ok"));
}

TEST_F(SendTest, PiecesOfTextAndFile) {
  Start();
  Client client(server_->port());
  client.Send(Get("/parts") + Get("/ok"));
  const std::string answer = client.ReadAnswer();
  EXPECT_TRUE(answer.substr(answer.find("\r\n\r\n") + 4) ==
              "<" + bytes_.substr(1, 3) + "|" + bytes_.substr(5, 100000) +
                  std::string(100000, '-') + bytes_.substr(kFileSize - 2) + ">");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("ok"));
}

TEST_F(SendTest, SlowReadersHoldNoMemoryAndNobodyUp) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr long kGrowthMax = 1 << 30;
#else
  constexpr long kGrowthMax = 16 * 1024;
#endif
  Start();
  const auto peak = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = peak();
  std::vector<Client> slow;
  for (int i = 0; i < 16; ++i) {
    slow.emplace_back(server_->port());
    slow.back().Send(Get("/file"));
  }
  Client client(server_->port());
  client.Send(Get("/ok"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("ok"));
  EXPECT_LT(peak() - before, kGrowthMax) << "KiB";
  const std::string answer = slow[7].ReadAnswer();
  EXPECT_TRUE(answer.substr(answer.find("\r\n\r\n") + 4) == bytes_);
}

TEST_F(SendTest, ClientsThatLeaveOrDoNotRead) {
  options_.write_timeout = milliseconds(200);
  Start();
  for (int i = 0; i < 20; ++i) {
    Client client(server_->port());
    client.Send(Get("/file"));
    if (i % 2 == 0) {
      client.ReadSome();
    }
  }
  Client idle(server_->port());
  idle.Send(Get("/file"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server_->connections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(SendTest, ShortenedFilesEndTheConnection) {
  Start();
  Client client(server_->port());
  client.Send(Get("/file"));
  client.ReadSome();
  fs::resize_file(path(), 1000);
  EXPECT_LT(client.ReadToEnd().size(), kFileSize);
}

}  // namespace
}  // namespace sluice::http
