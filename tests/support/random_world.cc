#include "tests/support/random_world.h"

namespace sluice {
namespace {

Field Make(std::string name, FieldType type, std::uint32_t max_select = 0,
           std::string target = "") {
  Field field;
  field.id = name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  if (!target.empty()) field.collection_id = "c_" + target;
  return field;
}

std::shared_ptr<Collection> MakeCollection(std::string name, CollectionType type,
                                           std::vector<Field> fields) {
  auto collection = std::make_shared<Collection>();
  collection->id = "c_" + name;
  collection->name = std::move(name);
  collection->type = type;
  collection->fields = std::move(fields);
  collection->fields.insert(collection->fields.begin(), Make("id", FieldType::kText));
  collection->list_rule = "";
  return collection;
}

std::string Quote(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

const std::vector<std::string> kTexts = {
    "",      "a",    "A",   "b",    "ab",   "0",    "0.0", "10", "10.0",
    " 1e1 ", "%",    "a_b", "a\\b", "true", "null", "[]",  "é",  "2024-01-15 10:00:00.000Z",
    "o'c",   "\"q\""};

}  // namespace

std::shared_ptr<const Schema> RandomWorld::MakeSchema() {
  using enum FieldType;
  auto users = MakeCollection("users", CollectionType::kAuth,
                              {Make("name", kText), Make("score", kNumber), Make("email", kEmail),
                               Make("emailVisibility", kBool), Make("verified", kBool),
                               Make("manager", kRelation, 1, "users"), Make("roles", kSelect, 3)});
  auto tags = MakeCollection(
      "tags", CollectionType::kBase,
      {Make("name", kText), Make("weight", kNumber), Make("parent", kRelation, 1, "tags")});
  auto posts =
      MakeCollection("posts", CollectionType::kBase,
                     {Make("title", kText), Make("views", kNumber), Make("pinned", kBool),
                      Make("status", kSelect, 1), Make("labels", kSelect, 3),
                      Make("author", kRelation, 1, "users"), Make("tags", kRelation, 5, "tags"),
                      Make("related", kRelation, 3, "posts"), Make("meta", kJson),
                      Make("place", kGeoPoint), Make("at", kDate), Make("secret", kText)});
  posts->fields.back().hidden = true;
  auto comments =
      MakeCollection("comments", CollectionType::kBase,
                     {Make("post", kRelation, 1, "posts"), Make("author", kRelation, 1, "users"),
                      Make("likes", kRelation, 9, "users"), Make("text", kText)});
  auto profiles = MakeCollection("profiles", CollectionType::kBase,
                                 {Make("user", kRelation, 1, "users"), Make("headline", kText)});
  profiles->indexes.push_back(*ParseIndex("CREATE UNIQUE INDEX `u` ON `profiles` (`user`)"));
  auto vposts = MakeCollection(
      "vposts", CollectionType::kView,
      {Make("title", kText), Make("author", kRelation, 1, "users"),
       Make("tags", kRelation, 5, "tags"), Make("maybe", kJson), Make("n", kNumber)});
  for (Field& field : vposts->fields) {
    if (field.name == "maybe" || field.name == "n") field.view_affinity = Affinity::kNone;
  }
  const std::vector<std::string> rules = {
      "", "", "", "id != ''", "name != 'a'", "name ~ 'a' || @request.auth.id != ''"};
  users->list_rule = PickOf(rules);
  tags->list_rule = PickOf({"", "weight > 1", "parent.name != 'b'"});
  comments->list_rule = PickOf({"", "", "text != 'a'", "likes.name ?= 'a'"});
  return std::make_shared<const Schema>(std::vector<std::shared_ptr<const Collection>>{
      users, tags, posts, comments, profiles, vposts});
}

std::string RandomWorld::TextValue() { return Quote(PickOf(kTexts)); }

// The stored form of a list of ids: usually a JSON array, sometimes what old
// folders hold instead.
std::string RandomWorld::Ids(const std::string& kind, int most) {
  if (Chance(6)) return "''";
  if (Chance(4)) return "'null'";
  if (Chance(6)) return Quote(kind + "1");
  if (Chance(3)) return "'{broken'";
  std::string list = "[";
  for (std::size_t i = Pick(static_cast<std::size_t>(most) + 1); i > 0; --i) {
    if (list.size() > 1) list += ",";
    list += "\"" + kind + std::to_string(1 + Pick(6)) + "\"";  // 6 is dangling in most tables
  }
  return Quote(list + "]");
}

std::string RandomWorld::Insert(const std::string& table, const std::vector<std::string>& values) {
  std::string text = "INSERT INTO " + table + " VALUES (";
  for (std::size_t i = 0; i < values.size(); ++i) text += (i > 0 ? "," : "") + values[i];
  return text + ")";
}

std::vector<std::string> RandomWorld::MakeRows() {
  std::vector<std::string> sql = {
      "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT DEFAULT '' NOT NULL, score "
      "NUMERIC DEFAULT 0 NOT NULL, email TEXT, emailVisibility BOOLEAN, "
      "verified BOOLEAN, manager TEXT DEFAULT '' NOT NULL, roles JSON DEFAULT '[]' NOT NULL)",
      "CREATE TABLE tags (id TEXT PRIMARY KEY NOT NULL, name TEXT, weight NUMERIC, parent TEXT)",
      "CREATE TABLE posts (id TEXT PRIMARY KEY NOT NULL, title TEXT, views NUMERIC, pinned "
      "BOOLEAN, status TEXT, labels JSON, author TEXT, tags JSON, related JSON, "
      "meta JSON, place JSON, at TEXT, secret TEXT)",
      "CREATE TABLE comments (id TEXT PRIMARY KEY NOT NULL, post TEXT, author TEXT, likes JSON, "
      "text TEXT)",
      "CREATE TABLE profiles (id TEXT PRIMARY KEY NOT NULL, user TEXT, headline TEXT)",
      "CREATE UNIQUE INDEX u ON profiles (user)",
      "CREATE VIEW vposts AS SELECT * FROM (SELECT id, title, author, tags, CASE WHEN views > 1 "
      "THEN title ELSE NULL END AS maybe, COUNT(*) AS n FROM posts GROUP BY id)"};
  const auto id = [](const char* kind, int n) { return Quote(kind + std::to_string(n)); };
  const auto one = [&](const char* kind, int most) {
    return Chance(25) ? std::string("''")
                      : Quote(kind + std::to_string(1 + Pick(static_cast<std::size_t>(most))));
  };
  const std::vector<std::string> numbers = {"0", "1", "2", "10", "-1.5", "10.25", "5"};
  const std::vector<std::string> flags = {"0", "1"};
  const std::vector<std::string> metas = {"NULL",
                                          "'null'",
                                          "'\"\"'",
                                          "'\"0\"'",
                                          "0",
                                          "1",
                                          "'true'",
                                          "'\"a\"'",
                                          "'[]'",
                                          "'{}'",
                                          "'{\"a\":1,\"b\":{\"c\":\"x\"}}'",
                                          "'[1,\"two\",null]'",
                                          "'{broken'",
                                          "'a'",
                                          "''"};
  for (int n = 1; n <= 5; ++n) {
    sql.push_back(Insert("users", {id("u", n), TextValue(), PickOf(numbers),
                                   Quote("u" + std::to_string(n) + "@x.io"), PickOf(flags),
                                   PickOf(flags), one("u", 6), Ids("r", 3)}));
    sql.push_back(Insert("tags", {id("t", n), TextValue(), PickOf(numbers), one("t", 6)}));
  }
  const std::vector<std::string> points = {"'{\"lon\":0,\"lat\":0}'",
                                           "'{\"lon\":23.3,\"lat\":42.7}'",
                                           "'{\"lon\":-122.4,\"lat\":37.7}'"};
  for (int n = 1; n <= 6; ++n) {
    sql.push_back(
        Insert("posts",
               {id("p", n), TextValue(), PickOf(numbers), PickOf(flags), TextValue(), Ids("r", 3),
                one("u", 6), Ids("t", 3), Ids("p", 2), PickOf(metas), PickOf(points),
                Chance(40) ? "''" : "'2024-0" + std::to_string(1 + Pick(9)) + "-15 10:00:00.000Z'",
                TextValue()}));
  }
  for (int n = 1; n <= 7; ++n)
    sql.push_back(
        Insert("comments", {id("c", n), one("p", 7), one("u", 6), Ids("u", 3), TextValue()}));
  for (int n = 1; n <= 3; ++n)
    sql.push_back(Insert("profiles", {id("f", n), id("u", n), TextValue()}));
  return sql;
}

std::string RandomWorld::Path(const std::string& collection, int depth) {
  const bool deeper = depth > 0 && Chance(55);
  if (collection == "users") {
    if (deeper) {
      const std::string next = PickOf({"manager.", "posts_via_author.", "comments_via_author.",
                                       "comments_via_likes.", "profiles_via_user."});
      const std::string target = next[0] == 'm'                     ? "users"
                                 : next[1] == 'o' && next[0] == 'p' ? "posts"
                                 : next[0] == 'c'                   ? "comments"
                                                                    : "profiles";
      return next + Path(target, depth - 1);
    }
    return PickOf({"name", "score", "id", "manager", "roles", "roles:each", "roles:length",
                   "verified", "email", "name:lower"});
  }
  if (collection == "tags") {
    if (deeper)
      return Chance(50) ? "parent." + Path("tags", depth - 1)
                        : "posts_via_tags." + Path("posts", depth - 1);
    return PickOf({"name", "weight", "id", "parent", "name:lower"});
  }
  if (collection == "comments") {
    if (deeper) {
      const std::size_t which = Pick(3);
      return which == 0   ? "post." + Path("posts", depth - 1)
             : which == 1 ? "author." + Path("users", depth - 1)
                          : "likes." + Path("users", depth - 1);
    }
    return PickOf({"text", "post", "author", "likes", "likes:each", "likes:length", "id"});
  }
  if (collection == "profiles")
    return deeper ? "user." + Path("users", depth - 1) : PickOf({"headline", "user", "id"});
  if (collection == "vposts") {
    if (deeper)
      return Chance(50) ? "author." + Path("users", depth - 1) : "tags." + Path("tags", depth - 1);
    return PickOf({"title", "maybe", "n", "author", "tags:each", "tags:length", "id"});
  }
  if (deeper) {
    const std::size_t which = Pick(4);
    if (which == 0) return "author." + Path("users", depth - 1);
    if (which == 1) return "tags." + Path("tags", depth - 1);
    if (which == 2) return "related." + Path("posts", depth - 1);
    return "comments_via_post." + Path("comments", depth - 1);
  }
  return PickOf({"title",          "views",         "pinned",     "status",     "labels",
                 "labels:each",    "labels:length", "author",     "tags",       "tags:each",
                 "related:length", "meta",          "meta.a",     "meta.b.c",   "meta.0",
                 "place",          "place.lon",     "at",         "id",         "status:length",
                 "title:lower",    "views:lower",   "meta:lower", "status:each"});
}

std::string RandomWorld::Literal() {
  switch (Pick(6)) {
    case 0:
      return PickOf({"0", "1", "10", "2", "-1.5", "10.25", "5"});
    case 1:
      return PickOf({"null", "true", "false"});
    case 2:
      return PickOf({"@now", "@year", "@todayStart"});
    default: {
      std::string text;
      for (char c : PickOf(kTexts)) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
      }
      if (Chance(30)) text = PickOf({"u1", "t1", "p2", "r1", "r2", "%a", "a%", "_"});
      return "'" + text + "'";
    }
  }
}

std::string RandomWorld::Operand(const std::string& collection, bool requests) {
  const std::size_t which = Pick(100);
  if (which < 55) return Path(collection, 2);
  if (which < 60 && collection == "posts")
    return PickOf({"strftime('%Y', at)", "strftime('%m-%d', at, '+1 month')",
                   "geoDistance(place.lon, place.lat, 23.3, 42.7)"});
  if (requests && which < 72) {
    return PickOf({"@request.auth.id", "@request.auth.name", "@request.auth.manager.name",
                   "@request.query.a", "@request.query.views", "@request.method",
                   "@request.auth.roles:each", "@request.query.a:isset", "@request.headers.x_h",
                   "@request.auth.posts_via_author.title"});
  }
  if (requests && which < 78)
    return Chance(50) ? "@collection.tags." + Path("tags", 0)
                      : "@collection.users:x." + Path("users", 0);
  return Literal();
}

std::string RandomWorld::Comparison(const std::string& collection, bool requests) {
  const std::vector<std::string> operators = {"=",  "!=", "~",   "!~", ">",   ">=", "<",
                                              "<=", "?=", "?!=", "?~", "?!~", "?>", "?<"};
  std::string left = Chance(85) ? Path(collection, 2) : Operand(collection, requests);
  return left + " " + PickOf(operators) + " " + Operand(collection, requests);
}

std::string RandomWorld::MakeFilter(const std::string& collection, int terms, bool requests) {
  std::string text = Comparison(collection, requests);
  for (std::size_t more = Pick(static_cast<std::size_t>(terms)); more > 0; --more) {
    const std::string join = Chance(55) ? " && " : " || ";
    if (Chance(25)) text = "(" + text + ")";
    text += join + (Chance(20) ? "(" + Comparison(collection, requests) + " || " +
                                     Comparison(collection, requests) + ")"
                               : Comparison(collection, requests));
  }
  return text;
}

std::string RandomWorld::MakeSort(const std::string& collection) {
  return (Chance(50) ? "-" : "") + Path(collection, 1) + ",id";
}

}  // namespace sluice
