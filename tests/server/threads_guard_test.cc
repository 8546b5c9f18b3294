// Threads and steps that outlive what throws.
#include <chrono>
#include <new>
#include <thread>

#include "gtest/gtest.h"

#include "tools/server/threads/await_memory.h"
#include "tools/server/threads/guard.h"

namespace sluice::threads {
namespace {

TEST(ThreadsGuardTest, ALoopThatThrowsIsBegunAnew) {
  int begun = 0;
  RunLasting([&] {
    if (++begun < 3) throw std::bad_alloc();
  });
  EXPECT_EQ(begun, 3);
}

TEST(ThreadsGuardTest, AStepThatThrowsIsAFailure) {
  EXPECT_TRUE(Guarded([] { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(absl::IsNotFound(Guarded([] { return absl::NotFoundError("no"); })));
  EXPECT_TRUE(absl::IsInternal(Guarded([]() -> Status { throw std::bad_alloc(); })));
  EXPECT_TRUE(Try([] {}));
  EXPECT_FALSE(Try([] { throw 1; }));
}

// As `operator new` does where there is no memory: it asks until the handler throws.
int AskInVain() {
  int returned = 0;
  const bool waits = Try([&] {
    while (true) {
      AwaitMemoryFor(std::chrono::milliseconds(20));
      ++returned;
    }
  });
  EXPECT_FALSE(waits);
  return returned;
}

TEST(ThreadsGuardTest, ALackOfMemoryIsWaitedForAndThenTold) {
  EXPECT_GE(AskInVain(), 1);
  // What asks at once after that is told at once; later there is a new wait.
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(AskInVain(), 1);
}

}  // namespace
}  // namespace sluice::threads
