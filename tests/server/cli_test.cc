// The commands that change a folder, run as programs: what they say and how
// they end (S-104 to S-110).
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/app.h"
#include "tools/server/auth/password_hash.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

struct Ended {
  int status = -1;
  std::string said;  // both outputs
};

class CliTest : public testing::Test {
 protected:
  CliTest() {
    std::string name = (fs::temp_directory_path() / "sluice_cli_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~CliTest() override { fs::remove_all(root_); }

  std::string Folder() const { return root_ + "/data"; }

  Ended Run(const std::string& arguments) const {
    return RunCommand("'" SLUICE_PROGRAM "' " + arguments);
  }
  static Ended RunCommand(const std::string& command) {
    FILE* pipe = popen((command + " 2>&1 </dev/null").c_str(), "r");
    Ended ended;
    char buffer[4096];
    for (std::size_t size = fread(buffer, 1, sizeof buffer, pipe); size > 0;
         size = fread(buffer, 1, sizeof buffer, pipe)) {
      ended.said.append(buffer, size);
    }
    const int status = pclose(pipe);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ended;
  }
  Ended In(const std::string& arguments) const { return Run(arguments + " --dir " + Folder()); }

  std::string Ask(const std::string& query) const {
    auto connection = store::Connection::Open(Folder() + "/data.db", {});
    EXPECT_TRUE(connection.ok()) << connection.status();
    auto statement = (*connection)->Prepare(query);
    EXPECT_TRUE(statement.ok()) << statement.status();
    const store::StatementUse use(*statement);
    return use->Step().value_or(false) ? std::string(use->Column(0).text) : "none";
  }
  void Execute(const std::string& sql) const {
    store::ConnectionOptions options;
    options.access = store::Access::kWrite;
    auto connection = store::Connection::Open(Folder() + "/data.db", options);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->Execute(sql).ok());
  }

  std::string root_;
};

struct Step {
  const char* arguments;
  int status;
  const char* said;
};

TEST_F(CliTest, SuperusersAsThePeerSaysIt) {
  const Step steps[] = {
      {"superuser upsert root@example.com 12345678", 0,
       "Successfully saved superuser \"root@example.com\"!\n"},
      {"superuser create root@example.com 12345678", 1,
       "Error: failed to create new superuser account: email: Value must be unique.\n"},
      {"superuser create other@example.com 1234567", 1,
       "Error: failed to create new superuser account: password: Must be at least 8 "
       "character(s).\n"},
      {"superuser create other@example.com 12345678", 0,
       "Successfully created new superuser \"other@example.com\"!\n"},
      {"superuser update other@example.com 87654321", 0,
       "Successfully changed superuser \"other@example.com\" password!\n"},
      {"superuser update nobody@example.com 12345678", 1,
       "Error: superuser with email \"nobody@example.com\" doesn't exist\n"},
      {"superuser upsert other@example.com 12345678", 0,
       "Successfully saved superuser \"other@example.com\"!\n"},
      {"superuser upsert nonsense 12345678", 1, "Error: missing or invalid email address\n"},
      {"superuser upsert root@example.com -- -dashes-", 0,
       "Successfully saved superuser \"root@example.com\"!\n"},
      {"superuser delete other@example.com", 0,
       "Successfully deleted superuser \"other@example.com\"!\n"},
      {"superuser delete other@example.com", 0,
       "superuser \"other@example.com\" is missing or already deleted\n"},
      {"superuser delete root@example.com", 1,
       "Error: failed to delete superuser \"root@example.com\": it is the only one\n"},
      {"superuser otp root@example.com", 1,
       "Error: OTP auth is not enabled for the _superusers collection\n"},
      {"superuser ips nope", 1, "Error: superuserIPs: (0: invalid IP or CIDR subnet.).\n"},
      {"superuser ips 10.0.0.0/8 ::1", 0,
       "Successfully updated SuperuserIPs setting:\n  10.0.0.0/8\n  ::1\n"},
      {"superuser ips", 0, "Successfully cleared SuperuserIPs setting!\n"},
      {"migrate up", 0, "No new migrations to apply.\n"},
      {"migrate", 0, "No new migrations to apply.\n"},
      {"migrate zzz", 2, "Error: unsupported command: \"zzz\"\n"},
      {"check --help", 0, nullptr},
  };
  for (const Step& step : steps) {
    const std::string arguments = step.arguments;
    // What follows -- is no flag.
    const std::size_t rest = arguments.find(" -- ");
    const Ended ended =
        arguments.starts_with("check") ? Run(arguments)
        : rest == std::string::npos
            ? In(arguments)
            : Run(arguments.substr(0, rest) + " --dir " + Folder() + arguments.substr(rest));
    EXPECT_EQ(ended.status, step.status) << arguments << "\n" << ended.said;
    if (step.said != nullptr) {
      EXPECT_EQ(ended.said, step.said) << arguments;
    }
  }
  EXPECT_TRUE(auth::VerifyPassword("-dashes-", Ask("SELECT password FROM _superusers")));
}

TEST_F(CliTest, UsageIsTwo) {
  for (const char* arguments :
       {"superuser", "superuser nope", "superuser upsert", "superuser upsert a@b.co",
        "superuser delete", "settings", "settings set", "settings set x", "import", "check",
        "check --nope", "nope"}) {
    EXPECT_EQ(Run(std::string(arguments)).status, 2) << arguments;
  }
  EXPECT_FALSE(fs::exists("pb_data"));
}

TEST_F(CliTest, NumbersBelowZeroAreNotHugeOnes) {
  for (const char* flag : {"serve --max-cost", "serve --max-expanded", "serve --max-answer",
                           "serve --queryTimeout", "serve --queryThreads", "serve --ioThreads",
                           "serve --mmap", "serve --max-connections", "serve --idle-timeout",
                           "serve --drain-timeout", "advise --limit", "explain --queryTimeout"}) {
    for (const char* value : {" -5", "=-5", "=-0"}) {
      const Ended ended = Run(std::string(flag) + value);
      const std::string name = std::string(flag).substr(std::string(flag).find("--"));
      EXPECT_EQ(ended.status, 2) << flag << value;
      EXPECT_THAT(ended.said, HasSubstr(name + " takes no number below 0: -")) << flag << value;
    }
  }
  EXPECT_FALSE(fs::exists("pb_data"));
}

TEST_F(CliTest, ASuperuserIsAsThePeersAndReplacesTheInstaller) {
  ASSERT_EQ(In("migrate").status, 0);
  Execute(
      "INSERT INTO _superusers (id, email, password, tokenKey) VALUES ('i', "
      "'__pbinstaller@example.com', 'x', 'x')");
  ASSERT_EQ(In("superuser upsert root@example.com 12345678").status, 0);
  EXPECT_EQ(Ask("SELECT group_concat(email) FROM _superusers"), "root@example.com");
  EXPECT_EQ(Ask("SELECT 'ok' FROM _superusers WHERE length(id) = 15 AND length(tokenKey) = 50 AND "
                "verified = 1 AND emailVisibility = 0 AND "
                "length(created) = 24 AND created = updated AND password LIKE '$2a$10$%'"),
            "ok");
  // A new password ends sessions and what hangs on them (A-33).
  const std::string key = Ask("SELECT tokenKey FROM _superusers");
  for (const char* table : {"_otps", "_mfas", "_authOrigins"}) {
    Execute(std::string("INSERT INTO ") + table +
            " (collectionRef, recordRef) SELECT 'pbc_3142635823', id FROM _superusers");
  }
  ASSERT_EQ(In("superuser update root@example.com 87654321").status, 0);
  EXPECT_NE(Ask("SELECT tokenKey FROM _superusers"), key);
  EXPECT_EQ(Ask("SELECT 'left' FROM _otps UNION SELECT 'left' FROM _mfas UNION SELECT 'left' FROM "
                "_authOrigins"),
            "none");
}

TEST_F(CliTest, OneTimePasswords) {
  ASSERT_EQ(In("superuser upsert root@example.com 12345678").status, 0);
  Execute(
      "UPDATE _collections SET options = json_set(options, '$.otp.enabled', json('true')) WHERE "
      "name = '_superusers'");
  const Ended ended = In("superuser otp root@example.com");
  ASSERT_EQ(ended.status, 0) << ended.said;
  const std::string id = Ask("SELECT id FROM _otps");
  EXPECT_THAT(ended.said, HasSubstr(id));
  EXPECT_THAT(ended.said, HasSubstr("180 seconds"));
  const std::size_t at = ended.said.find("code:  ") + 7;
  EXPECT_TRUE(auth::VerifyPassword(ended.said.substr(at, 8), Ask("SELECT password FROM _otps")));
  EXPECT_EQ(Ask("SELECT 'ok' FROM _otps JOIN _superusers ON recordRef = _superusers.id WHERE "
                "sentTo = '' AND collectionRef = 'pbc_3142635823'"),
            "ok");
  EXPECT_EQ(In("superuser otp nobody@example.com").status, 1);
}

TEST_F(CliTest, SettingsGetAndSet) {
  EXPECT_EQ(In("settings set batch.enabled=true meta.appName=5 backups.s3.bucket=b "
               "'superuserIPs=[\"10.0.0.1\"]' smtp.password=hush")
                .said,
            "Successfully saved the settings!\n");
  EXPECT_EQ(In("settings get meta.appName batch.enabled backups.s3.bucket superuserIPs").said,
            "\"5\"\ntrue\n\"b\"\n[\"10.0.0.1\"]\n");
  const Ended all = In("settings get");
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.said, StartsWith("{\"superuserIPs\":[\"10.0.0.1\"],\"smtp\":{"));
  EXPECT_THAT(all.said, testing::Not(HasSubstr("hush")));
  EXPECT_EQ(In("settings get nope").said, "Error: there is no setting \"nope\"\n");
  EXPECT_EQ(In("settings set nope=1").said, "Error: there is no setting \"nope\"\n");
  EXPECT_EQ(In("settings set batch.timeout=soon").said, "Error: batch.timeout cannot be soon\n");
  // All or none.
  const Ended refused = In("settings set meta.appName=New logs.maxDays=-1");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.said, "Error: logs: (maxDays: must be no less than 0.).\n");
  EXPECT_EQ(In("settings get meta.appName").said, "\"5\"\n");
}

TEST_F(CliTest, EncryptedSettings) {
  setenv("SLUICE_TEST_KEY", "0123456789abcdef0123456789abcdef", 1);
  ASSERT_EQ(In("settings set meta.appName=Hidden --encryptionEnv SLUICE_TEST_KEY").status, 0);
  EXPECT_EQ(Ask("SELECT typeof(value) FROM _params"), "text");
  EXPECT_EQ(In("settings get meta.appName --encryptionEnv SLUICE_TEST_KEY").said, "\"Hidden\"\n");
  EXPECT_EQ(In("settings get meta.appName").status, 1);
  EXPECT_EQ(In("serve --http 127.0.0.1:0").status, 1) << "a server without the key does not start";
  setenv("SLUICE_TEST_KEY", "short", 1);
  EXPECT_THAT(In("settings get --encryptionEnv SLUICE_TEST_KEY").said, HasSubstr("5 bytes"));
  unsetenv("SLUICE_TEST_KEY");
}

TEST_F(CliTest, TheyWorkWhileAServerRuns) {
  ServerConfig config;
  config.folder = Folder();
  config.port = 0;
  config.log_level = observe::LogLevel::kOff;
  auto app = App::Start(config);
  ASSERT_TRUE(app.ok()) << app.status();
  EXPECT_FALSE((*app)->has_superuser());
  EXPECT_EQ(In("superuser upsert root@example.com 12345678").status, 0);
  EXPECT_EQ(In("settings set batch.enabled=true").status, 0);
  EXPECT_EQ(In("export").status, 0);
  EXPECT_EQ(Run("check " + Folder()).said, "Nothing to report.\n");
}

// Killed at any moment, it leaves no folder or a whole one.
TEST_F(CliTest, KilledWhileItMakesAFolder) {
  int whole = 0;
  for (int i = 0; i < 25; ++i) {
    fs::remove_all(Folder());
    const pid_t child = fork();
    if (child == 0) {
      const std::string folder = Folder();
      execl(SLUICE_PROGRAM, "sluice", "migrate", "--dir", folder.c_str(),
            static_cast<char*>(nullptr));
      _exit(127);
    }
    usleep(static_cast<useconds_t>(i) * 2500);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (!fs::exists(Folder() + "/data.db")) continue;
    ++whole;
    EXPECT_EQ(Ask("SELECT count(*) || '' FROM _collections"), "6");
    EXPECT_EQ(Ask("PRAGMA integrity_check"), "ok");
  }
  // And the place can be used afterwards.
  EXPECT_EQ(In("migrate").status, 0);
  RecordProperty("whole", whole);
}

TEST_F(CliTest, ExportAndImport) {
  const Ended exported = In("export");
  ASSERT_EQ(exported.status, 0);
  std::string text = exported.said;
  const std::string more =
      R"(,{"name":"notes","type":"base","fields":[{"name":"text","type":"text"}]}])";
  text.replace(text.rfind(']'), 1, more);
  std::ofstream(root_ + "/all.json") << text;
  EXPECT_EQ(In("import " + root_ + "/all.json").said, "Successfully imported the collections!\n");
  EXPECT_EQ(Ask("SELECT 'ok' FROM _collections WHERE name = 'notes'"), "ok");
  EXPECT_EQ(Ask("SELECT 'ok' FROM sqlite_master WHERE name = 'notes'"), "ok");
  std::ofstream(root_ + "/bad.json") << R"([{"name":"bad name"}])";
  const Ended refused = In("import " + root_ + "/bad.json");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.said, HasSubstr("must be in a valid format"));
  std::ofstream(root_ + "/none.json") << "{";
  EXPECT_EQ(In("import " + root_ + "/none.json").status, 1);
  EXPECT_EQ(In("import " + root_ + "/missing.json").status, 1);
}

TEST_F(CliTest, CheckFindsWhatIsWrong) {
  ASSERT_EQ(In("migrate").status, 0);
  EXPECT_EQ(Run("check " + Folder()).status, 0);
  Execute(
      "INSERT INTO users (id, tokenKey, created, avatar, verified) VALUES ('u1', 'k', "
      "'2024-01-02', '[\"a\"]', 'yes')");
  Execute("UPDATE _collections SET listRule = 'nope = 1', viewRule = 'id =' WHERE name = 'users'");
  Execute("ALTER TABLE users DROP COLUMN name");
  Execute("DROP INDEX idx_email__pb_users_auth_");
  Execute("DROP TABLE _mfas");
  Execute(
      "UPDATE _params SET value = CAST(json_set(CAST(value AS TEXT), '$.meta.appURL', '') AS "
      "BLOB)");
  const Ended ended = Run("check " + Folder());
  EXPECT_EQ(ended.status, 1);
  for (const char* line :
       {"_mfas: the table cannot be read", "users.name: has no column",
        "users: the index idx_email__pb_users_auth_ is not", "users.created: no date",
        "users.avatar: a JSON array in a field of one value in 1 row(s), for example u1",
        "users.verified: neither 0 nor 1", "users.listRule: means nothing: ",
        "users.viewRule: does not parse: ", "settings: meta: (appURL: cannot be blank.)."}) {
    EXPECT_THAT(ended.said, HasSubstr(line));
  }
  EXPECT_EQ(Run("check " + root_ + "/nowhere").status, 1);
}

// As from a DVD: nobody may write there. The superuser of a system may
// everywhere, so the program runs as somebody else.
TEST_F(CliTest, CheckReadsAFolderThatCannotBeWritten) {
  ASSERT_EQ(In("migrate").status, 0);
  Execute("UPDATE _collections SET viewRule = 'id =' WHERE name = 'users'");
  const bool root = geteuid() == 0;
  const std::string as_nobody =
      root ? "setpriv --reuid 65534 --regid 65534 --clear-groups '" SLUICE_PROGRAM "' " : "";
  const auto run = [&](const std::string& arguments) {
    return root ? RunCommand(as_nobody + arguments) : Run(arguments);
  };
  if (run("check --help").status != 0) GTEST_SKIP() << "nobody else can run the program";
  fs::permissions(root_, fs::perms(0755));
  fs::permissions(Folder(), fs::perms(0555));
  for (const auto& entry : fs::directory_iterator(Folder()))
    fs::permissions(entry.path(), fs::perms(entry.is_directory() ? 0555 : 0444));
  const Ended ended = run("check " + Folder());
  EXPECT_THAT(ended.said, StartsWith("users.viewRule: does not parse: "));
  EXPECT_EQ(ended.status, 1);
  EXPECT_FALSE(fs::exists(Folder() + "/data.db-shm"));
  // A log that was never copied cannot be left out.
  fs::permissions(Folder(), fs::perms(0755));
  std::ofstream(Folder() + "/data.db-wal") << "not empty";
  fs::permissions(Folder() + "/data.db-wal", fs::perms(0444));
  fs::permissions(Folder(), fs::perms(0555));
  EXPECT_THAT(run("check " + Folder()).said, HasSubstr("data.db-wal holds changes"));
  fs::permissions(Folder(), fs::perms(0755));
}

}  // namespace
}  // namespace sluice
