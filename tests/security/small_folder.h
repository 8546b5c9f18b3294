// Users with hidden and open addresses, posts with hidden fields, comments that
// only some may list: a folder small enough to think about.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "sluice/ddl.h"
#include "tests/support/list_request.h"
#include "tests/support/plan_builder.h"
#include "tests/support/temp_database.h"

namespace sluice {

class SmallFolder {
 public:
  explicit SmallFolder(bool strict = false) {
    using enum FieldType;
    const auto hidden = [](Field field) {
      field.hidden = true;
      return field;
    };
    const auto to = [](std::string name, std::uint32_t max_select, const char* target) {
      Field field = MakeField(std::move(name), kRelation, max_select);
      field.collection_id = target;
      return field;
    };
    auto users = MakeCollection(
        "users", {MakeField("id", kText), MakeField("name", kText), MakeField("email", kEmail),
                  MakeField("emailVisibility", kBool), MakeField("verified", kBool),
                  hidden(MakeField("tokenKey", kText)), hidden(MakeField("password", kPassword))});
    users->type = CollectionType::kAuth;
    auto posts = MakeCollection(
        "posts", {MakeField("id", kText), MakeField("title", kText), MakeField("meta", kJson),
                  to("author", 1, "c_users"), to("readers", 9, "c_users"),
                  hidden(MakeField("secret", kText)), hidden(MakeField("vault", kJson)),
                  hidden(MakeField("spot", kGeoPoint)), hidden(MakeField("tags", kSelect, 3)),
                  hidden(MakeField("at", kDate)), hidden(to("reviewer", 1, "c_users"))});
    auto comments = MakeCollection(
        "comments", {MakeField("id", kText), MakeField("text", kText), MakeField("open", kBool),
                     to("post", 1, "c_posts"), hidden(to("about", 1, "c_posts"))});
    auto locked = MakeCollection("locked", {MakeField("id", kText), to("post", 1, "c_posts")});
    auto staff = MakeCollection(
        "staff", {MakeField("id", kText), MakeField("note", kText), to("post", 1, "c_posts")});
    for (const auto& collection : {users, posts, comments, staff}) {
      collection->list_rule = "";
      collection->view_rule = "";
    }
    comments->list_rule = comments->view_rule = "open = true";
    staff->list_rule = staff->view_rule = "@request.auth.id != ''";
    const std::vector<std::shared_ptr<const Collection>> all = {users, posts, comments, locked,
                                                                staff};
    std::vector<std::string> sql;
    for (const auto& collection : all) sql.push_back(CreateTable(*collection, DdlDialect::kSqlite));
    for (const char* row :
         {"users (id,name,email,emailVisibility,tokenKey,password) VALUES "
          "('u1','Ann','ann@x.io',1,'key-1','hash-1'),('u2','Bob','bob@x.io',0,'key-2','hash-2'),"
          "('u3','Cat','cat@x.io',0,'key-3','hash-3')",
          "posts (id,title,author,readers,secret,vault,spot,tags,at,reviewer) VALUES "
          "('p1','one','u1','[\"u1\",\"u2\"]','s1','{\"apiKey\":\"k1\"}','{\"lon\":1,\"lat\":1}',"
          "'[\"x\"]','2024-01-01','u2'),"
          "('p2','two','u2','[\"u2\"]','s2','{\"apiKey\":\"k2\"}','{\"lon\":2,\"lat\":2}',"
          "'[\"y\"]','2024-01-02','u3'),"
          "('p3','three','','[]','s3','{\"apiKey\":\"k3\"}','{\"lon\":3,\"lat\":3}','[]','','')",
          "comments (id,text,open,post,about) VALUES ('c1','nice',1,'p1','p2'),"
          "('c2','bad',0,'p1','p2'),('c3','bad',0,'p2','p1')",
          "staff (id,note,post) VALUES ('n1','fired','p1')"})
      sql.push_back(std::string("INSERT INTO ") + row);
    database_ = std::make_unique<TempDatabase>(sql);
    connection_ = database_->Open(store::Access::kWrite);
    snapshot_ = SnapshotOf(std::make_shared<const Schema>(all), strict);
  }

  std::string Ask(const ListRequest& request) {
    return Answer(*snapshot_, *connection_, nullptr, request);
  }
  std::string Filter(const std::string& collection, const std::string& filter) {
    return Ask({.collection = collection, .filter = filter, .fields = "id"});
  }
  std::string Sort(const std::string& collection, const std::string& sort) {
    return Ask({.collection = collection, .sort = sort, .fields = "id"});
  }
  // Something that a guest may not see becomes something else.
  void Change(const std::string& sql) { EXPECT_TRUE(connection_->Execute(sql).ok()) << sql; }

 private:
  std::unique_ptr<TempDatabase> database_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
};

// What every mistake in a filter is answered with (F-27).
inline constexpr char kRefused[] =
    "400 {\"data\":{},\"message\":\"Something went wrong while processing your request.\","
    "\"status\":400}\n";

}  // namespace sluice
