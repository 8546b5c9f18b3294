// A server process is killed in the middle of writes, again and again: what it
// answered is there, and nothing is there by half (S-3, R-140).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <random>
#include <set>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "tests/server/started_server.h"
#include "tests/server/writing_server.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

constexpr int kWriters = 8;
constexpr int kBatch = 4;
constexpr char kRecords[] = "/api/collections/notes/records";

class ServerProcess {
 public:
  explicit ServerProcess(const std::string& folder)
      : server_(StartServer(SLUICE_PROGRAM, folder, [] {})) {
    EXPECT_NE(server_.port, 0);
  }
  ~ServerProcess() { Kill(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void Kill() {
    if (server_.pid <= 0) return;
    kill(server_.pid, SIGKILL);
    waitpid(server_.pid, nullptr, 0);
    server_.pid = -1;
    fclose(server_.said);
  }
  std::uint16_t port() const { return server_.port; }

 private:
  StartedServer server_;
};

// What the clients were told, over all rounds.
class Answered {
 public:
  void Record(const std::string& id) {
    const std::lock_guard lock(mutex_);
    records_.insert(id);
  }
  void Batch(const std::string& tag) {
    const std::lock_guard lock(mutex_);
    batches_.insert(tag);
  }
  const std::set<std::string>& records() const { return records_; }
  const std::set<std::string>& batches() const { return batches_; }

 private:
  std::mutex mutex_;
  std::set<std::string> records_;
  std::set<std::string> batches_;
};

// The text of a row tells its length: a row by half would show.
std::string Row(long n, const std::string& tag) {
  const std::size_t size = static_cast<std::size_t>(n * 37 % 6000);
  return R"({"n":)" + std::to_string(n) + R"(,"size":)" + std::to_string(size) + R"(,"tag":")" +
         tag + R"(","text":")" + std::string(size, 'x') + "\"}";
}

// Writes until the connection breaks. Every third client sends batches.
void Write(const ServerProcess& server, const std::string& token, int writer, int round,
           Answered& answered) {
  ApiClient client(server.port(), token);
  for (long n = 0;; ++n) {
    const std::string name =
        std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(n);
    if (writer % 3 != 2) {
      const ApiAnswer answer = client.Ask("POST", kRecords, Row(n, ""));
      if (answer.status == 0) return;
      EXPECT_EQ(answer.status, 200) << answer.body;
      answered.Record(TextIn(answer.body, "id"));
      continue;
    }
    std::string requests;
    for (int i = 0; i < kBatch; ++i) {
      requests += std::string(i > 0 ? "," : "") + R"({"method":"POST","url":")" + kRecords +
                  R"(","body":)" + Row(n + i, name) + "}";
    }
    const ApiAnswer answer = client.Ask("POST", "/api/batch", R"({"requests":[)" + requests + "]}");
    if (answer.status == 0) return;
    EXPECT_EQ(answer.status, 200) << answer.body;
    answered.Batch(name);
  }
}

std::set<std::string> Column(const WrittenFolder& folder, const std::string& sql) {
  std::set<std::string> values;
  auto connection = store::Connection::Open(folder.path() + "/data.db", {});
  EXPECT_TRUE(connection.ok()) << connection.status();
  auto statement = (*connection)->Prepare(sql);
  EXPECT_TRUE(statement.ok()) << statement.status();
  const store::StatementUse use(*statement);
  while (use->Step().value_or(false)) values.emplace(use->Column(0).text);
  return values;
}

void Check(const WrittenFolder& folder, const Answered& answered) {
  EXPECT_EQ(folder.Ask("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(folder.Ask("SELECT count(*) FROM notes WHERE length(text) != size"), "0");
  EXPECT_EQ(folder.Ask("SELECT count(*) FROM (SELECT 1 FROM notes WHERE tag != '' GROUP BY tag "
                       "HAVING count(*) != " +
                       std::to_string(kBatch) + ")"),
            "0");
  const std::set<std::string> records = Column(folder, "SELECT id FROM notes");
  for (const std::string& id : answered.records())
    EXPECT_TRUE(records.contains(id)) << id << " was answered and is not there";
  const std::set<std::string> batches = Column(folder, "SELECT tag FROM notes");
  for (const std::string& tag : answered.batches())
    EXPECT_TRUE(batches.contains(tag)) << "the batch " << tag << " was answered and is not there";
}

// Every row is looked at after every kill, so a folder does not serve for many.
constexpr int kKillsOfOneFolder = 25;

struct Tally {
  std::size_t records = 0;
  std::size_t batches = 0;
};

void MakeNotes(const WrittenFolder& folder) {
  const auto app = Serve(folder);
  ASSERT_NE(app, nullptr);
  ApiClient root(app->port(), folder.token());
  const ApiAnswer made = root.Ask(
      "POST", "/api/collections",
      R"({"name":"notes","fields":[{"name":"n","type":"number"},{"name":"size","type":"number"},)"
      R"({"name":"tag","type":"text"},{"name":"text","type":"text","max":10000}]})");
  ASSERT_EQ(made.status, 200) << made.body;
  const ApiAnswer enabled = root.Ask("PATCH", "/api/settings",
                                     R"({"batch":{"enabled":true,"maxRequests":50,"timeout":30}})");
  ASSERT_EQ(enabled.status, 200) << enabled.body;
}

void KillAndLook(int kills, std::mt19937& random, Tally& tally) {
  const WrittenFolder folder;
  ASSERT_NO_FATAL_FAILURE(MakeNotes(folder));
  Answered answered;
  for (int kill = 0; kill < kills && !testing::Test::HasFailure(); ++kill) {
    ServerProcess server(folder.path());
    Check(folder, answered);
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] { Write(server, folder.token(), i, kill, answered); });
    }
    std::this_thread::sleep_for(milliseconds(100 + random() % 400));
    server.Kill();
    for (std::thread& writer : writers) writer.join();
  }
  Check(folder, answered);
  tally.records += answered.records().size();
  tally.batches += answered.batches().size();
}

TEST(Durability, WhatWasAnsweredOutlivesTheProcess) {
  std::mt19937 random(7);
  Tally tally;
  const int rounds = NumberFrom("SLUICE_DURABILITY_ROUNDS", 20);
  for (int done = 0; done < rounds && !HasFailure(); done += kKillsOfOneFolder) {
    KillAndLook(std::min(kKillsOfOneFolder, rounds - done), random, tally);
    if (rounds > kKillsOfOneFolder)
      std::fprintf(stderr, "%d of %d kills\n", std::min(rounds, done + kKillsOfOneFolder), rounds);
  }
  EXPECT_GT(tally.records, 0u);
  EXPECT_GT(tally.batches, 0u);
  std::printf("%d kills, %zu records and %zu batches answered\n", rounds, tally.records,
              tally.batches);
}

}  // namespace
}  // namespace sluice
