// Collections change in a loop while many connections list and filter: nobody
// sees half of a change, and nobody gets an error that is not its own. Runs
// under the thread sanitizer too.
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

constexpr int kRows = 200;
constexpr char kId[] = "items0000000000";

// The fields of `items` in their first form, without the closing bracket.
std::string Fields(const std::string& text_name, bool multiple) {
  return R"({"fields":[{"name":"id","type":"text","id":"text3208210256","primaryKey":true,"required":true,"system":true,"min":15,"max":15,"pattern":"^[a-z0-9]+$","autogeneratePattern":"[a-z0-9]{15}"},)"
         R"({"id":"f1","name":")" +
         text_name +
         R"(","type":"text"},{"id":"f2","name":"n","type":"number"},)"
         R"({"id":"f3","name":"next","type":"relation","collectionId":")" +
         kId + R"(","maxSelect":)" + (multiple ? "3" : "1") + "}";
}

class StressTest : public testing::Test {
 protected:
  void SetUp() override {
    app_ = Serve(folder_);
    ASSERT_NE(app_, nullptr);
    ApiClient root(app_->port(), folder_.token());
    std::string body =
        R"({"id":")" + std::string(kId) + R"(","name":"items","listRule":"","viewRule":"",)" +
        R"("fields":[{"id":"f1","name":"t","type":"text"},{"id":"f2","name":"n","type":"number"}]})";
    ASSERT_EQ(root.Ask("POST", "/api/collections", body).status, 200);
    const ApiAnswer related = root.Ask("PATCH", Target(), Fields("t", false) + "]}");
    ASSERT_EQ(related.status, 200) << related.body;
    folder_.Change(
        "INSERT INTO items (id, t, n, next) WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + "
        "1 "
        "FROM k WHERE i < " +
        std::to_string(kRows - 1) +
        ") SELECT printf('row%012d', i), 'text ' || i, i, printf('row%012d', i / 2) FROM k");
  }

  static std::string Target() { return std::string("/api/collections/") + kId; }

  // One round of changes; each must succeed.
  void ChangeAll(int round) {
    ApiClient root(app_->port(), folder_.token());
    const auto change = [&](std::string_view method, std::string_view target,
                            const std::string& body) {
      const ApiAnswer answer = root.Ask(method, target, body);
      EXPECT_LT(answer.status, 300) << method << " " << target << body << answer.body;
      if (answer.status < 300) ++changes_;
    };
    change("PATCH", Target(),
           Fields("t", false) + R"(,{"id":"f9","name":"extra","type":"text"}]})");
    change("PATCH", Target(), Fields("t", false) + "]}");
    change("PATCH", Target(), Fields("title", false) + "]}");
    change("PATCH", Target(), Fields("t", true) + "]}");
    change("PATCH", Target(), Fields("t", false) + "]}");
    change("PATCH", Target(), R"j({"indexes":["CREATE INDEX idx_n ON items (n)"]})j");
    change("PATCH", Target(), R"({"indexes":[]})");
    change("PATCH", Target(), R"({"name":"things"})");
    change("PATCH", Target(), R"({"name":"items"})");
    const std::string name = "extra" + std::to_string(round);
    change("POST", "/api/collections",
           R"({"name":")" + name + R"(","listRule":"","fields":[{"name":"a","type":"text"}]})");
    change("DELETE", "/api/collections/" + name, "");
  }

  WrittenFolder folder_;
  std::unique_ptr<App> app_;
  std::atomic<int> changes_{0};
};

struct Question {
  std::string target;
  bool always;  // all rows, whatever the collection looks like; else also 400 and 404
};

TEST_F(StressTest, ReadersAndChangesOfCollections) {
  const std::string records = Target() + "/records";
  const std::vector<Question> questions = {
      {records + "?perPage=500", true},
      {records + "?perPage=500&filter=n%3E%3D0&sort=-n", true},
      {records + "?perPage=500&filter=next.n%3E%3D0&expand=next", true},
      {records + "?perPage=500&filter=id!~%27x%27&fields=id,n", true},
      {records + "?perPage=500&filter=t~%27text%27&sort=t", false},
      {records + "?perPage=500&filter=extra%3D%27%27%26%26n%3E%3D0", false},
      {"/api/collections/items/records?perPage=500", false},
      {"/api/collections/things/records?perPage=500", false},
      {"/api/collections/extra1/records", false},
  };
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0};
  std::mutex mutex;
  std::map<std::string, int> complaints;
  std::vector<std::thread> readers;
  for (int i = 0; i < 32; ++i) {
    readers.emplace_back([&, i] {
      ApiClient client(app_->port(), i % 2 == 0 ? "" : folder_.token());
      for (std::size_t k = static_cast<std::size_t>(i); !stop; ++k) {
        const Question& question = questions[k % questions.size()];
        const ApiAnswer answer = client.Get(question.target);
        ++asked;
        const bool rows = NumberIn(answer.body, "totalItems") == kRows ||
                          question.target.find("/extra") != std::string::npos;
        const bool good = answer.status == 200
                              ? rows
                              : !question.always && (answer.status == 400 || answer.status == 404);
        if (good) continue;
        const std::lock_guard lock(mutex);
        ++complaints[question.target + " " + std::to_string(answer.status) + " " +
                     answer.body.substr(0, 200)];
        if (answer.status == 0) return;
      }
    });
  }
  const auto end = steady_clock::now() + seconds(NumberFrom("SLUICE_STRESS_SECONDS", 4));
  for (int round = 0; steady_clock::now() < end; ++round) ChangeAll(round);
  stop = true;
  for (std::thread& reader : readers) reader.join();
  for (const auto& [complaint, count] : complaints)
    ADD_FAILURE() << count << " of " << asked << ": " << complaint;
  EXPECT_GT(changes_.load(), 10);
  RecordProperty("asked", asked.load());
  RecordProperty("changes", changes_.load());
  // The folder is whole.
  EXPECT_EQ(folder_.Ask("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(folder_.Ask("SELECT count(*) FROM items WHERE next = printf('row%012d', n / 2)"),
            std::to_string(kRows));
}

}  // namespace
}  // namespace sluice
