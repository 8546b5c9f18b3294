#include "bench/write_floor.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "sqlite3.h"

namespace sluice::bench {
namespace {

[[noreturn]] void Exit(const char* what, sqlite3* handle) {
  std::fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(handle));
  std::exit(1);
}

void Bind(sqlite3_stmt* statement, int number, std::string_view text) {
  sqlite3_bind_text64(statement, number, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

std::string_view Column(sqlite3_stmt* statement, int index) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, index))};
}

std::string Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &utc);
  std::snprintf(text.data() + size, 8, ".%03dZ", static_cast<int>(now.tv_nsec / 1000000 % 1000));
  return text.data();
}

}  // namespace

WriteFloor::WriteFloor(const std::string& folder, std::uint64_t seed)
    : random_(88172645463325252ULL + seed * 0x9E3779B97F4A7C15ULL) {
  if (sqlite3_open_v2((folder + "/data.db").c_str(), &handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
    Exit("cannot open the folder", handle_);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_exec(handle_,
               "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
               "PRAGMA cache_size=-8192",
               nullptr, nullptr, nullptr);
  begin_ = Prepare("BEGIN IMMEDIATE");
  commit_ = Prepare("COMMIT");
  savepoint_ = Prepare("SAVEPOINT one");
  release_ = Prepare("RELEASE one");
  post_ = Prepare("SELECT 1 FROM posts WHERE id=?1 AND status='published'");
  user_ = Prepare("SELECT 1 FROM users WHERE id=?1");
  insert_ = Prepare(
      "INSERT INTO comments (author,created,id,likes,parent,post,text,updated) VALUES "
      "(?1,?2,?3,'[]','',?4,?5,?2)");
  add_score_ = Prepare(
      "UPDATE users SET score=score+1,updated=?2 WHERE id=?1 RETURNING "
      "avatar,bio,created,email,emailVisibility,id,manager,name,roles,score,updated,verified");
  delete_follow_ = Prepare("DELETE FROM follows WHERE id=?1");
}

WriteFloor::~WriteFloor() {
  for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

sqlite3_stmt* WriteFloor::Prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    Exit(sql.c_str(), handle_);
  statements_.push_back(statement);
  return statement;
}

void WriteFloor::Run(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) Exit(sqlite3_sql(statement), handle_);
  sqlite3_reset(statement);
}

void WriteFloor::Begin() { Run(begin_); }
void WriteFloor::Commit() { Run(commit_); }
void WriteFloor::Savepoint() { Run(savepoint_); }
void WriteFloor::Release() { Run(release_); }

bool WriteFloor::Finds(sqlite3_stmt* statement, std::string_view id) {
  Bind(statement, 1, id);
  const bool found = sqlite3_step(statement) == SQLITE_ROW;
  sqlite3_reset(statement);
  return found;
}

void WriteFloor::AppendText(std::string_view key, std::string_view text) {
  answer_ += ",\"";
  answer_ += key;
  answer_ += "\":\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') answer_ += '\\';
    if (c == '<' || c == '>' || c == '&') {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", c);
      answer_ += escape.data();
    } else {
      answer_ += c;
    }
  }
  answer_ += '"';
}

std::string_view WriteFloor::CreateComment(std::string_view post, std::string_view author,
                                           std::string_view text) {
  if (!Finds(post_, post) || !Finds(user_, author)) Exit("no such post or author", handle_);
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::array<char, 15> id{};
  for (char& c : id) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    c = kLetters[random_ % 36];
  }
  const std::string now = Now();
  Bind(insert_, 1, author);
  Bind(insert_, 2, now);
  Bind(insert_, 3, {id.data(), id.size()});
  Bind(insert_, 4, post);
  Bind(insert_, 5, text);
  Run(insert_);
  answer_ = "{\"collectionId\":\"c_comments\",\"collectionName\":\"comments\"";
  AppendText("id", {id.data(), id.size()});
  AppendText("post", post);
  AppendText("author", author);
  AppendText("text", text);
  answer_ += ",\"likes\":[]";
  AppendText("parent", "");
  AppendText("created", now);
  AppendText("updated", now);
  answer_ += "}\n";
  return answer_;
}

std::string_view WriteFloor::AddScore(std::string_view user) {
  const std::string now = Now();
  Bind(add_score_, 1, user);
  Bind(add_score_, 2, now);
  if (sqlite3_step(add_score_) != SQLITE_ROW) Exit("no such user", handle_);
  answer_ = "{\"collectionId\":\"_pb_users_auth_\",\"collectionName\":\"users\"";
  static constexpr const char* kNames[] = {"avatar",          "bio",   "created", "email",
                                           "emailVisibility", "id",    "manager", "name",
                                           "roles",           "score", "updated", "verified"};
  for (int i = 0; i < 12; ++i) {
    if (i == 4 || i == 8 || i == 9 || i == 11) {
      answer_ += ",\"";
      answer_ += kNames[i];
      answer_ += "\":";
      answer_ += i == 8 || i == 9 ? Column(add_score_, i)
                                  : (sqlite3_column_int(add_score_, i) != 0 ? "true" : "false");
    } else {
      AppendText(kNames[i], Column(add_score_, i));
    }
  }
  answer_ += "}\n";
  if (sqlite3_step(add_score_) != SQLITE_DONE) Exit("update", handle_);
  sqlite3_reset(add_score_);
  return answer_;
}

void WriteFloor::DeleteFollow(std::string_view id) {
  Bind(delete_follow_, 1, id);
  Run(delete_follow_);
  if (sqlite3_changes(handle_) != 1) Exit("no such follow", handle_);
}

}  // namespace sluice::bench
