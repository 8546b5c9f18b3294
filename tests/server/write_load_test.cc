// Many clients write and many read at once: every answer is the one that the
// request alone would get, and the rows at the end are those that were
// answered. Runs under the thread sanitizer too.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "tests/server/writing_server.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr char kRecords[] = "/api/collections/notes/records";

// What one writer knows of its rows.
struct Tally {
  long rows = 0;
  long sum = 0;
  long writes = 0;
};

class Complaints {
 public:
  void Add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    ++texts_[text];
  }
  ~Complaints() {
    for (const auto& [text, count] : texts_) ADD_FAILURE() << count << " times: " << text;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> texts_;
};

class WriteLoadTest : public testing::Test {
 protected:
  void SetUp() override {
    app_ = Serve(folder_);
    ASSERT_NE(app_, nullptr);
    ApiClient root(app_->port(), folder_.token());
    const ApiAnswer made = root.Ask(
        "POST", "/api/collections",
        R"j({"name":"notes","listRule":"","viewRule":"","createRule":"","updateRule":"",)j"
        R"j("deleteRule":"","fields":[{"name":"text","type":"text"},{"name":"n","type":"number"},)j"
        R"j({"name":"writer","type":"number"},{"name":"created","type":"autodate","onCreate":true}],)j"
        R"j("indexes":["CREATE INDEX idx_writer ON notes (writer)"]})j");
    ASSERT_EQ(made.status, 200) << made.body;
  }

  // Creates, changes and deletes rows of its own until told to stop.
  Tally Write(int writer, const std::atomic<bool>& stop, Complaints& complaints) const {
    ApiClient client(app_->port(), writer % 2 == 0 ? "" : folder_.token());
    Tally tally;
    std::vector<std::pair<std::string, long>> rows;
    const auto expect = [&](const ApiAnswer& answer, int status, const char* what) {
      ++tally.writes;
      if (answer.status == status) return true;
      complaints.Add(std::string(what) + ": " + std::to_string(answer.status) + " " + answer.body);
      return false;
    };
    for (long i = 0; !stop; ++i) {
      const ApiAnswer made = client.Ask("POST", kRecords,
                                        R"({"text":"some text","n":)" + std::to_string(i) +
                                            R"(,"writer":)" + std::to_string(writer) + "}");
      if (!expect(made, 200, "create")) break;
      rows.emplace_back(TextIn(made.body, "id"), i);
      if (i % 3 == 1) {
        auto& [id, n] = rows[static_cast<std::size_t>(i) % rows.size()];
        const ApiAnswer changed =
            client.Ask("PATCH", std::string(kRecords) + "/" + id, R"({"n+":5})");
        n += 5;
        if (!expect(changed, 200, "update")) break;
        if (NumberIn(changed.body, "n") != n) complaints.Add("an update was lost: " + changed.body);
      }
      if (i % 5 == 4) {
        const ApiAnswer gone =
            client.Ask("DELETE", std::string(kRecords) + "/" + rows.front().first);
        rows.erase(rows.begin());
        if (!expect(gone, 204, "delete")) break;
      }
    }
    tally.rows = static_cast<long>(rows.size());
    for (const auto& [id, n] : rows) tally.sum += n;
    return tally;
  }

  long Read(int reader, const std::atomic<bool>& stop, Complaints& complaints) const {
    ApiClient client(app_->port(), "");
    const std::string filters[] = {"?perPage=30&sort=-created",
                                   "?filter=writer%3D" + std::to_string(reader) + "&perPage=20",
                                   "?filter=n%3E3%26%26text~%27some%27&skipTotal=1"};
    long answers = 0;
    for (; !stop; ++answers) {
      const ApiAnswer answer = client.Get(kRecords + filters[answers % 3]);
      if (answer.status == 200 && answer.body.ends_with("}\n")) continue;
      complaints.Add("list: " + std::to_string(answer.status) + " " + answer.body.substr(0, 300));
      break;
    }
    return answers;
  }

  WrittenFolder folder_;
  std::unique_ptr<App> app_;
};

TEST_F(WriteLoadTest, CountsAreExact) {
  const int count = NumberFrom("SLUICE_WRITE_LOAD_CLIENTS", 64);
  std::atomic<bool> stop{false};
  std::vector<Tally> tallies(static_cast<std::size_t>(count));
  std::atomic<long> lists{0};
  {
    Complaints complaints;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back(
          [&, i] { tallies[static_cast<std::size_t>(i)] = Write(i, stop, complaints); });
      threads.emplace_back([&, i] { lists += Read(i, stop, complaints); });
    }
    std::this_thread::sleep_for(seconds(NumberFrom("SLUICE_WRITE_LOAD_SECONDS", 3)));
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
  Tally all;
  for (int i = 0; i < count; ++i) {
    const Tally& tally = tallies[static_cast<std::size_t>(i)];
    EXPECT_EQ(
        folder_.Ask("SELECT count(*) || ' ' || coalesce(sum(n), 0) FROM notes WHERE writer = " +
                    std::to_string(i)),
        std::to_string(tally.rows) + " " + std::to_string(tally.sum));
    EXPECT_GT(tally.writes, 0);
    all.rows += tally.rows;
    all.writes += tally.writes;
  }
  EXPECT_EQ(folder_.Ask("SELECT count(*) FROM notes"), std::to_string(all.rows));
  EXPECT_EQ(folder_.Ask("PRAGMA integrity_check"), "ok");
  EXPECT_GT(lists.load(), 0);
  RecordProperty("writes", static_cast<int>(all.writes));
  RecordProperty("lists", static_cast<int>(lists.load()));
  std::printf("%ld writes, %ld lists\n", all.writes, lists.load());
}

}  // namespace
}  // namespace sluice
