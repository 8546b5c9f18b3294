// Who is told of which write, on a copy of the conformance fixture: rules,
// filters, expansions, deletes, identities that end, and many subscribers.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/blog_folder.h"
#include "tools/server/http/api_error.h"
#include "tools/server/realtime/hub.h"
#include "tools/server/store/writer.h"
#include "tools/server/writes/service.h"

namespace sluice::realtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kIp = "127.0.0.1";

struct Subscriber {
  std::shared_ptr<http::EventStream> stream;
  std::string id;

  std::string Take() const {
    std::string text;
    stream->Take(text);
    return text;
  }
};

class HubTest : public ::testing::Test {
 protected:
  void SetUp() override {
    catalog_ = *store::Catalog::Open(folder_.path(), [](const Status&) {});
    writer_ = *store::Writer::Start(path_, {});
    service_ = std::make_unique<writes::WriteService>(*catalog_, *writer_, nullptr);
    hub_ = *Hub::Start(*catalog_, path_, options_);
    service_->SetListener(
        [this](const auto& snapshot, const auto& events) { hub_->Publish(snapshot, events); });
  }
  void TearDown() override {
    service_.reset();
    writer_.reset();
    hub_.reset();
    catalog_.reset();
  }

  // A record of an auth collection, as a token of its own would load it.
  std::optional<Identity> Auth(const std::string& collection, const std::string& id) {
    std::optional<Identity> identity;
    const Status status = service_->Run([&](writes::Scope& scope) -> Status {
      const Collection* found = scope.schema().Find(collection);
      auto record = writes::FindRecord(scope.connection, *found, id);
      SLUICE_RETURN_IF_ERROR(record.status());
      if (!*record) return absl::NotFoundError("no such record");
      identity = Identity{collection == "_superusers",
                          found->id,
                          id,
                          (*record)->Get("email").text,
                          (*record)->Get("emailVisibility").boolean,
                          (*record)->Get("verified").boolean,
                          scope.snapshot->auth_token_secrets.find(found->id)->second};
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return identity;
  }

  std::string RootId() {
    std::string id;
    const Status status = service_->Run([&](writes::Scope& scope) -> Status {
      auto record = writes::FindRecordBy(scope.connection, *scope.schema().Find("_superusers"),
                                         {{"email", "root@example.com"}});
      SLUICE_RETURN_IF_ERROR(record.status());
      id = (*record)->id();
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return id;
  }

  Subscriber Connect() {
    Subscriber client;
    client.stream = hub_->Connect(std::string(kIp));
    const std::string hello = client.Take();
    EXPECT_THAT(hello, StartsWith("id:"));
    client.id = hello.substr(3, 40);
    EXPECT_EQ(hello, "id:" + client.id + "\nevent:PB_CONNECT\ndata:{\"clientId\":\"" + client.id +
                         "\"}\n\n");
    return client;
  }
  Subscriber Connect(const std::vector<std::string>& topics,
                     const std::optional<Identity>& identity = std::nullopt) {
    Subscriber client = Connect();
    const Status status = hub_->Subscribe(client.id, kIp, identity, topics);
    EXPECT_TRUE(status.ok()) << status;
    return client;
  }

  using Change = std::function<void(writes::Record&)>;
  void Create(const std::string& collection, const Change& change) {
    Must([&](writes::Scope& scope) -> Status {
      writes::Record record = writes::NewRecord(*scope.schema().Find(collection));
      change(record);
      return writes::SaveRecord(scope, record);
    });
  }
  void Update(const std::string& collection, const std::string& id, const Change& change) {
    Must([&](writes::Scope& scope) -> Status {
      SLUICE_ASSIGN_OR_RETURN(
          auto record, writes::FindRecord(scope.connection, *scope.schema().Find(collection), id));
      if (!record) return absl::NotFoundError("no such record");
      change(*record);
      return writes::SaveRecord(scope, *record);
    });
  }
  void Delete(const std::string& collection, const std::string& id) {
    Must([&](writes::Scope& scope) -> Status {
      SLUICE_ASSIGN_OR_RETURN(
          auto record, writes::FindRecord(scope.connection, *scope.schema().Find(collection), id));
      if (!record) return absl::NotFoundError("no such record");
      return writes::DeleteRecord(scope, *record);
    });
  }
  void Must(const writes::WriteService::Work& work) {
    const Status status = service_->Run(work);
    EXPECT_TRUE(status.ok()) << status;
    hub_->Flush();
  }
  void AddTag(const std::string& id, const std::string& name) {
    Create("tags", [&](writes::Record& record) {
      record.Get("id").text = id;
      record.Get("name").text = name;
    });
  }
  int StatusOf(const Status& status) { return http::ErrorResponse(status).status; }

  HubOptions options_;
  BlogFolder folder_;
  std::string path_ = folder_.path() + "/data.db";
  std::unique_ptr<store::Catalog> catalog_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<writes::WriteService> service_;
  std::unique_ptr<Hub> hub_;
};

TEST_F(HubTest, OneMessageForEachTopicThatMatches) {
  const Subscriber all = Connect({"tags/*"});
  const Subscriber old = Connect({"tags", "c_tags/*"});
  const Subscriber one = Connect({"tags/tag000000000090"});
  const Subscriber other = Connect({"tags/tag000000000091", "orgs/*", "TAGS/*"});
  AddTag("tag000000000090", "new");
  const std::string text = all.Take();
  EXPECT_THAT(text, StartsWith("id:" + all.id +
                               "\nevent:tags/*\ndata:{\"record\":{\"collectionId\":\"c_tags\","
                               "\"collectionName\":\"tags\","));
  EXPECT_THAT(text, HasSubstr("\"name\":\"new\""));
  EXPECT_THAT(text, HasSubstr("},\"action\":\"create\"}\n\n"));
  const std::string twice = old.Take();
  EXPECT_THAT(twice, AllOf(HasSubstr("event:tags\n"), HasSubstr("event:c_tags/*\n")));
  EXPECT_THAT(one.Take(), HasSubstr("event:tags/tag000000000090\n"));
  EXPECT_THAT(other.Take(), IsEmpty());
  Update("tags", "tag000000000090", [](writes::Record& tag) { tag.Get("name").text = "newer"; });
  EXPECT_THAT(all.Take(), AllOf(HasSubstr("\"newer\""), HasSubstr("\"action\":\"update\"")));
  Delete("tags", "tag000000000090");
  EXPECT_THAT(one.Take(), HasSubstr("\"action\":\"delete\""));
  EXPECT_THAT(other.Take(), IsEmpty());
}

TEST_F(HubTest, NothingOfAWriteThatIsUndone) {
  const Subscriber all = Connect({"tags/*"});
  const Status status = service_->Run([&](writes::Scope& scope) -> Status {
    writes::Record record = writes::NewRecord(*scope.schema().Find("tags"));
    record.Get("id").text = "tag000000000090";
    SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, record));
    return absl::AbortedError("no");
  });
  EXPECT_FALSE(status.ok());
  AddTag("tag000000000092", "second");
  EXPECT_THAT(all.Take(), AllOf(HasSubstr("second"), Not(HasSubstr("tag000000000090"))));
}

TEST_F(HubTest, NewTopicsReplaceTheOldOnes) {
  const Subscriber client = Connect({"tags/*"});
  ASSERT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"orgs/*"}).ok());
  AddTag("tag000000000090", "one");
  EXPECT_THAT(client.Take(), IsEmpty());
  ASSERT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"tags/*", "tags/*", ""}).ok());
  AddTag("tag000000000091", "two");
  EXPECT_THAT(client.Take(), AllOf(HasSubstr("two"), Not(HasSubstr("one"))));
  ASSERT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {}).ok());
  AddTag("tag000000000092", "three");
  EXPECT_THAT(client.Take(), IsEmpty());
}

TEST_F(HubTest, ListRuleForAllAndViewRuleForOne) {
  const Subscriber guest = Connect({"posts/*", "posts/post00000000090"});
  const Subscriber author = Connect({"posts/*"}, Auth("users", "user00000000001"));
  const Subscriber stranger = Connect({"posts/*"}, Auth("staff", "staff0000000001"));
  const Subscriber root = Connect({"posts/*", "secrets/*"}, Auth("_superusers", RootId()));
  const auto post = [](writes::Record& record) {
    record.Get("id").text = "post00000000090";
    record.Get("title").text = "hidden";
    record.Get("status").list = {"draft"};
    record.Get("author").list = {"user00000000001"};
    // Without one, a guest's empty id would equal its lack of members.
    record.Get("org").list = {"org000000000003"};
  };
  Create("posts", post);
  EXPECT_THAT(guest.Take(), IsEmpty());
  EXPECT_THAT(stranger.Take(), IsEmpty());
  EXPECT_THAT(author.Take(), HasSubstr("hidden"));
  EXPECT_THAT(root.Take(), HasSubstr("hidden"));
  Update("posts", "post00000000090",
         [](writes::Record& record) { record.Get("status").list = {"published"}; });
  const std::string both = guest.Take();
  EXPECT_THAT(both,
              AllOf(HasSubstr("event:posts/*\n"), HasSubstr("event:posts/post00000000090\n")));
  EXPECT_THAT(stranger.Take(), HasSubstr("published"));
}

TEST_F(HubTest, LockedCollectionsAreForSuperusers) {
  const Subscriber guest = Connect({"secrets/*"});
  const Subscriber user = Connect({"secrets/*"}, Auth("users", "user00000000001"));
  const Subscriber root = Connect({"secrets/*"}, Auth("_superusers", RootId()));
  Create("secrets", [](writes::Record& record) { record.Get("id").text = "secret000000090"; });
  EXPECT_THAT(guest.Take(), IsEmpty());
  EXPECT_THAT(user.Take(), IsEmpty());
  EXPECT_THAT(root.Take(), HasSubstr("secret000000090"));
}

TEST_F(HubTest, OptionsFilterExpandAndPick) {
  const std::string wanted =
      R"(tags/*?options=%7B%22query%22%3A%7B%22filter%22%3A%22name%3D'yes'%22%2C%22fields%22%3A%22id%2Cname%22%7D%7D)";
  const Subscriber client = Connect({wanted});
  const Subscriber broken = Connect(
      {R"(tags/*?options=%7B%22query%22%3A%7B%22filter%22%3A%22nope%3D'yes'%22%7D%7D)",
       R"(tags/*?options=%7B%22query%22%3A%7B%22filter%22%3A%22name%3D%22%7D%7D)",
       R"(tags/*?options=%7B%22query%22%3A%7B%22filter%22%3A%22%40request.auth.id%3D''%22%7D%7D)"});
  const Subscriber nothing = Connect({"tags/*?options=%7Bnope", "tags/*?x=1"});
  AddTag("tag000000000090", "yes");
  AddTag("tag000000000091", "no");
  EXPECT_EQ(client.Take(), "id:" + client.id + "\nevent:" + wanted +
                               "\ndata:{\"record\":{\"id\":\"tag000000000090\",\"name\":\"yes\"},"
                               "\"action\":\"create\"}\n\n");
  EXPECT_THAT(broken.Take(), IsEmpty());
  EXPECT_THAT(nothing.Take(),
              AllOf(HasSubstr("event:tags/*?options=%7Bnope\n"), HasSubstr("event:tags/*?x=1\n")));
}

// F-125: whoever asks, as in restricted mode.
TEST_F(HubTest, FiltersOfSubscriptionsDoNotKnowHiddenFields) {
  const auto topic = [](const std::string& filter) {
    return "posts/*?options=%7B%22query%22%3A%7B%22filter%22%3A%22" + filter + "%22%7D%7D";
  };
  const std::vector<std::string> hidden = {topic("internal!='x'"), topic("internal%3Alower!='x'"),
                                           topic("author.tokenKey!='x'")};
  const Subscriber guest = Connect(hidden);
  const Subscriber root = Connect(hidden, Auth("_superusers", RootId()));
  const Subscriber other = Connect({topic("title!='x'")});
  Create("posts", [](writes::Record& record) {
    record.Get("id").text = "post00000000090";
    record.Get("title").text = "seen";
    record.Get("status").list = {"published"};
    record.Get("author").list = {"user00000000001"};
  });
  EXPECT_THAT(other.Take(), HasSubstr("post00000000090"));
  EXPECT_THAT(guest.Take(), IsEmpty());
  EXPECT_THAT(root.Take(), IsEmpty());
}

TEST_F(HubTest, ADeleteIsToldByTheRulesAsTheyWereBefore) {
  // The rule looks for the pair of follows that is itself being deleted.
  const Subscriber client = Connect({"follows/*"}, Auth("users", "user00000000001"));
  const Subscriber other = Connect({"follows/*"}, Auth("staff", "staff0000000001"));
  Create("follows", [](writes::Record& record) {
    record.Get("id").text = "follow000000090";
    record.Get("follower").list = {"user00000000001"};
    record.Get("followee").list = {"user00000000002"};
  });
  EXPECT_THAT(client.Take(), HasSubstr("create"));
  Delete("follows", "follow000000090");
  EXPECT_THAT(client.Take(), HasSubstr("\"action\":\"delete\""));
  EXPECT_THAT(other.Take(), IsEmpty());
}

TEST_F(HubTest, ADeleteWithItsRelationsIsToldByTheRelationsThatWere) {
  // Who is a member of the organisation sees its posts; both go at once.
  const auto member = Auth("users", "user00000000003");
  Create("orgs", [](writes::Record& record) {
    record.Get("id").text = "org000000000090";
    record.Get("name").text = "gone";
    record.Get("members").list = {"user00000000003"};
  });
  Create("posts", [](writes::Record& record) {
    record.Get("id").text = "post00000000090";
    record.Get("title").text = "of an organisation";
    record.Get("status").list = {"draft"};
    record.Get("author").list = {"user00000000001"};
    record.Get("org").list = {"org000000000090"};
  });
  const Subscriber client = Connect({"posts/*"}, member);
  Must([](writes::Scope& scope) -> Status {
    const Collection* orgs = scope.schema().Find("orgs");
    const Collection* posts = scope.schema().Find("posts");
    SLUICE_ASSIGN_OR_RETURN(auto post,
                            writes::FindRecord(scope.connection, *posts, "post00000000090"));
    SLUICE_RETURN_IF_ERROR(writes::DeleteRecord(scope, *post));
    SLUICE_ASSIGN_OR_RETURN(auto org,
                            writes::FindRecord(scope.connection, *orgs, "org000000000090"));
    return writes::DeleteRecord(scope, *org);
  });
  EXPECT_THAT(client.Take(), AllOf(HasSubstr("post00000000090"), HasSubstr("delete")));
}

TEST_F(HubTest, ADeleteIsExpandedByTheRowsThatWere) {
  const Subscriber all = Connect({
      "tags/*?options=%7B%22query%22%3A%7B%22expand%22%3A%22posts_via_tags%22%7D%7D",
      "comments/*?options=%7B%22query%22%3A%7B%22expand%22%3A%22post%22%7D%7D",
  });
  // Loses its references: the posts that had it show.
  Delete("tags", "tag000000000005");
  EXPECT_THAT(all.Take(), AllOf(HasSubstr("\"expand\":{\"posts_via_tags\":["),
                                HasSubstr("\"action\":\"delete\"")));
  // The connection shows the tables as they are again.
  Create("tags", [&](writes::Record& record) {
    record.Get("id").text = "tag000000000005";
    record.Get("name").text = "again";
  });
  EXPECT_THAT(all.Take(), AllOf(HasSubstr("again"), Not(HasSubstr("posts_via_tags\":["))));
}

TEST_F(HubTest, ATransactionIsToldAsSeenFromOutside) {
  const Subscriber guest = Connect({"posts/*"});
  // Visible for a moment that nobody saw, and never.
  Must([&](writes::Scope& scope) -> Status {
    const Collection& posts = *scope.schema().Find("posts");
    for (const char* status : {"published", "draft"}) {
      SLUICE_ASSIGN_OR_RETURN(auto record,
                              writes::FindRecord(scope.connection, posts, "post00000000004"));
      record->Get("status").list = {status};
      record->Get("org").list = {"org000000000001"};
      SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, *record));
    }
    SLUICE_ASSIGN_OR_RETURN(auto hidden,
                            writes::FindRecord(scope.connection, posts, "post00000000008"));
    hidden->Get("status").list = {"published"};
    SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, *hidden));
    return writes::DeleteRecord(scope, *hidden);
  });
  // Posts that were related to it have changed.
  EXPECT_THAT(guest.Take(), AllOf(Not(HasSubstr("\"id\":\"post00000000004\"")),
                                  Not(HasSubstr("\"id\":\"post00000000008\""))));
}

TEST_F(HubTest, HiddenFieldsAndEmailsStayHidden) {
  const Subscriber guest = Connect({"users/*"});
  const Subscriber self = Connect({"users/*"}, Auth("users", "user00000000002"));
  const Subscriber root = Connect({"users/*"}, Auth("_superusers", RootId()));
  Update("users", "user00000000002",
         [](writes::Record& record) { record.Get("emailVisibility").boolean = false; });
  for (const Subscriber* client : {&guest, &self, &root}) {
    const std::string text = client->Take();
    EXPECT_THAT(text, HasSubstr("user00000000002"));
    EXPECT_THAT(text, Not(HasSubstr("tokenKey")));
    EXPECT_THAT(text, Not(HasSubstr("password")));
    if (client == &guest) {
      EXPECT_THAT(text, Not(HasSubstr("\"email\":")));
    } else {
      EXPECT_THAT(text, HasSubstr("\"email\":"));
    }
  }
}

TEST_F(HubTest, ANewTokenKeyMakesAGuest) {
  const auto identity = Auth("users", "user00000000001");
  const Subscriber client = Connect({"comments/*"}, identity);
  const auto comment = [this](const std::string& id) {
    Create("comments", [&](writes::Record& record) { record.Get("id").text = id; });
  };
  comment("comment00000090");
  EXPECT_THAT(client.Take(), HasSubstr("comment00000090"));
  // Another change leaves it signed in.
  Update("users", "user00000000001",
         [](writes::Record& record) { record.Get("name").text = "Renamed"; });
  comment("comment00000091");
  EXPECT_THAT(client.Take(), HasSubstr("comment00000091"));
  Update("users", "user00000000001",
         [](writes::Record& record) { record.Get("tokenKey").text = std::string(50, 'k'); });
  comment("comment00000092");
  EXPECT_THAT(client.Take(), IsEmpty());
  // It stays connected, and may sign in again as anybody.
  EXPECT_TRUE(
      hub_->Subscribe(client.id, kIp, Auth("users", "user00000000002"), {"comments/*"}).ok());
  comment("comment00000093");
  EXPECT_THAT(client.Take(), HasSubstr("comment00000093"));
}

TEST_F(HubTest, ADeletedRecordSeesItsOwnEndAndNoMore) {
  Create("users", [](writes::Record& record) {
    record.Get("id").text = "user00000000090";
    record.Get("email").text = "u90@example.com";
    record.Get("tokenKey").text = std::string(50, 'q');
  });
  const Subscriber client =
      Connect({"users/user00000000090", "comments/*"}, Auth("users", "user00000000090"));
  Delete("users", "user00000000090");
  EXPECT_THAT(client.Take(), HasSubstr("\"action\":\"delete\""));
  Create("comments", [&](writes::Record& record) { record.Get("id").text = "comment00000092"; });
  EXPECT_THAT(client.Take(), IsEmpty());
}

TEST_F(HubTest, ANewSecretOrAMissingCollectionMakesAGuest) {
  const auto identity = Auth("users", "user00000000001");
  const Subscriber client = Connect({"comments/*"}, identity);
  const auto change = [this](const std::string& sql) {
    ASSERT_TRUE(
        writer_->Run([&](store::Connection& connection) { return connection.Execute(sql); }).ok());
    ASSERT_TRUE(catalog_->Reload().ok());
  };
  change(
      "UPDATE _collections SET options = json_set(options, '$.authToken.secret', "
      "'00000000000000000000000000000000000000000000000000') WHERE name = 'users'");
  Create("comments", [&](writes::Record& record) { record.Get("id").text = "comment00000090"; });
  EXPECT_THAT(client.Take(), IsEmpty());
  EXPECT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"comments/*"}).ok());
}

TEST_F(HubTest, SubscribingIsRefused) {
  const auto user = Auth("users", "user00000000001");
  const Subscriber client = Connect();
  EXPECT_EQ(StatusOf(hub_->Subscribe("nope", kIp, user, {})), 404);
  EXPECT_EQ(StatusOf(hub_->Subscribe(client.id, "10.0.0.1", user, {})), 400);
  EXPECT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"tags/*"}).ok());
  EXPECT_TRUE(hub_->Subscribe(client.id, kIp, user, {"tags/*"}).ok());
  EXPECT_TRUE(hub_->Subscribe(client.id, kIp, user, {"tags/*"}).ok());
  EXPECT_EQ(StatusOf(hub_->Subscribe(client.id, kIp, std::nullopt, {})), 403);
  EXPECT_EQ(StatusOf(hub_->Subscribe(client.id, kIp, Auth("users", "user00000000002"), {})), 403);
  // What was refused changed nothing.
  AddTag("tag000000000090", "one");
  EXPECT_THAT(client.Take(), HasSubstr("one"));
}

TEST_F(HubTest, MessagesToOneClient) {
  const Subscriber client = Connect({"@oauth2", "x"});
  EXPECT_FALSE(hub_->Send("nope", "@oauth2", "{}"));
  EXPECT_FALSE(hub_->Send(client.id, "other", "{}"));
  EXPECT_TRUE(hub_->Send(client.id, "x", "{\"a\":1}"));
  EXPECT_EQ(client.Take(), "id:" + client.id + "\nevent:x\ndata:{\"a\":1}\n\n");
  EXPECT_EQ(hub_->SendOnce(client.id, "@oauth2", "10.0.0.1", "{}"), Hub::Delivery::kOtherIp);
  EXPECT_EQ(hub_->SendOnce(client.id, "@oauth2", kIp, "{}"), Hub::Delivery::kUnknown);
  EXPECT_THAT(client.Take(), IsEmpty());
  ASSERT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"@oauth2"}).ok());
  EXPECT_EQ(hub_->SendOnce(client.id, "@oauth2", kIp, "{\"state\":\"s\"}"), Hub::Delivery::kSent);
  EXPECT_EQ(client.Take(), "id:" + client.id + "\nevent:@oauth2\ndata:{\"state\":\"s\"}\n\n");
  // No topic's name or text can forge a message.
  ASSERT_TRUE(hub_->Subscribe(client.id, kIp, std::nullopt, {"a\n\nevent:b"}).ok());
  EXPECT_TRUE(hub_->Send(client.id, "a\n\nevent:b", "1\n\ndata:2"));
  EXPECT_EQ(client.Take(), "id:" + client.id + "\nevent:a  event:b\ndata:1  data:2\n\n");
}

TEST_F(HubTest, WhoLeftIsForgotten) {
  std::optional<Subscriber> client = Connect({"tags/*"}, Auth("users", "user00000000001"));
  EXPECT_EQ(hub_->clients(), 1U);
  const std::string id = client->id;
  client.reset();
  EXPECT_EQ(hub_->clients(), 0U);
  hub_->Flush();
  EXPECT_EQ(StatusOf(hub_->Subscribe(id, kIp, std::nullopt, {})), 404);
}

TEST_F(HubTest, ASlowClientIsDroppedAlone) {
  TearDown();
  options_.stream.waiting_bytes_max = 2000;
  SetUp();
  const Subscriber slow = Connect({"tags/*"});
  const Subscriber quick = Connect({"tags/*"});
  for (int i = 10; i < 40; ++i) {
    AddTag("tag0000000001" + std::to_string(i), "n" + std::to_string(i));
    EXPECT_THAT(quick.Take(), Not(IsEmpty()));
  }
  std::string text;
  EXPECT_EQ(slow.stream->Take(text), http::EventStream::State::kOverflowed);
}

TEST_F(HubTest, TooManyEventsDisconnectRatherThanLoseSome) {
  TearDown();
  options_.events_waiting_max = 0;
  SetUp();
  const Subscriber client = Connect({"tags/*"});
  AddTag("tag000000000090", "one");
  std::string text;
  EXPECT_EQ(client.stream->Take(text), http::EventStream::State::kEnded);
  EXPECT_THAT(text, IsEmpty());
}

TEST_F(HubTest, TenThousandSubscribersAreOneEvaluation) {
  constexpr int kClients = 10000;
  std::vector<Subscriber> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(Connect({"posts/*", "posts"}));
  const auto user = Auth("users", "user00000000001");
  clients.push_back(Connect({"posts/*"}, user));
  clients.push_back(Connect({"posts/*"}, user));
  const std::uint64_t before = hub_->evaluations();
  const auto begin = steady_clock::now();
  Create("posts", [](writes::Record& record) {
    record.Get("id").text = "post00000000090";
    record.Get("status").list = {"published"};
    record.Get("author").list = {"user00000000001"};
  });
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  // Guests, and one record on two connections.
  EXPECT_EQ(hub_->evaluations() - before, 2U);
  for (const Subscriber& client : clients) ASSERT_THAT(client.Take(), HasSubstr("post00000000090"));
  std::cout << kClients << " clients, two topics each: " << took.count() << " ms\n";
  EXPECT_LT(took, milliseconds(5000));
}

TEST_F(HubTest, ManyTopicsOfOneClient) {
  std::vector<std::string> topics;
  for (int i = 0; i < 1000; ++i) topics.push_back("tags/" + std::to_string(i));
  topics.emplace_back("tags/*");
  const Subscriber client = Connect(topics);
  AddTag("tag000000000090", "one");
  EXPECT_THAT(client.Take(), HasSubstr("one"));
}

TEST_F(HubTest, EventsKeepTheOrderOfCommits) {
  const Subscriber client = Connect({"tags/*"});
  for (int i = 100; i < 200; ++i)
    AddTag("tag000000000" + std::to_string(i), "n" + std::to_string(i));
  const std::string text = client.Take();
  std::size_t last = 0;
  for (int i = 100; i < 200; ++i) {
    const std::size_t at = text.find("\"id\":\"tag000000000" + std::to_string(i));
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_GT(at, last);
    last = at;
  }
}

// Meant for the thread sanitizer: everything at once.
TEST_F(HubTest, ClientsComeAndGoWhileWritesGoOn) {
  std::atomic<bool> stop{false};
  const auto user = Auth("users", "user00000000001");
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&, n] {
      while (!stop) {
        const Subscriber client = Connect({"tags/*", "posts/*"}, n == 0 ? user : std::nullopt);
        (void)hub_->Send(client.id, "tags/*", "{}");
        (void)hub_->Subscribe(client.id, kIp, user, {"tags"});
        if (n == 0) hub_->Forget(*user);
        client.Take();
      }
    });
  }
  for (int i = 100; i < 200; ++i)
    AddTag("tag000000000" + std::to_string(i), "n" + std::to_string(i));
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice::realtime
