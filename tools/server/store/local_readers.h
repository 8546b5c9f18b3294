// A connection for each thread that reads now and then: the threads that speak
// HTTP answer what is quick by themselves.
#pragma once

#include <cstdint>
#include <string>

#include "tools/server/store/connection.h"

namespace sluice::store {

// Safe from any thread. The threads that have used it must have ended, or must
// never ask again, when the folder is closed for good: a connection lives as
// long as its thread, or until that asks another LocalReaders.
class LocalReaders {
 public:
  LocalReaders(std::string path, const ConnectionOptions& options);

  // The calling thread's, opened when it is first asked for; null when it cannot
  // be opened.
  Connection* OfThread() const;

 private:
  const std::string path_;
  const ConnectionOptions options_;
  const std::uint64_t number_;  // of no other
};

}  // namespace sluice::store
