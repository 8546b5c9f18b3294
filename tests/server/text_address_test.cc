// E-mail addresses (R-76), URLs (R-78) and their hosts (R-77).
#include <string>

#include "gtest/gtest.h"

#include "tools/server/text/email_syntax.h"
#include "tools/server/text/url_syntax.h"

namespace sluice::text {
namespace {

TEST(EmailSyntaxTest, Accepts) {
  for (const char* good :
       {"a@b.c", "a@b.co", "a.b+c@d-e.fg", "A.b+c@Sub.Example.COM", "é@ü.de", "a@b..c.de",
        "a@b-.c.de", "\"q\"@a.de", "\"@a.de", " \"q\"@a.de", "\"@\"@a.de", "a@b.co.", "a@d1e.d1e",
        "a@b.d1e", "!#$%&'*+-/=?^_`{|}~@a.de", "a@1.de", "a@b_~c.de"}) {
    EXPECT_TRUE(IsEmail(good)) << good;
  }
}

TEST(EmailSyntaxTest, Refuses) {
  for (const char* bad :
       {"",        "a",       "@",       "a@b",       "@b.c",    "a@",          "a@.c",
        "a@b.",    "a@b.c1",  "a@b.1c",  ".a@b.c",    "a.@b.c",  "a..b@c.d",    "a@127.0.0.1",
        "a b@c.d", "a@b c.d", "a@-b.c",  "a@b-.c",    "a@b..de", "\"qq\"@a.de", "a@b@c.d",
        "a@@b.de", " a@b.de", "a@b.de ", "a@b.c\xff", "a@b.c..", "\"\t@a.de",   "😀@a.de"}) {
    EXPECT_FALSE(IsEmail(bad)) << bad;
  }
}

TEST(EmailSyntaxTest, TheDomainFollowsTheLastAt) {
  EXPECT_EQ(EmailDomain("a@b.c"), "b.c");
  EXPECT_EQ(EmailDomain("\"@\"@A.de."), "A.de.");
  EXPECT_EQ(EmailDomain("a"), "");
}

TEST(UrlSyntaxTest, Accepts) {
  for (const char* good : {// R-78.
                           "example.com",
                           "localhost:80",
                           "abc.d",
                           "http://a",
                           "http://[::1]:80/",
                           "mailto:a@b.c",
                           "http//a.bc",
                           "a.bc:8090/x?y#z",
                           "http://localhost:8090",
                           "https://www.example.com/a%20b",
                           "http://127.0.0.1:8090",
                           "http://1.2.3.4",
                           "http://250.0.0.0",
                           "http://256.1.1.11",
                           "https://äö.de",
                           "example.com/x?y=1",
                           "http://user:pw@example.com",
                           "http://@example.com",
                           "http://a-b.example-c.com.",
                           "http://1.2.3.4.",
                           "wss://x.yz",
                           "udp://a.b",
                           "http://a.b.cc.de",
                           "http://ab-cd_ef.gh.ij",
                           "http://a--b.c",
                           "http://www.a.b",
                           "http://a.b@c@d.e/@f",
                           "HTTP://u@a.bc",
                           "a.bc?q=%zz",
                           "http://a.bc/[x]"}) {
    EXPECT_TRUE(IsUrl(good)) << good;
  }
}

TEST(UrlSyntaxTest, Refuses) {
  for (const char* bad : {// R-78.
                          "abc",
                          "a.b",
                          "localhost",
                          "HTTP://A.BC",
                          "//a.bc",
                          "http://a.b.c.d.e",
                          "http://a.b.cc.d",
                          "javascript:alert(1)",
                          "http://256.1.1.1",
                          "",
                          "x y",
                          "not a url",
                          ".a.bc",
                          "http://.a.bc",
                          "http://a b.c",
                          "http://",
                          "http://a:123456",
                          "http://a:",
                          "http://a:8x",
                          "http://a%zz.b/%zz",
                          "http://a.bc/%zz",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[1]",
                          "http://a\xff.bc",
                          "gopher://a.bc",
                          "http://a/ b",
                          "http://a.bc\n",
                          "http://a---b.c",
                          "http://-a.b",
                          "http://a-.b-",
                          "http://a_b",
                          "http://a.1",
                          "http://0.1.1.1",
                          "http://a^b@c.de",
                          ":a.bc",
                          "http://u v@a.bc"}) {
    EXPECT_FALSE(IsUrl(bad)) << bad;
  }
}

TEST(UrlSyntaxTest, HasALength) {
  const std::string head = "http://a.bc/";
  EXPECT_TRUE(IsUrl(head + std::string(2082 - head.size(), 'x')));
  EXPECT_FALSE(IsUrl(head + std::string(2083 - head.size(), 'x')));
  // Of characters, not of bytes.
  std::string path = head;
  for (int i = 0; i < 2000; ++i) path += "é";
  EXPECT_TRUE(IsUrl(path));
}

// Every `@` could end the user, every letter could begin another part.
TEST(UrlSyntaxTest, TakesLittleTimeForWhatIsAmbiguous) {
  for (const char* part :
       {"@", "a@", "a.b@", "aa-", "a.", "a-.", "-", "www.", "1.", "a:1@", "[@"}) {
    std::string text;
    while (text.size() < 2070) text += part;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(IsUrl(text + "!")) << part;
  }
}

TEST(UrlSyntaxTest, HostsHaveTheirPortsButNoUsers) {
  EXPECT_EQ(UrlHost("https://example.com/x"), "example.com");
  EXPECT_EQ(UrlHost("https://u:p@Example.com:443?x"), "Example.com:443");
  EXPECT_EQ(UrlHost("http://[::1]:80/"), "[::1]:80");
  EXPECT_EQ(UrlHost("http://a.bc#http://d.ef"), "a.bc");
  for (const char* none :
       {"example.com", "example.com:80", "mailto:a@b.c", "a.bc/x?u=http://d.ef"}) {
    EXPECT_EQ(UrlHost(none), "") << none;
  }
}

}  // namespace
}  // namespace sluice::text
