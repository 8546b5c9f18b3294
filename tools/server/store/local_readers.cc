// Tested by tests/server/store_test.cc.
#include "tools/server/store/local_readers.h"

#include <atomic>
#include <memory>
#include <utility>

#include "sluice/thread_owned.h"

namespace sluice::store {
namespace {

std::uint64_t NextNumber() {
  static std::atomic<std::uint64_t> next{0};
  return next.fetch_add(1) + 1;
}

}  // namespace

LocalReaders::LocalReaders(std::string path, const ConnectionOptions& options)
    : path_(std::move(path)), options_(options), number_(NextNumber()) {}

Connection* LocalReaders::OfThread() const {
  struct Kept {
    std::uint64_t number = 0;
    std::unique_ptr<Connection> connection;
  };
  Kept& kept = ThreadOwned<Kept>();
  if (kept.number != number_) {
    kept = Kept{number_, nullptr};
    StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(path_, options_);
    if (opened.ok()) kept.connection = *std::move(opened);
  }
  return kept.connection.get();
}

}  // namespace sluice::store
