// Files through the whole server: large uploads, hostile names in rows and
// paths, sidecars, thumbs for many at once, files that go with their records,
// the public folder.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "boost/json/object.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tools/server/app.h"
#include "tools/server/auth/token.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kPost[] = "/api/files/posts/post00000000001/";
constexpr char kCover[] = "cover_one_16ogbdepgy.png";
constexpr char kNotes[] = "notes_ufkdf4f2xy.txt";

class FilesApiTest : public ::testing::Test {
 protected:
  FilesApiTest() {
    std::string name = (fs::temp_directory_path() / "sluice_files_XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    folder_ = root_ / "pb_data";
    fs::copy(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance/fixtures/blog", folder_,
             fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
    }
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    writer_ = *store::Connection::Open((folder_ / "data.db").string(), options);
  }
  ~FilesApiTest() override {
    app_.reset();
    writer_.reset();
    fs::remove_all(root_);
  }

  void Start(const std::string& public_folder = "") {
    ServerConfig config;
    config.folder = folder_.string();
    config.port = 0;
    config.public_folder = public_folder;
    config.log_level = observe::LogLevel::kOff;
    auto app = App::Start(config);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
  }

  void Change(const std::string& sql) { ASSERT_TRUE(writer_->Execute(sql).ok()) << sql; }

  std::string TextOf(const std::string& sql) {
    const auto statement = writer_->Prepare(sql);
    EXPECT_TRUE(statement.ok());
    const store::StatementUse use(*statement);
    const StatusOr<bool> row = use->Step();
    return row.ok() && *row ? std::string(use->Column(0).text) : "";
  }

  // As if root@example.com had signed in.
  std::string SuperuserToken() {
    boost::json::object claims;
    claims["collectionId"] = TextOf("SELECT id FROM _collections WHERE name = '_superusers'");
    claims["exp"] = 4102444800;
    claims["id"] = TextOf("SELECT id FROM _superusers WHERE email = 'root@example.com'");
    claims["type"] = "auth";
    return auth::SignToken(
        claims, TextOf("SELECT tokenKey FROM _superusers WHERE email = 'root@example.com'") +
                    TextOf("SELECT options->'authToken'->>'secret' FROM _collections WHERE name = "
                           "'_superusers'"));
  }

  std::string Ask(const std::string& method, const std::string& target,
                  const std::string& fields = "", const std::string& body = "") const {
    http::Client client(app_->port());
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields;
    if (!body.empty()) {
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    client.Send(text + "\r\n" + body);
    return client.ReadAnswer(method == "HEAD");
  }
  std::string Get(const std::string& target, const std::string& fields = "") const {
    return Ask("GET", target, fields);
  }

  // A new record of `pics` with one file, by a form; its id and the file's name.
  std::pair<std::string, std::string> Upload(const std::string& content) {
    const std::string form =
        "--XX\r\nContent-Disposition: form-data; name=pic; filename=\"Big One.bin\"\r\n\r\n" +
        content + "\r\n--XX--\r\n";
    const std::string answer = Ask("POST", "/api/collections/pics/records",
                                   "Content-Type: multipart/form-data; boundary=XX\r\n", form);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << answer;
    const auto member = [&answer](const std::string& key) {
      const std::size_t at = answer.find("\"" + key + "\":\"") + key.size() + 4;
      return answer.substr(at, answer.find('"', at) - at);
    };
    return {member("id"), member("pic")};
  }
  void MakePics() {
    const std::string answer =
        Ask("POST", "/api/collections",
            "Authorization: " + SuperuserToken() + "\r\nContent-Type: application/json\r\n",
            "{\"name\":\"pics\",\"viewRule\":\"\",\"createRule\":\"\",\"deleteRule\":\"\","
            "\"fields\":[{\"name\":\"pic\",\"type\":\"file\",\"maxSize\":100000000,"
            "\"thumbs\":[\"50x0\",\"99999x99999\"]}]}");
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  }
  fs::path Stored(const std::pair<std::string, std::string>& made) const {
    return folder_ / "storage/pbc_2913792125" / made.first / made.second;
  }

  fs::path root_;
  fs::path folder_;
  std::unique_ptr<store::Connection> writer_;
  std::unique_ptr<App> app_;
};

std::string BodyOf(const std::string& answer) {
  return answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size()));
}

TEST_F(FilesApiTest, LargeUploadsComeBackAsTheyWere) {
  Start();
  MakePics();
  std::string content;
  for (std::size_t i = 0; content.size() < (40U << 20U); ++i) {
    content += std::to_string(i * i) + "\r\n--X";
  }
  const auto made = Upload(content);
  EXPECT_THAT(made.second, ::testing::MatchesRegex("big_one_[a-z0-9]{10}\\.bin"));
  const std::string target = "/api/files/pics/" + made.first + "/" + made.second;
  EXPECT_TRUE(BodyOf(Get(target)) == content);
  EXPECT_TRUE(BodyOf(Get(target, "Range: bytes=30000000-30999999\r\n")) ==
              content.substr(30000000, 1000000));
  EXPECT_EQ(fs::file_size(Stored(made)), content.size());
  EXPECT_TRUE(fs::exists(Stored(made).string() + ".attrs"));
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("tmp")));
  }
}

TEST_F(FilesApiTest, FilesGoWithTheirRecords) {
  Start();
  MakePics();
  const auto made = Upload("some bytes");
  ASSERT_TRUE(fs::exists(Stored(made)));
  EXPECT_THAT(Ask("DELETE", "/api/collections/pics/records/" + made.first),
              StartsWith("HTTP/1.1 204 "));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (fs::exists(Stored(made).parent_path()) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_FALSE(fs::exists(Stored(made).parent_path()));
  EXPECT_THAT(Get("/api/files/pics/" + made.first + "/" + made.second),
              StartsWith("HTTP/1.1 404 "));
}

TEST_F(FilesApiTest, NamesInRowsLeadNowhere) {
  std::ofstream(root_ / "secret.txt") << "top secret";
  Change(
      "UPDATE posts SET attachments = '[\"../../../../secret.txt\",\"..\",\".\",\"\","
      "\"../post00000000002/two_sryogpirve.png\",\"notes_ufkdf4f2xy.txt.attrs\"]' "
      "WHERE id = 'post00000000001'");
  Start();
  for (const char* name : {"..%2F..%2F..%2F..%2Fsecret.txt", "%2e%2e", "..", "%2e",
                           "..%2fpost00000000002%2f"
                           "two_sryogpirve.png",
                           "..%252F..%252F..%252F..%252Fsecret.txt", "notes_ufkdf4f2xy.txt.attrs",
                           "notes_ufkdf4f2xy.txt%00"}) {
    const std::string answer = Get(std::string(kPost) + name);
    EXPECT_THAT(answer, ::testing::AnyOf(StartsWith("HTTP/1.1 404 "), StartsWith("HTTP/1.1 307 "),
                                         StartsWith("HTTP/1.1 400 ")))
        << name;
    EXPECT_THAT(answer, Not(HasSubstr("top secret")));
  }
}

TEST_F(FilesApiTest, ThumbSizesLeadNowhere) {
  Start();
  for (const char* size : {"..%2F..%2F1x1", "99999x99999", "1x1", "40x40%00", "40x40/..", "0x0",
                           "-1x-1", "40x40ff", "%2Fetc%2Fpasswd"}) {
    const std::string answer = Get(std::string(kPost) + kCover + "?thumb=" + size);
    EXPECT_THAT(answer, HasSubstr("filename=" + std::string(kCover) + "\r\n")) << size;
  }
  EXPECT_FALSE(
      fs::exists(folder_ / "storage/c_posts/post00000000001" / ("thumbs_" + std::string(kCover))));
}

TEST_F(FilesApiTest, SidecarsDecide) {
  Start();
  const fs::path sidecar =
      folder_ / "storage/c_posts/post00000000001" / (std::string(kNotes) + ".attrs");
  fs::remove(sidecar);
  EXPECT_THAT(Get(std::string(kPost) + kNotes),
              HasSubstr("Content-Type: application/octet-stream\r\n"));
  std::ofstream(sidecar) << "{broken";
  EXPECT_THAT(Get(std::string(kPost) + kNotes), StartsWith("HTTP/1.1 404 "));
  // A type that could split the answer's head.
  std::ofstream(sidecar) << "{\"user.content_type\":\"a\\r\\nX-Evil: 1\\r\\n\\r\\nx\"}";
  EXPECT_THAT(Get(std::string(kPost) + kNotes), Not(HasSubstr("\r\nX-Evil")));
}

TEST_F(FilesApiTest, ManyAskForOneThumb) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([this, &good] {
      const std::string answer = Get(std::string(kPost) + kCover + "?thumb=40x40");
      const std::string body = BodyOf(answer);
      good += answer.find("filename=40x40_cover") != std::string::npos &&
                      body.substr(16, 8) == std::string("\0\0\0\x28\0\0\0\x28", 8)
                  ? 1
                  : 0;
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(good, 16);
  EXPECT_TRUE(
      fs::exists(folder_ / "storage/c_posts/post00000000001/thumbs_cover_one_16ogbdepgy.png/"
                           "40x40_cover_one_16ogbdepgy.png.attrs"));
}

TEST_F(FilesApiTest, StopsWhileThumbsAreMade) {
  Start();
  std::vector<std::unique_ptr<http::Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<http::Client>(app_->port()));
    clients.back()->Send("GET " + std::string(kPost) + kCover + "?thumb=" +
                         (i % 2 == 0 ? "40x40" : "100x100") + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  app_->Stop();
  app_.reset();
}

TEST_F(FilesApiTest, PublicFolder) {
  fs::create_directory(root_ / "public");
  std::ofstream(root_ / "public/index.html") << "<app>";
  std::ofstream(root_ / "secret.txt") << "top secret";
  Start((root_ / "public").string());
  const std::string home = Get("/");
  EXPECT_THAT(home, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(home, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(home, HasSubstr("X-Frame-Options: SAMEORIGIN\r\n"));
  EXPECT_THAT(home, EndsWith("<app>"));
  EXPECT_THAT(Get("/any/route"), EndsWith("<app>"));
  EXPECT_THAT(Get("/api/nope"), EndsWith("<app>"));
  EXPECT_THAT(Ask("HEAD", "/"), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(Ask("POST", "/any"), HasSubstr("The requested resource wasn't found."));
  EXPECT_THAT(Get("/%2e%2e/secret.txt"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/api/health"), HasSubstr("API is healthy."));
}

}  // namespace
}  // namespace sluice
