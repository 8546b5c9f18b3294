#include "tests/server/writing_server.h"

#include <cstdlib>
#include <filesystem>
#include <stdlib.h>

#include "boost/json/object.hpp"
#include "gtest/gtest.h"

#include "tools/server/auth/token.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/store/connection.h"

namespace sluice {
namespace {

std::unique_ptr<store::Connection> Open(const std::string& folder, store::Access access) {
  store::ConnectionOptions options;
  options.access = access;
  auto connection = store::Connection::Open(folder + "/data.db", options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return connection.ok() ? *std::move(connection) : nullptr;
}

}  // namespace

int NumberFrom(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

WrittenFolder::WrittenFolder() {
  root_ = (std::filesystem::temp_directory_path() / "sluice-written-XXXXXX").string();
  EXPECT_NE(mkdtemp(root_.data()), nullptr);
  path_ = root_ + "/pb_data";
  EXPECT_TRUE(folder::EnsureFolder(path_, {}).ok());
  Change(
      "INSERT INTO _superusers (id, email, password, tokenKey, verified) VALUES "
      "('superuser000000', 'root@example.com', 'none', 'key', TRUE)");
  boost::json::object claims;
  claims["collectionId"] = Ask("SELECT id FROM _collections WHERE name = '_superusers'");
  claims["exp"] = 4102444800;
  claims["id"] = "superuser000000";
  claims["refreshable"] = true;
  claims["type"] = "auth";
  token_ = auth::SignToken(claims,
                           "key" + Ask("SELECT options->'authToken'->>'secret' FROM _collections "
                                       "WHERE name = '_superusers'"));
}

WrittenFolder::~WrittenFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string WrittenFolder::Ask(const std::string& sql) const {
  const auto connection = Open(path_, store::Access::kRead);
  const auto statement = connection->Prepare(sql);
  EXPECT_TRUE(statement.ok()) << statement.status() << sql;
  if (!statement.ok()) return "none";
  const store::StatementUse use(*statement);
  if (!use->Step().value_or(false)) return "none";
  const ValueView value = use->Column(0);
  return value.storage == StorageClass::kInteger ? std::to_string(value.integer)
                                                 : std::string(value.text);
}

void WrittenFolder::Change(const std::string& sql) const {
  const Status status = Open(path_, store::Access::kWrite)->Execute(sql);
  EXPECT_TRUE(status.ok()) << status << sql;
}

std::unique_ptr<App> Serve(const WrittenFolder& folder) {
  ServerConfig config;
  config.folder = folder.path();
  config.port = 0;
  config.log_level = observe::LogLevel::kError;
  auto app = App::Start(config);
  EXPECT_TRUE(app.ok()) << app.status();
  return app.ok() ? *std::move(app) : nullptr;
}

ApiAnswer ApiClient::Ask(std::string_view method, std::string_view target, std::string_view json) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n";
  if (!token_.empty()) text += "Authorization: " + token_ + "\r\n";
  if (!json.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n";
  }
  text += "\r\n";
  text += json;
  if (!client_.Send(text)) return {};
  const std::string answer = client_.ReadAnswer();
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string::npos) return {};
  return {std::atoi(answer.c_str() + 9), answer.substr(head + 4)};
}

std::string TextIn(std::string_view json, std::string_view key) {
  const std::string start = "\"" + std::string(key) + "\":\"";
  const std::size_t at = json.find(start);
  if (at == std::string_view::npos) return "";
  const std::size_t begin = at + start.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

long NumberIn(std::string_view json, std::string_view key) {
  const std::string start = "\"" + std::string(key) + "\":";
  const std::size_t at = json.find(start);
  return at == std::string_view::npos
             ? -1
             : std::strtol(std::string(json.substr(at + start.size(), 24)).c_str(), nullptr, 10);
}

}  // namespace sluice
