// `sluice audit`: each class of finding with a schema that has it and one that
// does not, the matrix of access, and the exit status.
#include <set>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tests/server/cli_program.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

using testing::HasSubstr;

class CliAuditTest : public testing::Test {
 protected:
  void Execute(const std::string& sql) const {
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    auto connection = store::Connection::Open(folder_.path() + "/data.db", options);
    ASSERT_TRUE(connection.ok());
    const Status status = (*connection)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  void SetRule(const std::string& collection, const std::string& rule,
               const std::string& text) const {
    const std::string name = "name = '" + collection + "'";
    if (rule == "manageRule") {
      Execute("UPDATE _collections SET options = json_set(options, '$.manageRule', \"" + text +
              "\") WHERE " + name);
    } else {
      Execute("UPDATE _collections SET " + rule + " = " +
              (text == "null" ? text : "\"" + text + "\"") + " WHERE " + name);
    }
  }
  boost::json::value Report() const {
    const Ended ended = RunProgram("audit --json --fail-on never " + folder_.path());
    EXPECT_EQ(ended.status, 0) << ended.said;
    return boost::json::parse(ended.said);
  }
  // `code where` of each finding.
  std::multiset<std::string> Findings() const {
    std::multiset<std::string> found;
    const boost::json::value report = Report();
    for (const boost::json::value& finding : report.at("findings").as_array())
      found.insert(std::string(finding.at("code").as_string()) + " " +
                   std::string(finding.at("where").as_string()));
    return found;
  }

  BlogFolder folder_;
};

struct Case {
  const char* collection;
  const char* rule;
  const char* text;
  const char* finding;  // `code where`
  bool found;
};

TEST_F(CliAuditTest, EachClassOfFinding) {
  const Case table[] = {
      {"posts", "listRule", "id != ''", "always-true posts.listRule", true},
      {"posts", "listRule", "status = 'published'", "always-true posts.listRule", false},
      {"posts", "updateRule", "1 = 1", "always-true posts.updateRule", true},
      {"posts", "viewRule", "status = 'nowhere'", "never-true posts.viewRule", true},
      {"posts", "viewRule", "status = 'draft'", "never-true posts.viewRule", false},
      {"posts", "viewRule", "title = 'a' || status = 'nowhere'",
       "comparison-never-true posts.viewRule", true},
      {"posts", "viewRule", "title = 'a' && id != ''", "comparison-always-true posts.viewRule",
       true},
      {"posts", "viewRule", "nothing = 1", "rule-broken posts.viewRule", true},
      {"posts", "viewRule", "title = = 1", "rule-broken posts.viewRule", true},
      {"posts", "deleteRule", "author != @request.auth.id", "guest-empty-auth posts.deleteRule",
       true},
      {"posts", "deleteRule", "@request.auth.id != '' && author != @request.auth.id",
       "guest-empty-auth posts.deleteRule", false},
      {"posts", "deleteRule", "org.owner = @request.auth.id", "guest-empty-auth posts.deleteRule",
       true},
      {"posts", "listRule", "@request.auth.id = '' || author = @request.auth.id",
       "guest-empty-auth posts.listRule", false},
      {"posts", "updateRule", "@request.body.author = @request.auth.id",
       "request-decides posts.updateRule", true},
      {"posts", "updateRule", "@request.auth.id != '' && author = @request.auth.id",
       "request-decides posts.updateRule", false},
      {"posts", "viewRule", "@request.query.secret = 'x'", "request-decides posts.viewRule", true},
      {"posts", "deleteRule", "", "open-write posts.deleteRule", true},
      {"posts", "createRule", "", "open-create posts.createRule", true},
      {"users", "createRule", "", "open-create users.createRule", true},
      {"tags", "listRule", "", "open-list tags.listRule", true},
      {"tags", "listRule", "@request.auth.id != ''", "open-list tags.listRule", false},
      {"users", "listRule", "", "emails-listed users.listRule", true},
      {"users", "listRule", "null", "emails-listed users.listRule", false},
      {"people", "listRule", "@request.auth.id != ''", "view-shows-emails people.email", true},
      {"people", "listRule", "null", "view-leak people", false},
      {"users", "listRule", "id = @request.auth.id", "view-leak people", false},
      {"users", "manageRule", "@request.auth.id != ''", "manage-wide users.manageRule", true},
      {"users", "manageRule", "@request.auth.collectionName = 'staff'",
       "manage-wide users.manageRule", true},
      {"users", "manageRule", "@request.auth.id = manager && @request.auth.id != ''",
       "manage-wide users.manageRule", false},
      {"posts", "createRule", "@request.auth.id != ''", "create-for-others posts.createRule", true},
      {"posts", "createRule", "@request.auth.id != '' && author = @request.auth.id",
       "create-for-others posts.createRule", false},
      {"posts", "createRule", "@request.auth.id != '' && @request.body.author = @request.auth.id",
       "create-for-others posts.createRule", false},
      {"posts", "updateRule", "@request.auth.id != '' && author = @request.auth.id",
       "update-changes-owner posts.updateRule", true},
      {"posts", "updateRule",
       "@request.auth.id != '' && author = @request.auth.id && @request.body.author:changed = "
       "false",
       "update-changes-owner posts.updateRule", false},
      {"posts", "updateRule",
       "@request.auth.id != '' && author = @request.auth.id && @request.body.author:isset = false",
       "update-changes-owner posts.updateRule", false},
      {"tags", "createRule", "@request.auth.roles:each ?= 'editor'",
       "trusts-own-field tags.createRule", true},
      {"tags", "createRule", "@request.auth.verified = true", "trusts-own-field tags.createRule",
       false},
      {"comments", "viewRule", "", "expand-looser comments.parent", true},
      {"comments", "listRule", "", "expand-looser comments.parent", false},
  };
  for (const Case& c : table) {
    BlogFolder fresh;
    std::filesystem::copy_file(fresh.path() + "/data.db", folder_.path() + "/data.db",
                               std::filesystem::copy_options::overwrite_existing);
    SetRule(c.collection, c.rule, c.text);
    EXPECT_EQ(Findings().count(c.finding) > 0, c.found)
        << c.finding << " of " << c.rule << ": " << c.text;
  }
}

TEST_F(CliAuditTest, RelationsAndHiddenFields) {
  SetRule("users", "updateRule", "id = @request.auth.id && @request.body.roles:isset = false");
  SetRule("users", "createRule", "@request.body.roles:isset = false");
  EXPECT_EQ(Findings().count("trusts-own-field tags.createRule"), 0u);
  // A hidden relation that expand follows, and a list of rows not all may list.
  Execute(
      "UPDATE _collections SET fields = replace(fields, '\"name\":\"org\"', "
      "'\"name\":\"org\",\"hidden\":true') WHERE name = 'posts'");
  SetRule("tags", "listRule", "weight > 3");
  const auto found = Findings();
  EXPECT_EQ(found.count("unlisted-values-count posts.tags"), 1u);
  EXPECT_EQ(found.count("hidden-relation-expands posts.org"), 1u);
}

TEST_F(CliAuditTest, ViewsShowWhatTheyAreMadeOf) {
  SetRule("users", "listRule", "null");
  SetRule("users", "viewRule", "id = @request.auth.id");
  EXPECT_EQ(Findings().count("view-leak people"), 1u);
}

TEST_F(CliAuditTest, TheMatrixOfAccess) {
  const boost::json::value report = Report();
  std::map<std::string, boost::json::value> fields;
  std::map<std::string, boost::json::value> rules;
  for (const boost::json::value& collection : report.at("collections").as_array()) {
    const std::string name(collection.at("collection").as_string());
    for (const boost::json::value& field : collection.at("fields").as_array())
      fields[name + "." + std::string(field.at("field").as_string())] = field;
    for (const boost::json::value& rule : collection.at("rules").as_array())
      rules[name + "." + std::string(rule.at("rule").as_string())] = rule;
  }
  const auto reach = [&](const char* rule, const char* caller) {
    return std::string(rules.at(rule).at("reach").at(caller).as_string());
  };
  EXPECT_EQ(reach("users.listRule", "guest"), "all");
  EXPECT_EQ(reach("comments.listRule", "guest"), "none");
  EXPECT_EQ(reach("comments.listRule", "users"), "all");
  EXPECT_EQ(reach("posts.updateRule", "guest"), "none");
  EXPECT_EQ(reach("posts.updateRule", "users"), "some");
  EXPECT_EQ(reach("posts.updateRule", "staff"), "none");
  EXPECT_EQ(reach("staff.listRule", "staff"), "all");
  EXPECT_EQ(reach("secrets.listRule", "users"), "none");
  EXPECT_EQ(reach("secrets.listRule", "superuser"), "all");
  const auto may = [&](const char* field, const char* what, const char* caller) {
    return std::string(fields.at(field).at(what).at(caller).as_string());
  };
  EXPECT_EQ(may("users.email", "read", "guest"), "visible or own");
  EXPECT_EQ(may("users.email", "filter", "guest"), "visible");
  EXPECT_EQ(may("users.email", "sort", "guest"), "all");
  EXPECT_EQ(may("users.password", "read", "superuser"), "no");
  EXPECT_EQ(may("users.secretNote", "read", "users"), "no");
  EXPECT_EQ(may("users.secretNote", "write", "users"), "no");
  EXPECT_EQ(may("posts.author", "expand", "guest"), "some");
  EXPECT_EQ(may("posts.title", "write", "guest"), "no");
  EXPECT_EQ(may("posts.title", "write", "users"), "some");
}

TEST_F(CliAuditTest, TextShowsThePlaceAndTheStatusFollowsTheLevel) {
  SetRule("posts", "deleteRule", "pinned = true && author != @request.auth.id");
  const Ended ended = RunProgram("audit " + folder_.path());
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said, HasSubstr("high  posts.deleteRule  [guest-empty-auth]"));
  EXPECT_THAT(ended.said, HasSubstr("pinned = true && author != @request.auth.id\n"
                                    "                         ^^^^^^^^^^^^^^^^^^^^^^^^^^"));
  EXPECT_EQ(RunProgram("audit --fail-on never " + folder_.path()).status, 0);
  EXPECT_EQ(RunProgram("audit --fail-on loud " + folder_.path()).status, 2);
  EXPECT_EQ(RunProgram("audit /nowhere").status, 2);
}

}  // namespace
}  // namespace sluice
