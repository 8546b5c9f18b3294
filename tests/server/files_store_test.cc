// Files on disk: layout and sidecars as S-58 to S-60 say, traversal, full
// disks, removing.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/files/attrs.h"
#include "tools/server/files/local_file_store.h"
#include "tools/server/files/remover.h"

namespace sluice::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class FileStoreTest : public ::testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  static fs::path MakeFolder() {
    std::string name = (fs::temp_directory_path() / "sluice_files_XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  static std::string Read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Every path below storage/, without it.
  std::vector<std::string> Tree() const {
    std::vector<std::string> paths;
    std::error_code none;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "storage", none)) {
      paths.push_back(fs::relative(entry.path(), folder_ / "storage").string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  Status Put(const FileKey& key, const std::string& content = "x") const {
    return store_.Put(key, http::FileContent(content), {"text/plain; charset=utf-8", "My x.txt"});
  }

  const fs::path folder_ = MakeFolder();
  const LocalFileStore store_{(folder_ / "storage").string()};
};

TEST_F(FileStoreTest, LayoutAndSidecar) {
  const FileKey key{"c_posts", "post00000000001", "notes_ufkdf4f2xy.txt"};
  ASSERT_TRUE(
      store_.Put(key, http::FileContent("some notes\n"), {"text/plain; charset=utf-8", "notes.txt"})
          .ok());
  EXPECT_THAT(Tree(), ElementsAre("c_posts", "c_posts/post00000000001",
                                  "c_posts/post00000000001/notes_ufkdf4f2xy.txt",
                                  "c_posts/post00000000001/notes_ufkdf4f2xy.txt.attrs"));
  EXPECT_EQ(Read(folder_ / "storage/c_posts/post00000000001/notes_ufkdf4f2xy.txt"), "some notes\n");
  EXPECT_EQ(Read(folder_ / "storage/c_posts/post00000000001/notes_ufkdf4f2xy.txt.attrs"),
            "{\"user.cache_control\":\"\",\"user.content_disposition\":\"\","
            "\"user.content_encoding\":\"\",\"user.content_language\":\"\","
            "\"user.content_type\":\"text/plain; charset=utf-8\","
            "\"user.metadata\":{\"original-filename\":\"notes.txt\"},"
            "\"md5\":\"Pa+QcfhSlkZ/lmn+v2OzSQ==\"}\n");
  const StatusOr<StoredContent> stored = store_.Open(key);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(*stored->content.Head(99), "some notes\n");
  EXPECT_NEAR(static_cast<double>(stored->modified_seconds),
              static_cast<double>(std::time(nullptr)), 5);
}

TEST_F(FileStoreTest, Thumbs) {
  const FileKey key{"c", "r", "a_1.png"};
  ASSERT_TRUE(Put(key).ok());
  ASSERT_TRUE(store_.PutThumb(key, "100x100", http::FileContent("t"), "image/png").ok());
  EXPECT_EQ(Read(folder_ / "storage/c/r/thumbs_a_1.png/100x100_a_1.png"), "t");
  EXPECT_THAT(Read(folder_ / "storage/c/r/thumbs_a_1.png/100x100_a_1.png.attrs"),
              ::testing::HasSubstr("\"user.metadata\":null,"));
  EXPECT_EQ(*store_.OpenThumb(key, "100x100")->content.Head(9), "t");
  EXPECT_TRUE(absl::IsNotFound(store_.OpenThumb(key, "1x1").status()));
  ASSERT_TRUE(store_.Delete(key).ok());
  EXPECT_THAT(Tree(), ElementsAre("c", "c/r"));
}

TEST_F(FileStoreTest, NoKeyLeadsOut) {
  std::ofstream(folder_ / "secret") << "s";
  std::ofstream(folder_ / "secret.attrs") << "{}";
  const std::vector<FileKey> keys = {
      {"c", "r", "../../../secret"},
      {"..", "r", "x"},
      {"c", "..", "x"},
      {"c", "r", ".."},
      {"c", "r", "."},
      {"", "r", "x"},
      {"c", "", "x"},
      {"c", "r", ""},
      {"c", "r", "a/b"},
      {"c/d", "r", "x"},
      {"c", "r", std::string_view("a\0b", 3)},
  };
  ASSERT_TRUE(Put({"c", "r", "kept"}).ok());
  for (const FileKey& key : keys) {
    EXPECT_TRUE(absl::IsInvalidArgument(Put(key)));
    EXPECT_TRUE(absl::IsNotFound(store_.Open(key).status()));
    EXPECT_TRUE(store_.Delete(key).ok());
  }
  EXPECT_TRUE(store_.DeleteRecordFolder("..", "storage").ok());
  EXPECT_TRUE(store_.DeleteRecordFolder("c", "..").ok());
  EXPECT_TRUE(store_.DeleteRecordFolder("c", "").ok());
  EXPECT_TRUE(store_.DeleteCollectionFolder("..").ok());
  EXPECT_TRUE(store_.DeleteCollectionFolder("").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Put({"c", "r", "x.attrs"})));
  EXPECT_TRUE(absl::IsNotFound(store_.Open({"c", "r", "kept.attrs"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Put({"c", "r", std::string(300, 'n')})));
  EXPECT_EQ(Read(folder_ / "secret"), "s");
  EXPECT_THAT(Tree(), ElementsAre("c", "c/r", "c/r/kept", "c/r/kept.attrs"));
  EXPECT_FALSE(store_.OpenThumb({"c", "r", "kept"}, "../../../../secret").ok());
}

TEST_F(FileStoreTest, ControlCharactersAreSpelled) {
  ASSERT_TRUE(Put({"c", "r", "a\nb"}).ok());
  EXPECT_EQ(Read(folder_ / "storage/c/r/a__0xa__b"), "x");
  EXPECT_TRUE(store_.Open({"c", "r", "a\nb"}).ok());
}

TEST_F(FileStoreTest, SidecarsDecideTypes) {
  const FileKey key{"c", "r", "a.png"};
  ASSERT_TRUE(Put(key).ok());
  const fs::path sidecar = folder_ / "storage/c/r/a.png.attrs";
  fs::remove(sidecar);
  EXPECT_EQ(store_.Open(key)->content_type, "application/octet-stream");
  std::ofstream(sidecar) << "no json";
  EXPECT_TRUE(absl::IsNotFound(store_.Open(key).status()));
  EXPECT_TRUE(absl::IsNotFound(store_.Open({"c", "r", "none"}).status()));
  EXPECT_TRUE(absl::IsNotFound(store_.Open({"c", "no", "a.png"}).status()));
  EXPECT_TRUE(absl::IsNotFound(store_.Open({"c", "r", std::string(300, 'n')}).status()));
}

TEST_F(FileStoreTest, LongOriginalNames) {
  Attrs attrs;
  attrs.original_name = std::string(300, 'o');
  EXPECT_EQ(ParseAttrs(AttrsText(attrs))->original_name, std::string(255, 'o'));
  attrs.original_name = "a\"\n\xff";
  EXPECT_EQ(ParseAttrs(AttrsText(attrs))->original_name, "a\"\n\xEF\xBF\xBD");
}

TEST_F(FileStoreTest, NothingIsLeftOfFailures) {
  ASSERT_TRUE(Put({"c", "r", "old"}).ok());
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  rlimit full = old;
  full.rlim_cur = 100000;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &full);
  const Status status = Put({"c", "r", "large"}, std::string(200000, 'x'));
  const Status replaced = Put({"c", "r", "old"}, std::string(200000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_FALSE(replaced.ok());
  EXPECT_THAT(Tree(), ElementsAre("c", "c/r", "c/r/old", "c/r/old.attrs"));
  EXPECT_EQ(*store_.Open({"c", "r", "old"})->content.Head(9), "x");
}

TEST_F(FileStoreTest, FlushesWhatItIsToldTo) {
  const LocalFileStore careful((folder_ / "storage").string(), {.flush_folders = true});
  EXPECT_TRUE(careful.Put({"c", "r", "a"}, http::FileContent("x"), {}).ok());
  EXPECT_TRUE(careful.PutThumb({"c", "r", "a"}, "1x1", http::FileContent("x"), "t").ok());
}

TEST_F(FileStoreTest, Folders) {
  for (const char* name : {"a", "b", "d"}) {
    ASSERT_TRUE(Put({"c", "r", name}).ok());
    ASSERT_TRUE(store_.PutThumb({"c", "r", name}, "1x1", http::FileContent("t"), "x").ok());
  }
  ASSERT_TRUE(Put({"c", "r2", "a"}).ok());
  store_.DeleteEmptyRecordFolder("c", "r2");
  EXPECT_TRUE(store_.Open({"c", "r2", "a"}).ok());
  ASSERT_TRUE(store_.Delete({"c", "r2", "a"}).ok());
  store_.DeleteEmptyRecordFolder("c", "r2");
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r2"));
  const std::vector<std::string> kept = {"b"};
  ASSERT_TRUE(store_.DeleteRecordFolder("c", "r", kept).ok());
  EXPECT_THAT(Tree(), ElementsAre("c", "c/r", "c/r/b", "c/r/b.attrs"));
  ASSERT_TRUE(store_.DeleteRecordFolder("c", "r").ok());
  EXPECT_THAT(Tree(), ElementsAre("c"));
  ASSERT_TRUE(store_.DeleteCollectionFolder("c").ok());
  ASSERT_TRUE(store_.DeleteCollectionFolder("never").ok());
  EXPECT_THAT(Tree(), ElementsAre());
}

TEST_F(FileStoreTest, WritersAndReadersAtOnce) {
  const FileKey key{"c", "r", "same"};
  ASSERT_TRUE(Put(key, std::string(100000, '0')).ok());
  std::atomic<bool> ends = false;
  std::vector<std::thread> writers;
  for (char c = '0'; c < '3'; ++c) {
    writers.emplace_back([&, c] {
      while (!ends) {
        EXPECT_TRUE(Put(key, std::string(100000, c)).ok());
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const StatusOr<StoredContent> stored = store_.Open(key);
    ASSERT_TRUE(stored.ok());
    const std::string text = *stored->content.Head(200000);
    ASSERT_EQ(text, std::string(100000, text[0]));
  }
  ends = true;
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_THAT(Tree(), ElementsAre("c", "c/r", "c/r/same", "c/r/same.attrs"));
}

TEST_F(FileStoreTest, RemoverRemovesAllBeforeItEnds) {
  const auto quick = std::make_shared<const LocalFileStore>((folder_ / "storage").string(),
                                                            FileStoreOptions{.flush = false});
  for (int i = 0; i < 100; ++i) {
    const std::string record = "r" + std::to_string(i);
    ASSERT_TRUE(quick->Put({"c", record, "a"}, http::FileContent("x"), {}).ok());
    ASSERT_TRUE(quick->Put({"c", record, "b"}, http::FileContent("x"), {}).ok());
  }
  ASSERT_TRUE(quick->Put({"d", "r", "a"}, http::FileContent("x"), {}).ok());
  {
    // A queue of 3 also makes the caller remove.
    Remover remover([](const Status& status) { ADD_FAILURE() << status; }, {.queue_max = 3});
    for (int i = 0; i < 100; ++i) {
      remover.Remove({quick, "c", "r" + std::to_string(i), i % 2 == 0 ? "" : "a", {}});
    }
    remover.Remove({quick, "d", "", "", {}});
    remover.Drain();
    EXPECT_FALSE(fs::exists(folder_ / "storage/d"));
    remover.Remove({quick, "c", "r1", "", {}});
  }
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r0"));
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r1"));
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r3/a"));
  EXPECT_TRUE(fs::exists(folder_ / "storage/c/r3/b"));
}

// An id is deleted and used again: what the new record has must not go with the
// old one's files.
TEST_F(FileStoreTest, HeldFilesOutliveTheirRecordsRemoval) {
  const auto store = std::make_shared<const LocalFileStore>((folder_ / "storage").string(),
                                                            FileStoreOptions{.flush = false});
  Remover remover([](const Status& status) { ADD_FAILURE() << status; }, {.threads = 2});
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(store->Put({"c", "r", "old"}, http::FileContent("x"), {}).ok());
    // Stored before the removal is asked for, but the row comes after.
    remover.Hold({"c", "r", "early"});
    ASSERT_TRUE(store->Put({"c", "r", "early"}, http::FileContent("x"), {}).ok());
    remover.Remove({store, "c", "r", "", {}});
    // Stored while the removal may be under way.
    remover.Hold({"c", "r", "late"});
    ASSERT_TRUE(store->Put({"c", "r", "late"}, http::FileContent("x"), {}).ok());
    remover.Drain();
    EXPECT_TRUE(fs::exists(folder_ / "storage/c/r/early"));
    EXPECT_TRUE(fs::exists(folder_ / "storage/c/r/late"));
    EXPECT_FALSE(fs::exists(folder_ / "storage/c/r/old"));
    remover.Release({"c", "r", "early"});
    remover.Release({"c", "r", "late"});
    remover.Remove({store, "c", "", "", {}});
    remover.Drain();
    EXPECT_FALSE(fs::exists(folder_ / "storage/c"));
  }
}

// Throws what it is told to.
class ThrowingStore : public LocalFileStore {
 public:
  using LocalFileStore::LocalFileStore;
  Status Delete(const FileKey& key) const override {
    if (key.name == "exception") throw std::bad_alloc();
    throw 1;
  }
};

TEST_F(FileStoreTest, RemovalsThatThrowFailAlone) {
  const auto store = std::make_shared<const ThrowingStore>((folder_ / "storage").string(),
                                                           FileStoreOptions{.flush = false});
  ASSERT_TRUE(store->Put({"c", "r", "a"}, http::FileContent("x"), {}).ok());
  std::atomic<int> failures = 0;
  Remover remover([&](const Status&) { ++failures; }, {.threads = 1});
  remover.Remove({store, "c", "r", "exception", {}});
  remover.Remove({store, "c", "r", "other", {}});
  remover.Remove({store, "c", "r", "", {}});
  remover.Drain();
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r"));
  EXPECT_EQ(failures, 1);
}

TEST_F(FileStoreTest, FoldersOfRecordsThatNeverWereGo) {
  const auto store = std::make_shared<const LocalFileStore>((folder_ / "storage").string());
  ASSERT_TRUE(store->Put({"c", "r", "a"}, http::FileContent("x"), {}).ok());
  ASSERT_TRUE(store->Put({"c", "s", "a"}, http::FileContent("x"), {}).ok());
  Remover remover([](const Status& status) { ADD_FAILURE() << status; });
  remover.Remove({.store = store,
                  .collection_id = "c",
                  .record_id = "r",
                  .name = "a",
                  .kept = {},
                  .folder_too = true});
  remover.Remove({.store = store, .collection_id = "c", .record_id = "s", .name = "a", .kept = {}});
  remover.Drain();
  EXPECT_FALSE(fs::exists(folder_ / "storage/c/r"));
  EXPECT_TRUE(fs::exists(folder_ / "storage/c/s"));
}

}  // namespace
}  // namespace sluice::files
