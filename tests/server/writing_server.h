// A server on a folder of its own, with a superuser, and clients that write:
// for the tests of many clients at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/server/http_client.h"
#include "tools/server/app.h"

namespace sluice {

// An environment variable as a number, or `otherwise`.
int NumberFrom(const char* variable, int otherwise);

// A new data folder with the superuser root@example.com; gone at the end.
class WrittenFolder {
 public:
  WrittenFolder();
  ~WrittenFolder();
  WrittenFolder(const WrittenFolder&) = delete;
  WrittenFolder& operator=(const WrittenFolder&) = delete;

  const std::string& path() const { return path_; }
  // As if the superuser had signed in.
  const std::string& token() const { return token_; }

  // The first column of the first row; `none` without one.
  std::string Ask(const std::string& sql) const;
  // For what no client has done.
  void Change(const std::string& sql) const;

 private:
  std::string root_;
  std::string path_;
  std::string token_;
};

// Serves the folder in this process.
std::unique_ptr<App> Serve(const WrittenFolder& folder);

struct ApiAnswer {
  int status = 0;  // 0: the connection broke
  std::string body;
};

// One connection, kept open.
class ApiClient {
 public:
  ApiClient(std::uint16_t port, std::string token, int patience_millis = 60000)
      : client_(port, patience_millis), token_(std::move(token)) {}

  bool connected() const { return client_.connected(); }
  bool timed_out() const { return client_.timed_out(); }
  ApiAnswer Ask(std::string_view method, std::string_view target, std::string_view json = {});
  ApiAnswer Get(std::string_view target) { return Ask("GET", target); }

 private:
  http::Client client_;
  std::string token_;
};

// The text after `"key":"`, or the number after `"key":`.
std::string TextIn(std::string_view json, std::string_view key);
long NumberIn(std::string_view json, std::string_view key);

}  // namespace sluice
