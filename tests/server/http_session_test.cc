// Sessions over real sockets on the loopback interface: framing, limits,
// timeouts, many connections, clients that leave, and shutting down.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/http/body.h"
#include "tools/server/http/request_parser.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"

namespace sluice::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Requests that are answered when the test says so, from its own thread.
class Later {
 public:
  void Keep(Request request, Responder responder) {
    const std::lock_guard lock(mutex_);
    kept_.emplace_back(std::move(request), std::move(responder));
    changed_.notify_all();
  }

  std::pair<Request, Responder> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !kept_.empty(); });
    auto taken = std::move(kept_.front());
    kept_.pop_front();
    return taken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Request, Responder>> kept_;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    options_.port = 0;
    options_.io_threads = 2;
  }

  void Start() {
    auto router = std::make_shared<Router>(CorsPolicy({"*"}));
    router->Add("GET", "/ok", [](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, "{}\n"));
    });
    router->Add("GET", "/ip", [](const Request& request, Responder responder) {
      responder.Send(JsonResponse(200, request.peer_ip));
    });
    RouteOptions small;
    small.plan_body = [](const Request&) { return BodyPlan{.bytes_max = 1000}; };
    const auto echo = [](const Request& request, Responder responder) {
      responder.Send(JsonResponse(200, request.body));
    };
    router->Add("POST", "/echo", echo);
    router->Add("GET", "/echo", echo);
    router->Add("POST", "/small", echo, small);
    small.chunked_overflow = ApiError{.status = 400};
    router->Add("POST", "/small400", echo, small);
    router->Add("GET", "/big", [](const Request&, Responder responder) {
      responder.Send(JsonResponse(200, std::string(20U << 20U, 'x')));
    });
    router->Add("GET", "/throw",
                [](const Request&, const Responder&) { throw std::runtime_error("handler"); });
    router->Add("GET", "/drop", [](const Request&, const Responder&) {});
    RouteOptions unplanned;
    unplanned.plan_body = [](const Request&) -> BodyPlan { throw std::runtime_error("plan"); };
    router->Add("GET", "/unplanned", echo, unplanned);
    const auto keep = [this](Request request, Responder responder) {
      later_.Keep(std::move(request), std::move(responder));
    };
    router->Add("GET", "/later", keep);
    router->Add("POST", "/later", keep);
    router->Add("GET", "/thread", [this](const Request&, Responder responder) {
      workers_.emplace_back(
          [responder = std::move(responder)]() mutable { responder.Send(JsonResponse(200, "t")); });
    });
    auto started = Server::Start(options_, std::move(router));
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  void TearDown() override {
    server_.reset();
    for (std::thread& worker : workers_) {
      worker.join();
    }
  }

  Client Connect() const {
    Client client(server_->port());
    EXPECT_TRUE(client.connected());
    return client;
  }

  std::string Ask(std::string_view text, bool no_body = false) const {
    Client client = Connect();
    client.Send(text);
    return client.ReadAnswer(no_body);
  }

  bool ReachesConnections(std::size_t count) const {
    const auto deadline = steady_clock::now() + std::chrono::seconds(10);
    while (server_->connections() != count) {
      if (steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }

  ServerOptions options_;
  Later later_;
  std::vector<std::thread> workers_;
  std::unique_ptr<Server> server_;
};

TEST_F(SessionTest, AnswersWithAllHeaders) {
  Start();
  const std::string answer = Ask("GET /ok HTTP/1.1\r\nHost: a\r\nOrigin: http://x.y\r\n\r\n");
  const std::size_t date = answer.find("Date: ");
  ASSERT_NE(date, std::string::npos);
  EXPECT_EQ(answer.substr(0, date),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Vary: Origin\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "X-Frame-Options: SAMEORIGIN\r\n"
            "X-Xss-Protection: 1; mode=block\r\n");
  EXPECT_THAT(answer.substr(date), HasSubstr(" GMT\r\nContent-Length: 3\r\n\r\n{}\n"));
  EXPECT_THAT(Ask("GET /ip HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\r\n\r\n127.0.0.1"));
}

TEST_F(SessionTest, HeadAnswers) {
  Start();
  const std::string found = Ask("HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_THAT(found, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_TRUE(found.ends_with("\r\n\r\n"));
  Client client = Connect();
  client.Send("HEAD /nope HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string missing = client.ReadAnswer(true);
  EXPECT_THAT(missing, StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(missing, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(SessionTest, OptionsAndRedirectCarryOnlyWhatTheyMay) {
  Start();
  const std::string options = Ask("OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(options, StartsWith("HTTP/1.1 204 No Content\r\nVary: Origin\r\nDate: "));
  EXPECT_THAT(options, Not(HasSubstr("Content-Length")));
  const std::string redirect = Ask("GET //ok HTTP/1.1\r\nHost: a\r\nOrigin: b\r\n\r\n");
  EXPECT_THAT(redirect, StartsWith("HTTP/1.1 307 Temporary Redirect\r\n"
                                   "Content-Type: text/html; charset=utf-8\r\n"
                                   "Location: /ok\r\nDate: "));
}

TEST_F(SessionTest, KeepAliveAndPipelining) {
  Start();
  Client client = Connect();
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.ReadAnswer(), HasSubstr("200 OK"));
  }
  std::string many;
  for (int i = 0; i < 500; ++i) {
    const std::string body = std::to_string(i);
    many += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
  }
  client.Send(many);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(client.ReadAnswer().ends_with("\r\n\r\n" + std::to_string(i)));
  }
  client.Send("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Connection: close\r\n"));
}

TEST_F(SessionTest, PipelinedRequestsWaitForSlowAnswers) {
  Start();
  Client client = Connect();
  client.Send("GET /later?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  auto [request, responder] = later_.Take();
  EXPECT_EQ(request.raw_query(), "1");
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_FALSE(request.cancelled.IsCancelled());
  responder.Send(JsonResponse(200, "first"));
  EXPECT_TRUE(client.ReadAnswer().ends_with("first"));
  EXPECT_TRUE(client.ReadAnswer().ends_with("{}\n"));
}

TEST_F(SessionTest, OldProtocol) {
  Start();
  Client once = Connect();
  once.Send("GET /ok HTTP/1.0\r\n\r\n");
  const std::string answer = once.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  Client kept = Connect();
  kept.Send("GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.ReadAnswer(), HasSubstr("Connection: keep-alive\r\n"));
}

TEST_F(SessionTest, MalformedRequests) {
  Start();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GARBAGE\r\n\r\n", "400 Bad Request"},
      {"GET /ok\r\n\r\n", "400 Bad Request"},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
      {"GET ok HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
      {"GET /ok HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"},
      {"GET /ok HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request: too many Host headers"},
      {"GET /ok HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", "400 Bad Request"},
      {"GET /ok HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\nxx", "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
       "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "501 Not Implemented: Unsupported transfer encoding"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
       "501 Not Implemented: Unsupported transfer encoding"},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Bad Request"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       "400 Bad Request"},
      {"GET /ok HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", "417 Expectation Failed"},
  };
  for (const auto& [text, expected] : cases) {
    Client client = Connect();
    client.Send(text);
    const std::string answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith("HTTP/1." +
                                   std::string(text.find("HTTP/1.0") != text.npos ? "0 " : "1 ") +
                                   expected.substr(0, 3)))
        << text;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << text;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + expected)) << text << answer;
  }
}

TEST_F(SessionTest, LongHeads) {
  Start();
  const std::string line = "GET /ok?" + std::string(60000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_THAT(Ask(line), StartsWith("HTTP/1.1 200 OK\r\n"));
  const std::vector<std::string> too_long = {
      "GET /ok HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n",
      "GET /" + std::string(70000, 'x'),
      std::string(70000, 'x'),
  };
  for (const std::string& text : too_long) {
    Client client = Connect();
    client.Send(text);
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 431 ")) << text.substr(0, 20);
  }
  // Many small fields count together, also when they come one by one.
  Client client = Connect();
  client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n");
  std::string field = "X-Field: " + std::string(500, 'x') + "\r\n";
  int sent = 0;
  while (sent < 1000 && client.Send(field)) {
    ++sent;
  }
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 431 "));
}

// Beast bounds what it holds back: here four fields, after seven that it took.
TEST(RequestParserTest, FieldsTakenAndHeldCountTogether) {
  RequestParser parser(4096);
  const std::string field = "X-Field: " + std::string(500, 'x') + "\r\n";
  std::string unread = "GET /ok HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 7; ++i) unread += field;
  unread.erase(0, parser.Put(unread));
  EXPECT_LT(unread.size(), 2 * field.size());
  for (int i = 0; i < 4 && parser.state() == RequestParser::State::kHead; ++i) {
    unread += field;
    unread.erase(0, parser.Put(unread));
  }
  EXPECT_EQ(parser.state(), RequestParser::State::kFailed);
  EXPECT_EQ(parser.failure_status(), 431);
}

TEST_F(SessionTest, ChunkedBodies) {
  Start();
  Client client = Connect();
  const std::string text =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Real-Ip: 6.6.6.6\r\n\r\n";
  client.Send(text + text);
  EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\nhello world"));
  EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\nhello world"));
  for (const char c : text) {
    client.Send({&c, 1});
  }
  EXPECT_TRUE(client.ReadAnswer().ends_with("\r\n\r\nhello world"));
}

TEST_F(SessionTest, BodiesOfGets) {
  Start();
  EXPECT_TRUE(Ask("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                  .ends_with("\r\n\r\nbody"));
}

TEST_F(SessionTest, BodyLimits) {
  Start();
  const std::string too_large =
      "{\"data\":{},\"message\":\"Request entity too large.\",\"status\":413}\n";
  const auto post = [](const std::string& path, const std::string& rest) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + rest;
  };
  // Refused by its announcement: not a byte of the body is sent.
  Client announced = Connect();
  announced.Send(post("/small", "Content-Length: 1001\r\n\r\n"));
  const std::string refused = announced.ReadToEnd();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 Request Entity Too Large\r\n"));
  EXPECT_THAT(refused, HasSubstr("X-Frame-Options: SAMEORIGIN\r\n"));
  EXPECT_TRUE(refused.ends_with(too_large));
  EXPECT_THAT(Ask(post("/echo", "Content-Length: 33554433\r\n\r\n")), HasSubstr(too_large));
  EXPECT_THAT(Ask(post("/small", "Content-Length: 18446744073709551615\r\n\r\n")),
              HasSubstr(too_large));
  EXPECT_THAT(Ask(post("/small", "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'))),
              HasSubstr("200 OK"));
  // The client that sends all the same still gets its answer.
  Client stubborn = Connect();
  stubborn.Send(post("/small", "Content-Length: 3000000\r\n\r\n"));
  stubborn.Send(std::string(3000000, 'x'));
  EXPECT_THAT(stubborn.ReadToEnd(), HasSubstr(too_large));
  const std::string chunks =
      "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n";
  EXPECT_THAT(Ask(post("/small", chunks)), HasSubstr(too_large));
  EXPECT_THAT(Ask(post("/small400", chunks)), HasSubstr("Something went wrong"));
}

TEST_F(SessionTest, UnwantedBodiesAreSkipped) {
  Start();
  Client client = Connect();
  client.Send(
      "POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "OPTIONS /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n"
      "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  Client large = Connect();
  large.Send("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  const std::string answer = large.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(SessionTest, ExpectContinue) {
  Start();
  Client client = Connect();
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_TRUE(client.ReadAnswer().ends_with("hello"));
  client.Send(
      "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(SessionTest, LostRequestsAreAnswered) {
  Start();
  Client client = Connect();
  for (const char* path : {"/throw", "/drop", "/unplanned"}) {
    client.Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  }
  client.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  { const auto lost = later_.Take(); }
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("500 Internal Server Error"));
}

TEST_F(SessionTest, AnswersFromOtherThreads) {
  options_.io_threads = 1;
  Start();
  Client client = Connect();
  for (int i = 0; i < 50; ++i) {
    client.Send("GET /thread HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(client.ReadAnswer().ends_with("\r\n\r\nt"));
  }
}

TEST_F(SessionTest, LargeAnswers) {
  Start();
  Client client = Connect();
  client.Send("GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  const std::string answer = client.ReadAnswer();
  EXPECT_GT(answer.size(), 20U << 20U);
  EXPECT_TRUE(answer.ends_with("xxx"));
  EXPECT_TRUE(client.ReadAnswer().ends_with("{}\n"));
}

TEST_F(SessionTest, HalfClosedClientsGetTheirAnswer) {
  Start();
  Client client = Connect();
  client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  client.EndSending();
  EXPECT_TRUE(client.ReadAnswer().ends_with("{}\n"));
  auto [request, responder] = later_.Take();
  responder.Send(JsonResponse(200, "late"));
  EXPECT_TRUE(client.ReadToEnd().ends_with("late"));
}

TEST_F(SessionTest, ClientsThatLeaveCancelTheirRequest) {
  Start();
  Client client = Connect();
  client.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  auto [request, responder] = later_.Take();
  EXPECT_FALSE(request.cancelled.IsCancelled());
  client.Close();
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (!request.cancelled.IsCancelled() && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_TRUE(request.cancelled.IsCancelled());
  responder.Send(JsonResponse(200, "nobody"));
  EXPECT_TRUE(ReachesConnections(0));
}

TEST_F(SessionTest, ClientsThatLeaveInTheMiddle) {
  Start();
  for (const char* part :
       {"", "GET /ok HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
    Client client = Connect();
    client.Send(part);
    client.EndSending();
    EXPECT_TRUE(client.IsClosed()) << part;
  }
  EXPECT_TRUE(ReachesConnections(0));
}

TEST_F(SessionTest, SlowClientsAreClosed) {
  options_.head_timeout = milliseconds(60);
  options_.body_timeout = milliseconds(60);
  options_.idle_timeout = milliseconds(60);
  Start();
  Client silent = Connect();
  EXPECT_TRUE(silent.IsClosed());
  Client idle = Connect();
  idle.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(idle.ReadAnswer(), HasSubstr("200 OK"));
  EXPECT_TRUE(idle.IsClosed());
  // Bytes that trickle in do not buy time.
  Client trickle = Connect();
  const auto start = steady_clock::now();
  trickle.Send("GET /ok HTTP/1.1\r\nHost: a\r\nX: ");
  while (trickle.Send("x") && steady_clock::now() - start < std::chrono::seconds(10)) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  Client body = Connect();
  body.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
  EXPECT_TRUE(body.IsClosed());
}

TEST_F(SessionTest, ClientsThatDoNotReadAreClosed) {
  options_.write_timeout = milliseconds(60);
  Start();
  Client client = Connect();
  client.Send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(ReachesConnections(1));
  EXPECT_TRUE(ReachesConnections(0));
}

TEST_F(SessionTest, SlowHandlersAreNotTimedOut) {
  options_.head_timeout = milliseconds(40);
  options_.body_timeout = milliseconds(40);
  options_.idle_timeout = milliseconds(40);
  Start();
  Client client = Connect();
  client.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  auto [request, responder] = later_.Take();
  std::this_thread::sleep_for(milliseconds(200));
  responder.Send(JsonResponse(200, "slow"));
  EXPECT_TRUE(client.ReadAnswer().ends_with("slow"));
}

TEST_F(SessionTest, ThousandConnections) {
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(Connect());
  }
  for (int round = 0; round < 2; ++round) {
    for (const Client& client : clients) {
      ASSERT_TRUE(client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    for (Client& client : clients) {
      ASSERT_TRUE(client.ReadAnswer().ends_with("{}\n"));
    }
  }
  EXPECT_EQ(server_->connections(), 1000U);
  clients.clear();
  EXPECT_TRUE(ReachesConnections(0));
}

TEST_F(SessionTest, ConnectionsAreLimited) {
  options_.connections_max = 2;
  Start();
  Client first = Connect();
  Client second = Connect();
  first.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  second.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.ReadAnswer() + second.ReadAnswer(), HasSubstr("200 OK"));
  Client third = Connect();
  third.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(third.ReadToEnd(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  first.Close();
  third.Close();
  EXPECT_TRUE(ReachesConnections(1));
  EXPECT_THAT(Ask("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(SessionTest, BuffersAreLimitedTogether) {
  options_.buffered_bytes_max = 150000;
  Start();
  const std::string post = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                           std::string(100000, 'x');
  Client first = Connect();
  first.Send(post);
  auto [request, responder] = later_.Take();
  Client second = Connect();
  second.Send(post);
  EXPECT_THAT(second.ReadToEnd(), StartsWith("HTTP/1.1 503 "));
  responder.Send(JsonResponse(200, "1"));
  EXPECT_TRUE(first.ReadAnswer().ends_with("1"));
  first.Send(post);
  auto [again, again_responder] = later_.Take();
  again_responder.Send(JsonResponse(200, "2"));
  EXPECT_TRUE(first.ReadAnswer().ends_with("2"));
}

TEST_F(SessionTest, StopWaitsForRequestsInFlight) {
  Start();
  Client idle = Connect();
  Client busy = Connect();
  busy.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  auto [request, responder] = later_.Take();
  std::thread stopper([&] { server_->Stop(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.IsClosed());
  responder.Send(JsonResponse(200, "last"));
  const std::string answer = busy.ReadToEnd();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(answer.ends_with("last"));
  stopper.join();
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_FALSE(Client(server_->port()).connected());
}

TEST_F(SessionTest, StopDoesNotWaitForEver) {
  Start();
  Client client = Connect();
  client.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  auto [request, responder] = later_.Take();
  const auto start = steady_clock::now();
  server_->Stop(milliseconds(50));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(client.IsClosed());
  EXPECT_TRUE(request.cancelled.IsCancelled());
  server_.reset();
  responder.Send(JsonResponse(200, "too late"));
}

TEST_F(SessionTest, StopUnderLoad) {
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        Client client(server_->port());
        for (int round = 0; round < 20 && client.Send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
             ++round) {
          const std::string answer = client.ReadAnswer();
          if (answer.empty()) {
            break;
          }
          // Whatever came, came whole.
          EXPECT_TRUE(answer.ends_with("{}\n"));
          ++answered;
        }
      }
    });
  }
  while (answered < 200) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  server_->Stop(std::chrono::seconds(1));
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(SessionTest, PortInUse) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  const auto second = Server::Start(options, std::make_shared<Router>(CorsPolicy({"*"})));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  options.address = "no such address";
  EXPECT_EQ(Server::Start(options, std::make_shared<Router>(CorsPolicy({"*"}))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::http
