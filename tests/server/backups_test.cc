// Backups of a folder that is written to, restores, and zip files that mean
// harm.
#include "tools/server/backups/backups.h"

#include <archive.h>
#include <archive_entry.h>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tools/server/backups/zip.h"
#include "tools/server/store/raw_sql.h"
#include "tools/server/store/writer.h"

namespace sluice::backups {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void WriteText(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string Ask(const std::string& path, const std::string& sql) {
  const auto connection = store::Connection::Open(path, {});
  if (!connection.ok()) return connection.status().ToString();
  const auto result = store::RunSql(**connection, sql, 10);
  if (!result.ok()) return result.status().ToString();
  return result->rows.at(0).at(0).value_or("NULL");
}

class BackupsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteText(folder_ / "storage/c/r/file.txt", "content");
    WriteText(folder_ / "storage/c/r/file.txt.attrs", "{}\n");
    WriteText(folder_ / "other/deep/unknown.bin", std::string(200000, 'x'));
    WriteText(folder_ / "types.d.ts", "");
    WriteText(folder_ / ".pb_temp_to_delete/left", "left");
    WriteText(folder_ / ".notify/x", "");
    options_.restore_delay = std::chrono::milliseconds(1);
    options_.on_restore = [this] { restored_.set_value(); };
    backups_ = std::make_unique<Backups>(folder_.string(), options_);
  }
  void TearDown() override { backups_.reset(); }
  Status Create(const std::string& key) {
    std::promise<Status> outcome;
    backups_->Create(key, [&](const Status& status) { outcome.set_value(status); });
    return outcome.get_future().get();
  }

  std::string PathOf(const std::string& key) const { return folder_ / "backups" / key; }

  BlogFolder blog_;
  fs::path folder_ = blog_.path();
  BackupOptions options_;
  std::promise<void> restored_;
  std::unique_ptr<Backups> backups_;
};

TEST_F(BackupsTest, HoldsEverythingButWhatIsLeftOut) {
  EXPECT_FALSE(fs::exists(folder_ / ".pb_temp_to_delete"));
  ASSERT_TRUE(Create("one.zip").ok());
  ASSERT_TRUE(Create("two.zip").ok());
  const auto list = *backups_->List();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].key, "one.zip");
  EXPECT_GT(list[0].size, 1000U);
  EXPECT_TRUE(fs::exists(folder_ / "backups/one.zip.attrs"));
  const fs::path out = folder_ / "out";
  fs::create_directory(out);
  const Status status = Unzip(PathOf("two.zip"), out.string());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadText(out / "storage/c/r/file.txt"), "content");
  EXPECT_EQ(ReadText(out / "storage/c/r/file.txt.attrs"), "{}\n");
  EXPECT_EQ(ReadText(out / "other/deep/unknown.bin"), std::string(200000, 'x'));
  EXPECT_TRUE(fs::exists(out / "types.d.ts"));
  EXPECT_FALSE(fs::exists(out / "backups"));
  EXPECT_FALSE(fs::exists(out / ".notify"));
  EXPECT_FALSE(fs::exists(out / ".pb_temp_to_delete"));
  EXPECT_EQ(Ask((out / "data.db").string(), "SELECT count(*) FROM posts"),
            Ask((folder_ / "data.db").string(), "SELECT count(*) FROM posts"));
}

TEST_F(BackupsTest, ACopyIsOneStateWhileWritesGoOn) {
  const std::string path = (folder_ / "data.db").string();
  auto writer = *store::Writer::Start(path, {});
  ASSERT_TRUE(writer
                  ->Run([](store::Connection& connection) {
                    return connection.Execute("CREATE TABLE pairs (a INTEGER, b INTEGER)");
                  })
                  .ok());
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writing([&] {
    while (!stop) {
      // Two rows in one transaction, or none.
      EXPECT_TRUE(writer
                      ->Run([&](store::Connection& connection) {
                        SLUICE_RETURN_IF_ERROR(
                            connection.Execute("INSERT INTO pairs VALUES (1, 0)"));
                        return connection.Execute("INSERT INTO pairs VALUES (0, 1)");
                      })
                      .ok());
      ++written;
    }
  });
  while (written < 10) std::this_thread::yield();
  for (int i = 0; i < 3; ++i) {
    const int before = written;
    ASSERT_TRUE(Create("b" + std::to_string(i) + ".zip").ok());
    while (written == before) std::this_thread::yield();  // nobody was locked out for good
  }
  stop = true;
  writing.join();
  for (int i = 0; i < 3; ++i) {
    const fs::path out = folder_ / ("out" + std::to_string(i));
    fs::create_directory(out);
    ASSERT_TRUE(Unzip(PathOf("b" + std::to_string(i) + ".zip"), out.string()).ok());
    EXPECT_EQ(Ask((out / "data.db").string(), "SELECT sum(a) - sum(b) FROM pairs"), "0");
    EXPECT_EQ(Ask((out / "data.db").string(), "PRAGMA integrity_check"), "ok");
  }
  // The writer's own files are whole as well (S-124).
  EXPECT_EQ(Ask(path, "SELECT count(*) FROM pairs"), std::to_string(2 * written));
}

TEST_F(BackupsTest, RestoresWhatWas) {
  ASSERT_TRUE(Create("one.zip").ok());
  const std::string path = (folder_ / "data.db").string();
  {
    auto writer = *store::Writer::Start(path, {});
    ASSERT_TRUE(writer
                    ->Run([](store::Connection& connection) {
                      return connection.Execute("DELETE FROM tags");
                    })
                    .ok());
  }
  WriteText(folder_ / "storage/c/r/later.txt", "later");
  ASSERT_EQ(Ask(path, "SELECT count(*) FROM tags"), "0");
  ASSERT_TRUE(
      backups_->Restore("one.zip", [](const Status& status) { EXPECT_TRUE(status.ok()) << status; })
          .ok());
  restored_.get_future().wait();
  EXPECT_TRUE(backups_->busy());
  EXPECT_FALSE(Create("two.zip").ok());
  ASSERT_TRUE(SwapIn(folder_.string()).ok());
  EXPECT_NE(Ask(path, "SELECT count(*) FROM tags"), "0");
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r/later.txt"));
  EXPECT_TRUE(fs::exists(folder_ / "storage/c/r/file.txt"));
  EXPECT_TRUE(fs::exists(folder_ / "backups/one.zip"));
  EXPECT_FALSE(fs::exists(folder_ / ".pb_temp_to_delete"));
  EXPECT_FALSE(SwapIn(folder_.string()).ok());
}

TEST_F(BackupsTest, ABadBackupChangesNothing) {
  EXPECT_FALSE(backups_->Restore("nope.zip", [](const Status&) {}).ok());
  EXPECT_FALSE(backups_->Restore("../data.db", [](const Status&) {}).ok());
  for (const std::string& text :
       {std::string("no zip"), std::string("PK\x05\x06") + std::string(18, '\0')}) {
    ASSERT_TRUE(backups_->Upload("bad.zip", http::FileContent(text)).ok());
    std::promise<Status> outcome;
    ASSERT_TRUE(
        backups_->Restore("bad.zip", [&](const Status& status) { outcome.set_value(status); })
            .ok());
    EXPECT_FALSE(outcome.get_future().get().ok());
    while (backups_->busy()) std::this_thread::yield();
    EXPECT_FALSE(SwapIn(folder_.string()).ok());
    ASSERT_TRUE(backups_->Remove("bad.zip").ok());
  }
  EXPECT_TRUE(fs::exists(folder_ / "data.db"));
}

TEST_F(BackupsTest, NothingBeginsOnceItIsStopped) {
  backups_->Stop();
  EXPECT_FALSE(Create("one.zip").ok());
  EXPECT_TRUE(backups_->List()->empty());
}

TEST_F(BackupsTest, NamesStayInTheFolder) {
  for (const char* key :
       {"", ".", "..", "../x.zip", "a/b.zip", ".hidden.zip", "x.zip.attrs", "/x"}) {
    EXPECT_FALSE(IsBackupKey(key)) << key;
    EXPECT_FALSE(*backups_->Has(key)) << key;
    EXPECT_FALSE(backups_->Remove(key).ok()) << key;
  }
  EXPECT_FALSE(IsBackupKey(std::string_view("a\0b", 3)));
  for (const char* key : {"x.zip", "@auto_pb_backup_a_1.zip", "My Backup.zip", "x"})
    EXPECT_TRUE(IsBackupKey(key)) << key;
  EXPECT_TRUE(Backups::IsCreatable("a_b-1.zip"));
  for (const char* key : {".zip", "A.zip", "a b.zip", "x.tar", "@a.zip", "x.zip "})
    EXPECT_FALSE(Backups::IsCreatable(key)) << key;
  EXPECT_EQ(DefaultKey("pb_backup_", "Acme Inc. 2!", 0), "pb_backup_acme_inc_2_19700101000000.zip");
}

TEST_F(BackupsTest, KeepsTheNewest) {
  for (int i = 0; i < 4; ++i) {
    WriteText(folder_ / "backups" / ("@auto_" + std::to_string(i) + ".zip"), "x");
    fs::last_write_time(folder_ / "backups" / ("@auto_" + std::to_string(i) + ".zip"),
                        fs::file_time_type::clock::now() - std::chrono::hours(i));
  }
  WriteText(folder_ / "backups/mine.zip", "x");
  ASSERT_TRUE(backups_->Prune("@auto_", 2).ok());
  std::string keys;
  const auto list = *backups_->List();
  for (const BackupInfo& info : list) keys += info.key + " ";
  EXPECT_EQ(keys, "@auto_0.zip @auto_1.zip mine.zip ");
}

// A zip file with one entry of that name and kind.
void MakeZip(const fs::path& path, const std::string& name, unsigned kind) {
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, kind);
  archive_entry_set_perm(entry, 0777);
  if (kind == AE_IFLNK) archive_entry_set_symlink(entry, "/etc");
  archive_entry_set_size(entry, kind == AE_IFREG ? 4 : 0);
  archive_write_header(writer, entry);
  if (kind == AE_IFREG) archive_write_data(writer, "evil", 4);
  archive_entry_free(entry);
  archive_write_free(writer);
}

TEST_F(BackupsTest, ZipsThatLeadOutAreRefused) {
  const fs::path zip = folder_ / "evil.zip";
  for (const char* name : {"../evil.txt", "a/../../evil.txt", "/tmp/evil-sluice.txt", ".."}) {
    MakeZip(zip, name, AE_IFREG);
    const fs::path out = folder_ / "evil/out";
    fs::remove_all(folder_ / "evil");
    fs::create_directories(out);
    EXPECT_FALSE(Unzip(zip.string(), out.string()).ok()) << name;
    EXPECT_FALSE(fs::exists(folder_ / "evil/evil.txt")) << name;
    EXPECT_FALSE(fs::exists("/tmp/evil-sluice.txt")) << name;
  }
  MakeZip(zip, "link", AE_IFLNK);
  fs::remove_all(folder_ / "evil");
  fs::create_directories(folder_ / "evil");
  EXPECT_FALSE(Unzip(zip.string(), (folder_ / "evil").string()).ok());
}

}  // namespace
}  // namespace sluice::backups
