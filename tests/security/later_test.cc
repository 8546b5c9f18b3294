// Work at another time: its order, the end, and what throws.
#include "tools/server/api/later.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"

namespace sluice::api {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Later, TakesTheTimesInTheirOrder) {
  Later later;
  std::string order;
  std::promise<void> last;
  const auto now = Later::Clock::now();
  later.At(now + milliseconds(60), [&] {
    order += 'c';
    last.set_value();
  });
  later.At(now + milliseconds(30), [&] { order += 'b'; });
  later.At(now, [&] { order += 'a'; });
  last.get_future().wait();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(Later::Clock::now() - now, milliseconds(60));
}

TEST(Later, CallsWhatWaitsAtTheEnd) {
  std::atomic<int> called = 0;
  {
    Later later;
    for (int i = 0; i < 3; ++i) later.At(Later::Clock::now() + hours(1), [&] { ++called; });
    EXPECT_EQ(called, 0);
  }
  EXPECT_EQ(called, 3);
}

TEST(Later, CallsNothingAfterTheEnd) {
  Later later;
  later.Stop();
  bool called = false;
  later.At(Later::Clock::now(), [&] { called = true; });
  later.Stop();
  EXPECT_FALSE(called);
}

TEST(Later, OutlivesWhatThrows) {
  Later later;
  std::promise<void> after;
  later.At(Later::Clock::now(), [] { throw std::runtime_error("no"); });
  later.At(Later::Clock::now(), [&] { after.set_value(); });
  after.get_future().wait();
}

TEST(Later, RandomDelaysAreWithinAndDiffer) {
  bool differ = false;
  for (int i = 0; i < 100; ++i) {
    const milliseconds delay = RandomDelay(milliseconds(50));
    EXPECT_GE(delay, milliseconds(0));
    EXPECT_LT(delay, milliseconds(50));
    differ = differ || delay != RandomDelay(milliseconds(50));
  }
  EXPECT_TRUE(differ);
}

}  // namespace
}  // namespace sluice::api
