// Plans kept between requests: what shares one, and what bounds them.
#include "tools/server/records/plan_cache.h"

#include <thread>

#include "gtest/gtest.h"

#include "sluice/parser.h"
#include "tests/support/oracle.h"

namespace sluice::records {
namespace {

// The cache belongs to the thread: a new one for each test.
template <typename Body>
void OnNewThread(const Body& body) {
  std::thread(body).join();
}

class PlanCacheTest : public ::testing::Test {
 protected:
  PlanCacheTest() : world_(1) {
    snapshot_.schema = world_.shared_schema();
    request_.now = 1'704'067'200'000;
    users_ = world_.schema().Find("users");
    auth_ = {users_, "users_1", "a@x.io", true, true};
  }

  StatusOr<BoundPlan> Ask(std::string_view filter, const Ast* rule = nullptr) {
    const Caller caller{snapshot_, world_.connection(), request_};
    return PlanFor(caller, {.collection = users_, .rule = rule, .filter = filter});
  }
  std::uint64_t Hits() { return PlanCacheCountsOfThread().hits; }

  OracleWorld world_;
  store::Snapshot snapshot_;
  RequestContext request_;
  AuthRecord auth_;
  const Collection* users_ = nullptr;
};

TEST_F(PlanCacheTest, OtherValuesShareAPlan) {
  OnNewThread([this] {
    const StatusOr<BoundPlan> first = Ask("id = 'a' && id > '2020'");
    const StatusOr<BoundPlan> second = Ask("id = 'b' && id > '2021'");
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->kept, second->kept);
    EXPECT_EQ(Hits(), 1u);
    EXPECT_EQ(second->values.Get(0).text, "b");
    EXPECT_EQ(first->values.Get(0).text, "a");
  });
}

TEST_F(PlanCacheTest, EmptyTextsOtherSortsAndCallersDoNot) {
  OnNewThread([this] {
    const StatusOr<BoundPlan> first = Ask("id = 'a'");
    const StatusOr<BoundPlan> empty = Ask("id = ''");
    request_.auth = &auth_;
    const StatusOr<BoundPlan> user = Ask("id = 'a'");
    ASSERT_TRUE(first.ok() && empty.ok() && user.ok());
    EXPECT_NE(first->kept, empty->kept);
    EXPECT_NE(first->kept, user->kept);
    EXPECT_EQ(Hits(), 0u);
  });
}

// What is there decides, and its value is put in.
TEST_F(PlanCacheTest, PartsOfTheRequestAreValues) {
  OnNewThread([this] {
    const StatusOr<Ast> rule = ParseFilter("@request.query.a = id");
    std::shared_ptr<KeptPlan> kept;
    for (const char* value : {"x", "y"}) {
      request_.query = {{"a", value}};
      const StatusOr<BoundPlan> plan = Ask("", &*rule);
      ASSERT_TRUE(plan.ok());
      EXPECT_EQ(plan->values.Get(0).text, value);
      EXPECT_TRUE(kept == nullptr || kept == plan->kept);
      kept = plan->kept;
    }
    request_.query.clear();
    const StatusOr<BoundPlan> missing = Ask("", &*rule);
    ASSERT_TRUE(missing.ok());
    EXPECT_NE(missing->kept, kept);
    EXPECT_EQ(Hits(), 1u);
  });
}

// F-98: how many elements there are decides what the plan looks like.
TEST_F(PlanCacheTest, ListsOfTheBodyAreBoundEachTime) {
  OnNewThread([this] {
    const StatusOr<Ast> rule = ParseFilter("@request.body.id:lower = id");
    const StatusOr<BoundPlan> plan = Ask("", &*rule);
    ASSERT_TRUE(plan.ok());
    EXPECT_FALSE(plan->kept->refill());
  });
}

// F-44: an empty e-mail makes another comparison.
TEST_F(PlanCacheTest, CallersOfAnotherKindGetPlansOfTheirOwn) {
  OnNewThread([this] {
    const StatusOr<Ast> rule =
        ParseFilter("@request.auth.email = id && @request.auth.verified = true");
    request_.auth = &auth_;
    const StatusOr<BoundPlan> first = Ask("", &*rule);
    auth_.email = "";
    const StatusOr<BoundPlan> empty = Ask("", &*rule);
    auth_.email = "b@x.io";
    const StatusOr<BoundPlan> again = Ask("", &*rule);
    auth_.verified = false;
    const StatusOr<BoundPlan> unverified = Ask("", &*rule);
    ASSERT_TRUE(first.ok() && empty.ok() && again.ok() && unverified.ok());
    EXPECT_NE(first->kept, empty->kept);
    EXPECT_EQ(first->kept, again->kept);
    EXPECT_NE(first->kept, unverified->kept);
  });
}

TEST_F(PlanCacheTest, ManyTextsDoNotPushOutWhatIsUsed) {
  OnNewThread([this] {
    ASSERT_TRUE(Ask("id = 'hot'").ok());
    for (int i = 0; i < 100'000; ++i)
      ASSERT_TRUE(
          Ask("id = 'x" + std::to_string(i) + "' || id > '" + std::to_string(i) + "'").ok());
    EXPECT_EQ(PlanCacheCountsOfThread().misses, 2u);
    // Shapes that are used once each, between uses of another.
    std::weak_ptr<KeptPlan> once;
    std::string many = "id = 'a'";
    for (int i = 0; i < 150; ++i) {
      many += i % 2 == 0 ? " && id != 'a'" : " || id != 'a'";
      const StatusOr<BoundPlan> plan = Ask(many);
      ASSERT_TRUE(plan.ok());
      if (i == 0) once = plan->kept;
      const std::uint64_t hits = Hits();
      ASSERT_TRUE(Ask("id = 'hot'").ok());
      EXPECT_EQ(Hits(), hits + 1);
    }
    many = "id = 'a'";
    for (int i = 0; i < 150; ++i) {
      many.insert(0, "id > '2' && ");
      ASSERT_TRUE(Ask(many).ok());
    }
    EXPECT_TRUE(once.expired());
  });
}

TEST_F(PlanCacheTest, MistakesAreTheParsers) {
  OnNewThread([this] {
    for (int i = 0; i < 2; ++i) {
      EXPECT_FALSE(Ask("id = ").ok());
      EXPECT_FALSE(Ask("nothing = 'a'").ok());
      EXPECT_FALSE(Ask("id = '" + std::string(3500, 'a') + "'").ok());
      EXPECT_TRUE(Ask("id = '" + std::string(3000, 'a') + "'").ok());
    }
  });
}

TEST_F(PlanCacheTest, AnotherSchemaBeginsAnew) {
  OnNewThread([this] {
    const StatusOr<BoundPlan> first = Ask("id = 'a'");
    const OracleWorld other(1);
    snapshot_.schema = other.shared_schema();
    users_ = other.schema().Find("users");
    const StatusOr<BoundPlan> second = Ask("id = 'a'");
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(second->plan().collection, users_);
    EXPECT_EQ(Hits(), 0u);
  });
}

}  // namespace
}  // namespace sluice::records
