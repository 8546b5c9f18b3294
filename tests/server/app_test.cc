// The whole server on a copy of the conformance fixture, spoken to over
// sockets: limits, hostile texts, folders that cannot be served, changes by
// other processes.
#include "tools/server/app.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "boost/json/object.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/auth/token.h"
#include "tools/server/http/server.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kGeneric400 =
    "{\"data\":{},\"message\":\"Something went wrong while processing your "
    "request.\",\"status\":400}\n";

// A folder of its own, gone at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (fs::temp_directory_path() / "sluice-app-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

// One connection, kept open between requests.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Answer Ask(std::string_view method, std::string_view target, std::string_view token = {}) {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n";
    if (!token.empty()) text += "Authorization: " + std::string(token) + "\r\n";
    Send(text + "\r\n");
    return Read(method == "HEAD");
  }
  Answer Get(std::string_view target, std::string_view token = {}) {
    return Ask("GET", target, token);
  }

  // Whether something comes within that time.
  bool IsAnswered(milliseconds limit) const {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
  }

  // Status 0 when the server closed, or nothing came within a minute.
  Answer Read(bool no_body = false) {
    while (true) {
      const std::size_t end = in_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t length = in_.find("Content-Length: ");
        const std::size_t size =
            no_body || length > end ? 0 : std::strtoul(in_.c_str() + length + 16, nullptr, 10);
        if (in_.size() >= end + 4 + size) {
          Answer answer{std::atoi(in_.c_str() + 9), in_.substr(0, end + 2),
                        in_.substr(end + 4, size)};
          in_.erase(0, end + 4 + size);
          return answer;
        }
      }
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, 60000) != 1) return {};
      char buffer[65536];
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) return {};
      in_.append(buffer, static_cast<std::size_t>(size));
    }
  }

 private:
  int fd_;
  std::string in_;
};

std::string Escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte)) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string ListOf(std::string_view collection, std::string_view filter,
                   std::string_view sort = {}) {
  std::string target =
      "/api/collections/" + std::string(collection) + "/records?filter=" + Escaped(filter);
  if (!sort.empty()) target += "&sort=" + Escaped(sort);
  return target;
}

std::string Repeated(std::string_view text, std::string_view join, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (i > 0) all += join;
    all += text;
  }
  return all;
}

class AppTest : public ::testing::Test {
 protected:
  AppTest() : folder_(root_.path() / "pb_data") {
    fs::copy(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance/fixtures/blog", folder_,
             fs::copy_options::recursive);
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    auto writer = store::Connection::Open((folder_ / "data.db").string(), options);
    EXPECT_TRUE(writer.ok());
    if (writer.ok()) writer_ = *std::move(writer);
  }

  void Start(std::size_t query_threads = 0, seconds query_timeout = seconds(30),
             double cost_max = ServerConfig().cost_max) {
    ServerConfig config;
    config.cost_max = cost_max;
    config.folder = folder_.string();
    config.port = 0;
    config.query_threads = query_threads;
    config.query_timeout = query_timeout;
    config.log_level = observe::LogLevel::kError;
    auto app = App::Start(config);
    ASSERT_TRUE(app.ok()) << std::string(AsStd(app.status().message()));
    app_ = *std::move(app);
  }

  std::string TextOf(const std::string& sql) {
    const auto statement = writer_->Prepare(sql);
    if (!statement.ok()) return "";
    const store::StatementUse use(*statement);
    const StatusOr<bool> row = use->Step();
    return row.ok() && *row ? std::string(use->Column(0).text) : "";
  }

  // As if root@example.com had signed in.
  std::string SuperuserToken() {
    boost::json::object claims;
    claims["collectionId"] = TextOf("SELECT id FROM _collections WHERE name = '_superusers'");
    claims["exp"] = 4102444800;
    claims["id"] = TextOf("SELECT id FROM _superusers WHERE email = 'root@example.com'");
    claims["refreshable"] = true;
    claims["type"] = "auth";
    const std::string key =
        TextOf("SELECT tokenKey FROM _superusers WHERE email = 'root@example.com'") +
        TextOf(
            "SELECT options->'authToken'->>'secret' FROM _collections WHERE name = '_superusers'");
    return auth::SignToken(claims, key);
  }

  void Change(const std::string& sql) { ASSERT_TRUE(writer_->Execute(sql).ok()) << sql; }

  // Asks until the status is `want`, for at most `limit`.
  int WaitForStatus(std::string_view target, int want, milliseconds limit) {
    Client client(app_->port());
    const auto end = steady_clock::now() + limit;
    int status = 0;
    do {
      status = client.Get(target).status;
    } while (status != want && steady_clock::now() < end);
    return status;
  }

  TempFolder root_;
  fs::path folder_;
  std::unique_ptr<store::Connection> writer_;
  std::unique_ptr<App> app_;
};

constexpr std::string_view kTags = "/api/collections/tags/records";

// ---- folders ----

std::string StartMessage(const fs::path& folder) {
  ServerConfig config;
  config.folder = folder.string();
  config.port = 0;
  const auto app = App::Start(config);
  return app.ok() ? "started" : std::string(AsStd(app.status().message()));
}

TEST(AppStart, MakesAFolderThatIsNotThere) {
  const TempFolder root;
  EXPECT_EQ(StartMessage(root.path() / "none"), "started");
  EXPECT_TRUE(fs::exists(root.path() / "none" / "data.db"));
}

TEST(AppStart, LeavesAFolderOfOtherThingsAlone) {
  const TempFolder root;
  std::ofstream(root.path() / "thesis.txt") << "x";
  EXPECT_THAT(StartMessage(root.path()), HasSubstr("holds thesis.txt and no data.db"));
  EXPECT_FALSE(fs::exists(root.path() / "data.db"));
}

TEST(AppStart, RefusesAFileThatIsNoDatabase) {
  const TempFolder root;
  std::ofstream(root.path() / "data.db") << std::string(4096, 'x');
  EXPECT_THAT(StartMessage(root.path()), HasSubstr("not a database"));
}

TEST(AppStart, RefusesAFolderFromBefore023) {
  const TempFolder root;
  std::ofstream(root.path() / "data.db").close();
  store::ConnectionOptions options;
  options.access = store::Access::kWrite;
  auto writer = store::Connection::Open((root.path() / "data.db").string(), options);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Execute("CREATE TABLE _collections (id, name, type, schema)").ok());
  EXPECT_THAT(StartMessage(root.path()), HasSubstr("before 0.23"));
}

TEST_F(AppTest, RefusesAPortThatIsTaken) {
  Start();
  ServerConfig config;
  config.folder = folder_.string();
  config.port = app_->port();
  EXPECT_FALSE(App::Start(config).ok());
}

TEST_F(AppTest, KnowsWhetherThereIsASuperuser) {
  Start();
  EXPECT_TRUE(app_->has_superuser());
  app_.reset();
  Change("UPDATE _superusers SET email = '__pbinstaller@example.com'");
  Start();
  EXPECT_FALSE(app_->has_superuser());
}

// No row of the folder changes by being served (S-10).
TEST_F(AppTest, LeavesTheDatabaseAsItWas) {
  const std::string sum =
      "SELECT group_concat(sql, char(10)) || (SELECT group_concat(id || updated) FROM posts) || "
      "(SELECT group_concat(quote(fields) || updated) FROM _collections) || "
      "(SELECT quote(value) FROM _params) FROM sqlite_master";
  const std::string before = TextOf(sum);
  Start();
  EXPECT_EQ(Client(app_->port()).Get(kTags).status, 200);
  app_.reset();
  EXPECT_EQ(TextOf(sum), before);
}

TEST(FindHooks, NamesHooksAndMigrationsBesideTheFolder) {
  const TempFolder root;
  const fs::path data = root.path() / "pb_data";
  fs::create_directories(data);
  EXPECT_THAT(FindHooks(data.string()), IsEmpty());
  fs::create_directories(root.path() / "pb_hooks");
  fs::create_directories(root.path() / "pb_migrations");
  std::ofstream(root.path() / "pb_hooks" / "helper.js").close();
  std::ofstream(root.path() / "pb_hooks" / ".pb.js").close();
  EXPECT_THAT(FindHooks(data.string()), IsEmpty());
  const fs::path hook = root.path() / "pb_hooks" / "main.pb.js";
  std::ofstream(hook).close();
  EXPECT_THAT(FindHooks(data.string()), ElementsAre(hook.string()));
  EXPECT_THAT(FindHooks(data.string() + "/"), ElementsAre(hook.string()));
  const fs::path migration = root.path() / "pb_migrations" / "1_a.js";
  std::ofstream(migration).close();
  EXPECT_THAT(FindHooks(data.string()), ElementsAre(hook.string(), migration.string()));
  EXPECT_THAT(FindHooks((root.path() / "other" / "pb_data").string()), IsEmpty());
}

// ---- limits and hostile texts (F-8, F-18 to F-27) ----

TEST_F(AppTest, RefusesBadFiltersFast) {
  Start();
  Client client(app_->port());
  const std::string hops = Repeated("manager", ".", 7);
  const std::string cases[] = {
      ListOf("tags", std::string(3500, '(')),
      ListOf("tags", std::string(1750, '(') + std::string(1750, ')')),
      ListOf("tags", std::string(3500, '&')),
      ListOf("tags", "a(" + Repeated("a(", "", 1000)),
      ListOf("tags", "name = '" + std::string(3490, '\\')),
      ListOf("tags", "name = '" + std::string(3500, 'x') + "'"),
      ListOf("tags", Repeated("id=1", "||", 201)),
      ListOf("tags", "(" + Repeated("id=1", ")||(", 201) + ")"),
      ListOf("users", hops + ".name = 'x'"),
      ListOf("tags", "nope = 1"),
      ListOf("tags", std::string_view("name = 'a\0b'", 12)),
      ListOf("tags", std::string_view("name\0 = 1", 9)),
      ListOf("tags", "\xff = 1"),
      ListOf("tags", "name = \xc3\x28"),
      ListOf("tags", "", "nope"),
      ListOf("tags", "", Repeated("name", ",", 9)),
      ListOf("tags", "", std::string(256, 'x')),
      ListOf("posts", "meta..a = 1"),
  };
  for (const std::string& target : cases) {
    const Answer answer = client.Get(target);
    EXPECT_EQ(answer.status, 400) << target.substr(0, 200);
    EXPECT_EQ(answer.body, kGeneric400) << target.substr(0, 200);
  }
}

TEST_F(AppTest, TakesWhatIsJustWithinTheLimits) {
  Start();
  Client client(app_->port());
  const std::string cases[] = {
      ListOf("tags", Repeated("id=1", "||", 200)),
      ListOf("tags", std::string(1700, '(') + "id=1" + std::string(1700, ')')),
      ListOf("tags", "name = '" + std::string(3491, 'x') + "'"),
      ListOf("users", Repeated("manager", ".", 6) + ".name = 'x'"),
      ListOf("tags", "", Repeated("name", ",", 8)),
      // F-8: each such byte inside quotes is one U+FFFD.
      ListOf("tags", "name = '\xff\xfe'"),
  };
  for (const std::string& target : cases) {
    const Answer answer = client.Get(target);
    EXPECT_EQ(answer.status, 200) << target.substr(0, 200) << answer.body;
  }
}

// F-26: SQLite joins at most 64 tables.
TEST_F(AppTest, AnswersManyTablesSoon) {
  Start();
  const std::string token = SuperuserToken();
  Client client(app_->port());
  constexpr std::string_view kAliases =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const auto filter = [&](std::size_t tables, std::string_view op, std::string_view join,
                          std::size_t plain) {
    std::string text;
    for (std::size_t i = 0; i < tables; ++i) {
      const std::string alias = i < kAliases.size() ? std::string(1, kAliases[i]) : "zz";
      if (i > 0) text += join;
      text += "@collection.tags:" + alias + ".id" + std::string(op) + "1";
    }
    for (std::size_t i = 0; i < plain; ++i) text += std::string(join) + "id=1";
    return text;
  };
  const auto ask = [&](const std::string& text) {
    EXPECT_LE(text.size(), 3500u);
    return client.Get(ListOf("posts", text), token).status;
  };
  EXPECT_EQ(ask(filter(63, "?=", "||", 137)), 200);
  EXPECT_EQ(ask(filter(63, "?=", "&&", 137)), 200);
  EXPECT_EQ(ask(filter(63, "=", "||", 137)), 200);
  EXPECT_EQ(ask(filter(63, "?=", "&&", 138)), 400);
  EXPECT_EQ(ask(filter(64, "?=", "||", 0)), 400);
  EXPECT_EQ(ask(filter(64, "=", "&&", 136)), 400);
}

// Rows of every comment, in a circle of the aliases from `a` to `last`: each
// alias takes ten times as long.
std::string CircleFilter(char last) {
  std::string text;
  for (char alias = 'a'; alias < last; ++alias) {
    text += std::string("@collection.comments:") + alias +
            ".id ?>= @collection.comments:" + static_cast<char>(alias + 1) + ".id && ";
  }
  return text + "@collection.comments:" + last + ".id ?> @collection.comments:a.id";
}

// More work than a day holds.
std::string EndlessFilter() { return CircleFilter('j'); }

constexpr double kAnyCost = 0;

TEST_F(AppTest, RefusesWhatCouldNotEndBeforeItRuns) {
  Start(1);
  const std::string token = SuperuserToken();
  Client client(app_->port());
  const Answer answer = client.Get(ListOf("posts", EndlessFilter()), token);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("more often than the 1000000000000 times"));
  EXPECT_EQ(client.Get(ListOf("posts", CircleFilter('c')), token).status, 200);
}

// The rule of a write is a query, too. Nothing is written.
TEST_F(AppTest, RefusesWritesWhoseRuleCouldNotEnd) {
  Change("UPDATE _collections SET updateRule = '" + EndlessFilter() + "', deleteRule = '" +
         EndlessFilter() + "' WHERE name = 'posts'");
  Start(1);
  Client client(app_->port());
  constexpr std::string_view kPost = "/api/collections/posts/records/post00000000001";
  for (const std::string_view method : {"PATCH", "DELETE"}) {
    const Answer answer = client.Ask(method, kPost);
    EXPECT_EQ(answer.status, 400) << method;
    EXPECT_THAT(answer.body, HasSubstr("more often than the")) << method;
  }
  EXPECT_EQ(TextOf("SELECT id FROM posts WHERE id = 'post00000000001'"), "post00000000001");
}

TEST_F(AppTest, StopsAQueryAtItsTimeLimitAndServesOthersMeanwhile) {
  Start(2, seconds(1), kAnyCost);
  const std::string token = SuperuserToken();
  Client slow(app_->port());
  const auto start = steady_clock::now();
  slow.Send("GET " + ListOf("posts", EndlessFilter()) +
            " HTTP/1.1\r\nHost: a\r\nAuthorization: " + token + "\r\n\r\n");
  EXPECT_EQ(Client(app_->port()).Get(kTags).status, 200);
  const Answer answer = slow.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, kGeneric400);
  EXPECT_GE(steady_clock::now() - start, milliseconds(900));
}

TEST_F(AppTest, StopsTheQueryOfAClientThatLeft) {
  // No limit of time ends them before the test's patience does.
  Start(1, seconds(100'000), kAnyCost);
  const std::string token = SuperuserToken();
  const auto ask = [&](const Client& client, const std::string& filter) {
    client.Send("GET " + ListOf("posts", filter) +
                " HTTP/1.1\r\nHost: a\r\nAuthorization: " + token + "\r\n\r\n");
  };
  Client other(app_->port());
  {
    // As many as there are threads for slow queries.
    std::vector<std::unique_ptr<Client>> slow;
    for (std::size_t i = 0; i < std::max<std::size_t>(2, http::AvailableCores()); ++i) {
      slow.push_back(std::make_unique<Client>(app_->port()));
      ask(*slow.back(), EndlessFilter());
    }
    // They are busy once a slow request of another is left waiting.
    bool busy = false;
    const auto patience = steady_clock::now() + seconds(60);
    while (!busy && steady_clock::now() < patience) {
      ask(other, CircleFilter('e'));
      busy = !other.IsAnswered(seconds(5));
      if (!busy) other.Read();
    }
    ASSERT_TRUE(busy);
    // What is quick does not wait for them.
    EXPECT_EQ(Client(app_->port()).Get(kTags).status, 200);
  }
  EXPECT_EQ(other.Read().status, 200);
}

TEST_F(AppTest, RefusesAHeadOver64KiB) {
  Start();
  Client client(app_->port());
  client.Send("GET " + std::string(kTags) +
              " HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.Read().status, 431);
  Client within(app_->port());
  within.Send("GET " + std::string(kTags) +
              " HTTP/1.1\r\nHost: a\r\nX: " + std::string(60000, 'x') + "\r\n\r\n");
  EXPECT_EQ(within.Read().status, 200);
}

// ---- methods ----

TEST_F(AppTest, AnswersHeadWithTheHeadOfGet) {
  Start();
  Client client(app_->port());
  const Answer get = client.Get(kTags);
  const Answer head = client.Ask("HEAD", kTags);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_THAT(head.head, HasSubstr("Content-Length: " + std::to_string(get.body.size()) + "\r\n"));
  EXPECT_EQ(client.Ask("HEAD", "/api/collections/nope/records").status, 404);
  // The connection is still in step.
  EXPECT_EQ(client.Get(kTags).body, get.body);
}

TEST_F(AppTest, AnswersPreflights) {
  Start();
  Client client(app_->port());
  client.Send(
      "OPTIONS " + std::string(kTags) +
      " HTTP/1.1\r\nHost: a\r\nOrigin: http://b.c\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(answer.head, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
}

TEST_F(AppTest, NamesMissingCollectionsAndForbiddenTexts) {
  Start();
  Client client(app_->port());
  struct Case {
    std::string target;
    int status;
    std::string_view message;
  };
  const Case cases[] = {
      {"/api/collections/nope/records", 404, "Missing collection context."},
      {"/api/collections/nope/records/x", 404, "Missing collection context."},
      {"/api/collections/secrets/records", 403, "Only superusers can perform this action."},
      {ListOf("tags", "name = '@collection.'"), 403, "Only superusers can filter by @collection."},
      {ListOf("tags", "", "@request.x"), 403, "Only superusers can filter by @request."},
      {"/api/collections/tags/records/nope", 404, "The requested resource wasn't found."},
      {"/api/collections", 401, "The request requires valid record authorization token."},
  };
  for (const Case& test : cases) {
    const Answer answer = client.Get(test.target);
    EXPECT_EQ(answer.status, test.status) << test.target;
    EXPECT_THAT(answer.body, HasSubstr(std::string(test.message))) << test.target;
  }
}

// ---- superusers by address ----

TEST_F(AppTest, AdmitsSuperusersFromListedAddressesOnly) {
  const auto list = [this](const std::string& ips) {
    Change(
        "UPDATE _params SET value = CAST(json_set(CAST(value AS TEXT), '$.superuserIPs', json('" +
        ips + "')) AS BLOB) WHERE id = 'settings'");
  };
  constexpr std::string_view kSecrets = "/api/collections/secrets/records";
  const std::string token = SuperuserToken();
  Start();
  EXPECT_EQ(Client(app_->port()).Get(kSecrets, token).status, 200);
  app_.reset();
  list(R"(["10.9.9.9"])");
  Start();
  EXPECT_EQ(Client(app_->port()).Get(kSecrets, token).status, 403);
  EXPECT_EQ(Client(app_->port()).Get(kTags, token).status, 403);
  EXPECT_EQ(Client(app_->port()).Get(kTags).status, 200);
  app_.reset();
  list(R"(["10.9.9.9","127.0.0.0/8"])");
  Start();
  EXPECT_EQ(Client(app_->port()).Get(kSecrets, token).status, 200);
}

TEST_F(AppTest, TakesAWronglySignedTokenForAGuest) {
  Start();
  std::string token = SuperuserToken();
  token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Client(app_->port()).Get("/api/collections/secrets/records", token).status, 403);
  EXPECT_EQ(Client(app_->port()).Get("/api/collections", token).status, 401);
}

// ---- changes by another process ----

TEST_F(AppTest, FollowsARuleThatAnotherProcessChanges) {
  Start();
  ASSERT_EQ(WaitForStatus(kTags, 200, milliseconds(0)), 200);
  Change("UPDATE _collections SET listRule = NULL WHERE name = 'tags'");
  EXPECT_EQ(WaitForStatus(kTags, 403, seconds(3)), 403);
  // A rule that does not bind fails the request; it opens nothing (F-113).
  Change("UPDATE _collections SET listRule = 'gone = 1' WHERE name = 'tags'");
  EXPECT_EQ(WaitForStatus(kTags, 400, seconds(3)), 400);
  Change("UPDATE _collections SET listRule = '((' WHERE name = 'tags'");
  EXPECT_EQ(WaitForStatus(kTags, 400, seconds(3)), 400);
  Change("UPDATE _collections SET listRule = '' WHERE name = 'tags'");
  EXPECT_EQ(WaitForStatus(kTags, 200, seconds(3)), 200);
}

TEST_F(AppTest, ServesManyClientsWhileARuleChanges) {
  Start();
  const std::string open = Client(app_->port()).Get(kTags).body;
  std::atomic<bool> stop = false;
  std::atomic<int> others = 0;
  std::atomic<int> answers = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back([&] {
      Client client(app_->port());
      while (!stop) {
        const Answer answer = client.Get(kTags);
        ++answers;
        if (answer.status == 403) {
          ++refused;
        } else if (answer.status != 200 || answer.body != open) {
          ++others;
          return;
        }
      }
    });
  }
  for (int i = 0; i < 4; ++i) {
    Change(i % 2 == 0 ? "UPDATE _collections SET listRule = NULL WHERE name = 'tags'"
                      : "UPDATE _collections SET listRule = '' WHERE name = 'tags'");
    std::ofstream(folder_ / ".notify" / "collections@abcdefghij").close();
    const int want = i % 2 == 0 ? 403 : 200;
    EXPECT_EQ(WaitForStatus(kTags, want, seconds(20)), want);
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(others, 0);
  EXPECT_GT(refused, 0);
  EXPECT_GT(answers, refused);
}

TEST_F(AppTest, StopsWithRequestsInFlight) {
  Start();
  std::atomic<bool> stop = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, port = app_->port()] {
      Client client(port);
      while (!stop && client.Get(kTags).status != 0) {
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Client(app_->port()).Get(kTags).status, 200);
  app_->Stop();
  app_.reset();
  stop = true;
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace sluice
