// Hidden fields and addresses (security.md A1 to A5, A8, A10).
#include "gtest/gtest.h"

#include "tests/security/small_folder.h"

namespace sluice {
namespace {

// Every way to spell a hidden field, and one of an unknown name for each.
const std::vector<std::string> kHidden = {"secret",
                                          "secret:lower",
                                          "vault",
                                          "vault.apiKey",
                                          "vault.apiKey:lower",
                                          "vault:lower",
                                          "vault.0",
                                          "spot",
                                          "spot.lon",
                                          "tags",
                                          "tags:each",
                                          "tags:length",
                                          "tags:lower",
                                          "at",
                                          "reviewer",
                                          "reviewer.id",
                                          "reviewer.name",
                                          "comments_via_about.text"};
const std::vector<std::string> kOperators = {
    "=", "!=", "~", "!~", ">", ">=", "<", "<=", "?=", "?!=", "?~", "?!~", "?>", "?>=", "?<", "?<="};

// A1, A3, A4, A10: whatever the place, the answer is that to an unknown name,
// and never the rows of what is left of the filter.
TEST(HiddenFields, NoPlaceInAFilterKnowsThem) {
  SmallFolder folder;
  ASSERT_EQ(folder.Filter("posts", "unknown = 1"), kRefused);
  int asked = 0;
  for (const std::string& path : kHidden) {
    for (const std::string& sign : kOperators) {
      for (const std::string& filter :
           {path + " " + sign + " 's%'", "'s1' " + sign + " " + path,
            "title != '' && " + path + " " + sign + " ''", "title != '' || " + path + sign + "null",
            "(id != '' && (" + path + " " + sign + " title))"}) {
        EXPECT_EQ(folder.Filter("posts", filter), kRefused) << filter;
        ++asked;
      }
    }
    for (const std::string& call :
         {"strftime('%Y', " + path + ")", "geoDistance(" + path + ", 1, 1, 1)",
          "geoDistance(1, 1, 1, " + path + ")"}) {
      EXPECT_EQ(folder.Filter("posts", call + " > 0"), kRefused) << call;
      EXPECT_EQ(folder.Filter("posts", "1 ?<= " + call), kRefused) << call;
    }
    EXPECT_EQ(folder.Filter("comments", "post." + path + " != ''"), kRefused) << path;
    EXPECT_EQ(folder.Filter("users", "posts_via_author." + path + " ?!= ''"), kRefused) << path;
  }
  EXPECT_GT(asked, 1000);
  for (const char* name : {"tokenKey", "password", "tokenKey:lower", "password:length"})
    EXPECT_EQ(folder.Filter("users", std::string(name) + " ~ 'k%'"), kRefused) << name;
  EXPECT_EQ(folder.Filter("posts", "author.tokenKey ~ 'k%'"), kRefused);
  // Not because everything is refused.
  EXPECT_EQ(folder.Filter("posts", "title = 'one'").substr(0, 24),
            "200 {\"items\":[{\"id\":\"p1\"");
}

// A2.
TEST(HiddenFields, NoSortKnowsThem) {
  SmallFolder folder;
  for (const std::string& path : kHidden) {
    for (const std::string sign : {"", "-", "+"}) {
      EXPECT_EQ(folder.Sort("posts", sign + path), kRefused) << path;
      EXPECT_EQ(folder.Sort("posts", "title," + sign + path), kRefused) << path;
      EXPECT_EQ(folder.Sort("comments", sign + "post." + path), kRefused) << path;
    }
  }
  EXPECT_EQ(folder.Sort("users", "tokenKey"), kRefused);
  EXPECT_EQ(folder.Sort("posts", "-author.password"), kRefused);
}

// A8: no list of fields and no expansion brings them back.
TEST(HiddenFields, NoAnswerHoldsThem) {
  SmallFolder folder;
  const std::vector<std::string> fields = {"",
                                           "*",
                                           "secret",
                                           "secret,*",
                                           "*,vault.apiKey",
                                           "expand.*",
                                           "expand",
                                           "expand.author.*",
                                           "expand.author.password",
                                           "expand.author.email",
                                           "secret:excerpt(9)",
                                           "*:excerpt(9)",
                                           "expand.readers.tokenKey,*",
                                           "vault.*",
                                           "vault.0",
                                           "expand.author.expand.posts_via_author.secret"};
  const std::vector<std::string> expands = {"",
                                            "author",
                                            "readers",
                                            "author.posts_via_author",
                                            "author.posts_via_author.readers",
                                            "comments_via_post"};
  for (const std::string& field : fields) {
    for (const std::string& expand : expands) {
      for (const std::string id : {"", "p1"}) {
        const std::string answer =
            folder.Ask({.collection = "posts", .id = id, .expand = expand, .fields = field});
        for (const char* secret :
             {"\"secret\"", "s1", "apiKey", "\"spot\"", "\"tags\"", "key-1", "hash-1", "bob@x.io",
              "cat@x.io", "\"password\"", "\"tokenKey\"", "\"about\"", "\"bad\""})
          EXPECT_EQ(answer.find(secret), std::string::npos) << field << " " << expand << answer;
      }
    }
  }
}

// A5: all ways to an address by one to three hops; what nobody shows changes no
// answer, in the comparisons that look at one row at a time.
TEST(HiddenAddresses, AreNotFoundByComparisons) {
  SmallFolder folder;
  std::vector<std::pair<std::string, std::string>> questions;
  for (const std::string& sign : kOperators) {
    for (const char* value : {"'bob@x.io'", "'%bob%'", "''", "null", "'b'", "id", "name"})
      questions.emplace_back("users", "email " + sign + " " + value);
    for (const char* path : {"author.email", "author.email:lower"})
      questions.emplace_back("posts", std::string(path) + " " + sign + " 'bob@x.io'");
    questions.emplace_back("comments", "post.author.email " + sign + " 'bob%'");
    questions.emplace_back("users", "'x' " + sign + " email || email " + sign + " 'bob@x.io'");
    if (sign[0] != '?') continue;
    questions.emplace_back("posts", "readers.email " + sign + " 'bob@x.io'");
    questions.emplace_back("comments", "post.readers.email " + sign + " 'bob@x.io'");
    questions.emplace_back("users", "posts_via_author.readers.email " + sign + " 'bob@x.io'");
  }
  std::vector<std::string> before;
  for (const auto& [collection, filter] : questions)
    before.push_back(folder.Filter(collection, filter));
  folder.Change("UPDATE users SET email = 'zed@y.io' WHERE id = 'u2'");
  for (std::size_t i = 0; i < questions.size(); ++i)
    EXPECT_EQ(folder.Filter(questions[i].first, questions[i].second), before[i])
        << questions[i].second;
}

}  // namespace
}  // namespace sluice
