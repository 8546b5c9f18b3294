// HTTP to others: who may be reached, what goes where, and when it ends (A-92,
//
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "gtest/gtest.h"

#include "tests/server/oauth2_provider.h"
#include "tools/server/oauth2/fetch_pool.h"
#include "tools/server/oauth2/fetch_user.h"
#include "tools/server/oauth2/web_client.h"

namespace sluice::oauth2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Budget Within(milliseconds time, std::function<bool()> abandoned = {}) {
  return {steady_clock::now() + time, std::move(abandoned)};
}

bool IsPublic(const char* text) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text, bytes.data()) == 1)
    return IsPublicAddress(std::span(bytes).first(4));
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes.data()), 1) << text;
  return IsPublicAddress(bytes);
}

TEST(PublicAddress, OnlyThose) {
  for (const char* text : {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1",
                           "192.167.1.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
                           "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_TRUE(IsPublic(text)) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a00:1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2002:7f00:1::",
                           "2001::1",
                           "100::1"})
    EXPECT_FALSE(IsPublic(text)) << text;
  EXPECT_FALSE(IsPublicAddress({}));
}

TEST(WebClient, PublicReachOpensNothingHere) {
  const StubProvider stub([](const Asked&) -> Told { return {.body = "picture"}; });
  const std::string port = std::to_string(stub.port());
  for (const std::string host : {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001",
                                 "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"}) {
    WebClient client(Reach::kPublic);
    const auto answer =
        client.Send({.url = "http://" + host + ":" + port + "/", .follow_redirects = true},
                    Within(milliseconds(5000)));
    EXPECT_FALSE(answer.ok()) << host;
  }
  EXPECT_FALSE(FetchPicture(stub.Url("/a.png"), {}).ok());
  EXPECT_TRUE(stub.asked().empty());
  WebClient anywhere(Reach::kAnywhere);
  EXPECT_TRUE(anywhere.Send({.url = stub.Url("/")}, Within(milliseconds(5000))).ok());
}

// A proxy would connect for us, to wherever the URL says.
TEST(WebClient, PublicReachKnowsNoProxy) {
  const StubProvider proxy([](const Asked&) -> Told { return {.body = "picture"}; });
  setenv("http_proxy", proxy.Url("").c_str(), 1);
  WebClient client(Reach::kPublic);
  EXPECT_FALSE(client.Send({.url = "http://127.0.0.1:1/"}, Within(milliseconds(5000))).ok());
  WebClient anywhere(Reach::kAnywhere);
  EXPECT_TRUE(anywhere.Send({.url = "http://a.test/"}, Within(milliseconds(5000))).ok());
  unsetenv("http_proxy");
  EXPECT_EQ(proxy.asked().size(), 1U);
}

TEST(WebClient, OtherSchemes) {
  WebClient client(Reach::kAnywhere);
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "x"})
    EXPECT_FALSE(client.Send({.url = url}, Within(milliseconds(5000))).ok()) << url;
  const StubProvider stub([](const Asked&) -> Told {
    return {.status = 302, .headers = "Location: file:///etc/passwd\r\n"};
  });
  EXPECT_FALSE(
      client.Send({.url = stub.Url("/"), .follow_redirects = true}, Within(milliseconds(5000)))
          .ok());
}

// the peer sends it on.
TEST(WebClient, BearerTokensStayWithTheirHost) {
  const StubProvider other([](const Asked&) -> Told { return {.body = "{}"}; });
  const StubProvider stub([&](const Asked& asked) -> Told {
    if (asked.path == "/here") return {.status = 307, .headers = "Location: /there\r\n"};
    return {.status = 307, .headers = "Location: " + other.Url("/") + "\r\n"};
  });
  WebClient client(Reach::kAnywhere);
  const auto answer = client.Send(
      {.url = stub.Url("/here"), .authorization = "Bearer secret", .follow_redirects = true},
      Within(milliseconds(5000)));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  ASSERT_EQ(stub.asked().size(), 2U);
  EXPECT_EQ(stub.asked()[1].Header("Authorization"), "Bearer secret");
  ASSERT_EQ(other.asked().size(), 1U);
  EXPECT_EQ(other.asked()[0].Header("Authorization"), "");
}

TEST(WebClient, EndlessRedirects) {
  const StubProvider stub(
      [](const Asked&) -> Told { return {.status = 302, .headers = "Location: /\r\n"}; });
  WebClient client(Reach::kAnywhere);
  EXPECT_FALSE(
      client.Send({.url = stub.Url("/"), .follow_redirects = true}, Within(milliseconds(5000)))
          .ok());
  EXPECT_EQ(stub.asked().size(), 11U);
}

TEST(WebClient, LargeAnswersAreCut) {
  const StubProvider stub([](const Asked&) -> Told { return {.body = std::string(100000, 'x')}; });
  WebClient client(Reach::kAnywhere);
  const auto cut =
      client.Send({.url = stub.Url("/"), .body_max = 99999}, Within(milliseconds(5000)));
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->body.size(), 99999U);
  EXPECT_TRUE(cut->cut);
  const auto whole =
      client.Send({.url = stub.Url("/"), .body_max = 100000}, Within(milliseconds(5000)));
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->body.size(), 100000U);
  EXPECT_FALSE(whole->cut);
}

TEST(WebClient, SlowAnswersAndLeavers) {
  // Answers once the client has given up, and not before.
  std::atomic<bool> over = false;
  const StubProvider stub([&over](const Asked&) -> Told {
    while (!over) std::this_thread::sleep_for(milliseconds(1));
    return {};
  });
  WebClient client(Reach::kAnywhere);
  EXPECT_FALSE(client.Send({.url = stub.Url("/")}, Within(milliseconds(100))).ok());
  EXPECT_FALSE(
      client.Send({.url = stub.Url("/")}, Within(std::chrono::hours(1), [] { return true; })).ok());
  over = true;
}

TEST(FormEncode, Escapes) {
  EXPECT_EQ(FormEncode({{"a b", "c&d=é~"}, {"e", ""}}), "a+b=c%26d%3D%C3%A9~&e=");
}

TEST(FetchPool, RefusesMoreThanItHolds) {
  std::atomic<bool> go = false;
  std::atomic<int> done = 0;
  FetchPool pool({.threads = 1, .queue_max = 2});
  const auto job = [&] {
    while (!go && !pool.stopping()) std::this_thread::sleep_for(milliseconds(1));
    ++done;
  };
  ASSERT_TRUE(pool.Submit(job));
  // Until the thread has taken it.
  while (!pool.Submit(job)) std::this_thread::sleep_for(milliseconds(1));
  int taken = 2;
  while (taken < 10 && pool.Submit(job)) ++taken;
  EXPECT_LE(taken, 3);
  go = true;
  while (done < taken) std::this_thread::sleep_for(milliseconds(1));
  pool.Stop();
  EXPECT_FALSE(pool.Submit(job));
}

}  // namespace
}  // namespace sluice::oauth2
