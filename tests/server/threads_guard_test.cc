// Threads and steps that outlive what throws.
#include <new>

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

TEST(ThreadsGuardTest, ALackOfMemoryIsWaitedForAndThenTold) {
  // operator new asks again after each return; this one never gets any.
  const std::new_handler before = std::set_new_handler(&AwaitMemory);
  static int asked;
  asked = 0;
  std::set_new_handler([] {
    if (++asked == 3) throw std::bad_alloc();
    AwaitMemory();
  });
  EXPECT_THROW(::operator delete(::operator new (std::size_t{1} << 62)), std::bad_alloc);
  std::set_new_handler(before);
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace sluice::threads
