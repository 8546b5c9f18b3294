// Which rule counts, and counting.
#include "tools/server/settings/rate_limiter.h"

#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace sluice::settings {
namespace {

using Rules = std::vector<store::RateLimitRule>;

RateLimitAsk Get(std::string_view path) {
  RateLimitAsk ask;
  ask.method = "GET";
  ask.path = path;
  ask.ip = "10.0.0.1";
  return ask;
}

RateLimitAsk ListTags() {
  RateLimitAsk ask = Get("/api/collections/tags/records");
  ask.collection_id = "c_tags";
  ask.collection_name = "tags";
  ask.tags = {"list"};
  return ask;
}

RateLimitAsk Login() {
  RateLimitAsk ask = Get("/api/collections/users/auth-with-password");
  ask.method = "POST";
  ask.collection_id = "c_users";
  ask.collection_name = "users";
  ask.tags = {"authWithPassword", "auth"};
  return ask;
}

std::string LabelOf(const Rules& rules, const RateLimitAsk& ask) {
  const store::RateLimitRule* rule = FindRule(rules, ask);
  return rule == nullptr ? "" : rule->label;
}

Rules Labels(const std::vector<std::string>& labels) {
  Rules rules;
  for (const std::string& label : labels) rules.push_back({label, "", 10, 1});
  return rules;
}

TEST(FindRule, TheOrderOfLabels) {
  struct Case {
    std::vector<std::string> labels;
    RateLimitAsk ask;
    std::string found;
  };
  const Case cases[] = {
      {{}, ListTags(), ""},
      {{"/other", "users:list", "*:view"}, ListTags(), ""},
      {{"/api/", "*:list", "tags:list"}, ListTags(), "tags:list"},
      {{"/api/", "*:list"}, ListTags(), "*:list"},
      {{"/api/collections/tags/records", "GET /api/collections/tags/records"},
       ListTags(),
       "GET /api/collections/tags/records"},
      {{"/api/", "/api/collections/"}, ListTags(), "/api/"},
      {{"/api/collections/", "/api/"}, ListTags(), "/api/collections/"},
      {{"/api/", "GET /"}, ListTags(), "GET /"},
      {{"POST /"}, ListTags(), ""},
      // `users:auth` beats `*:authWithPassword`.
      {{"*:authWithPassword", "users:auth"}, Login(), "users:auth"},
      {{"*:auth", "*:authWithPassword"}, Login(), "*:authWithPassword"},
      // A prefix that ends with the path itself.
      {{"/api/health/"}, Get("/api/health"), "/api/health/"},
      {{"/api/health"}, Get("/api/health/x"), ""},
      {{"/api/heal"}, Get("/api/health"), ""},
  };
  for (const Case& c : cases) EXPECT_EQ(LabelOf(Labels(c.labels), c.ask), c.found) << c.found;
}

TEST(FindRule, AudiencesThatDoNotFitArePassedOver) {
  const Rules rules = {{"/a", "@guest", 1, 1}, {"/a", "@auth", 1, 2}};
  RateLimitAsk ask = Get("/a");
  EXPECT_EQ(FindRule(rules, ask)->max_requests, 1);
  ask.authenticated = true;
  EXPECT_EQ(FindRule(rules, ask)->max_requests, 2);
}

TEST(RateLimiter, AFixedWindowFromTheFirstRequest) {
  const Rules rules = {{"/a", "", 10, 2}};
  RateLimiter limiter;
  RateLimitAsk ask = Get("/a");
  ask.now_seconds = 1000;
  EXPECT_TRUE(limiter.Allow(rules, ask));
  ask.now_seconds = 1009;
  EXPECT_TRUE(limiter.Allow(rules, ask));
  EXPECT_FALSE(limiter.Allow(rules, ask));
  ask.now_seconds = 1010;
  EXPECT_TRUE(limiter.Allow(rules, ask));
  EXPECT_TRUE(limiter.Allow(rules, ask));
  EXPECT_FALSE(limiter.Allow(rules, ask));
}

TEST(RateLimiter, ClientsAndBucketsCountApart) {
  const Rules rules = {{"*:list", "", 10, 1}, {"/", "", 10, 1}};
  RateLimiter limiter;
  RateLimitAsk tags = ListTags();
  EXPECT_TRUE(limiter.Allow(rules, tags));
  EXPECT_FALSE(limiter.Allow(rules, tags));
  tags.path = "/api/collections/c_tags/records";
  EXPECT_FALSE(limiter.Allow(rules, tags)) << "by id or by name";
  tags.ip = "10.0.0.2";
  EXPECT_TRUE(limiter.Allow(rules, tags)) << "another client";
  RateLimitAsk posts = ListTags();
  posts.collection_id = "c_posts";
  posts.collection_name = "posts";
  EXPECT_TRUE(limiter.Allow(rules, posts)) << "another collection";
  EXPECT_TRUE(limiter.Allow(rules, Get("/x")));
  EXPECT_FALSE(limiter.Allow(rules, Get("/y"))) << "paths of one rule count together";
  limiter.Reset();
  EXPECT_EQ(limiter.size(), 0);
  EXPECT_TRUE(limiter.Allow(rules, Get("/y")));
}

TEST(RateLimiter, ForgetsClientsWhoseWindowIsOver) {
  const Rules rules = {{"/", "", 1, 1}};
  RateLimiter limiter;
  for (int i = 0; i < 100000; ++i) {
    const std::string ip = std::to_string(i);
    RateLimitAsk ask = Get("/a");
    ask.ip = ip;
    ask.now_seconds = i / 100;
    ASSERT_TRUE(limiter.Allow(rules, ask));
  }
  EXPECT_LE(limiter.size(), 4096);
}

TEST(RateLimiter, CountsExactlyFromManyThreads) {
  const Rules rules = {{"/", "", 1000, 500}};
  RateLimiter limiter;
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) allowed += limiter.Allow(rules, Get("/a")) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 500);
}

}  // namespace
}  // namespace sluice::settings
