#include "sluice/thread_owned.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::vector<std::string> g_gone;  // of one thread at a time

struct First {
  int count = 0;
  ~First() { g_gone.push_back("first"); }
};
struct Second {
  ~Second() { g_gone.push_back("second"); }
};
// Asks for another while the thread ends.
struct Late {
  ~Late() { ++ThreadOwned<First>().count; }
};

TEST(ThreadOwned, EachThreadHasItsOwnUntilItEnds) {
  g_gone.clear();
  std::thread([] {
    ThreadOwned<First>().count = 7;
    EXPECT_EQ(ThreadOwned<First>().count, 7);
    (void)ThreadOwned<Second>();
    EXPECT_TRUE(g_gone.empty());
  }).join();
  EXPECT_EQ(g_gone, (std::vector<std::string>{"second", "first"}));
  std::thread([] { EXPECT_EQ(ThreadOwned<First>().count, 0); }).join();
  EXPECT_EQ(g_gone.size(), 3U);
}

TEST(ThreadOwned, WhatIsMadeWhileTheThreadEndsEndsToo) {
  g_gone.clear();
  std::thread([] {
    (void)ThreadOwned<First>();
    (void)ThreadOwned<Late>();
  }).join();
  EXPECT_EQ(g_gone, (std::vector<std::string>{"first"}));
  g_gone.clear();
  std::thread([] { (void)ThreadOwned<Late>(); }).join();
  EXPECT_EQ(g_gone, (std::vector<std::string>{"first"}));
}

}  // namespace
}  // namespace sluice
