// What a careful C programmer would write to store comments: statements
// prepared once, values bound, the answer rendered into one buffer. It knows
// the tables by heart, and checks what the rules and relations ask for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::bench {

class WriteFloor {
 public:
  // Opens data.db of `folder` as the server's writer does; exits when it cannot.
  // Equal seeds make equal ids.
  explicit WriteFloor(const std::string& folder, std::uint64_t seed = 0);
  ~WriteFloor();
  WriteFloor(const WriteFloor&) = delete;
  WriteFloor& operator=(const WriteFloor&) = delete;

  void Begin();
  void Commit();
  // Around a write that may fail alone.
  void Savepoint();
  void Release();

  // Each gives the body of the answer, valid until the next call; a mistake of
  // the caller ends the program.
  std::string_view CreateComment(std::string_view post, std::string_view author,
                                 std::string_view text);
  std::string_view AddScore(std::string_view user);
  void DeleteFollow(std::string_view id);

 private:
  sqlite3_stmt* Prepare(const std::string& sql);
  void Run(sqlite3_stmt* statement);
  bool Finds(sqlite3_stmt* statement, std::string_view id);
  void AppendText(std::string_view key, std::string_view text);

  sqlite3* handle_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
  sqlite3_stmt *begin_, *commit_, *savepoint_, *release_;
  sqlite3_stmt *post_, *user_, *insert_, *add_score_, *delete_follow_;
  std::uint64_t random_;
  std::string answer_;
};

}  // namespace sluice::bench
