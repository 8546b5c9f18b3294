// Memory, files, the disk and the clock fail under every kind of request: the
// server lives on, answers or closes, loses nothing it acknowledged, and serves
// again when the fault is over. SLUICE_FAULT_CALLS is how many calls of each
// kind are let fail for each request (6); 0: every one. Clients that are slow,
// half closed or many are tests/operate's, kill -9 is durability_test's.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

#include "gtest/gtest.h"

#include "tests/faults/faulty_server.h"
#include "tests/faults/request_kinds.h"

namespace sluice::faults {
namespace {

class FaultsTest : public testing::Test {
 protected:
  FaultsTest() : server_(folder_.path()), kinds_(AllRequests(folder_.token(), owed_)) {
    EXPECT_TRUE(server_.Start());
    ApiClient client(server_.port(), folder_.token());
    MakeCollections(client);
    // Each once: what is made on first use is there.
    for (const RequestKind& kind : kinds_) {
      kind.prepare(client);
      const ApiAnswer answer = kind.ask(server_.port());
      EXPECT_NE(answer.status, 0) << kind.name;
      EXPECT_LT(answer.status, 500) << kind.name << answer.body;
    }
  }
  ~FaultsTest() override {
    server_.Disarm();
    EXPECT_EQ(server_.Stop(), 0) << server_.Said();
    CheckOwed(folder_, owed_);
  }

  // Alive and serving, else a failure and a new process.
  void ExpectService(const std::string& when) {
    const bool answers = ApiClient(server_.port(), "").Get("/api/health").status == 200;
    // One that dies takes a moment to be gone.
    for (int i = 0; !answers && i < 200 && server_.IsAlive(); ++i) usleep(10'000);
    if (!server_.IsAlive()) {
      ADD_FAILURE() << "the server died: " << when << "\n" << server_.Said();
      ASSERT_TRUE(server_.Start());
    }
    ApiClient client(server_.port(), folder_.token());
    EXPECT_EQ(client.Get("/api/health").status, 200) << when;
    EXPECT_EQ(client.Get("/api/collections/notes/records?perPage=1").status, 200) << when;
  }

  // Calls of `fault` that each kind of request makes fail one by one.
  void FailEachCall(Kind fault, std::int64_t repeat = 0, int error_number = EIO) {
    const int calls_max = NumberFrom("SLUICE_FAULT_CALLS", 6);
    const char* only = std::getenv("SLUICE_FAULT_REQUEST");
    sleep(static_cast<unsigned>(NumberFrom("SLUICE_FAULT_PAUSE", 0)));  // for a debugger to attach
    for (const RequestKind& kind : kinds_) {
      if (only != nullptr && std::string(only) != kind.name) continue;
      if (fault == Kind::kAllocation && !kind.bears_no_memory) continue;
      ApiClient client(server_.port(), folder_.token());
      kind.prepare(client);
      server_.Arm(fault, 1'000'000'000);
      (void)kind.ask(server_.port());
      const std::int64_t calls = server_.Disarm();
      const std::int64_t rounds = calls_max > 0 ? std::min<std::int64_t>(calls, calls_max) : calls;
      for (std::int64_t i = 0; i < rounds; ++i) {
        const std::int64_t call = 1 + i * calls / rounds;
        const std::string when = std::string(kind.name) + ", call " + std::to_string(call) +
                                 " of " + std::to_string(calls);
        ApiClient preparing(server_.port(), folder_.token());
        kind.prepare(preparing);
        server_.Arm(fault, call, repeat, error_number);
        const ApiAnswer answer = kind.ask(server_.port());
        server_.Disarm();
        EXPECT_NE(answer.status, kNoAnswer) << when;
        EXPECT_NE(answer.status, 429) << when;  // the client did not ask too often
        if (answer.status == 0) ++closed_;
        ++asked_;
        ExpectService(when);
      }
    }
    RecordProperty("asked", asked_);
    RecordProperty("closed", closed_);
  }

  void AskEach() {
    for (const RequestKind& kind : kinds_) (void)kind.ask(server_.port());
  }

  WrittenFolder folder_;
  FaultyServer server_;
  Owed owed_;
  std::vector<RequestKind> kinds_;
  int asked_ = 0;
  int closed_ = 0;
};

TEST_F(FaultsTest, AnyAllocation) { FailEachCall(Kind::kAllocation); }
TEST_F(FaultsTest, SomeAllocationsInARow) { FailEachCall(Kind::kAllocation, 20); }
TEST_F(FaultsTest, AnyRead) { FailEachCall(Kind::kRead); }
TEST_F(FaultsTest, AnyWrite) { FailEachCall(Kind::kWrite); }
TEST_F(FaultsTest, AllWritesAfterOne) { FailEachCall(Kind::kWrite, 1'000'000); }
TEST_F(FaultsTest, AnySync) { FailEachCall(Kind::kSync); }
TEST_F(FaultsTest, AnyOpen) { FailEachCall(Kind::kOpen, 0, EMFILE); }

// Nobody is told to sign in, or is answered as a guest, because the disk fails.
TEST_F(FaultsTest, WhoAsksCannotBeRead) {
  ApiClient client(server_.port(), folder_.token());
  for (int call = 1; call <= 10; ++call) {
    // What the connections of readers have kept of the file is old then.
    ASSERT_EQ(client.Ask("POST", "/api/collections/notes/records", "{\"size\":1}").status, 200);
    server_.Arm(Kind::kRead, call);
    const ApiAnswer answer = client.Get("/api/collections?perPage=1");
    server_.Disarm();
    EXPECT_NE(answer.status, 401) << call << answer.body;
    EXPECT_NE(answer.status, 403) << call << answer.body;
    ExpectService("who asks could not be read");
  }
}

TEST_F(FaultsTest, FullDisk) {
  for (const std::int64_t left : {0, 100, 5'000, 30'000}) {
    server_.control().disk_left = left;
    for (int i = 0; i < 3; ++i) AskEach();
    ApiClient client(server_.port(), folder_.token());
    EXPECT_EQ(client.Get("/api/collections/notes/records?perPage=1").status, 200);
    const ApiAnswer refused = client.Ask("POST", "/api/collections/notes/records", "{\"size\":1}");
    EXPECT_GE(refused.status, 500) << refused.body;  // not as if the data were wrong
    server_.control().disk_left = -1;
    ExpectService("after a full disk");
    EXPECT_EQ(client.Ask("POST", "/api/collections/notes/records", "{\"size\":1}").status, 200);
  }
}

TEST_F(FaultsTest, FolderThatTurnsReadOnly) {
  server_.Arm(Kind::kReadOnly, 0);
  for (int i = 0; i < 2; ++i) AskEach();
  ApiClient client(server_.port(), folder_.token());
  EXPECT_EQ(client.Get("/api/collections/notes/records?perPage=1").status, 200);
  EXPECT_GE(client.Ask("POST", "/api/collections/notes/records", "{\"size\":1}").status, 400);
  server_.Disarm();
  ExpectService("after a read-only folder");
  EXPECT_EQ(client.Ask("POST", "/api/collections/notes/records", "{\"size\":1}").status, 200);
}

TEST_F(FaultsTest, ReadOnlyFolderAtTheStart) {
  EXPECT_EQ(server_.Stop(), 0);
  server_.Arm(Kind::kReadOnly, 0);
  // It may serve what it can read, or say why it does not start.
  if (!server_.Start()) {
    EXPECT_NE(server_.Said(), "");
  }
  server_.Kill();
  server_.Disarm();
  ASSERT_TRUE(server_.Start());
  ExpectService("after a read-only start");
}

TEST_F(FaultsTest, ClockJumps) {
  constexpr std::int64_t kDay = 86'400;
  for (const std::int64_t shift : {kDay, -kDay, 3650 * kDay, -3650 * kDay, std::int64_t{1}}) {
    server_.control().clock_shift = shift;
    AskEach();
    ApiClient guest(server_.port(), "");
    EXPECT_EQ(guest.Get("/api/health").status, 200) << shift;
    EXPECT_EQ(guest.Get("/api/collections/notes/records").status, 200) << shift;
  }
  server_.control().clock_shift = 0;
  ExpectService("after clock jumps");
}

}  // namespace
}  // namespace sluice::faults
