// What a careful C programmer would write for one query: statements prepared
// once, stepped, and rendered straight into one buffer. It knows the columns
// of `posts` by heart, checks nothing, and gives the same bytes as the server.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::bench {

// A parameter: a text, or a number where the text is empty.
struct FloorValue {
  std::string_view text;
  std::int64_t number = 0;
};

class Floor {
 public:
  // Opens data.db of `folder` as the server's readers do; exits when it cannot.
  explicit Floor(const std::string& folder);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // `tail` follows `SELECT <columns of posts> FROM posts p`; without a count
  // the total is -1. `list` tells the envelope of a list from a bare record,
  // `hidden` whether a superuser asks.
  struct Query {
    sqlite3_stmt* rows = nullptr;
    sqlite3_stmt* count = nullptr;
    bool list = true;
    bool hidden = false;
  };
  Query Prepare(const std::string& tail, const std::string& count_tail, bool list, bool hidden);

  // The response body; valid until the next Run. `params` of both statements
  // are the same, and are followed by the page's limit and offset.
  std::string_view Run(const Query& query, std::span<const FloorValue> params, std::int64_t page,
                       std::int64_t per_page);

 private:
  sqlite3_stmt* PrepareText(const std::string& sql);

  sqlite3* handle_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
  std::vector<char> buffer_;
};

}  // namespace sluice::bench
