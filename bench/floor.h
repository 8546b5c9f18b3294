// What a careful C programmer would write for one query: statements prepared
// once, stepped, and rendered straight into one buffer. It knows the tables of
// the blog by heart, checks nothing, and gives the same bytes as the server.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/floor_tables.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::bench {

// A parameter: a text, or a number where the text is empty.
struct FloorValue {
  std::string_view text;
  std::int64_t number = 0;
};

struct FloorExpand;

struct FloorQuery {
  const FloorTable* table = nullptr;
  sqlite3_stmt* rows = nullptr;
  sqlite3_stmt* count = nullptr;
  bool list = true;     // an envelope, not a bare record
  bool hidden = false;  // a superuser asks
  std::vector<FloorExpand> expands;
};

// `rows` takes the parent's column as ?1, and the caller's id as ?2 if it has one.
struct FloorExpand {
  const char* key;  // `"author":`
  int column;       // of those selected
  bool single;
  FloorQuery rows;
};

class Floor {
 public:
  // Opens data.db of `folder` as the server's readers do; exits when it cannot.
  explicit Floor(const std::string& folder);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // `tail` follows `SELECT <columns> FROM <table>`; `count` is a whole
  // statement, without one the total is -1.
  FloorQuery Prepare(const FloorTable& table, const std::string& tail, const std::string& count,
                     bool list, bool hidden = false);

  // The response body; valid until the next Run. `params` of both statements
  // are the same, and are followed by the page's limit and offset. `caller` is
  // who may see its own email.
  std::string_view Run(const FloorQuery& query, std::span<const FloorValue> params,
                       std::int64_t page, std::int64_t per_page, std::string_view caller = {});

 private:
  sqlite3_stmt* PrepareText(const std::string& sql);
  char* PutRecord(char* out, const FloorQuery& query);
  char* PutExpands(char* out, const FloorQuery& query);

  sqlite3* handle_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
  std::vector<char> buffer_;
  std::string_view caller_;
};

}  // namespace sluice::bench
