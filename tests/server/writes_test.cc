// Writes through the whole server, where a recorded answer cannot show what
// matters: what is in the columns, and what happens to many at once.
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/login_app.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::string_view kPost = "/api/collections/posts/records/post00000000001";

class WritesTest : public LoginAppTest {
 protected:
  void Patch(std::string_view path, std::string_view body) {
    const LoginAnswer answer = Send("PATCH", path, body, root_token_);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }

  // Made once: the helper that makes tokens is for one thread.
  const std::string root_token_ = Superuser();

  // Runs `work` on that many threads at once.
  template <typename Work>
  static void OnThreads(int count, const Work& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

// R-68, R-94, S-41: what another server finds in the file.
TEST_F(WritesTest, EachColumnHoldsItsStorageClassAndText) {
  Start();
  const LoginAnswer made = Post("/api/collections", R"({"name":"kinds","type":"base","fields":[
    {"name":"t","type":"text"},{"name":"n","type":"number"},{"name":"i","type":"number"},
    {"name":"b","type":"bool"},{"name":"d","type":"date"},{"name":"j","type":"json"},
    {"name":"jn","type":"json"},{"name":"j0","type":"json"},{"name":"s","type":"select","values":["a","<b>"]},
    {"name":"sm","type":"select","values":["a","<b>"],"maxSelect":2},{"name":"g","type":"geoPoint"},
    {"name":"p","type":"password","cost":4},{"name":"a","type":"autodate","onCreate":true}]})",
                                Superuser());
  ASSERT_EQ(made.status, 200) << made.body;
  const LoginAnswer written = Post("/api/collections/kinds/records", R"({"id":"kind00000000001",
    "t":"<é>","n":1.5,"i":9007199254740992,"b":1,"d":"2024-01-02T03:04:05+02:00","j":{"b":1,"a":"<"},
    "jn":1e5,"s":"<b>","sm":["<b>","a"],"g":{"lat":2.5,"lon":-1},"p":"secret"})",
                                   Superuser());
  ASSERT_EQ(written.status, 200) << written.body;
  const auto column = [this](const std::string& name) {
    return TextOf("SELECT typeof(" + name + ")||' '||ifnull(" + name + ",'') FROM kinds");
  };
  EXPECT_EQ(column("t"), "text <é>");
  EXPECT_EQ(column("n"), "real 1.5");
  EXPECT_EQ(column("i"), "integer 9007199254740992");
  EXPECT_EQ(column("b"), "integer 1");
  EXPECT_EQ(column("d"), "text 2024-01-02 01:04:05.000Z");
  EXPECT_EQ(column("j"), R"(text {"a":"\u003c","b":1})");
  EXPECT_EQ(column("jn"), "integer 100000");
  EXPECT_EQ(column("j0"), "null ");
  EXPECT_EQ(column("s"), "text <b>");
  EXPECT_EQ(column("sm"), R"(text ["\u003cb\u003e","a"])");
  EXPECT_EQ(column("g"), R"(text {"lon":-1,"lat":2.5})");
  EXPECT_THAT(column("p"), HasSubstr("text $2"));
  EXPECT_EQ(TextOf("SELECT typeof(a)||length(a)||substr(a, 24) FROM kinds"), "text24Z");

  constexpr std::string_view kRecord = "/api/collections/kinds/records/kind00000000001";
  const std::string before = Send("GET", kRecord, "", Superuser()).body;
  app_.reset();
  Start();
  EXPECT_EQ(Send("GET", kRecord, "", Superuser()).body, before);
}

// The peer loses some of these (R-131).
TEST_F(WritesTest, AHundredIncrementsAddAHundred) {
  Start();
  Patch(kPost, R"({"views":0})");
  OnThreads(10, [this](int) {
    for (int i = 0; i < 10; ++i) Patch(kPost, R"({"views+":1})");
  });
  EXPECT_EQ(TextOf("SELECT views||'' FROM posts WHERE id='post00000000001'"), "100");
}

TEST_F(WritesTest, ChangesOfDifferentFieldsDoNotUndoEachOther) {
  Start();
  for (int round = 0; round < 10; ++round) {
    const std::string text = std::to_string(round);
    OnThreads(4, [&](int i) {
      const char* const fields[] = {"title", "slug", "body", "internal"};
      Patch(kPost, std::string("{\"") + fields[i] + "\":\"xyz" + text + "\"}");
    });
    ASSERT_EQ(TextOf("SELECT title||slug||body||internal FROM posts WHERE id='post00000000001'"),
              "xyz" + text + "xyz" + text + "xyz" + text + "xyz" + text);
  }
}

TEST_F(WritesTest, OneOfManyWithTheSameIdIsCreated) {
  Start();
  std::atomic<int> created = 0;
  std::atomic<int> refused = 0;
  OnThreads(8, [&](int) {
    const LoginAnswer answer = Post("/api/collections/tags/records",
                                    R"({"id":"sametag00000001","name":"same"})", root_token_);
    if (answer.status == 200) ++created;
    if (answer.status == 400 && answer.body.find("validation_not_unique") != std::string::npos)
      ++refused;
  });
  EXPECT_EQ(created, 1);
  EXPECT_EQ(refused, 7);
}

// R-122 to R-124, as deep as it likes: comments cascade through `parent`.
TEST_F(WritesTest, AChainOfCascadesMayBeLong) {
  Change(
      "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < "
      "3000) "
      "INSERT INTO comments (id, post, author, text, likes, parent) "
      "SELECT 'chain'||printf('%010d', value), 'post00000000002', 'user00000000001', 'x', '[]', "
      "CASE value WHEN 1 THEN '' ELSE 'chain'||printf('%010d', value - 1) END FROM n");
  ASSERT_EQ(TextOf("SELECT count(*)||'' FROM comments WHERE id LIKE 'chain%'"), "3000");
  Change("CREATE INDEX chain_index ON comments (parent)");
  Start();
  const LoginAnswer answer =
      Send("DELETE", "/api/collections/comments/records/chain0000000001", "", Superuser());
  EXPECT_EQ(answer.status, 204) << answer.body;
  EXPECT_EQ(TextOf("SELECT count(*)||'' FROM comments WHERE id LIKE 'chain%'"), "0");
}

// R-123: a record that must stay keeps everything.
TEST_F(WritesTest, ADeleteThatAbortsChangesNothing) {
  Start();
  const auto state = [this] {
    return TextOf("SELECT group_concat(id||likes||updated) FROM comments") +
           TextOf("SELECT group_concat(id||author||updated) FROM posts");
  };
  const std::string before = state();
  // Comments need their author, and posts cascade: some of it is done before
  // the first row that refuses.
  const LoginAnswer answer =
      Send("DELETE", "/api/collections/users/records/user00000000001", "", Superuser());
  ASSERT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(state(), before);
}

TEST_F(WritesTest, ARowThatIsGoneIsNotUpdated) {
  Start();
  ASSERT_EQ(
      Post("/api/collections/tags/records", R"({"id":"gonetag00000001","name":"x"})", Superuser())
          .status,
      200);
  Change("DELETE FROM tags WHERE id = 'gonetag00000001'");
  const LoginAnswer answer = Send("PATCH", "/api/collections/tags/records/gonetag00000001",
                                  R"({"name":"y"})", Superuser());
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(TextOf("SELECT count(*)||'' FROM tags WHERE id = 'gonetag00000001'"), "0");
}

// Another process holds the lock for a while: the write waits and is done.
TEST_F(WritesTest, AnotherProcessIsWaitedFor) {
  Start();
  Change("BEGIN IMMEDIATE");
  std::thread release([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Change("COMMIT");
  });
  Patch(kPost, R"({"title":"waited"})");
  release.join();
  EXPECT_EQ(TextOf("SELECT title FROM posts WHERE id='post00000000001'"), "waited");
}

}  // namespace
}  // namespace sluice
