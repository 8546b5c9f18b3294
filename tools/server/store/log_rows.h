// Rows of `_logs` that wait to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::store {

// Views of what somebody else holds.
struct LogRow {
  std::int64_t level = 0;
  std::string_view message;
  std::string_view data;     // a JSON object
  std::string_view created;  // as StoredTime gives it
};

// Copies of rows, one behind the other in blocks: a row that waits costs its
// bytes and no allocation of its own. Not safe from several threads at once.
class LogRows {
 public:
  // Throws std::bad_alloc, and has taken nothing then.
  void Add(const LogRow& row);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Of all blocks.
  std::size_t bytes() const { return bytes_; }

  // Reads rows in the order they were added; views of these LogRows, which must
  // stay as they are meanwhile.
  class Reader {
   public:
    explicit Reader(const LogRows& rows) : rows_(rows) {}
    // False after the last.
    bool Next(LogRow& row);

   private:
    const LogRows& rows_;
    std::size_t block_ = 0;
    std::size_t at_ = 0;
  };

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size = 0;
    std::size_t used = 0;
  };

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::store
