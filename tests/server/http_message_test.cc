// Headers, request targets, query strings and client addresses.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/http/message.h"
#include "tools/server/http/real_ip.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Pairs(std::string_view text) {
  std::vector<Param> params;
  ParseQuery(text, params);
  std::vector<std::string> out;
  for (const Param& param : params) {
    out.push_back(param.name + "=" + param.value);
  }
  return out;
}

Request RequestFor(std::string target, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

TEST(Headers, FindsWithoutCaseAndKeepsOrder) {
  Headers headers;
  headers.Add("X-One", "1");
  headers.Add("x-two", "");
  headers.Add("x-one", "3");
  EXPECT_EQ(headers.Find("x-ONE"), "1");
  EXPECT_EQ(headers.FindLast("X-One"), "3");
  EXPECT_EQ(headers.Find("X-Two"), "");
  EXPECT_EQ(headers.Find("X-On"), std::nullopt);
  EXPECT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[1].name, "x-two");
  EXPECT_EQ(headers.wire_text(), "X-One: 1\r\nx-two: \r\nx-one: 3\r\n");
}

TEST(Headers, NoValueCanStartAHeader) {
  Headers headers;
  headers.Add("Location", std::string_view("/a\r\nSet-Cookie: x\0", 18));
  headers.Add("Bad\r\nName", "x");
  EXPECT_EQ(headers.wire_text(), "Location: /a  Set-Cookie: x \r\n");
}

TEST(Query, GoRules) {
  EXPECT_THAT(Pairs("a=1&b=2&a=3"), ElementsAre("a=1", "b=2", "a=3"));
  EXPECT_THAT(Pairs("a=1%zz&b=2"), ElementsAre("b=2"));
  EXPECT_THAT(Pairs("a=1;2&b=%3B"), ElementsAre("b=;"));
  EXPECT_THAT(Pairs("a+b=c+d&%66ields=%2B"), ElementsAre("a b=c d", "fields=+"));
  EXPECT_THAT(Pairs("&&a&=x&b=c=d&"), ElementsAre("a=", "=x", "b=c=d"));
  EXPECT_THAT(Pairs("a=%4&b=%&c=%41"), ElementsAre("c=A"));
  EXPECT_THAT(Pairs("a=%ff%00"), ElementsAre(std::string("a=\xff\0", 4)));
  std::vector<Param> params;
  EXPECT_FALSE(ParseQuery("a=%", params));
  EXPECT_TRUE(ParseQuery("&a", params));
}

TEST(Target, PathIsDecodedPerSegment) {
  Request request = RequestFor("/api/%74ags/a%2Fb/?x=1?2&x=2");
  ASSERT_TRUE(ParseTarget(request));
  EXPECT_EQ(request.path(), "/api/%74ags/a%2Fb/");
  EXPECT_EQ(request.raw_query(), "x=1?2&x=2");
  EXPECT_THAT(request.segments, ElementsAre("api", "tags", "a/b", ""));
  EXPECT_EQ(request.Query("x"), "1?2");
  EXPECT_EQ(request.Query("X"), std::nullopt);
  EXPECT_FALSE(request.query_malformed);
}

TEST(Target, OtherForms) {
  Request absolute = RequestFor("http://host:1/a?b=%zz");
  ASSERT_TRUE(ParseTarget(absolute));
  EXPECT_EQ(absolute.path(), "/a");
  EXPECT_TRUE(absolute.query_malformed);
  Request bare = RequestFor("http://host?x");
  ASSERT_TRUE(ParseTarget(bare));
  EXPECT_EQ(bare.path(), "");
  EXPECT_EQ(bare.raw_query(), "x");
  Request star = RequestFor("*", "OPTIONS");
  EXPECT_TRUE(ParseTarget(star));
  Request connect = RequestFor("host:443", "CONNECT");
  EXPECT_TRUE(ParseTarget(connect));
  for (const char* bad : {"", "a/b", "/%zz", "/%4", "/a\tb", "://x/"}) {
    Request request = RequestFor(bad);
    EXPECT_FALSE(ParseTarget(request)) << bad;
  }
}

TEST(Target, CleanPath) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/", "/"},          {"", "/"},          {"/a/b", "/a/b"},  {"/a/b/", "/a/b/"},
      {"//a///b", "/a/b"}, {"/a/./b", "/a/b"}, {"/a/../b", "/b"}, {"/../../b/", "/b/"},
      {"/a/.", "/a"},      {"/a/..", "/"},     {"/..", "/"},      {"/a/%2e%2e/b", "/a/%2e%2e/b"},
      {"/...", "/..."},    {"//", "/"},
  };
  for (const auto& [path, clean] : cases) {
    EXPECT_EQ(CleanPath(path), clean) << path;
  }
}

TEST(RealIp, TrustsOnlyListedHeaders) {
  Request request;
  request.peer_ip = "9.9.9.9";
  request.headers.Add("X-Forwarded-For", "1.1.1.1");
  request.headers.Add("x-forwarded-for", "2.2.2.2, junk , 3.3.3.3, nope");
  request.headers.Add("X-Real-IP", "::1");
  EXPECT_EQ(RealIp(request, {}), "9.9.9.9");
  EXPECT_EQ(RealIp(request, {{"X-Forwarded-For"}, false}), "3.3.3.3");
  EXPECT_EQ(RealIp(request, {{"X-Forwarded-For"}, true}), "2.2.2.2");
  EXPECT_EQ(RealIp(request, {{"Missing", "x-real-ip"}, false}),
            "0000:0000:0000:0000:0000:0000:0000:0001");
  EXPECT_EQ(RealIp(request, {{"Missing"}, false}), "9.9.9.9");
}

TEST(RealIp, Canonical) {
  EXPECT_EQ(CanonicalIp("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(CanonicalIp("2001:DB8::a"), "2001:0db8:0000:0000:0000:0000:0000:000a");
  EXPECT_EQ(CanonicalIp("::ffff:1.2.3.4"), "0000:0000:0000:0000:0000:ffff:0102:0304");
  for (const char* bad : {"", "1.2.3", "1.2.3.4:80", "[::1]", "1.2.3.256", "host", "1.2.3.4%a"}) {
    EXPECT_EQ(CanonicalIp(bad), "") << bad;
  }
}

}  // namespace
}  // namespace sluice::http
