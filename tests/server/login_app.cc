#include "tests/server/login_app.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "boost/json/serialize.hpp"
#include "openssl/hmac.h"

#include "tests/server/http_client.h"
#include "tools/server/auth/token.h"

namespace sluice {

namespace fs = std::filesystem;

std::string OptionOfType(const std::string& type) { return type + "Token"; }

std::string SignAs(std::string_view algorithm, const boost::json::object& claims,
                   const std::string& key) {
  std::string token =
      auth::Base64Url("{\"alg\":\"" + std::string(algorithm) + "\",\"typ\":\"JWT\"}") + "." +
      auth::Base64Url(boost::json::serialize(claims));
  const EVP_MD* digest = algorithm == "HS512"   ? EVP_sha512()
                         : algorithm == "HS384" ? EVP_sha384()
                         : algorithm == "HS256" ? EVP_sha256()
                                                : nullptr;
  std::string signature;
  if (digest != nullptr) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(digest, key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(token.data()), token.size(), bytes, &size);
    signature.assign(reinterpret_cast<const char*>(bytes), size);
  }
  return token + "." + auth::Base64Url(signature);
}

LoginAppTest::LoginAppTest() {
  std::string pattern = (fs::temp_directory_path() / "sluice-login-XXXXXX").string();
  root_ = mkdtemp(pattern.data());
  fs::copy(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance/fixtures/blog", root_ / "pb_data",
           fs::copy_options::recursive);
  store::ConnectionOptions options;
  options.access = store::Access::kWrite;
  auto database = store::Connection::Open((root_ / "pb_data/data.db").string(), options);
  EXPECT_TRUE(database.ok());
  if (database.ok()) database_ = *std::move(database);
}

LoginAppTest::~LoginAppTest() {
  app_.reset();
  database_.reset();
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void LoginAppTest::Start(editions::Edition errors) {
  ServerConfig config;
  config.folder = (root_ / "pb_data").string();
  config.port = 0;
  config.mail_folder = (root_ / "mails").string();
  config.log_level = observe::LogLevel::kOff;
  config.errors = errors;
  auto app = App::Start(config);
  ASSERT_TRUE(app.ok()) << std::string(AsStd(app.status().message()));
  app_ = *std::move(app);
}

LoginAnswer LoginAppTest::Send(std::string_view method, std::string_view path,
                               std::string_view body, std::string_view authorization) const {
  http::Client client(app_->port());
  std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n";
  if (!authorization.empty()) text += "Authorization: " + std::string(authorization) + "\r\n";
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  client.Send(text);
  const std::string answer = client.ReadAnswer();
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {std::atoi(answer.c_str() + 9), answer.substr(end + 4)};
}

std::string LoginAppTest::TextOf(const std::string& sql) const {
  const auto statement = database_->Prepare(sql);
  if (!statement.ok()) return "";
  const store::StatementUse use(*statement);
  const StatusOr<bool> row = use->Step();
  if (!row.ok() || !*row) return "";
  const ValueView value = use->Column(0);
  if (value.storage == StorageClass::kInteger) return std::to_string(value.integer);
  return std::string(value.text);
}

void LoginAppTest::Change(const std::string& sql) const {
  ASSERT_TRUE(database_->Execute(sql).ok()) << sql;
}

std::string LoginAppTest::KeyOf(const std::string& collection, const std::string& id,
                                const std::string& option) const {
  return TextOf("SELECT tokenKey FROM " + collection + " WHERE id = '" + id + "'") +
         TextOf("SELECT options->'" + option + "'->>'secret' FROM _collections WHERE name = '" +
                collection + "'");
}

boost::json::object LoginAppTest::ClaimsOf(const std::string& collection, const std::string& id,
                                           const std::string& type) const {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  boost::json::object claims;
  claims["collectionId"] = TextOf("SELECT id FROM _collections WHERE name = '" + collection + "'");
  claims["email"] = TextOf("SELECT email FROM " + collection + " WHERE id = '" + id + "'");
  claims["exp"] = now + 3600;
  claims["id"] = id;
  claims["newEmail"] = "new@example.com";
  claims["refreshable"] = true;
  claims["type"] = type;
  return claims;
}

std::string LoginAppTest::TokenOf(const std::string& collection, const std::string& id,
                                  const std::string& type) const {
  return SignAs("HS256", ClaimsOf(collection, id, type), KeyOf(collection, id, OptionOfType(type)));
}

std::string LoginAppTest::Superuser() const {
  return TokenOf("_superusers", TextOf("SELECT id FROM _superusers LIMIT 1"), "auth");
}

std::vector<std::string> LoginAppTest::Mails(std::size_t count) const {
  std::vector<fs::path> files;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    files.clear();
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(root_ / "mails", none)) {
      if (entry.path().extension() == ".eml") files.push_back(entry.path());
    }
    if (files.size() >= count || std::chrono::steady_clock::now() > end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> mails;
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    mails.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return mails;
}

}  // namespace sluice
