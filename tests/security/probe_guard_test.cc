// Empty answers to many guesses come later (A13; F-123, R-32).
#include "tools/server/api/probe_guard.h"

#include <future>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::api {
namespace {

using std::chrono::milliseconds;

TEST(ProbeGuard, ThreeInThreeSecondsAreFree) {
  ProbeGuard guard;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(guard.Note("a", 1000 + i).count(), 0);
  std::set<std::int64_t> delays;
  for (int i = 0; i < 50; ++i) {
    const milliseconds delay = guard.Note("a", 1010 + i);
    EXPECT_GE(delay.count(), 0);
    EXPECT_LT(delay.count(), 500);
    delays.insert(delay.count());
  }
  EXPECT_GT(delays.size(), 20U);  // another while each time
  EXPECT_EQ(guard.Note("b", 1010).count(), 0) << "another client";
  EXPECT_EQ(guard.Note("a", 4001).count(), 0) << "a new window";
}

TEST(ProbeGuard, ManyClientsDoNotDisturbEachOther) {
  ProbeGuard guard;
  for (int i = 0; i < 20000; ++i)
    EXPECT_EQ(guard.Note("client " + std::to_string(i), i).count(), 0);
}

class Promise final : public http::AnswerSink {
 public:
  void Answer(http::Response response) override { promise_.set_value(std::move(response)); }
  std::future<http::Response> future() { return promise_.get_future(); }

 private:
  std::promise<http::Response> promise_;
};

// Later ones do not wait for earlier ones, and none is lost at the end.
TEST(ProbeGuard, AnswersInTheirTime) {
  std::vector<std::future<http::Response>> answers;
  {
    ProbeGuard guard;
    for (const int delay : {0, 30, 10, 1, 60000, 60000}) {
      const auto sink = std::make_shared<Promise>();
      answers.push_back(sink->future());
      guard.Delayed(http::Responder(sink), milliseconds(delay))
          .Send(http::JsonResponse(200, std::to_string(delay)));
    }
    for (std::size_t i = 0; i < 4; ++i) answers[i].wait();
  }
  std::string order;
  for (auto& answer : answers) order += answer.get().body + " ";
  EXPECT_EQ(order, "0 30 10 1 60000 60000 ");
}

}  // namespace
}  // namespace sluice::api
