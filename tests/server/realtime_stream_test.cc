// Answers without an end, over real sockets: framing, clients that leave, that
// read nothing, that stay too long.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"

namespace sluice::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class StreamTest : public ::testing::Test {
 protected:
  void Start() {
    options_.port = 0;
    options_.io_threads = 2;
    auto router = std::make_shared<Router>(CorsPolicy({"*"}));
    router->Add("GET", "/events", [this](const Request&, Responder responder) {
      auto stream = std::make_shared<EventStream>(limits_, [this] { ++ended_; });
      stream->Append("hello\n\n");
      {
        const std::lock_guard lock(mutex_);
        streams_.push_back(stream);
      }
      Response response;
      response.headers.Add("Content-Type", "text/event-stream");
      response.events = std::move(stream);
      responder.Send(std::move(response));
    });
    router->Add("GET", "/ok", [](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, "{}\n"));
    });
    server_ = *Server::Start(options_, router);
  }

  Client Open(std::string_view more = {}) {
    Client client(server_->port());
    client.Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(more));
    return client;
  }

  std::shared_ptr<EventStream> StreamAt(std::size_t index) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (streams_.size() > index) return streams_[index].lock();
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return nullptr;
  }

  bool Await(int ended) const {
    for (int i = 0; i < 1000 && ended_ < ended; ++i) std::this_thread::sleep_for(milliseconds(10));
    return ended_ >= ended;
  }

  EventStreamLimits limits_;
  ServerOptions options_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<EventStream>> streams_;
  std::atomic<int> ended_{0};
  std::unique_ptr<Server> server_;  // Last, so that it stops first.
};

std::string ReadUntil(Client& client, std::string_view text) {
  std::string all;
  while (all.find(text) == std::string::npos) {
    const std::string more = client.TakeSome();
    if (more.empty()) break;
    all += more;
  }
  return all;
}

TEST_F(StreamTest, TextsAreChunksAndTheEndIsAnnounced) {
  Start();
  Client client = Open();
  const std::string head = ReadUntil(client, "hello\n\n\r\n");
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head, EndsWith("\r\n\r\n7\r\nhello\n\n\r\n"));
  const auto stream = StreamAt(0);
  EXPECT_TRUE(stream->Append("one"));
  EXPECT_EQ(ReadUntil(client, "one\r\n"), "3\r\none\r\n");
  EXPECT_TRUE(stream->End());
  EXPECT_FALSE(stream->End());
  EXPECT_FALSE(stream->Append("two"));
  EXPECT_EQ(ReadUntil(client, "0\r\n\r\n"), "0\r\n\r\n");
  // The connection is good for another request.
  client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("200 OK"));
}

TEST_F(StreamTest, APipelinedRequestIsAnsweredAfterTheEnd) {
  Start();
  Client client = Open("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  ReadUntil(client, "hello\n\n\r\n");
  StreamAt(0)->End();
  EXPECT_THAT(ReadUntil(client, "{}\n"), HasSubstr("0\r\n\r\nHTTP/1.1 200 OK"));
}

TEST_F(StreamTest, OldClientsGetPlainTextUntilTheEnd) {
  Start();
  Client client(server_->port());
  client.Send("GET /events HTTP/1.0\r\nHost: a\r\n\r\n");
  StreamAt(0)->End();
  const std::string all = client.ReadToEnd();
  EXPECT_THAT(all, Not(HasSubstr("chunked")));
  EXPECT_THAT(all, EndsWith("\r\n\r\nhello\n\n"));
}

TEST_F(StreamTest, HeadHasNoStream) {
  Start();
  Client client(server_->port());
  client.Send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(ReadUntil(client, "{}\n"), Not(HasSubstr("hello")));
}

TEST_F(StreamTest, AClientThatLeavesEndsItsStream) {
  Start();
  {
    Client client = Open();
    ReadUntil(client, "hello");
    EXPECT_EQ(ended_, 0);
  }
  EXPECT_TRUE(Await(1));
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(streams_[0].expired());
}

TEST_F(StreamTest, AClientThatReadsNothingIsClosed) {
  limits_.waiting_bytes_max = 4096;
  Start();
  Client slow = Open();
  auto stream = StreamAt(0);
  Client reader = Open();
  auto other = StreamAt(1);
  ReadUntil(reader, "hello");
  const std::string text(4000, 'x');
  bool open = true;
  std::size_t sent = 0;
  std::atomic<bool> stop{false};
  std::thread reading([&] {
    while (!stop && !reader.TakeSome().empty()) {
    }
  });
  for (int i = 0; i < 100000 && open; ++i) {
    const bool first = stream->Append(text);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    const bool second = i % 16 != 0 || other->Append("y");
    open = first && second;
    sent += text.size();
  }
  EXPECT_FALSE(open) << "after " << sent;
  stream.reset();
  other.reset();
  EXPECT_TRUE(Await(1));
  EXPECT_EQ(ended_, 1);
  stop = true;
  server_->Stop(milliseconds(0));
  reading.join();
}

TEST_F(StreamTest, OneLongTextGoesOut) {
  limits_.waiting_bytes_max = 1000;
  Start();
  Client client = Open();
  ReadUntil(client, "hello\n\n\r\n");
  EXPECT_TRUE(StreamAt(0)->Append(std::string(3'000'000, 'x') + "end"));
  EXPECT_THAT(ReadUntil(client, "end\r\n"), EndsWith("xend\r\n"));
}

TEST_F(StreamTest, SilenceEndsTheStreamInGoodOrder) {
  limits_.idle_max = milliseconds(300);
  Start();
  const auto begin = steady_clock::now();
  Client client = Open();
  EXPECT_THAT(ReadUntil(client, "0\r\n\r\n"), EndsWith("hello\n\n\r\n0\r\n\r\n"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(250));
}

TEST_F(StreamTest, AgeEndsTheStreamThoughTextsCome) {
  limits_.idle_max = milliseconds(1000);
  limits_.age_max = milliseconds(1500);
  Start();
  const auto begin = steady_clock::now();
  Client client = Open();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const auto stream = StreamAt(0);
    while (!stop && stream->Append("x")) std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_THAT(ReadUntil(client, "0\r\n\r\n"), EndsWith("0\r\n\r\n"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(1400));
  stop = true;
  writer.join();
}

TEST_F(StreamTest, StoppingTheServerEndsStreamsInGoodOrder) {
  Start();
  Client client = Open();
  ReadUntil(client, "hello\n\n\r\n");
  server_->Stop(std::chrono::hours(1));  // would wait as long for the stream to end by itself
  EXPECT_EQ(client.ReadToEnd(), "0\r\n\r\n");
  EXPECT_TRUE(Await(1));
}

TEST_F(StreamTest, ManyThreadsWriteToManyStreams) {
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(Open());
  for (Client& client : clients) ReadUntil(client, "hello\n\n\r\n");
  std::vector<std::thread> writers;
  for (int thread = 0; thread < 3; ++thread) {
    writers.emplace_back([this] {
      for (int n = 0; n < 200; ++n) {
        for (std::size_t i = 0; i < 20; ++i) StreamAt(i)->Append("abc");
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (std::size_t i = 0; i < 20; ++i) {
    if (const auto stream = StreamAt(i)) stream->End();
  }
  for (Client& client : clients) {
    const std::string all = ReadUntil(client, "\r\n0\r\n\r\n");
    std::size_t letters = 0;
    for (const char c : all) letters += c == 'a' ? 1 : 0;
    // Sizes of chunks are hexadecimal; texts begin where "abc" does.
    std::size_t texts = 0;
    for (std::size_t at = all.find("abc"); at != std::string::npos; at = all.find("abc", at + 3))
      ++texts;
    EXPECT_EQ(texts, 600U);
    EXPECT_GE(letters, texts);
  }
}

}  // namespace
}  // namespace sluice::http
