// What expansions hold, by whatever statements they are read.

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tools/server/records/list.h"
#include "tools/server/records/query.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::records {
namespace {

using testing::HasSubstr;

class ExpandTest : public testing::Test {
 protected:
  ExpandTest() {
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    auto connection = store::Connection::Open(folder_.path() + "/data.db", options);
    EXPECT_TRUE(connection.ok());
    connection_ = *std::move(connection);
    Load();
  }

  void Load() {
    auto snapshot = store::LoadSnapshot(*connection_);
    EXPECT_TRUE(snapshot.ok());
    snapshot_ = *std::move(snapshot);
  }
  void Execute(const std::string& sql) { EXPECT_TRUE(connection_->Execute(sql).ok()) << sql; }

  std::string List(const std::string& collection, std::string_view expand,
                   std::string_view fields = "") {
    ListParams params;
    params.expand = expand;
    params.fields = fields;
    params.per_page = "200";
    const Caller caller{*snapshot_, *connection_, request_, superuser_};
    return ListRecords(caller, *snapshot_->schema->Find(collection), params).value_or("refused");
  }

  // What an expansion of `post`'s comments holds, by their ids, as the peer looks
  // them up.
  std::vector<std::string> CommentsOf(const std::string& post) {
    std::vector<std::string> ids;
    const store::StatementUse rows(
        connection_->Prepare("SELECT id FROM comments WHERE post = ?1").value());
    rows->Bind(1, ValueView::Text(post));
    while (rows->Step().value()) ids.emplace_back(rows->Column(0).text);
    return ids;
  }
  std::vector<std::string> ExpandedComments(const std::string& post) {
    ListParams params;
    params.expand = "comments_via_post";
    params.fields = "expand.comments_via_post.id";
    const Caller caller{*snapshot_, *connection_, request_, superuser_};
    const std::string text =
        ViewRecord(caller, *snapshot_->schema->Find("posts"), post, params).value_or("refused");
    std::vector<std::string> ids;
    constexpr std::string_view kId = R"({"id":")";
    for (std::size_t at = 0; (at = text.find(kId, at)) != std::string::npos;) {
      at += kId.size();
      ids.push_back(text.substr(at, text.find('"', at) - at));
    }
    return ids;
  }
  std::string PostWithMostComments() {
    const store::StatementUse row(
        connection_
            ->Prepare("SELECT post FROM comments GROUP BY post ORDER BY count(*) DESC LIMIT 1")
            .value());
    EXPECT_TRUE(row->Step().value());
    return std::string(row->Column(0).text);
  }

  BlogFolder folder_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  RequestContext request_;
  bool superuser_ = true;
};

// F-154, F-184: less is read, and the answer is as if all had been.
TEST_F(ExpandTest, FieldsPickTheSameOfExpansionsWhateverIsRead) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"posts", "author,org"},
      {"posts", "author.manager,org.owner,tags"},
      {"posts", "comments_via_post.author,comments_via_post.likes"},
      {"posts", "related.author,related.related"},
      {"comments", "post.author,post.org.members,parent"},
      {"orgs", "owner.manager,members"},
      {"users", "posts_via_author.tags,manager"},
  };
  const std::string_view kFields[] = {
      "id",
      "*",
      "expand",
      "*,expand.author.name",
      "id,expand.author.name,expand.org",
      "expand.author.expand.manager.name,expand.org.*,expand.tags.name:excerpt(3,true)",
      "expand.author.*,expand.author.expand.manager.id",
      "expand.comments_via_post.text,expand.comments_via_post.expand.author.email",
      "expand.comments_via_post.expand.likes.name,title",
      "expand.post.title,expand.post.expand.author.name,expand.post.expand.org.expand.members.id",
      "expand.post.expand.org.name,expand.parent.*",
      "expand.related.expand.author,expand.related.id,expand.missing.id",
      "expand.owner.expand.manager.expand.nothing,expand.members",
      "expand.posts_via_author.title,expand.posts_via_author.meta.lang,collectionName",
      "expand.posts_via_author.expand.tags.*,expand.manager.name,expand.expand.id",
  };
  int longer = 0;
  for (const bool superuser : {true, false}) {
    superuser_ = superuser;
    for (const auto& [collection, expand] : kCases) {
      std::string whole = List(std::string(collection), expand);
      ASSERT_NE(whole, "refused") << collection;
      whole.pop_back();
      for (const std::string_view fields : kFields) {
        const std::string picked = List(std::string(collection), expand, fields);
        ASSERT_EQ(picked, Picked(whole, fields, true))
            << collection << " " << expand << " " << fields;
        longer += picked.size() > 3000;
      }
    }
  }
  EXPECT_GT(longer, 50);
}

// F-166: in the order in which their ids come, whatever indexes there are.
TEST_F(ExpandTest, BackRelationsComeInTheOrderOfTheirIds) {
  const std::string post = PostWithMostComments();
  const std::vector<std::string> by_row = CommentsOf(post);
  ASSERT_GE(by_row.size(), 3U);
  EXPECT_EQ(ExpandedComments(post), by_row);

  Execute("DROP INDEX idx_comments_post");
  Execute("UPDATE _collections SET indexes = '[]' WHERE name = 'comments'");
  Load();
  EXPECT_EQ(ExpandedComments(post), by_row);

  const std::string index = "CREATE INDEX idx_both ON comments (post, id DESC)";
  Execute(index);
  Execute("UPDATE _collections SET indexes = '[\"" + index + "\"]' WHERE name = 'comments'");
  Load();
  const std::vector<std::string> by_index = CommentsOf(post);
  ASSERT_NE(by_index, by_row);
  EXPECT_EQ(ExpandedComments(post), by_index);
}

// Other programs can have written such rows; the peer finds them.
TEST_F(ExpandTest, ARowWithoutAnIdIsFoundToo) {
  const std::string post = PostWithMostComments();
  const std::string index = "CREATE INDEX idx_both ON comments (post, created)";
  Execute(index);
  Execute("UPDATE _collections SET indexes = '[\"" + index + "\"]' WHERE name = 'comments'");
  Execute("UPDATE comments SET id = '' WHERE id = (SELECT min(id) FROM comments WHERE post = '" +
          post + "')");
  Load();
  EXPECT_EQ(ExpandedComments(post), CommentsOf(post));
}

// Rows that several records lead to, rows that are not there, and rows twice in
// one list.
TEST_F(ExpandTest, RepeatedAndMissingIds) {
  Execute("UPDATE posts SET author = 'nobody000000000', tags = '[]'");
  Execute("UPDATE posts SET author = (SELECT min(id) FROM users) WHERE rowid % 2 = 0");
  Execute(
      "UPDATE posts SET tags = json_array((SELECT max(id) FROM tags), 'nothing00000000', (SELECT "
      "min(id) FROM tags), (SELECT max(id) FROM tags)) WHERE rowid % 3 = 0");
  Load();
  const std::string text = List("posts", "author,tags", "id,expand.author.id,expand.tags.id");
  const store::StatementUse row(connection_->Prepare("SELECT min(id), max(id) FROM tags").value());
  ASSERT_TRUE(row->Step().value());
  const std::string first(row->Column(0).text);
  const std::string last(row->Column(1).text);
  EXPECT_THAT(text, HasSubstr(R"("tags":[{"id":")" + last + R"("},{"id":")" + first + R"("}]})"));
  EXPECT_THAT(text, HasSubstr(R"({"expand":{},"id":")"));
  EXPECT_THAT(text, HasSubstr(R"({"expand":{"author":{"id":")"));
}

}  // namespace
}  // namespace sluice::records
