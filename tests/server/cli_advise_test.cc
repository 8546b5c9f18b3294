// `sluice advise`: what it advises of folders whose missing indexes are known, by
// rules and by the log, and that the folder stays as it is; and what `sluice
// explain` says of indexes and costs.
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tests/server/cli_program.h"
#include "tools/server/logs/request_entry.h"
#include "tools/server/store/log_table.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;
using Strings = std::vector<std::string>;

// So many that reading all of them is slow beside a look-up, on any machine.
constexpr char kComments[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "INSERT INTO comments (id, post, author, parent, text, created, updated) SELECT "
    "printf('many%011d', i), printf('post%011d', i % 4000), printf('user%011d', i % 1000), "
    "printf('many%011d', i / 3), "
    "'a comment of some length, number ' || i, printf('2026-01-01 00:00:%06.3fZ', i * 7919 % "
    "20000 / 1000.0), '' FROM n";

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Strings Names(const std::string& folder) {
  Strings names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class CliAdviseTest : public testing::Test {
 protected:
  CliAdviseTest() { Execute(std::string(kComments) + ";ANALYZE"); }

  static std::unique_ptr<store::Connection> Open(const std::string& path) {
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    auto connection = store::Connection::Open(path, options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  void Execute(const std::string& sql) const {
    const Status status = Open(folder_.path() + "/data.db")->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  // As the API would, in the database and in the collection.
  void AddIndex(const std::string& collection, const std::string& create) const {
    Execute(create + ";ANALYZE;UPDATE _collections SET indexes = json_insert(indexes, '$[#]', '" +
            create + "') WHERE name = '" + collection + "'");
  }
  // All that the rules of the fixture would need.
  void AddIndexesOfRules() const {
    AddIndex("comments", "CREATE INDEX `c_author` ON `comments` (`author`)");
    AddIndex("comments", "CREATE INDEX `c_parent` ON `comments` (`parent`)");
  }
  // The log as a server writes it.
  void Log(const std::string& target, const std::string& auth = "_superusers", int status = 200,
           const std::string& method = "GET") const {
    auto log = store::OpenLogs(folder_.path() + "/auxiliary.db");
    ASSERT_TRUE(log.ok());
    std::string text;
    const auto row =
        logs::LogRowOf({.method = method, .target = target, .path = target}, {.status = status},
                       {.collection_name = auth}, {.max_days = 7, .min_level = 0}, text);
    ASSERT_TRUE(row);
    store::LogRows rows;
    rows.Add(*row);
    ASSERT_TRUE(store::InsertLogs(**log, rows).ok());
  }
  boost::json::value Advise(const std::string& flags, int status) const {
    const Ended ended = RunProgram("advise --json " + folder_.path() + " " + flags);
    EXPECT_EQ(ended.status, status) << ended.said;
    boost::system::error_code error;
    boost::json::value report = boost::json::parse(ended.said, error);
    EXPECT_FALSE(error) << ended.said;
    return report;
  }
  // What stands behind `ON` in each statement of each advice.
  static std::vector<Strings> Created(const boost::json::value& report) {
    std::vector<Strings> all;
    for (const boost::json::value& advice : report.at("advice").as_array()) {
      all.emplace_back();
      for (const boost::json::value& create : advice.at("create").as_array()) {
        const std::string text(create.as_string());
        all.back().push_back(text.substr(text.find(" ON ") + 4));
      }
    }
    return all;
  }
  static std::set<std::string> AllCreated(const boost::json::value& report) {
    std::set<std::string> all;
    for (const Strings& some : Created(report)) all.insert(some.begin(), some.end());
    return all;
  }

  BlogFolder folder_;
};

TEST_F(CliAdviseTest, OfRulesWhatIsMissingAndNothingOnceItIsThere) {
  const boost::json::value report = Advise("", 1);
  // Deleting a user looks for its comments, deleting a comment for the answers to
  // it; `post` has an index.
  EXPECT_EQ(AllCreated(report),
            (std::set<std::string>{"`comments` (`author`)", "`comments` (`parent`)"}));
  const boost::json::value& advice =
      report.at("advice").at(Created(report)[0][0] == "`comments` (`author`)" ? 0 : 1);
  EXPECT_GT(advice.at("bytes").as_int64(), 100'000);
  EXPECT_GT(advice.at("insertMicrosecondsAfter").as_double(), 0);
  const boost::json::value& served = advice.at("serves").at(0);
  EXPECT_EQ(served.at("request").as_string(), "DELETE users/ID: what refers to the record");
  EXPECT_GT(served.at("millisecondsBefore").as_double(),
            served.at("millisecondsAfter").as_double());
  AddIndexesOfRules();
  EXPECT_THAT(Created(Advise("", 0)), IsEmpty());
}

TEST_F(CliAdviseTest, ARuleOfAUserByARelationBackAndAPair) {
  AddIndexesOfRules();
  Execute(
      "UPDATE _collections SET listRule = 'text = @request.auth.id || updated = \"x\"' "
      "WHERE name = 'comments'");
  // One of the two serves nobody: all rows are read for the other.
  EXPECT_THAT(Created(Advise("", 1)),
              ElementsAre(UnorderedElementsAre("`comments` (`text`)", "`comments` (`updated`)")));
  Execute(
      "UPDATE _collections SET listRule = NULL WHERE name = 'comments';"
      "UPDATE _collections SET viewRule = 'comments_via_post.text ?= @request.auth.id' "
      "WHERE name = 'posts'");
  EXPECT_THAT(Created(Advise("", 0)), IsEmpty());  // a view has the one post's
}

TEST_F(CliAdviseTest, OfTheLogByTimesTakenAndSaved) {
  AddIndexesOfRules();
  const std::string list = "/api/collections/comments/records";
  const boost::json::value of_rules = Advise("", 0);
  EXPECT_THAT(Created(of_rules), IsEmpty());
  for (const char* author : {"user00000000001", "user00000000002", "user00000000003"})
    Log(list + "?skipTotal=1&filter=text%3D%22" + author + "%22");
  Log(list + "?skipTotal=1&sort=-created&filter=author%3D'user00000000004'");
  Log(list + "?filter=text~'nothing'");                     // no index could
  Log(list + "?filter=post%3D'post00000000001'");           // there is one
  Log(list + "?filter=updated%3D'x'", "_superusers", 400);  // failed
  Log(list + "?filter=unknown%3D'x'");                      // means nothing
  Log("/api/collections/gone/records");                     // neither
  Log("/api/collections/comments", "_superusers");          // not of records
  const boost::json::value report = Advise("--from-log", 1);
  EXPECT_THAT(AllCreated(report), Contains("`comments` (`text`)"));
  EXPECT_THAT(AllCreated(report), Not(Contains(HasSubstr("updated"))));
  EXPECT_THAT(AllCreated(report), Not(Contains(HasSubstr("post"))));
  EXPECT_EQ(report.at("unread").as_int64(), 2);
  EXPECT_EQ(report.at("requests").as_int64(), of_rules.at("requests").as_int64() + 4);
  const boost::json::value& first = report.at("advice").at(0);
  EXPECT_EQ(first.at("serves").at(0).at("times").as_int64(), 3);
  EXPECT_EQ(first.at("serves").at(0).at("request").as_string(),
            "GET comments filter=text=\"user00000000003\" as superuser");  // the newest
  // The same requests as somebody whom the rule of the list keeps out.
  EXPECT_THAT(Created(Advise("--from-log --as bots/bot000000000001 --limit 1", 1)).size(), 1u);
}

TEST_F(CliAdviseTest, AnOrderBehindAnEqualityReplacesItsIndex) {
  Execute("UPDATE comments SET author = printf('user%011d', _rowid_ % 20)");
  AddIndexesOfRules();
  Log("/api/collections/comments/"
      "records?skipTotal=1&sort=-created&filter=author='user00000000001'");
  const boost::json::value report = Advise("--from-log", 1);
  EXPECT_THAT(Created(report), ElementsAre(ElementsAre("`comments` (`author`, `created`)")));
  const boost::json::value& superseded = report.at("advice").at(0).at("superseded");
  EXPECT_EQ(boost::json::serialize(superseded), "[\"c_author\"]");
}

TEST_F(CliAdviseTest, DeletedRecordsAndBackRelationsOfTheLog) {
  Log("/api/collections/posts/records?filter=comments_via_post.author?='user00000000001'");
  Log("/api/collections/users/records/user00000000001", "_superusers", 204, "DELETE");
  Log("/api/collections/users/records?expand=comments_via_author");
  const boost::json::value report = Advise("--from-log", 1);
  std::set<std::string> served;
  for (const auto& advice : report.at("advice").as_array()) {
    const std::string create(advice.at("create").at(0).as_string());
    if (create.find("(`author`") == std::string::npos) continue;
    for (const auto& one : advice.at("serves").as_array())
      served.insert(std::string(one.at("request").as_string()));
  }
  EXPECT_THAT(served, Contains("DELETE users/ID: what refers to the record"));
  EXPECT_THAT(served, Contains("GET users expand=comments_via_author as superuser"));
  EXPECT_THAT(served, Contains(HasSubstr("comments_via_post.author")));
}

TEST_F(CliAdviseTest, TheFolderStaysAsItIsAndTheCopyGoes) {
  Log("/api/collections/posts/records");
  const std::string temporary =
      folder_.path() + "/../" + fs::path(folder_.path()).filename().string() + "_tmp";
  fs::create_directory(temporary);
  const Strings names = Names(folder_.path());
  EXPECT_THAT(names, ElementsAre("auxiliary.db", "data.db"));
  const std::string data = Bytes(folder_.path() + "/data.db");
  const std::string log = Bytes(folder_.path() + "/auxiliary.db");
  setenv("TMPDIR", temporary.c_str(), 1);
  EXPECT_THAT(Created(Advise("--from-log", 1)), Not(IsEmpty()));
  unsetenv("TMPDIR");
  EXPECT_EQ(Names(folder_.path()), names);
  EXPECT_TRUE(Bytes(folder_.path() + "/data.db") == data);
  EXPECT_TRUE(Bytes(folder_.path() + "/auxiliary.db") == log);
  EXPECT_THAT(Names(temporary), IsEmpty());
  setenv("TMPDIR", (temporary + "/none").c_str(), 1);
  const Ended ended = RunProgram("advise " + folder_.path());
  unsetenv("TMPDIR");
  EXPECT_EQ(ended.status, 2) << ended.said;
  EXPECT_THAT(ended.said, HasSubstr("TMPDIR"));
  fs::remove_all(temporary);
}

// What a server that runs has written is in the log beside the database.
TEST_F(CliAdviseTest, AFolderInUse) {
  const auto server = Open(folder_.path() + "/data.db");
  ASSERT_TRUE(server->Execute("PRAGMA wal_autocheckpoint=0;DELETE FROM comments").ok());
  EXPECT_THAT(Created(Advise("", 0)), IsEmpty());
  ASSERT_TRUE(server->Execute(kComments).ok());
  EXPECT_EQ(AllCreated(Advise("", 1)),
            (std::set<std::string>{"`comments` (`author`)", "`comments` (`parent`)"}));
}

TEST_F(CliAdviseTest, TextAndMistakes) {
  const Ended ended = RunProgram("advise " + folder_.path() + "/");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said, HasSubstr("CREATE INDEX `idx_comments_author` ON `comments` (`author`);\n"
                                    "  -- comments are looked up by author\n  -- saves "));
  EXPECT_THAT(ended.said, HasSubstr("Nothing was changed."));
  const std::string other = folder_.path() + "/other";
  fs::create_directory(other);
  struct Case {
    std::string arguments;
    std::string said;
  };
  const Case table[] = {
      {"/nowhere", "there is no folder /nowhere"},
      {other, "there is no " + other + "/data.db"},
      {folder_.path() + " --from-log", "there is no log"},
      {folder_.path() + " --limit 0", "--limit is at least 1"},
      {folder_.path() + " --as users/nobody", "there is no record users/nobody"},
      {folder_.path() + " --as tags/x", "--as takes"},
      {"", "missing folder"},
  };
  for (const Case& c : table) {
    const Ended failed = RunProgram("advise " + c.arguments);
    EXPECT_EQ(failed.status, 2) << c.arguments;
    EXPECT_THAT(failed.said, HasSubstr(c.said));
  }
  std::ofstream(other + "/data.db") << std::string(9000, 'x');
  const Ended damaged = RunProgram("advise " + other);
  EXPECT_EQ(damaged.status, 2);
  EXPECT_THAT(damaged.said, HasSubstr("not a database"));
}

struct Explained {
  const char* arguments;
  Strings missing;
};

TEST_F(CliAdviseTest, ExplainNamesWhatSqliteWouldUse) {
  const Explained table[] = {
      {"comments --filter 'author=\"x\"'", {"`comments` (`author`)"}},
      {"comments --filter 'post=\"x\"'", {}},
      {"comments --filter 'text~\"x\"'", {}},
      {"comments --filter 'author=\"x\"' --sort -created", {"`comments` (`author`, `created`)"}},
      {"comments --filter 'post=\"x\"' --sort created", {"`comments` (`post`, `created`)"}},
      {"comments --sort -created", {"`comments` (`created`)"}},
      {"comments --sort created,-updated", {"`comments` (`created`, `updated` DESC)"}},
      {"comments --sort -@rowid", {}},
      {"comments --sort @random", {}},
      {"comments --sort id", {}},
      {"comments --filter 'created>\"2027\" && text=\"x\"'", {"`comments` (`text`, `created`)"}},
      {"comments --filter 'text=\"x\" || updated=\"y\"'",
       {"`comments` (`text`)", "`comments` (`updated`)"}},
      {"posts --filter 'comments_via_post.author?=\"x\"'", {"`comments` (`author`, `post`)"}},
      {"users --filter 'comments_via_author.id!=\"\"'", {"`comments` (`author`)"}},
      {"posts --filter '@collection.comments.author?=\"x\"'", {"`comments` (`author`)"}},
      // An index that is there but does not compare so, or not all rows.
      {"staff --filter 'username=\"x\"'", {"`staff` (`username`)"}},
      {"posts --filter 'slug=\"x\"'", {"`posts` (`slug`)"}},
      {"post_stats --filter 'id=\"x\"'", {}},
  };
  for (const Explained& c : table) {
    const Ended ended = RunProgram("explain --json --as superuser --dir " + folder_.path() +
                                   " --collection " + c.arguments);
    ASSERT_EQ(ended.status, 0) << c.arguments << ended.said;
    Strings missing;
    const boost::json::value report = boost::json::parse(ended.said);
    for (const boost::json::value& index : report.at("indexesMissing").as_array()) {
      const std::string text(index.at("create").as_string());
      missing.push_back(text.substr(text.find(" ON ") + 4));
    }
    EXPECT_EQ(missing, c.missing) << c.arguments;
  }
}

TEST_F(CliAdviseTest, ExplainSaysWhatARequestCosts) {
  const auto explain = [this](const std::string& filter) {
    return boost::json::parse(
        RunProgram("explain --json --as superuser --collection comments --dir " + folder_.path() +
                   " --filter '" + filter + "'")
            .said);
  };
  const boost::json::value scan = explain("text=\"none\"");
  const std::int64_t rows = scan.at("tables").at(0).at("rows").as_int64();
  EXPECT_GE(rows, 20'000);
  EXPECT_TRUE(scan.at("tables").at(0).at("estimated").as_bool());
  EXPECT_EQ(scan.at("rowsScanned").as_int64(), rows - 1);
  EXPECT_EQ(scan.at("total").as_int64(), 0);
  EXPECT_EQ(explain("text!=\"none\"").at("total").as_int64(), rows);
  const boost::json::value search = explain("post=\"post00000000001\"");
  EXPECT_EQ(search.at("rowsScanned").as_int64(), 0);
  EXPECT_LT(search.at("steps").as_int64(), scan.at("steps").as_int64() / 100);
  Execute("DELETE FROM sqlite_stat1");
  const boost::json::value counted = explain("text=\"none\"");
  EXPECT_FALSE(counted.at("tables").at(0).at("estimated").as_bool());
  EXPECT_EQ(counted.at("tables").at(0).at("rows").as_int64(), rows);
  // Without them SQLite takes any of two that are alike.
  EXPECT_TRUE(explain("post=\"post00000000001\"").at("indexesMissing").as_array().empty());
}

// With how it comes by the rows of a back-relation, and why.
TEST_F(CliAdviseTest, ExplainSaysWhetherItListsOrLooks) {
  AddIndex("comments", "CREATE INDEX `by_parent` ON `comments` (`parent`)");
  Execute("DELETE FROM sqlite_stat1");
  const std::string explain = "explain --as superuser --collection posts --dir " + folder_.path() +
                              " --filter 'comments_via_post.parent ?= \"x\"'";
  EXPECT_THAT(RunProgram(explain).said,
              HasSubstr("\n  comments_via_post: a list; no statistics: by rule\n"));
  Execute("ANALYZE");
  const std::string said = RunProgram(explain).said;
  EXPECT_THAT(said, HasSubstr("\nback-relations\n  comments_via_post: a list; by statistics: "));
  EXPECT_THAT(said, HasSubstr("\n  comments_via_post, for the total: a list; by statistics: "));
  EXPECT_THAT(said, HasSubstr(" rows of comments), "));
  // All comments of one parent: the first posts that are looked at match.
  Execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
      "INSERT INTO posts (id, title, slug) SELECT printf('more%011d', i), 'a title', "
      "'slug-' || i FROM n; UPDATE comments SET parent = 'x', post = printf('more%011d', rowid "
      "% 4000); ANALYZE");
  const Ended ended = RunProgram(explain + " --json");
  const boost::json::value report = boost::json::parse(ended.said);
  EXPECT_EQ(report.at("backRelations").at(0).at("path"), "comments_via_post") << ended.said;
  EXPECT_EQ(report.at("backRelations").at(0).at("chosen"), "looks") << ended.said;
  EXPECT_EQ(report.at("backRelationsOfTotal").at(0).at("chosen"), "list");
  EXPECT_THAT(std::string(report.at("statements").at(0).at("sql").as_string()),
              HasSubstr("EXISTS"));
  EXPECT_EQ(report.at("rows").as_int64(), 30);
}

TEST_F(CliAdviseTest, ExplainStopsWhatServeWouldStop) {
  // Some 10^17 combinations: no machine is done with them in a second.
  const std::string many =
      "explain --as superuser --queryTimeout 1 --dir " + folder_.path() +
      " --collection comments --filter '@collection.comments:a.text ?~ @collection.comments:b.id "
      "&& @collection.comments:c.text ?~ @collection.comments:d.id'";
  const Ended text = RunProgram(many);
  EXPECT_EQ(text.status, 1);
  EXPECT_THAT(text.said, HasSubstr("the query was stopped after 1 s (--queryTimeout)"));
  EXPECT_THAT(text.said, HasSubstr("SELECT"));  // the report is there all the same
  const Ended json = RunProgram(many + " --json 2>/dev/null");
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(boost::json::parse(json.said.substr(0, json.said.rfind('}') + 1)).at("stoppedAfter"),
            1);
}

TEST_F(CliAdviseTest, ANameThatIsTakenGetsANumber) {
  AddIndex("comments",
           "CREATE INDEX `idx_comments_author` ON `comments` (`author` COLLATE NOCASE)");
  EXPECT_THAT(RunProgram("advise " + folder_.path()).said,
              HasSubstr("CREATE INDEX `idx_comments_author_2` ON `comments` (`author`);"));
}

}  // namespace
}  // namespace sluice
