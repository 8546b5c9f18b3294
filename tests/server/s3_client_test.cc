// The client against servers that break off, stall, lie and refuse; what a real
// S3 answers is in tests/s3.
#include <arpa/inet.h>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/http/byte_stream.h"
#include "tools/server/s3/client.h"

namespace sluice::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Answer(const std::string& status, const std::string& body,
                   const std::string& fields = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

// Answers one request for each connection with bytes of the test's choice, and
// closes; no bytes: it says nothing until the end.
class OddServer {
 public:
  // The request's head with its body, and the number of the request from 0 on.
  using Script = std::function<std::string(const std::string&, int)>;

  explicit OddServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }
  ~OddServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& one : serving_) one.join();
  }

  Config config() const {
    return {.endpoint = "http://127.0.0.1:" + std::to_string(port_),
            .region = "us-east-1",
            .bucket = "b",
            .access_key = "key",
            .secret = "secret",
            .force_path_style = true};
  }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  void Accept() {
    while (true) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      serving_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  void Serve(int fd) {
    std::string request;
    char piece[65536];
    std::size_t wanted = std::string::npos;
    while (request.size() < wanted) {
      const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
      if (got <= 0) break;
      request.append(piece, static_cast<std::size_t>(got));
      const std::size_t end = request.find("\r\n\r\n");
      if (wanted != std::string::npos || end == std::string::npos) continue;
      const std::size_t length = request.find("Content-Length: ");
      wanted = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
    }
    if (request.size() >= wanted) Reply(fd, request);
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
  }

  void Reply(int fd, const std::string& request) {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = static_cast<int>(requests_.size());
      requests_.push_back(request);
    }
    const std::string answer = script_(request, number);
    for (std::size_t at = 0; at < answer.size();) {
      const ssize_t sent = ::send(fd, answer.data() + at,
                                  std::min<std::size_t>(answer.size() - at, 65536), MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
      bytes_sent_ += static_cast<std::uint64_t>(sent);
    }
    if (answer.empty()) {
      char one = 0;
      (void)::recv(fd, &one, 1, 0);
      return;
    }
    ::shutdown(fd, SHUT_WR);
  }

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::vector<std::thread> serving_;
  std::atomic<std::uint64_t> bytes_sent_ = 0;
  std::thread thread_;
};

class S3ClientTest : public ::testing::Test {
 protected:
  ~S3ClientTest() override {
    network_->Stop();
    server_.reset();
  }

  std::shared_ptr<const Client> Connect(OddServer::Script script, ClientOptions options = {}) {
    server_ = std::make_unique<OddServer>(std::move(script));
    options.first_delay = std::chrono::milliseconds(1);
    options.on_broken = [this](const Status& status) {
      const std::lock_guard lock(mutex_);
      broken_ += std::string(AsStd(status.message())) + "\n";
    };
    return *Client::Make(network_, server_->config(), options);
  }
  static std::string_view AsStd(absl::string_view text) { return {text.data(), text.size()}; }
  static std::string TextOf(const Status& status) { return std::string(AsStd(status.message())); }

  std::string Broken() {
    const std::lock_guard lock(mutex_);
    return broken_;
  }
  // The reader may learn of the end before it is told why.
  std::string AwaitBroken() {
    for (int i = 0; i < 500 && Broken().empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return Broken();
  }

  NetworkOptions limits_{.connect_timeout = std::chrono::seconds(5),
                         .stall_timeout = std::chrono::seconds(1)};
  std::shared_ptr<Network> network_ = std::make_shared<Network>(limits_);
  std::mutex mutex_;
  std::string broken_;
  std::unique_ptr<OddServer> server_;
};

// All of a stream; "FAILED" at its end when it failed.
std::string ReadAll(const http::FileContent& content) {
  std::mutex mutex;
  std::condition_variable changed;
  bool news = true;
  const auto stream = content.remote()->Read(content.offset(), content.size());
  stream->Attach([&] {
    const std::lock_guard lock(mutex);
    news = true;
    changed.notify_one();
  });
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    const auto state = stream->Take(text);
    if (state == http::ByteStream::State::kEnded) return text;
    if (state == http::ByteStream::State::kFailed) return text + "FAILED";
    if (text.size() > before) continue;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&news] { return std::exchange(news, false); });
  }
}

std::string Pattern(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i) + " ";
  text.resize(size);
  return text;
}

// Serves what the Range field of a request asks for.
std::string RangeOf(const std::string& content, const std::string& request) {
  const std::size_t at = request.find("range: bytes=") + 13;
  const std::size_t first = std::stoul(request.substr(at));
  const std::size_t last = std::stoul(request.substr(request.find('-', at) + 1));
  return content.substr(first, last - first + 1);
}

TEST_F(S3ClientTest, ReadingGoesOnWhereItBrokeOff) {
  const std::string content = Pattern(3'000'000);
  const auto client = Connect([&content](const std::string& request, int number) {
    const std::string range = RangeOf(content, request);
    std::string whole = Answer("206 Partial Content", range);
    if (number < 5) whole.resize(whole.size() - range.size() / 2);
    return whole;
  });
  const http::FileContent object = client->Content("k", {.size = content.size(), .etag = "\"e\""});
  EXPECT_TRUE(ReadAll(object) == content);
  EXPECT_TRUE(ReadAll(object.Slice(1'000'000, 500)) == content.substr(1'000'000, 500));
  const auto requests = server_->requests();
  ASSERT_GE(requests.size(), 3U);
  EXPECT_THAT(requests[0], HasSubstr("range: bytes=0-2999999\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("if-match: \"e\"\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("range: bytes=1500000-2999999\r\n"));
  EXPECT_EQ(Broken(), "");
}

TEST_F(S3ClientTest, ReadingNeverMixesTwoObjects) {
  const std::string content = Pattern(100'000);
  // The first answer breaks off; then the object is another one.
  auto client = Connect([&content](const std::string& request, int number) {
    if (number > 0) return Answer("412 Precondition Failed", "");
    std::string whole = Answer("206 Partial Content", RangeOf(content, request));
    whole.resize(whole.size() - 1000);
    return whole;
  });
  EXPECT_TRUE(ReadAll(client->Content("k", {.size = content.size()})) ==
              content.substr(0, content.size() - 1000) + "FAILED");
  EXPECT_THAT(AwaitBroken(), HasSubstr("S3: k broke off: S3: status 412"));
  // A server without ranges sends the whole again.
  client = Connect([&content](const std::string&, int) {
    std::string whole = Answer("200 OK", content);
    whole.resize(whole.size() - 1000);
    return whole;
  });
  EXPECT_TRUE(ReadAll(client->Content("k", {.size = content.size()})) ==
              content.substr(0, content.size() - 1000) + "FAILED");
}

TEST_F(S3ClientTest, WhatNobodyTakesIsNotFetched) {
  const std::string content = Pattern(40'000'000);
  const auto client = Connect([&content](const std::string& request, int) {
    return Answer("206 Partial Content", RangeOf(content, request));
  });
  const http::FileContent object = client->Content("k", {.size = content.size()});
  {
    std::promise<void> begun;
    std::atomic<bool> told = false;
    const auto stream = object.remote()->Read(0, content.size());
    stream->Attach([&] {
      if (!told.exchange(true)) begun.set_value();
    });
    begun.get_future().wait();
    // Much longer than the limit of silence, which does not count here.
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    // What the systems between hold, and our share.
    EXPECT_LT(server_->bytes_sent(), 16'000'000U);
    std::string text;
    while (stream->Take(text) == http::ByteStream::State::kOpen && text.size() < 8'000'000) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(content.starts_with(text));
  }
  // Given up in the middle; another reads all of it.
  EXPECT_TRUE(ReadAll(object) == content);
}

TEST_F(S3ClientTest, AnotherTryWhereThatMayHelp) {
  const auto client = Connect([](const std::string& request, int number) -> std::string {
    if (number % 3 == 0) return Answer("503 Slow Down", "");
    if (number % 3 == 1) return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab";
    EXPECT_THAT(request, Not(HasSubstr("Expect")));
    return Answer("200 OK", "");
  });
  EXPECT_TRUE(client->Put("k", http::FileContent("content"), {}).ok());
  EXPECT_TRUE(client->Delete("k").ok());
  EXPECT_EQ(server_->requests().size(), 6U);
  for (const std::string& request : server_->requests()) {
    if (!request.starts_with("PUT")) continue;
    EXPECT_THAT(request, ::testing::EndsWith("\r\n\r\ncontent"));
  }
}

TEST_F(S3ClientTest, FailuresAreTold) {
  const std::string page = "<html>internal page of somebody else: <b>secret</b></html>";
  auto client = Connect([&](const std::string&, int) { return Answer("500 Oops", page); });
  Status status = client->Put("k", http::FileContent("x"), {});
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(TextOf(status), "S3: status 500");
  EXPECT_EQ(server_->requests().size(), 3U);

  client = Connect([](const std::string&, int) {
    return Answer("403 Forbidden",
                  "<Error><Code>InvalidAccessKeyId</Code><Message>No such key.</Message></Error>");
  });
  status = client->Put("k", http::FileContent("x"), {});
  EXPECT_EQ(TextOf(status), "S3: InvalidAccessKeyId: No such key");
  EXPECT_EQ(server_->requests().size(), 1U);
  // The answer to a HEAD has no words.
  EXPECT_EQ(TextOf(client->Fetch("k", "").status()), "S3: status 403");

  // A redirect would carry the signature elsewhere.
  client = Connect([](const std::string&, int) {
    return Answer("307 Temporary Redirect", "", "Location: http://127.0.0.1:1/\r\n");
  });
  EXPECT_EQ(TextOf(client->Delete("k")), "S3: status 307");

  client = Connect([](const std::string&, int) { return Answer("404 Not Found", ""); });
  EXPECT_TRUE(absl::IsNotFound(client->Head("k").status()));
  EXPECT_TRUE(client->Delete("k").ok());
  EXPECT_TRUE(absl::IsUnavailable(client->Put("k", http::FileContent("x"), {})));

  client = Connect([](const std::string&, int) { return std::string("garbage\r\n\r\n"); });
  EXPECT_TRUE(absl::IsUnavailable(client->Delete("k")));
  for (const std::string& key : {std::string(), std::string(1025, 'k')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(client->Put(key, http::FileContent("x"), {})));
    EXPECT_TRUE(absl::IsNotFound(client->Head(key).status()));
  }
}

TEST_F(S3ClientTest, WhoSaysNothingIsGivenUp) {
  const auto client = Connect([](const std::string&, int) { return std::string(); });
  const Status status = client->Put("k", http::FileContent("x"), {});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ReadAll(client->Content("k", {.size = 10})), "FAILED");
  const auto nobody = *Client::Make(
      network_, {.endpoint = "http://127.0.0.1:1", .bucket = "b", .force_path_style = true});
  EXPECT_THAT(TextOf(nobody->Delete("k")), StartsWith("S3: Failed to connect"));
}

TEST_F(S3ClientTest, StopEndsWhatWaits) {
  limits_.stall_timeout = std::chrono::seconds(600);
  network_->Stop();
  network_ = std::make_shared<Network>(limits_);
  std::promise<void> asked;
  const auto client = Connect([&asked](const std::string&, int) {
    asked.set_value();
    return std::string();
  });
  auto outcome = std::async(std::launch::async, [&] { return client->Delete("k"); });
  asked.get_future().wait();
  network_->Stop();
  EXPECT_THAT(TextOf(outcome.get()), HasSubstr("being stopped"));
  EXPECT_THAT(TextOf(client->Delete("k")), HasSubstr("being stopped"));
  EXPECT_EQ(ReadAll(client->Content("k", {.size = 10})), "FAILED");
}

TEST_F(S3ClientTest, ListsThatLie) {
  // A server that knows no prefix: nothing else may go.
  std::string list;
  for (const char* key : {"a/1", "a/2", "b/3", "a", "ab/4"})
    list += "<Contents><Key>" + std::string(key) + "</Key><Size>1</Size></Contents>";
  auto client = Connect([&list](const std::string& request, int) {
    return request.starts_with("GET") ? Answer("200 OK", "<R>" + list + "</R>")
                                      : Answer("204 No Content", "");
  });
  EXPECT_TRUE(client->DeleteAll("a/", [](std::string_view key) { return key == "a/2"; }).ok());
  std::vector<std::string> deleted;
  for (const std::string& request : server_->requests()) {
    if (request.starts_with("DELETE"))
      deleted.push_back(request.substr(7, request.find(" HTTP") - 7));
  }
  EXPECT_THAT(deleted, ElementsAre("/b/a/1"));
  // One that goes on for ever.
  client = Connect([](const std::string&, int) {
    return Answer("200 OK",
                  "<IsTruncated>true</IsTruncated>"
                  "<NextContinuationToken>t</NextContinuationToken>");
  });
  EXPECT_TRUE(
      absl::IsUnavailable(client->List("", Client::Depth::kAll, [](const ListedObject&) {})));
}

TEST_F(S3ClientTest, PartsAreTakenBackWhenOneFails) {
  ClientOptions options;
  options.part_bytes = 1000;
  const auto client = Connect(
      [](const std::string& request, int) {
        if (request.starts_with("POST /b/k?uploads="))
          return Answer("200 OK", "<UploadId>u/1</UploadId>");
        if (request.starts_with("PUT /b/k?partNumber=3&uploadId=u%2F1 "))
          return Answer("400 Bad", "<Error><Code>EntityTooSmall</Code></Error>");
        return Answer("200 OK", "", "ETag: \"t\"\r\n");
      },
      options);
  const Status status = client->Put("k", http::FileContent(Pattern(20'000)), {});
  EXPECT_EQ(TextOf(status), "S3: EntityTooSmall");
  EXPECT_THAT(server_->requests().back(), StartsWith("DELETE /b/k?uploadId=u%2F1 "));
}

TEST_F(S3ClientTest, AnUploadThatFailsAtItsEndHasFailed) {
  ClientOptions options;
  options.part_bytes = 1000;
  const auto client = Connect(
      [](const std::string& request, int) {
        if (request.starts_with("POST /b/k?uploads="))
          return Answer("200 OK", "<UploadId>u</UploadId>");
        // As S3 does when it has said 200 before it knows.
        if (request.starts_with("POST /b/k?uploadId=u "))
          return Answer("200 OK", "<Error><Code>InternalError</Code></Error>");
        return Answer("200 OK", "", "ETag: \"t\"\r\n");
      },
      options);
  EXPECT_EQ(TextOf(client->Put("k", http::FileContent(Pattern(2500)), {})), "S3: InternalError");
  const auto requests = server_->requests();
  EXPECT_THAT(requests[requests.size() - 2],
              HasSubstr("<Part><PartNumber>3</PartNumber><ETag>&quot;t&quot;</ETag></Part>"));
}

}  // namespace
}  // namespace sluice::s3
