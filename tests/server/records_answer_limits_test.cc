// One answer cannot take all memory: what it holds and what its expands load
// are bounded, and the client is told by which limit.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tools/server/http/api_error.h"
#include "tools/server/records/list.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::records {
namespace {

using testing::HasSubstr;

class AnswerLimitsTest : public testing::Test {
 protected:
  AnswerLimitsTest() {
    auto connection = store::Connection::Open(folder_.path() + "/data.db", {});
    EXPECT_TRUE(connection.ok());
    connection_ = *std::move(connection);
    auto snapshot = store::LoadSnapshot(*connection_);
    EXPECT_TRUE(snapshot.ok());
    snapshot_ = *std::move(snapshot);
  }

  StatusOr<std::string> List(std::string_view expand, const AnswerLimits& limits) {
    ListParams params;
    params.expand = expand;
    params.per_page = "60";
    params.limits = limits;
    return ListRecords(caller_(), *snapshot_->schema->Find("posts"), params);
  }
  StatusOr<std::string> View(const Collection& posts, ListParams params,
                             const AnswerLimits& limits) {
    params.limits = limits;
    return ViewRecord(caller_(), posts, "post00000000001", params);
  }
  Caller caller_() { return {*snapshot_, *connection_, request_, true}; }

  static void ExpectLimit(const StatusOr<std::string>& answer, const std::string& named) {
    ASSERT_FALSE(answer.ok());
    EXPECT_TRUE(IsAnswerLimit(answer.status()));
    const http::Response response = http::ErrorResponse(answer.status());
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr(named));
  }

  BlogFolder folder_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  RequestContext request_;
};

TEST_F(AnswerLimitsTest, BytesOfAPage) {
  const StatusOr<std::string> whole = List("", {});
  ASSERT_TRUE(whole.ok());
  AnswerLimits limits;
  limits.bytes_max = whole->size();
  EXPECT_EQ(List("", limits).value_or("refused"), *whole);
  limits.bytes_max = whole->size() / 2;
  ExpectLimit(List("", limits), std::to_string(limits.bytes_max) + " bytes");
}

TEST_F(AnswerLimitsTest, BytesOfExpansionsWrittenAgainAndAgain) {
  const StatusOr<std::string> whole = List("author,comments_via_post.author", {});
  ASSERT_TRUE(whole.ok());
  AnswerLimits limits;
  limits.bytes_max = whole->size();
  EXPECT_EQ(List("author,comments_via_post.author", limits).value_or("refused"), *whole);
  limits.bytes_max = whole->size() - 1000;
  ExpectLimit(List("author,comments_via_post.author", limits), "bytes");
}

TEST_F(AnswerLimitsTest, RecordsThatExpandsLoad) {
  AnswerLimits limits;
  limits.expanded_max = 12;  // there are twelve users
  EXPECT_TRUE(List("author", limits).ok());
  limits.expanded_max = 11;
  const StatusOr<std::string> refused = List("author", limits);
  EXPECT_TRUE(refused.ok() || IsAnswerLimit(refused.status()));
  limits.expanded_max = 5;
  ExpectLimit(List("author", limits), "5 records");
  ExpectLimit(List("comments_via_post", limits), "5 records");
  EXPECT_TRUE(List("", limits).ok());
}

// Paths that begin alike look that beginning up once, whatever comes of them.
TEST_F(AnswerLimitsTest, ManyPathsWithOneBeginning) {
  const auto work_of = [this](int paths, const std::string& end) {
    std::string expand;
    for (int i = 0; i < paths; ++i)
      expand += (i == 0 ? "comments_via_post" : ",comments_via_post") + end + std::to_string(i);
    int work = 0;  // in thousands of steps
    const auto count = [&work] {
      ++work;
      return false;
    };
    const store::LimitedScope scope(*connection_, count,
                                    std::chrono::steady_clock::now() + std::chrono::hours(1));
    EXPECT_TRUE(List(expand, {}).ok());
    return work;
  };
  EXPECT_LE(work_of(500, ".unknown"), work_of(1, ".unknown") + 2);
}

TEST_F(AnswerLimitsTest, AView) {
  ListParams params;
  params.expand = "comments_via_post";
  AnswerLimits limits;
  const Collection& posts = *snapshot_->schema->Find("posts");
  EXPECT_TRUE(View(posts, params, limits).ok());
  limits.expanded_max = 0;
  ExpectLimit(View(posts, params, limits), "0 records");
}

}  // namespace
}  // namespace sluice::records
