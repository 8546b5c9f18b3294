// The snapshot follows what other processes do to the folder (S-18). Runs
// under the thread sanitizer too.
#include "tools/server/store/catalog.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/temp_database.h"

namespace sluice::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kCollections[] =
    "CREATE TABLE _collections (id TEXT PRIMARY KEY NOT NULL, system BOOLEAN DEFAULT FALSE NOT "
    "NULL, type TEXT DEFAULT 'base' "
    "NOT NULL, name TEXT UNIQUE NOT NULL, fields JSON DEFAULT '[]' NOT NULL, indexes JSON DEFAULT "
    "'[]' NOT NULL, listRule TEXT, "
    "viewRule TEXT, createRule TEXT, updateRule TEXT, deleteRule TEXT, options JSON DEFAULT '{}' "
    "NOT NULL, created TEXT DEFAULT "
    "'' NOT NULL, updated TEXT DEFAULT '' NOT NULL)";

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest()
      : folder_({kCollections, "CREATE TABLE _params (id TEXT PRIMARY KEY NOT NULL, value JSON)",
                 "CREATE TABLE t (a)",
                 "INSERT INTO _collections (id, name, listRule) VALUES ('c1', 'posts', 'id = 1')",
                 "INSERT INTO _params VALUES ('settings', '{}')"}),
        writer_(folder_.Open(Access::kWrite)) {}

  void OpenCatalog(const SettingsOpener& opener = nullptr,
                   milliseconds look_every = milliseconds(1000)) {
    auto catalog = Catalog::Open(
        folder_.folder(),
        [this](const Status& status) {
          const std::lock_guard lock(mutex_);
          reloads_.push_back(status);
          changed_.notify_all();
        },
        opener, {}, look_every);
    ASSERT_TRUE(catalog.ok()) << std::string(AsStd(catalog.status().message()));
    catalog_ = *std::move(catalog);
  }

  // Sees nothing but what is announced.
  void OpenCatalogThatDoesNotLook() { OpenCatalog(nullptr, std::chrono::hours(1)); }

  // What the other process does, announced or not.
  void Change(const std::string& sql) { ASSERT_TRUE(writer_->Execute(sql).ok()) << sql; }
  void Announce() const {
    const std::string path = folder_.folder() + "/.notify/collections@abcdefghij";
    std::ofstream(path).close();
    std::filesystem::remove(path);
  }

  // Whether that many reloads were tried; gives up when that takes very long.
  bool WaitForReloads(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(60), [&] { return reloads_.size() >= count; });
  }

  // Fails when that takes very long.
  template <typename Condition>
  static void WaitUntil(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  RuleText ListRule() const { return catalog_->current()->schema->Find("posts")->list_rule; }

  TempDatabase folder_;
  std::unique_ptr<Connection> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Status> reloads_;  // guarded by mutex_
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(CatalogTest, StartsWithWhatIsThere) {
  OpenCatalog();
  EXPECT_EQ(ListRule(), RuleText("id = 1"));
  EXPECT_TRUE(std::filesystem::is_directory(folder_.folder() + "/.notify"));
}

TEST_F(CatalogTest, FailsOnAFolderThatCannotBeRead) {
  Change("DROP TABLE _collections");
  const auto catalog = Catalog::Open(folder_.folder(), nullptr);
  ASSERT_FALSE(catalog.ok());
  EXPECT_THAT(std::string(AsStd(catalog.status().message())), HasSubstr("_collections"));
  EXPECT_FALSE(Catalog::Open(folder_.folder() + "/none", nullptr).ok());
}

TEST_F(CatalogTest, SeesARuleThatAnotherProcessChangedSilently) {
  OpenCatalog();
  Change("UPDATE _collections SET listRule = 'id = 2'");
  ASSERT_TRUE(WaitForReloads(1));
  EXPECT_EQ(ListRule(), RuleText("id = 2"));
  Change("UPDATE _collections SET listRule = NULL");
  ASSERT_TRUE(WaitForReloads(2));
  EXPECT_EQ(ListRule(), std::nullopt);
  EXPECT_TRUE(
      catalog_->current()->RulesOf(*catalog_->current()->schema->Find("posts")).list.locked);
}

TEST_F(CatalogTest, SeesAnAddedCollection) {
  OpenCatalog();
  EXPECT_EQ(catalog_->current()->schema->Find("tags"), nullptr);
  Change("INSERT INTO _collections (id, name) VALUES ('c2', 'tags')");
  ASSERT_TRUE(WaitForReloads(1));
  EXPECT_NE(catalog_->current()->schema->Find("tags"), nullptr);
}

TEST_F(CatalogTest, SeesChangedSettings) {
  OpenCatalog();
  Change(R"(UPDATE _params SET value = '{"superuserIPs":["10.0.0.1"]}')");
  ASSERT_TRUE(WaitForReloads(1));
  EXPECT_EQ(catalog_->current()->settings.superuser_ips, std::vector<std::string>{"10.0.0.1"});
}

TEST_F(CatalogTest, SeesAnnouncedChangesAtOnce) {
  OpenCatalogThatDoesNotLook();
  for (std::size_t i = 1; i <= 4; ++i) {
    const std::string rule = "id = " + std::to_string(100 + i);
    Change("UPDATE _collections SET listRule = '" + rule + "'");
    Announce();
    ASSERT_TRUE(WaitForReloads(i));
    EXPECT_EQ(ListRule(), RuleText(rule));
  }
}

// The opener runs in the middle of the first load.
TEST_F(CatalogTest, SeesAChangeMadeWhileItOpened) {
  Change("UPDATE _params SET value = 'encrypted'");
  std::atomic<bool> opened = false;  // the watch's thread opens the settings again
  const auto opener = [&](std::string_view) -> StatusOr<std::string> {
    if (!opened.exchange(true)) Change("UPDATE _collections SET listRule = 'id = 9'");
    return std::string("{}");
  };
  OpenCatalog(opener);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(WaitForReloads(1));
  EXPECT_EQ(ListRule(), RuleText("id = 9"));
}

TEST_F(CatalogTest, ReloadsNothingForOtherRows) {
  OpenCatalog();
  const std::shared_ptr<const Snapshot> before = catalog_->current();
  Change("INSERT INTO t VALUES (1)");
  Announce();
  Change("INSERT INTO t VALUES (2)");
  Change("UPDATE _collections SET listRule = ''");
  Announce();
  ASSERT_TRUE(WaitForReloads(1));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(reloads_.size(), 1u);
  EXPECT_NE(catalog_->current(), before);
}

TEST_F(CatalogTest, KeepsTheOldSnapshotWhenTheNewOneIsDamaged) {
  OpenCatalog();
  Change(R"(UPDATE _collections SET fields = '[{"name":"f","type":"vector"}]', listRule = '')");
  Announce();
  ASSERT_TRUE(WaitForReloads(1));
  {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(reloads_[0].ok());
  }
  EXPECT_EQ(ListRule(), RuleText("id = 1"));
  Change("UPDATE _collections SET fields = '[]'");
  Announce();
  ASSERT_TRUE(WaitForReloads(2));
  EXPECT_EQ(ListRule(), RuleText(""));
}

TEST_F(CatalogTest, LeavesASnapshotToThoseWhoHoldIt) {
  OpenCatalog();
  const std::shared_ptr<const Snapshot> held = catalog_->current();
  Change("DELETE FROM _collections");
  Announce();
  ASSERT_TRUE(WaitForReloads(1));
  catalog_.reset();
  EXPECT_EQ(held->schema->Find("posts")->list_rule, RuleText("id = 1"));
}

TEST_F(CatalogTest, ReloadsWhenTold) {
  OpenCatalog();
  Change("UPDATE _collections SET listRule = 'id = 7'");
  ASSERT_TRUE(catalog_->Reload().ok());
  EXPECT_EQ(ListRule(), RuleText("id = 7"));
}

TEST_F(CatalogTest, TellsOthersOfAChange) {
  OpenCatalogThatDoesNotLook();
  for (std::size_t i = 1; i <= 4; ++i) {
    Change("UPDATE _collections SET listRule = 'id = " + std::to_string(100 + i) + "'");
    AnnounceChange(folder_.folder(), "collections");
    ASSERT_TRUE(WaitForReloads(i));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.folder() + "/.notify"));
  AnnounceChange(folder_.folder() + "/none", "collections");  // nobody listens
}

TEST_F(CatalogTest, EndsWithoutWaitingForItsNextLook) {
  for (int i = 0; i < 5; ++i) {
    OpenCatalogThatDoesNotLook();
    catalog_.reset();  // or the test is not done within an hour
  }
}

TEST_F(CatalogTest, IsReadFromManyThreadsWhileItChanges) {
  OpenCatalog();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::shared_ptr<const Snapshot> snapshot = catalog_->current();
        const Collection* posts = snapshot->schema->Find("posts");
        // One snapshot, one state: rule and settings change together.
        EXPECT_EQ(posts->list_rule == RuleText("id = 1"), snapshot->settings.superuser_ips.empty());
      }
    });
  }
  for (std::size_t i = 1; i <= 6; ++i) {
    const bool first = i % 2 == 0;
    Change(std::string("BEGIN; UPDATE _collections SET listRule = '") +
           (first ? "id = 1" : "id = 2") + "'; UPDATE _params SET value = '" +
           (first ? "{}" : R"({"superuserIPs":["10.0.0.1"]})") + "'; COMMIT");
    if (i % 3 == 0) {
      EXPECT_TRUE(catalog_->Reload().ok());
      Change("UPDATE _collections SET viewRule = 'id = " + std::to_string(i) + "'");
    }
    Announce();
    EXPECT_TRUE(WaitForReloads(i));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

// Statements are spelled by them.
TEST_F(CatalogTest, FollowsTheStatistics) {
  Change("CREATE INDEX ta ON t (a); INSERT INTO t VALUES (1), (1), (1), (2)");
  OpenCatalog(nullptr, milliseconds(20));
  const std::shared_ptr<const Snapshot> before = catalog_->current();
  EXPECT_TRUE(before->statistics->empty());
  Change("ANALYZE");
  WaitUntil([&] { return catalog_->current() != before; });
  const std::shared_ptr<const Snapshot> after = catalog_->current();
  EXPECT_EQ(after->statistics->Rows("t"), 4);
  EXPECT_EQ(after->statistics->RowsPerValue("t", "ta"), 2);
  EXPECT_NE(after->schema, before->schema) << "what is kept of plans is of one schema";
  // Rows alone change nothing, nor does who asks for them hear of statistics.
  Change("INSERT INTO t VALUES (3), (3)");
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_EQ(catalog_->current(), after);
  Change("ANALYZE");
  WaitUntil([&] { return catalog_->current() != after; });
  EXPECT_EQ(catalog_->current()->statistics->Rows("t"), 6);
  Change("DROP TABLE sqlite_stat1");
  WaitUntil([&] { return catalog_->current()->statistics->empty(); });
  EXPECT_EQ(before->statistics->Rows("t"), std::nullopt) << "a snapshot does not change";
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(reloads_.empty());
}

}  // namespace
}  // namespace sluice::store
