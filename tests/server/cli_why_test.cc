// `sluice why`: what it says, how it ends, and that it answers what the server
// answers.
#include <set>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tests/server/cli_program.h"
#include "tools/server/records/list.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;

class CliWhyTest : public testing::Test {
 protected:
  Ended Why(const std::string& arguments) const {
    return RunProgram("why --dir " + folder_.path() + " " + arguments);
  }

  BlogFolder folder_;
};

struct Asked {
  const char* arguments;
  int status;
  const char* said;
};

TEST_F(CliWhyTest, AnswersAndMistakes) {
  const Asked table[] = {
      {"users/user00000000001", 0, "open to everyone"},
      {"users/user00000000001", 0, "email: emailVisibility is false"},
      {"users/user00000000001", 0, "secretNote: is a hidden field"},
      {"--as users/user00000000001 users/user00000000001", 0, "open to everyone"},
      {"secrets/x", 2, "there is no record secrets/x"},
      {"nothing/x", 2, "there is no collection nothing"},
      {"--as users/none posts/post00000000001", 2, "there is no record users/none"},
      {"--as posts/post00000000001 posts/post00000000001", 2, "of an auth collection"},
      {"--action look posts/post00000000001", 2, "--action is view"},
      {"posts", 2, "which record?"},
      {"--action create posts/post00000000001", 2, "takes a collection"},
      {"--action view --filter 'a=1' posts/post00000000001", 2, "--filter belongs to"},
      {"--filter 'title = = 1' posts/post00000000001", 2, "^"},
      {"--filter 'nothing = 1' posts/post00000000001", 1, "^^^^^^^"},
      {"--filter '@request.auth.id = 1' posts/post00000000001", 1, "may filter by @request."},
      {"--action create --body '[1]' posts", 2, "one JSON object"},
      {"--action delete post_stats/post00000000001", 1, "a view, which is only read"},
      {"--action update tags/tag000000000001", 1, "locked: superusers only"},
      {"--as superuser --action update tags/tag000000000001", 0, "superusers skip rules"},
      {"posts/post00000000001", 0, "[yes] status = 'published'"},
      {"--as users/user00000000002 posts/post00000000003", 1, "status is 'archived'"},
      {"posts/post00000000003", 0, "@request.auth.id is NULL"},  // it has no org
      {"--filter 'title ~ \"stone\"' posts/post00000000001", 0, "[yes] title ~ \"stone\""},
      {"--filter 'email != \"\"' users/user00000000001", 1, "emailVisibility is 0"},
      {"--filter 'tags.name = \"beta\"' posts/post00000000002", 1, "another value objects"},
      {"--filter 'comments_via_post.text != \"\"' posts/post00000000001", 1,
       "the caller may list comments_via_post (listRule of comments)"},
  };
  for (const Asked& asked : table) {
    const Ended ended = Why(asked.arguments);
    EXPECT_EQ(ended.status, asked.status) << asked.arguments << "\n" << ended.said;
    EXPECT_THAT(ended.said, HasSubstr(asked.said)) << asked.arguments;
  }
}

TEST_F(CliWhyTest, WritesGoOnBehindTheRule) {
  const std::string mine = "--as users/user00000000006 ";
  const Asked table[] = {
      {"--action update --body '{\"title\":\"xyz\"}' posts/post00000000001", 0, "[yes] author ="},
      {"--action update --body '{\"title\":\"\"}' posts/post00000000001", 1,
       "title: Cannot be blank."},
      {"--action update --body '{\"author\":\"user00000000001\"}' posts/post00000000001", 1,
       "[no ] @request.body.author:changed = false"},
      {"--action create --body '{\"text\":\"x\",\"author\":\"user00000000006\","
       "\"post\":\"post00000000001\"}' comments",
       0, "[yes] post.status = 'published'"},
      {"--action create --body '{\"text\":\"x\",\"author\":\"user00000000007\"}' comments", 1,
       "author is 'user00000000007'"},
      {"--action delete posts/post00000000001", 0, "the deleteRule holds"},
      {"--action delete posts/post00000000002", 1, "The answer is 404"},
  };
  for (const Asked& asked : table) {
    const Ended ended = Why(mine + asked.arguments);
    EXPECT_EQ(ended.status, asked.status) << asked.arguments << "\n" << ended.said;
    EXPECT_THAT(ended.said, HasSubstr(asked.said)) << asked.arguments;
  }
}

TEST_F(CliWhyTest, PasswordsAndTokenKeysAreNotShown) {
  const Ended ended =
      Why("--as superuser --filter 'tokenKey != \"\" && password != \"\"' users/user00000000001");
  EXPECT_EQ(ended.status, 0) << ended.said;
  EXPECT_THAT(ended.said, HasSubstr("tokenKey is (secret)"));
  EXPECT_THAT(ended.said, Not(HasSubstr("$2a$")));
}

TEST_F(CliWhyTest, JsonForPrograms) {
  const Ended ended = Why("--json --as users/user00000000002 posts/post00000000003");
  EXPECT_EQ(ended.status, 1);
  const boost::json::value report = boost::json::parse(ended.said);
  EXPECT_FALSE(report.at("allowed").as_bool());
  EXPECT_EQ(report.at("status").as_int64(), 404);
  const boost::json::value& clauses = report.at("rule").at("clauses");
  EXPECT_EQ(clauses.at("kind").as_string(), "any");
  EXPECT_EQ(clauses.at("terms").as_array().size(), 3u);
  const boost::json::value& second = clauses.at("terms").as_array()[1];
  EXPECT_EQ(second.at("text").as_string(), "author = @request.auth.id");
  EXPECT_EQ(second.at("right").at("value").as_string(), "user00000000002");
  EXPECT_EQ(second.at("truth").as_string(), "false");
}

// The ids of a list, as the server gives it.
std::set<std::string> Listed(const records::Caller& caller, const Collection& collection,
                             std::string_view filter) {
  records::ListParams params;
  params.filter = filter;
  params.per_page = "1000";
  params.fields = "id";
  const StatusOr<std::string> body = records::ListRecords(caller, collection, params);
  std::set<std::string> ids;
  if (!body.ok()) return ids;
  const boost::json::value parsed = boost::json::parse(*body);
  for (const boost::json::value& item : parsed.at("items").as_array())
    ids.emplace(item.at("id").as_string());
  return ids;
}

TEST_F(CliWhyTest, SaysWhatTheServerAnswers) {
  auto connection = store::Connection::Open(folder_.path() + "/data.db", {});
  ASSERT_TRUE(connection.ok());
  const auto snapshot = store::LoadSnapshot(**connection);
  ASSERT_TRUE(snapshot.ok());
  const std::pair<const char*, const char*> questions[] = {
      {"posts", ""},
      {"posts", "tags.name ?= 'beta' || author.score > 3"},
      {"posts", "comments_via_post.likes:length > 1"},
      {"diary", ""},
      {"follows", "followee.email ~ 'example'"},
      {"orgs", "members.name = 'bob'"},
  };
  for (const char* user : {"", "user00000000002", "user00000000006"}) {
    AuthRecord auth{(*snapshot)->schema->Find("users"), user, "", false, false};
    RequestContext request;
    if (*user != '\0') request.auth = &auth;
    const records::Caller caller{**snapshot, **connection, request, false};
    for (const auto& [name, filter] : questions) {
      const Collection& collection = *(*snapshot)->schema->Find(name);
      const std::set<std::string> listed = Listed(caller, collection, filter);
      const records::Caller all{**snapshot, **connection, request, true};
      int asked = 0;
      for (const std::string& id : Listed(all, collection, "")) {
        if (++asked > 4) break;
        std::string arguments = "--action list " + (collection.name + "/") + id;
        if (*user != '\0') arguments += std::string(" --as users/") + user;
        if (*filter != '\0') arguments += std::string(" --filter \"") + filter + "\"";
        const Ended ended = Why(arguments);
        EXPECT_EQ(ended.status, listed.count(id) == 1 ? 0 : 1) << arguments << "\n" << ended.said;
      }
    }
  }
}

}  // namespace
}  // namespace sluice
