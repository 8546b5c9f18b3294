// The pages behind mail links: that they are there, need nothing from anywhere
// else, and are allowed nothing (A-94, A-106, S-77).
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tests/server/login_app.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MailLinks : public LoginAppTest {
 protected:
  std::string Get(const std::string& path) const {
    http::Client client(app_->port());
    client.Send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return client.ReadAnswer();
  }
};

TEST_F(MailLinks, ThePageAndWhatItNamesAreServed) {
  Start();
  const std::string page = Get("/_/");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200")) << page;
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  int count = 0;
  for (const std::string attribute : {"src=\"", "href=\""}) {
    for (std::size_t at = 0; (at = page.find(attribute, at)) != std::string::npos; ++count) {
      at += attribute.size();
      const std::string name = page.substr(at, page.find('"', at) - at);
      EXPECT_TRUE(Get("/_/" + name).starts_with("HTTP/1.1 200")) << name;
    }
  }
  EXPECT_EQ(count, 2);
}

TEST_F(MailLinks, ThePolicyLetsNothingElseIn) {
  Start();
  for (const char* path : {"/_/", "/_/links.js", "/_/links.css"}) {
    const std::string answer = Get(path);
    EXPECT_THAT(answer,
                HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
    EXPECT_THAT(answer, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(answer, Not(HasSubstr("unsafe-inline")));
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff"));
  }
  const std::string page = Get("/_/");
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<style>")));
  EXPECT_THAT(page, Not(HasSubstr(" onclick=")));
  // What a link says is never taken for HTML.
  EXPECT_THAT(Get("/_/links.js"), Not(HasSubstr("innerHTML")));
}

}  // namespace
}  // namespace sluice
