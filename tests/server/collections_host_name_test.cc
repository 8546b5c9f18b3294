// What options take for a domain and for a URL (S-20, S-52).
#include <string>

#include "gtest/gtest.h"

#include "tools/server/collections/host_name.h"

namespace sluice::collections {
namespace {

struct Case {
  std::string_view text;
  bool domain;
  bool url;
};

constexpr Case kCases[] = {
    // Recorded.
    {"ok.com", true, true},
    {"ok.example", true, true},
    {"a b", false, false},
    {"http://x.com", false, true},
    {"-", false, false},
    {"localhost", false, true},
    {"x", false, false},
    {"/y", false, false},
    {"not a url", false, false},
    {"example.com/x?y=1", false, true},
    // Labels and ports.
    {"", false, false},
    {".com", false, false},
    {"a..com", false, false},
    {"-a.com", false, false},
    {"a-.com", false, false},
    {"a-b.co.uk", true, true},
    {"a.c0m", false, false},
    {"a_b.com", false, false},
    {"1.2.3.4", false, true},
    {"1.2.3.456", false, false},
    {"https://user:pass@a.example:8080/p#f", false, true},
    {"https://a.example:", false, false},
    {"https://a.example:123456", false, false},
    {"https://[::1]:80/x", false, true},
    {"1http://a.example", false, false},
    {"https://a.example/<x>", false, false},
};

TEST(HostNameTest, Cases) {
  for (const Case& test : kCases) {
    EXPECT_EQ(IsDomain(test.text), test.domain) << test.text;
    EXPECT_EQ(IsUrl(test.text), test.url) << test.text;
  }
}

}  // namespace
}  // namespace sluice::collections
