#include <string>

#include "gtest/gtest.h"

#include "tools/server/settings/checks.h"

namespace sluice::settings {
namespace {

TEST(Checks, Urls) {
  for (const char* good :
       {"example.com", "localhost:80", "abc.d", "http://a", "http://[::1]:80/", "mailto:a@b.c",
        "http//a.bc", "a.bc:8090/x?y#z", "http://localhost:8090", "https://www.example.com/a%20b",
        "http://127.0.0.1:8090", "http://256.1.1.11", "https://\xc3\xa4\xc3\xb6.de",
        "example.com/x?y=1", "http://user:pw@example.com", "http://a-b.example-c.com.",
        "wss://x.yz"}) {
    EXPECT_TRUE(IsUrl(good)) << good;
  }
  for (const char* bad : {"",
                          "abc",
                          "a.b",
                          "localhost",
                          "HTTP://A.BC",
                          "//a.bc",
                          "http://a.b.c.d.e",
                          "javascript:alert(1)",
                          "http://256.1.1.1",
                          "x y",
                          "not a url",
                          ".a.bc",
                          "http://.a.bc",
                          "http://a b.c",
                          "http://",
                          "http://a:123456",
                          "http://a%zz.b/%zz",
                          "http://[::1",
                          "http://a\xff.bc",
                          "gopher://a.bc",
                          "http://a/ b"}) {
    EXPECT_FALSE(IsUrl(bad)) << bad;
  }
  EXPECT_FALSE(IsUrl("http://" + std::string(3000, 'a') + ".com"));
  EXPECT_FALSE(IsUrl(std::string(2000, '@') + "!")) << "in time, too";
}

TEST(Checks, Emails) {
  for (const char* good : {"a@b.c", "a@b.co", "a.b+c@d-e.fg", "\xc3\xbc@b.de", "a@b..c.de",
                           "\"q\"@a.de", "\"@a.de", "a@b.co.", "a@d1e.d1e"}) {
    EXPECT_TRUE(IsEmail(good)) << good;
  }
  for (const char* bad : {"", "a", "a@b", "@b.c", "a@", "a@b.c1", "a@127.0.0.1", ".a@b.c", "a.@b.c",
                          "a..b@c.d", "\"qq\"@a.de", "a b@c.d", "a@b c.d", "a@-b.c", "a@b-.c",
                          "a@b..de", "a@b@c.d", "a@b.c\xff"}) {
    EXPECT_FALSE(IsEmail(bad)) << bad;
  }
}

TEST(Checks, Hosts) {
  for (const char* good : {"localhost", "a.b", "smtp.example.com", "smtp.example.com.", "127.0.0.1",
                           "::1", "a_b", "1"})
    EXPECT_TRUE(IsHost(good)) << good;
  for (const char* bad :
       {"", "bad host", "a b", "-a", "a..b", ".", "a:1", "http://a", "\xc3\xa4.de"})
    EXPECT_FALSE(IsHost(bad)) << bad;
  EXPECT_FALSE(IsHost(std::string(64, 'a')));
  EXPECT_TRUE(IsHost(std::string(63, 'a')));
}

TEST(Checks, Addresses) {
  for (const char* good :
       {"10.0.0.1", "10.0.0.0/8", "10.0.0.0/32", "10.0.0.0/0", "::1", "fe80::/10", "::/128"})
    EXPECT_TRUE(IsIpOrSubnet(good)) << good;
  for (const char* bad : {"", "nope", "10.0.0.0/33", "10.0.0", "::/129", "10.0.0.1/", "10.0.0.1/a",
                          "10.0.0.1/-1", "10.0.0.1/08", "10.0.0.01", "1.1.1.1/1/1"}) {
    EXPECT_FALSE(IsIpOrSubnet(bad)) << bad;
  }
}

TEST(Checks, Schedules) {
  for (const char* good : {"* * * * *", "@daily", "@hourly", "0 0 1 1 0", "*/5 1-3,7 1-31/2 12 6"})
    EXPECT_EQ(CronMistake(good), "") << good;
  for (const char* bad : {"", "nope", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *",
                          "* * 0 * *", "* * * 13 *", "* * * * 7", "5/2 * * * *", "3-1 * * * *",
                          "*/0 * * * *", "a * * * *", "@never", "1,,2 * * * *", "*  * * * *"}) {
    EXPECT_NE(CronMistake(bad), "") << bad;
  }
}

TEST(Checks, Colors) {
  EXPECT_TRUE(IsHexColor("#12aBcF"));
  for (const char* bad : {"", "#12345", "#12345g", "1234567", "#1234567"})
    EXPECT_FALSE(IsHexColor(bad)) << bad;
}

}  // namespace
}  // namespace sluice::settings
