// The whole server on a copy of the conformance fixture, for tests of logins.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "boost/json/object.hpp"
#include "gtest/gtest.h"

#include "tools/server/app.h"
#include "tools/server/store/connection.h"

namespace sluice {

// The start of an answer's first line, and what follows its head.
struct LoginAnswer {
  int status = 0;
  std::string body;
};

class LoginAppTest : public ::testing::Test {
 protected:
  LoginAppTest();
  ~LoginAppTest() override;

  // Mails become files, which Mails() reads.
  void Start(editions::Edition errors = editions::Edition::kPeer);

  // On a connection of its own, so from any thread.
  LoginAnswer Send(std::string_view method, std::string_view path, std::string_view body = {},
                   std::string_view authorization = {}) const;
  LoginAnswer Post(std::string_view path, std::string_view body,
                   std::string_view authorization = {}) const {
    return Send("POST", path, body, authorization);
  }

  // The first column of the first row, as text.
  std::string TextOf(const std::string& sql) const;
  void Change(const std::string& sql) const;

  // What a token of that type of a record is signed with.
  std::string KeyOf(const std::string& collection, const std::string& id,
                    const std::string& option) const;
  // Claims of a token of `type`, good for an hour.
  boost::json::object ClaimsOf(const std::string& collection, const std::string& id,
                               const std::string& type) const;
  // A good token of that type, as the server would make it.
  std::string TokenOf(const std::string& collection, const std::string& id,
                      const std::string& type) const;
  std::string Superuser() const;

  // All mails written so far; waits a while for at least `count`.
  std::vector<std::string> Mails(std::size_t count) const;

  std::filesystem::path root_;
  std::unique_ptr<store::Connection> database_;
  std::unique_ptr<App> app_;
};

// `authToken` of `auth`: where a collection keeps the secret of a type.
std::string OptionOfType(const std::string& type);

// A token with another header, signed as it says: `none`, `HS512`, `HS256`.
std::string SignAs(std::string_view algorithm, const boost::json::object& claims,
                   const std::string& key);

}  // namespace sluice
