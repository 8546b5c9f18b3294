// Contents of files, and forms too large for memory: what becomes of them, of
// clients that stop in the middle, and of full disks.
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/http/body.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"
#include "tools/server/http/spool.h"

namespace sluice::http {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

class SpoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sluice_spool_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    options_.spool_folder = folder_;
    options_.port = 0;
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  // Answers each form with its plain values' number, and for each file its key,
  // size, first and last bytes.
  void Start(std::uint64_t bytes_max = std::uint64_t{1} << 40U) {
    auto router = std::make_shared<Router>(CorsPolicy({"*"}));
    RouteOptions large;
    large.plan_body = [bytes_max](const Request&) { return BodyPlan{.bytes_max = bytes_max}; };
    router->Add(
        "POST", "/form",
        [this](const Request& request, Responder responder) {
          spooled_ = request.spooled_body.size();
          const StatusOr<RequestBody> body = ReadBody(request);
          if (!body.ok()) {
            return responder.Send(ErrorResponse(body.status()));
          }
          std::string said = std::to_string(body->values.size());
          for (const UploadedFile& file : body->files) {
            const FileContent end = file.content.Slice(
                file.content.size() - std::min<std::uint64_t>(3, file.content.size()), 3);
            said += " " + file.key + "=" + std::to_string(file.content.size()) + ":" +
                    file.content.Head(3).value_or("?") + ".." + end.Head(3).value_or("?");
          }
          responder.Send(JsonResponse(200, said));
        },
        large);
    auto started = Server::Start(options_, std::move(router));
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  static std::string Head(std::size_t size, std::string_view type = "boundary=XX") {
    return "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; " +
           std::string(type) + "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  static std::string Part(const std::string& disposition, const std::string& body) {
    return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n";
  }

  std::string Ask(const std::string& body, std::string_view type = "boundary=XX") const {
    Client client(server_->port());
    client.Send(Head(body.size(), type) + body);
    return client.ReadAnswer();
  }

  bool FolderIsEmpty() const { return fs::is_empty(folder_); }

  fs::path folder_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::atomic<std::uint64_t> spooled_{0};
};

TEST_F(SpoolTest, ContentsAreRanges) {
  std::ofstream(folder_ / "f") << "0123456789";
  const StatusOr<FileContent> file = FileContent::Open((folder_ / "f").string());
  ASSERT_TRUE(file.ok());
  for (const FileContent& content : {*file, FileContent("0123456789")}) {
    EXPECT_EQ(content.size(), 10U);
    EXPECT_EQ(*content.Head(100), "0123456789");
    const FileContent middle = content.Slice(2, 5);
    EXPECT_EQ(*middle.Head(2), "23");
    EXPECT_EQ(*middle.Slice(3, 9).Head(9), "56");
    EXPECT_EQ(middle.Slice(7, 1).size(), 0U);
    std::array<char, 4> buffer{};
    EXPECT_EQ(*middle.ReadAt(3, buffer), 2U);
    EXPECT_EQ(std::string(buffer.data(), 2), "56");
    EXPECT_EQ(*middle.ReadAt(99, buffer), 0U);
    const std::string copy = (folder_ / "copy").string();
    ASSERT_TRUE(middle.CopyTo(copy).ok());
    EXPECT_FALSE(middle.CopyTo(copy).ok()) << "a file that is there is not written over";
    EXPECT_EQ(*FileContent::Open(copy)->Head(9), "23456");
    fs::remove(copy);
  }
  EXPECT_EQ(*FileContent().Head(9), "");
  EXPECT_TRUE(absl::IsNotFound(FileContent::Open((folder_ / "no").string()).status()));
  EXPECT_TRUE(absl::IsNotFound(FileContent::Open(folder_.string()).status()));
  fs::create_symlink("f", folder_ / "link");
  EXPECT_TRUE(absl::IsNotFound(FileContent::Open((folder_ / "link").string()).status()));
}

TEST_F(SpoolTest, LargeFormsGoToDisk) {
  Start();
  const std::string large(3 * kMiB, 'x');
  EXPECT_THAT(Ask(Part("name=a", "1") + Part("name=f; filename=f", "abc" + large + "def") +
                  Part("name=g; filename=g", "") + Part("name=h; filename=h", "hij") + "--XX--"),
              ::testing::EndsWith("1 f=3145734:abc..def g=0:.. h=3:hij..hij"));
  EXPECT_GT(spooled_, 3 * kMiB);
  EXPECT_TRUE(FolderIsEmpty());
}

TEST_F(SpoolTest, SmallFormsStayInMemory) {
  Start();
  EXPECT_THAT(Ask(Part("name=f; filename=f", std::string(kMiB / 2, 'x')) + "--XX--"),
              HasSubstr("f=524288:xxx..xxx"));
  EXPECT_EQ(spooled_, 0U);
}

TEST_F(SpoolTest, ChunkedForms) {
  Start();
  const std::string form = Part("name=f; filename=f", std::string(2 * kMiB, 'y')) + "--XX--";
  std::string text =
      "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < form.size(); at += 1000) {
    const std::string piece = form.substr(at, 1000);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text.append(size).append(piece).append("\r\n");
  }
  text += "0\r\n\r\n";
  Client client(server_->port());
  client.Send(text);
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("f=2097152:yyy..yyy"));
  EXPECT_GT(spooled_, 2 * kMiB);
}

TEST_F(SpoolTest, MemoryStaysBounded) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory of their own";
#else
  Start();
  const auto peak = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  constexpr std::size_t kTotal = 128 * kMiB;
  const std::string slice(kMiB, 'z');
  const std::string begin = "--XX\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n";
  const std::string end = "\r\n--XX--";
  const auto before = peak();
  Client client(server_->port());
  client.Send(Head(begin.size() + kTotal + end.size()) + begin);
  for (std::size_t sent = 0; sent < kTotal; sent += slice.size()) {
    ASSERT_TRUE(client.Send(slice));
  }
  client.Send(end);
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("f=134217728:zzz..zzz"));
  EXPECT_LT(peak() - before, 16 * 1024) << "KiB";
#endif
}

TEST_F(SpoolTest, LimitsHoldForLargeForms) {
  Start(2 * kMiB);
  EXPECT_THAT(Ask(std::string(3 * kMiB, 'x')), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(FolderIsEmpty());
}

TEST_F(SpoolTest, MalformedLargeForms) {
  Start();
  const std::string file = Part("name=f; filename=f", std::string(2 * kMiB, 'x'));
  EXPECT_THAT(Ask(file + "--XX--", "boundary=YY"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(file + "--XX--", "x=y"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(file), StartsWith("HTTP/1.1 400 "));
  std::string many;
  for (int i = 0; i < 10000; ++i) {
    many += Part("name=f; filename=f", std::string(200, 'p'));
  }
  EXPECT_THAT(Ask(many + "--XX--"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(Part("name=a", std::string(27 * kMiB, 'x')) + "--XX--"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(
      Ask(Part("name=f; filename=\"" + std::string(70000, 'n') + "\"", "x") + file + "--XX--"),
      StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(Part(std::string("name=f; filename=\"a\0b\"", 22), "x") + file + "--XX--"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask(file + "--XX--"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(SpoolTest, ClientsThatStopInTheMiddle) {
  Start();
  for (int i = 0; i < 8; ++i) {
    Client client(server_->port());
    client.Send(Head(8 * kMiB) + std::string(2 * kMiB, 'x'));
  }
  EXPECT_THAT(Ask(Part("name=f; filename=f", "x") + "--XX--"), HasSubstr("f=1:x..x"));
  EXPECT_TRUE(FolderIsEmpty());
}

TEST_F(SpoolTest, FullDisk) {
  Start();
  const std::string form = Part("name=f; filename=f", std::string(4 * kMiB, 'x')) + "--XX--";
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  rlimit full = old;
  full.rlim_cur = 2 * kMiB;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &full);
  const std::string answer = Ask(form);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 507 "));
  EXPECT_THAT(answer,
              HasSubstr("{\"data\":{},\"message\":\"Insufficient Storage.\",\"status\":507}"));
  EXPECT_THAT(Ask(form), StartsWith("HTTP/1.1 200 "));
}

TEST_F(SpoolTest, NoFolderToSpoolTo) {
  options_.spool_folder = (folder_ / "none").string();
  Start();
  EXPECT_THAT(Ask(Part("name=f; filename=f", std::string(4 * kMiB, 'x')) + "--XX--"),
              StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(Ask(Part("name=f; filename=f", "x") + "--XX--"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::http
