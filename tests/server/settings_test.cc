// Reading, writing, checking and changing of settings (S-111, S-112, A-128).
#include <string>
#include <string_view>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/temp_database.h"
#include "tools/server/settings/form.h"
#include "tools/server/settings/save.h"
#include "tools/server/settings/settings_json.h"
#include "tools/server/settings/validate.h"
#include "tools/server/store/system_tables.h"

namespace sluice::settings {
namespace {

using testing::HasSubstr;
using testing::Not;

// As the peer stores a fresh folder's (S-111), with the password that only the
// stored form has.
constexpr char kDefaults[] =
    R"({"superuserIPs":[],"smtp":{"enabled":false,"port":587,"host":"smtp.example.com","username":"","password":"",)"
    R"("authMethod":"","tls":false,"localName":""},"backups":{"cron":"","cronMaxKeep":3,"s3":{"enabled":false,"bucket":"",)"
    R"("region":"","endpoint":"","accessKey":"","forcePathStyle":false}},"s3":{"enabled":false,"bucket":"","region":"",)"
    R"("endpoint":"","accessKey":"","forcePathStyle":false},"meta":{"accentColor":"#1055c9","appName":"Acme",)"
    R"("appURL":"http://localhost:8090","senderName":"Support","senderAddress":"support@example.com","hideControls":false},)"
    R"("rateLimits":{"rules":[{"label":"*:auth","audience":"","duration":3,"maxRequests":2},{"label":"*:create",)"
    R"("audience":"","duration":5,"maxRequests":20},{"label":"/api/batch","audience":"","duration":1,"maxRequests":3},)"
    R"({"label":"/api/","audience":"","duration":10,"maxRequests":300}],"excludedIPs":[],"enabled":false},)"
    R"("trustedProxy":{"headers":[],"useLeftmostIP":false},"batch":{"enabled":false,"maxRequests":50,"timeout":3,)"
    R"("maxBodySize":0},"logs":{"maxDays":5,"minLevel":0,"logIP":true,"logAuthId":false}})";

Status Merge(std::string_view json, store::Settings& settings) {
  return store::MergeSettings(boost::json::parse({json.data(), json.size()}), settings);
}

// The mistakes of the defaults with `json` over them, in one line.
std::string MistakesOf(std::string_view json) {
  store::Settings settings;
  EXPECT_TRUE(Merge(json, settings).ok()) << json;
  const auto mistakes = Validate(settings);
  return mistakes.empty() ? "" : OneLine(mistakes);
}

TEST(SettingsJson, DefaultsAreThePeersByteForByte) {
  EXPECT_EQ(ToStoredJson(store::Settings()), kDefaults);
}

TEST(SettingsJson, SecretsAreStoredAndNotShown) {
  store::Settings settings;
  settings.smtp.password = "hush1";
  settings.s3.secret = "hush2";
  settings.backups.s3.secret = "hush3";
  const std::string stored = ToStoredJson(settings);
  EXPECT_THAT(stored, HasSubstr(R"("password":"hush1","authMethod")"));
  EXPECT_THAT(stored, HasSubstr(R"("accessKey":"","secret":"hush2","forcePathStyle")"));
  EXPECT_THAT(stored, HasSubstr("hush3"));
  EXPECT_THAT(ToPublicJson(settings), Not(HasSubstr("hush")));
  EXPECT_THAT(ToPublicJson(settings), Not(HasSubstr("password")));
}

TEST(SettingsJson, TextsAreEscapedAsThePeerDoes) {
  store::Settings settings;
  settings.meta.app_name = "<b>&\"\xe2\x80\xa8\xff";
  EXPECT_THAT(ToStoredJson(settings),
              HasSubstr(R"("appName":"\u003cb\u003e\u0026\"\u2028\ufffd")"));
}

TEST(MergeSettings, WhatIsStoredReadsBack) {
  store::Settings settings;
  settings.superuser_ips = {"10.0.0.0/8"};
  settings.s3.secret = "x";
  settings.rate_limits.rules = {{"a:b", "@auth", 1, 2}};
  settings.trusted_proxy = {{"X-Real-IP"}, true};
  settings.batch.max_body_size = 1LL << 40;
  const std::string stored = ToStoredJson(settings);
  const auto read = store::ParseSettings(stored, nullptr);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToStoredJson(*read), stored);
}

struct MergeCase {
  std::string_view json;
  bool good;
  std::string_view shows;  // a part of the result
};

constexpr MergeCase kMerges[] = {
    {R"({})", true, R"("appName":"Acme")"},
    {R"({"meta":{"appName":"X"}})", true, R"("accentColor":"#1055c9","appName":"X")"},
    // Keys without case, unknown ones, null.
    {R"({"META":{"APPNAME":"Case","nope":1},"nope":{}})", true, R"("appName":"Case")"},
    {R"({"meta":null,"batch":{"timeout":null}})", true, R"("timeout":3)"},
    // Lists by position.
    {R"({"rateLimits":{"rules":[{"maxRequests":7}]}})", true,
     R"("rules":[{"label":"*:auth","audience":"","duration":3,"maxRequests":7}])"},
    {R"({"rateLimits":{"rules":[]}})", true, R"("rules":[])"},
    {R"({"rateLimits":{"rules":null},"superuserIPs":null})", true, R"("rules":[])"},
    {R"({"superuserIPs":["a",null]})", true, R"("superuserIPs":["a",""])"},
    // Wrong types.
    {R"({"meta":5})", false, ""},
    {R"({"meta":{"appName":5}})", false, ""},
    {R"({"superuserIPs":"x"})", false, ""},
    {R"({"superuserIPs":[1]})", false, ""},
    {R"({"batch":{"timeout":1.5}})", false, ""},
    {R"({"batch":{"timeout":1e300}})", false, ""},
    {R"({"batch":{"enabled":"true"}})", false, ""},
    {R"({"rateLimits":{"rules":[5]}})", false, ""},
    {R"([])", false, ""},
};

TEST(MergeSettings, FollowsTheTable) {
  for (const MergeCase& c : kMerges) {
    store::Settings settings;
    EXPECT_EQ(Merge(c.json, settings).ok(), c.good) << c.json;
    EXPECT_THAT(ToStoredJson(settings), HasSubstr(std::string(c.shows))) << c.json;
  }
}

struct ValidateCase {
  std::string_view json;
  std::string_view mistakes;
};

constexpr ValidateCase kValidations[] = {
    {R"({})", ""},
    {R"({"superuserIPs":["nope","","10.0.0.1","10.0.0.0/33","::1","fe80::/10"]})",
     "superuserIPs: (0: invalid IP or CIDR subnet; 1: cannot be blank; 3: invalid IP or CIDR "
     "subnet.)."},
    {R"({"meta":{"appName":"","appURL":"x y","senderAddress":"x","accentColor":"red"}})",
     "meta: (accentColor: the length must be exactly 7; appName: cannot be blank; appURL: must be "
     "a valid URL; "
     "senderAddress: must be a valid email address.)."},
    {R"({"meta":{"appURL":"example.com/x?y=1","senderAddress":"\u00fc@b.de","accentColor":""}})",
     ""},
    {R"({"smtp":{"enabled":true,"host":"","port":0}})",
     "smtp: (host: cannot be blank; port: cannot be blank.)."},
    {R"({"smtp":{"port":-1}})", "smtp: (port: must be no less than 0.)."},
    {R"({"backups":{"cron":"* * * * *","cronMaxKeep":0}})",
     "backups: (cronMaxKeep: cannot be blank.)."},
    {R"({"backups":{"cronMaxKeep":0}})", ""},
    {R"({"backups":{"cron":"@daily"}})", ""},
    {R"({"backups":{"s3":{"enabled":true,"endpoint":"a.bc","bucket":"b","region":"r","accessKey":"k"}}})",
     "backups: (s3: (secret: cannot be blank.).)."},
    {R"({"batch":{"enabled":true,"maxRequests":0}})", "batch: (maxRequests: cannot be blank.)."},
    {R"({"logs":{"maxDays":-1}})", "logs: (maxDays: must be no less than 0.)."},
    {R"({"rateLimits":{"enabled":true,"rules":[]}})", "rateLimits: (rules: cannot be blank.)."},
    {R"({"rateLimits":{"rules":[]}})", ""},
    {R"({"rateLimits":{"excludedIPs":["x"]}})",
     "rateLimits: (excludedIPs: (0: invalid IP or CIDR subnet.).)."},
};

TEST(Validate, FollowsTheTable) {
  for (const ValidateCase& c : kValidations) EXPECT_EQ(MistakesOf(c.json), c.mistakes) << c.json;
}

TEST(Validate, RateLimitLabels) {
  const auto rules = [](std::string_view label) {
    return R"({"rateLimits":{"rules":[{"label":")" + std::string(label) +
           R"(","maxRequests":1,"duration":1}]}})";
  };
  for (const char* good : {"tag", "users:list", "*:view", "/", "/api/a-b/", "POST /api/x"}) {
    store::Settings settings;
    settings.rate_limits.rules.clear();
    ASSERT_TRUE(Merge(rules(good), settings).ok());
    EXPECT_TRUE(Validate(settings).empty()) << good;
  }
  for (const char* bad :
       {"a b", "a:", ":b", "*", "**:a", "api/x", "GET x", "a:b:c", "/a.b", "a-b"}) {
    store::Settings settings;
    settings.rate_limits.rules.clear();
    ASSERT_TRUE(Merge(rules(bad), settings).ok());
    EXPECT_FALSE(Validate(settings).empty()) << bad;
  }
}

TEST(Validate, RateLimitsThatConflict) {
  store::Settings settings;
  settings.rate_limits.rules = {{"/a", "@guest", 1, 1}, {"/b", "", 1, 1}, {"/a", "@auth", 1, 1}};
  EXPECT_TRUE(Validate(settings).empty()) << "different audiences";
  settings.rate_limits.rules.push_back({"/b", "@auth", 1, 1});
  EXPECT_THAT(OneLine(Validate(settings)), HasSubstr("rules: (3: (label: Rate limit rule"));
}

boost::json::object Form(std::string_view json) {
  return boost::json::parse({json.data(), json.size()}).as_object();
}

TEST(ApplyForm, OneLevelOfDots) {
  store::Settings settings;
  ASSERT_TRUE(
      ApplyForm(
          Form(
              R"({"meta.appName":7,"batch.enabled":true,"batch.maxRequests":7,"superuserIPs":["a","b"],)"
              R"("backups.s3.bucket":"ignored","nope":1,"meta":"ignored","logs.logIP":"F","smtp.port":"",)"
              R"("rateLimits.rules":"ignored","trustedProxy.headers":"X","META.APPNAME":"exact only"})"),
          settings)
          .ok());
  EXPECT_EQ(settings.meta.app_name, "7");
  EXPECT_TRUE(settings.batch.enabled);
  EXPECT_EQ(settings.batch.max_requests, 7);
  EXPECT_THAT(settings.superuser_ips, testing::ElementsAre("a", "b"));
  EXPECT_EQ(settings.backups.s3.bucket, "");
  EXPECT_FALSE(settings.logs.log_ip);
  EXPECT_EQ(settings.smtp.port, 0);
  EXPECT_EQ(settings.rate_limits.rules.size(), 4);
  EXPECT_THAT(settings.trusted_proxy.headers, testing::ElementsAre("X"));
}

TEST(ApplyForm, RefusesWhatIsNoValue) {
  store::Settings settings;
  EXPECT_FALSE(ApplyForm(Form(R"({"batch.timeout":"x"})"), settings).ok());
  EXPECT_FALSE(ApplyForm(Form(R"({"batch.timeout":1.5})"), settings).ok());
  EXPECT_FALSE(ApplyForm(Form(R"({"batch.enabled":"maybe"})"), settings).ok());
  EXPECT_TRUE(ApplyForm(Form(R"({"batch":{"timeout":9}})"), settings).ok()) << "of @jsonPayload";
  EXPECT_EQ(settings.batch.timeout, 9);
}

TEST(SetByPath, AnyDepth) {
  store::Settings settings;
  EXPECT_TRUE(SetByPath("backups.s3.bucket", "b", settings).ok());
  EXPECT_EQ(settings.backups.s3.bucket, "b");
  EXPECT_TRUE(SetByPath("batch", boost::json::parse(R"({"enabled":true})"), settings).ok());
  EXPECT_TRUE(settings.batch.enabled);
  for (const char* unknown : {"", "nope", "batch.nope", "batch.enabled.x", ".", "Batch.enabled"}) {
    EXPECT_TRUE(absl::IsNotFound(SetByPath(unknown, true, settings))) << unknown;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(SetByPath("batch.enabled", "yes", settings)));
}

// ---- the row ----

class SettingsRowTest : public testing::Test {
 protected:
  SettingsRowTest() : database_(std::vector<std::string>{}) {
    connection_ = database_.Open(store::Access::kWrite);
    EXPECT_TRUE(store::CreateSystemTables(*connection_).ok());
  }

  StatusOr<store::Settings> Change(std::string_view json, const SealKey& key) {
    return ChangeSettings(*connection_, key,
                          [json](store::Settings& settings) { return Merge(json, settings); });
  }
  std::string Ask(const std::string& query) {
    auto statement = connection_->Prepare(query);
    EXPECT_TRUE(statement.ok());
    const store::StatementUse use(*statement);
    return use->Step().value_or(false) ? std::string(use->Column(0).text) : "";
  }

  TempDatabase database_;
  std::unique_ptr<store::Connection> connection_;
  const SealKey key_{"NAME", "0123456789abcdef0123456789abcdef"};
};

TEST_F(SettingsRowTest, IsABlobThatKeepsSecrets) {
  ASSERT_TRUE(Change(R"({"smtp":{"password":"hush"}})", {}).ok());
  ASSERT_TRUE(Change(R"({"meta":{"appName":"B"}})", {}).ok());
  EXPECT_EQ(Ask("SELECT typeof(value) FROM _params"), "blob");
  EXPECT_THAT(Ask("SELECT CAST(value AS TEXT) FROM _params"), HasSubstr("hush"));
  EXPECT_EQ(Ask("SELECT CAST(count(*) AS TEXT) FROM _params"), "1");
  ASSERT_TRUE(Change(R"({"smtp":{"password":""}})", {}).ok());
  EXPECT_THAT(Ask("SELECT CAST(value AS TEXT) FROM _params"), Not(HasSubstr("hush")))
      << "an empty one clears";
}

TEST_F(SettingsRowTest, ARefusedChangeLeavesTheRow) {
  ASSERT_TRUE(Change(R"({})", {}).ok());
  const std::string before = Ask("SELECT CAST(value AS TEXT) FROM _params");
  EXPECT_FALSE(Change(R"({"meta":{"appName":""}})", {}).ok());
  EXPECT_FALSE(Change(R"({"meta":5})", {}).ok());
  EXPECT_EQ(Ask("SELECT CAST(value AS TEXT) FROM _params"), before);
}

TEST_F(SettingsRowTest, AKeyEncryptsAtTheNextSave) {
  ASSERT_TRUE(Change(R"({"meta":{"appName":"Secret name"}})", {}).ok());
  ASSERT_TRUE(Change(R"({"batch":{"enabled":true}})", key_).ok());
  EXPECT_EQ(Ask("SELECT typeof(value) FROM _params"), "text");
  EXPECT_THAT(Ask("SELECT value FROM _params"), Not(HasSubstr("{")));
  const auto again = Change(R"({})", key_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->meta.app_name, "Secret name");
  EXPECT_TRUE(again->batch.enabled);
  EXPECT_FALSE(Change(R"({})", {}).ok()) << "without the key";
  EXPECT_FALSE(Change(R"({})", SealKey{"NAME", "x123456789abcdef0123456789abcdef"}).ok())
      << "with another";
}

TEST_F(SettingsRowTest, RequestsThatCannotBeRead) {
  for (const auto& [type, body] : {std::pair("application/json", "{"),
                                   {"application/json", "null"},
                                   {"application/json", "[]"},
                                   {"text/plain", "x"},
                                   {"application/xml", "<a/>"}}) {
    http::Request request;
    request.method = "PATCH";
    request.headers.Add("Content-Type", type);
    request.body = body;
    request.has_body = true;
    const auto change = ChangeOfRequest(request);
    ASSERT_FALSE(change.ok()) << body;
    EXPECT_EQ(http::ErrorResponse(change.status()).body,
              "{\"data\":{},\"message\":\"An error occurred while loading the submitted "
              "data.\",\"status\":400}\n");
  }
  http::Request empty;
  empty.method = "PATCH";
  EXPECT_TRUE(ChangeOfRequest(empty).ok());
}

}  // namespace
}  // namespace sluice::settings
