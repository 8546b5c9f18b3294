// The places where the peer lets hidden data have influence (tools/README.md):
// the default answers as the peer does, `serve --strict` does not answer.
#include "gtest/gtest.h"

#include "tests/security/small_folder.h"

namespace sluice {
namespace {

struct Place {
  const char* name;
  ListRequest request;
  const char* change;  // of what a guest may not see
};

// Each of them shows the change by default, which is what makes it a leak, and
// not in strict mode.
const std::vector<Place> kPlaces = {
    {"sort by address (F-139)",
     {.collection = "users", .sort = "email", .fields = "id"},
     "UPDATE users SET email = 'zed@y.io' WHERE id = 'u2'"},
    {"sort by a related address (F-139)",
     {.collection = "posts", .sort = "-author.email", .fields = "id"},
     "UPDATE users SET email = 'aaa@y.io' WHERE id = 'u2'"},
    {"all values of addresses (F-114)",
     {.collection = "posts", .filter = "readers.email != 'bob@x.io'", .fields = "id"},
     "UPDATE users SET email = 'zed@y.io' WHERE id = 'u2'"},
    {"addresses in calls (F-110)",
     {.collection = "users", .filter = "strftime('%Y', email) = '2024'", .fields = "id"},
     "UPDATE users SET email = '2024-01-01' WHERE id = 'u2'"},
    {"all values of rows that are not listed (F-117)",
     {.collection = "posts", .filter = "comments_via_post.text != 'bad'", .fields = "id"},
     "UPDATE comments SET text = 'good' WHERE id = 'c2'"},
    {"whether there are rows that are not listed (F-116)",
     {.collection = "posts", .filter = "comments_via_post.text = 'x' || 1 = 1", .fields = "id"},
     "DELETE FROM comments WHERE id = 'c3'"},
    {"the same by a sort (F-118)",
     {.collection = "posts", .sort = "comments_via_post.text", .fields = "id"},
     "DELETE FROM comments WHERE id = 'c3'"},
    {"the same by a rule without rows (F-116)",
     {.collection = "posts", .filter = "staff_via_post.note = 'x' || 1 = 1", .fields = "id"},
     "DELETE FROM staff"},
    {"hidden relations in expand (F-163)",
     {.collection = "posts", .id = "p1", .expand = "reviewer", .fields = "expand.reviewer.id"},
     "UPDATE posts SET reviewer = 'u3' WHERE id = 'p1'"},
    {"hidden back-relations in expand (F-163)",
     {.collection = "posts", .id = "p2", .expand = "comments_via_about", .fields = "expand"},
     "UPDATE comments SET about = 'p1' WHERE id = 'c1'"},
    {"malformed paths that only rows meet (F-79)",
     {.collection = "comments", .filter = "post.meta..a = 1", .fields = "id"},
     "DELETE FROM comments WHERE id = 'c3'"},
};

TEST(StrictMode, ClosesWhatThePeerLetsThrough) {
  for (const Place& place : kPlaces) {
    SCOPED_TRACE(place.name);
    SmallFolder strict(true);
    const std::string before = strict.Ask(place.request);
    strict.Change(place.change);
    EXPECT_EQ(strict.Ask(place.request), before);
  }
}

TEST(StrictMode, IsNotTheDefault) {
  // The last one needs a row that nobody may see and that is looked at: whether
  // it is, is for SQLite to say.
  for (std::size_t i = 0; i + 1 < kPlaces.size(); ++i) {
    SCOPED_TRACE(kPlaces[i].name);
    SmallFolder compatible;
    const std::string before = compatible.Ask(kPlaces[i].request);
    EXPECT_EQ(before.substr(0, 4), "200 ") << before;
    compatible.Change(kPlaces[i].change);
    EXPECT_NE(compatible.Ask(kPlaces[i].request), before);
  }
}

// Not only where a row is looked at: that there is one would show.
TEST(StrictMode, MalformedPathsAreRefusedWithoutRowsToo) {
  for (const bool strict : {false, true}) {
    SmallFolder folder(strict);
    folder.Change("DELETE FROM posts");
    EXPECT_EQ(folder.Filter("posts", "meta..a = 1") == kRefused, strict);
    EXPECT_NE(folder.Filter("posts", "meta.a = 1"), kRefused);
  }
}

// What strict mode still answers, as the default does.
TEST(StrictMode, AnswersWhatShowsNothing) {
  SmallFolder strict(true);
  SmallFolder compatible;
  const std::vector<ListRequest> requests = {
      {.collection = "users", .filter = "email = 'ann@x.io'"},
      {.collection = "posts", .filter = "readers.email ?= 'ann@x.io'"},
      {.collection = "posts", .filter = "author.name = 'Ann'", .sort = "author.name"},
      {.collection = "posts", .filter = "readers.name != 'Ann'"},
      {.collection = "posts", .sort = "-title", .expand = "author,readers,comments_via_post"},
      {.collection = "comments", .filter = "post.author.name ~ 'a'", .sort = "post.title"},
      {.collection = "posts", .filter = "meta.a.b = null"},
      {.collection = "users", .sort = "name", .fields = "id,email"},
  };
  for (const ListRequest& request : requests) {
    const std::string answer = strict.Ask(request);
    EXPECT_EQ(answer.substr(0, 4), "200 ") << request.Show() << answer;
    EXPECT_EQ(answer, compatible.Ask(request)) << request.Show();
  }
}

// Both modes: a collection without a list rule is closed to filters (F-115).
TEST(StrictMode, LockedCollectionsAreClosedInBothModes) {
  for (const bool strict : {false, true}) {
    SmallFolder folder(strict);
    EXPECT_EQ(folder.Filter("posts", "locked_via_post.id = 'x' || 1 = 1"), kRefused);
    EXPECT_EQ(folder.Sort("posts", "locked_via_post.id"), kRefused);
    EXPECT_EQ(folder.Ask({.collection = "posts", .id = "p1", .expand = "locked_via_post"}),
              folder.Ask({.collection = "posts", .id = "p1"}));
  }
}

}  // namespace
}  // namespace sluice
