// However the rows of a back-relation are found, a real SQLite answers the same
// rows in the same order: by rule, by its own statistics, and by such as make the
// other choice.
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sqlite3.h"

#include "tests/sqlgen/exists_blog.h"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;
using Rows = std::vector<std::string>;

constexpr int kPosts = 1500;

// Ids are in no order, as real ones are; creation times tie; nine of ten comments
// are of one kind.
class Database {
 public:
  Database() {
    EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    Execute(
        "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL DEFAULT '');"
        "CREATE TABLE posts (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, status TEXT NOT "
        "NULL, created TEXT NOT NULL, author TEXT NOT NULL, views TEXT NOT NULL);"
        "CREATE TABLE comments (id TEXT PRIMARY KEY NOT NULL, post TEXT NOT NULL, kind TEXT NOT "
        "NULL, text TEXT NOT NULL, author TEXT NOT NULL);"
        "CREATE INDEX ps ON posts (status);CREATE INDEX pc ON posts (created);"
        "CREATE INDEX cp ON comments (post);CREATE INDEX ck ON comments (kind);"
        "CREATE INDEX ca ON comments (author);BEGIN;");
    std::mt19937 random(11);
    Rows ids;
    const auto id = [&random] {
      std::string made;
      for (int i = 0; i < 15; ++i) made += "abcdefghij0123456789"[random() % 20];
      return made;
    };
    const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
    for (int i = 0; i < kPosts; ++i) {
      ids.push_back(id());
      Execute("INSERT INTO posts VALUES (" + quoted(ids.back()) + ",'title " +
              std::to_string(random() % 40) + "','" + (random() % 2 == 0 ? "a" : "b") +
              "','2026-01-" + std::to_string(10 + random() % 20) + "','u" +
              std::to_string(random() % 30) + "','" + std::to_string(random() % 9) + "')");
    }
    for (int i = 0; i < 8 * kPosts; ++i) {
      const std::string kind = random() % 10 != 0    ? "common"
                               : random() % 100 == 0 ? "rare"
                                                     : "some";
      // Some point at no post.
      const std::string post = i % 50 == 0 ? "gone" : ids[random() % ids.size()];
      Execute("INSERT INTO comments VALUES (" + quoted(id()) + "," + quoted(post) + "," +
              quoted(kind) + ",'text " + std::to_string(random() % 200) + "','u" +
              std::to_string(random() % 400) + "')");
    }
    for (int i = 0; i < 30; ++i)
      Execute("INSERT INTO users VALUES ('u" + std::to_string(i) + "','n" + std::to_string(i % 3) +
              "')");
    Execute("COMMIT");
  }
  ~Database() { sqlite3_close(db_); }

  void Execute(const std::string& sql) {
    ASSERT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_) << sql;
  }

  Statistics Analyzed() {
    Execute("ANALYZE");
    Statistics statistics;
    sqlite3_stmt* rows = nullptr;
    sqlite3_prepare_v2(db_, "SELECT tbl, ifnull(idx, ''), stat FROM sqlite_stat1", -1, &rows,
                       nullptr);
    while (sqlite3_step(rows) == SQLITE_ROW) {
      const auto text = [rows](int column) {
        return reinterpret_cast<const char*>(sqlite3_column_text(rows, column));
      };
      statistics.Add(text(0), text(1), text(2));
    }
    sqlite3_finalize(rows);
    return statistics;
  }

  // The first column of each row.
  Rows Run(const Plan& plan, const SqlStatement& statement, std::int64_t offset = 0) {
    sqlite3_stmt* prepared = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, statement.text.c_str(), -1, &prepared, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db_) << statement.text;
    for (std::size_t i = 0; i < statement.params.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      const Param& param = statement.params[i];
      if (param.kind != ParamKind::kSlot) {
        sqlite3_bind_int64(prepared, number, param.kind == ParamKind::kLimit ? 30 : offset);
        continue;
      }
      const ValueView value = plan.slots[param.slot].value.view();
      EXPECT_EQ(value.storage, StorageClass::kText);
      sqlite3_bind_text(prepared, number, value.text.data(), static_cast<int>(value.text.size()),
                        SQLITE_TRANSIENT);
    }
    Rows rows;
    while (sqlite3_step(prepared) == SQLITE_ROW)
      rows.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0)));
    sqlite3_finalize(prepared);
    return rows;
  }

 private:
  sqlite3* db_ = nullptr;
};

class ExistsChoiceRunTest : public testing::Test {
 protected:
  // How many of the statements are spelled in another way than by rule.
  int CompareAll(const Statistics& statistics, bool analyzed = true) {
    int others = 0;
    for (const char* rule : {"", "status = 'a'", "comments_via_post.author ?= 'u7'"}) {
      for (const char* filter : kFilters) {
        // By rule these are looked for by the kind, again and again.
        const bool narrow = *rule == 's' || std::string_view(filter).find("status") != kNone;
        if (narrow && !analyzed) continue;
        for (const char* sort : {"", "created", "-created", "id", "-id", "title", "-title,created",
                                 "@rowid", "author.name,id", "status"}) {
          others += Compare(filter, sort, rule, statistics);
        }
      }
    }
    return others;
  }

  int Compare(const char* filter, const char* sort, const char* rule,
              const Statistics& statistics) {
    const Plan plan = blog_.PlanOf(filter, sort, rule);
    int others = 0;
    SelectOptions options = blog_.Options(nullptr);
    for (const std::int64_t offset : {0, 30}) {
      options.offset = offset > 0;
      options.rows_asked = static_cast<double>(30 + offset);
      options.statistics = nullptr;
      const SqlStatement by_rule = SelectRows(plan, Sqlite(), options);
      options.statistics = &statistics;
      const SqlStatement other = SelectRows(plan, Sqlite(), options);
      CompareWithLooks(plan, other, offset);
      if (other.text == by_rule.text) continue;
      ++others;
      EXPECT_EQ(database_.Run(plan, other, offset), database_.Run(plan, by_rule, offset))
          << by_rule.text << "\n"
          << other.text;
    }
    const SqlStatement by_rule = SelectCount(plan, Sqlite());
    const SqlStatement other = SelectCount(plan, Sqlite(), Lowering::kRewritten, &statistics);
    if (other.text == by_rule.text) return others;
    EXPECT_EQ(database_.Run(plan, other), database_.Run(plan, by_rule)) << other.text;
    return others + 1;
  }

  // What is asked of each row may be asked by a look.
  void CompareWithLooks(const Plan& plan, const SqlStatement& statement, std::int64_t offset) {
    static constexpr std::string_view kTested =
        R"(+v0."id" IN (SELECT v1."post" FROM "comments" AS v1 WHERE )";
    static constexpr std::string_view kLook =
        R"(EXISTS (SELECT 1 FROM "comments" AS v1 WHERE v1."post"=v0."id" AND )";
    SqlStatement looks = statement;
    const std::size_t at = looks.text.find(kTested);
    if (at == std::string::npos) return;
    // Without an index a look reads the table: not all of them.
    if (++tested_ % 16 != 0) return;
    looks.text.replace(at, kTested.size(), kLook);
    EXPECT_EQ(database_.Run(plan, statement, offset), database_.Run(plan, looks, offset))
        << statement.text;
  }

  static constexpr std::size_t kNone = std::string_view::npos;
  static constexpr const char* kFilters[] = {
      "comments_via_post.kind ?= 'common'",
      "comments_via_post.kind ?= 'rare'",
      "comments_via_post.author ?= 'u7'",
      "comments_via_post.text ?= 'text 7'",
      "comments_via_post.text ?~ '19'",
      "comments_via_post.kind ?= 'common' && title != 'title 1'",
      "comments_via_post.kind ?= 'common' && title ~ '1'",
      "comments_via_post.kind ?= 'some' && comments_via_post.text ?~ '1'",
      "comments_via_post.kind ?= 'common' && status = 'a'",
      "comments_via_post.author ?= 'u7' && status = 'b'",
      "comments_via_post.kind ?= 'common' || title = 'title 3'",
      "comments_via_post.author ?= 'u7' && author.name = 'n1'",
      "comments_via_post.kind ?= 'common' && created > '2026-01-15'",
      "comments_via_post.kind ?= 'common' && comments_via_post.author.name ?= 'n2'",
      "comments_via_post.kind = 'common'",
  };

  ExistsBlog blog_;
  Database database_;
  int tested_ = 0;
};

TEST_F(ExistsChoiceRunTest, OfItsOwnStatistics) {
  const Statistics statistics = database_.Analyzed();
  ASSERT_EQ(statistics.Rows("posts"), kPosts);
  EXPECT_GT(CompareAll(statistics), 20);
}

TEST_F(ExistsChoiceRunTest, WhereMostIsSaidToMatch) {
  const Statistics many = ExistsBlog::Statistics(100'000, 500'000, 400'000, 400'000);
  EXPECT_GT(CompareAll(many, false), 50);
  // SQLite knows better, and may start elsewhere than where it would without.
  (void)database_.Analyzed();
  EXPECT_GT(CompareAll(many), 50);
}

TEST_F(ExistsChoiceRunTest, WhereNextToNothingIsSaidToMatch) {
  Statistics few = ExistsBlog::Statistics(100'000, 500'000, 2, 2);
  few.Add("posts", "ps", "100000 90000");
  (void)database_.Analyzed();
  EXPECT_GT(CompareAll(few), 20);
}

TEST_F(ExistsChoiceRunTest, WhereNoIndexLeadsToTheBackRows) {
  blog_.comments->indexes.clear();
  // Looks read the table, so it is not to be large.
  database_.Execute(
      "DROP INDEX cp; DROP INDEX ck; DROP INDEX ca; DELETE FROM comments WHERE _rowid_ % 6 > 0");
  EXPECT_GT(CompareAll(ExistsBlog::Statistics(100'000, 500'000, 2, 2), false), 20);
  EXPECT_GT(CompareAll(database_.Analyzed()), 20);
  EXPECT_GT(tested_, 200);
}

// The rule's list and its own choice, where they differ most.
TEST_F(ExistsChoiceRunTest, TheSkewIsSeen) {
  const Statistics statistics = database_.Analyzed();
  const auto text = [&](const char* filter) {
    return blog_.Rows(blog_.PlanOf(filter), &statistics).text;
  };
  EXPECT_THAT(text("comments_via_post.kind ?= 'common'"), HasSubstr("EXISTS"));
  EXPECT_THAT(text("comments_via_post.author ?= 'u7'"), Not(HasSubstr("EXISTS")));
}

}  // namespace
}  // namespace sluice
