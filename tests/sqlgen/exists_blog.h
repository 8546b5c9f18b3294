// Posts with comments that point at them: for tests of how the rows of a
// back-relation are found.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/sqlgen/tables.h"

namespace sluice {

struct ExistsBlog {
  std::shared_ptr<Collection> users = MakeTable("users", {MakeColumn("name")});
  std::shared_ptr<Collection> posts = MakeTable(
      "posts", {MakeColumn("title"), MakeColumn("status"), MakeColumn("created", FieldType::kDate),
                MakeColumn("author", FieldType::kRelation, "users"), MakeColumn("views")});
  std::shared_ptr<Collection> comments = MakeTable(
      "comments", {MakeColumn("post", FieldType::kRelation, "posts"), MakeColumn("kind"),
                   MakeColumn("text"), MakeColumn("author", FieldType::kRelation, "users")});

  ExistsBlog() {
    for (const char* sql :
         {"CREATE INDEX ps ON posts (status)", "CREATE INDEX pc ON posts (created)"})
      posts->indexes.push_back(*ParseIndex(sql));
    for (const char* sql :
         {"CREATE INDEX cp ON comments (post)", "CREATE INDEX ck ON comments (kind)",
          "CREATE INDEX ca ON comments (author)"})
      comments->indexes.push_back(*ParseIndex(sql));
  }

  // As ANALYZE would leave them: rows of both tables, comments of one kind, and of
  // one author.
  static sluice::Statistics Statistics(double posts, double comments, double of_kind,
                                       double of_author, bool of_created = true) {
    const auto text = [](double number) {
      return std::to_string(static_cast<std::uint64_t>(number));
    };
    sluice::Statistics statistics;
    statistics.Add("posts", "sqlite_autoindex_posts_1", text(posts) + " 1");
    if (of_created) statistics.Add("posts", "pc", text(posts) + " 1");
    statistics.Add(
        "comments", "cp",
        text(comments) + " " +
            text(std::max(1.0, comments / posts + 1) > comments ? comments : comments / posts + 1));
    statistics.Add("comments", "ck", text(comments) + " " + text(of_kind));
    statistics.Add("comments", "ca", text(comments) + " " + text(of_author));
    return statistics;
  }

  // Simplified; points into the schema that this keeps.
  Plan PlanOf(std::string_view filter, std::string_view sort = "", std::string_view rule = "") {
    const auto parsed = [](std::string_view text) {
      const StatusOr<Ast> ast = ParseFilter(text.empty() ? "1 = 1" : text);
      EXPECT_TRUE(ast.ok()) << text << ast.status();
      return *ast;
    };
    const Ast filter_ast = parsed(filter);
    const Ast rule_ast = parsed(rule);
    const StatusOr<SortList> keys = ParseSort(sort);
    schema_ = Schema({users, posts, comments});
    Query query;
    query.collection = posts.get();
    if (!filter.empty()) query.filter = &filter_ast;
    if (!rule.empty()) query.rule = &rule_ast;
    if (!keys->keys.empty()) query.sort = &*keys;
    const StatusOr<Plan> plan = Bind(query, schema_, {});
    EXPECT_TRUE(plan.ok()) << filter << plan.status();
    return plan.ok() ? Simplify(*plan) : Plan();
  }

  static SelectOptions Options(const sluice::Statistics* statistics) {
    SelectOptions options;
    options.columns = {"id", "title", "created", "status"};
    options.limit = true;
    options.statistics = statistics;
    return options;
  }
  static SqlStatement Rows(const Plan& plan, const sluice::Statistics* statistics) {
    return SelectRows(plan, Sqlite(), Options(statistics));
  }

 private:
  Schema schema_;
};

}  // namespace sluice
