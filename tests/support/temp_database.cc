#include "tests/support/temp_database.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "sqlite3.h"

namespace sluice {

TempDatabase::TempDatabase(const std::vector<std::string>& statements) {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  sqlite3* handle = nullptr;
  sqlite3_open((folder_ + "/data.db").c_str(), &handle);
  sqlite3_exec(handle, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
  for (const std::string& statement : statements) {
    char* error = nullptr;
    if (sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
      std::fprintf(stderr, "%s\n  in %s\n", error, statement.c_str());
      std::abort();
    }
  }
  sqlite3_close(handle);
}

TempDatabase::~TempDatabase() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<store::Connection> TempDatabase::Open(store::Access access,
                                                      std::size_t statements_max) const {
  store::ConnectionOptions options;
  options.access = access;
  options.statements_max = statements_max;
  auto connection = store::Connection::Open(folder_ + "/data.db", options);
  if (!connection.ok()) {
    std::fprintf(stderr, "%s\n", std::string(AsStd(connection.status().message())).c_str());
    std::abort();
  }
  return *std::move(connection);
}

}  // namespace sluice
