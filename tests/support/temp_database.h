// A SQLite database of its own folder, gone at the end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/server/store/connection.h"

namespace sluice {

class TempDatabase {
 public:
  // Runs the statements; aborts the test program when one fails.
  explicit TempDatabase(const std::vector<std::string>& statements);
  ~TempDatabase();
  TempDatabase(const TempDatabase&) = delete;
  TempDatabase& operator=(const TempDatabase&) = delete;

  std::unique_ptr<store::Connection> Open(store::Access access = store::Access::kRead,
                                          std::size_t statements_max = 256) const;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace sluice
