#include "tests/support/schemas.h"

#include <utility>
#include <vector>

namespace sluice {
namespace {

Field Make(std::string name, FieldType type, std::uint32_t max_select = 0,
           std::string target = "") {
  Field field;
  field.id = "f_" + name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  if (!target.empty()) field.collection_id = "c_" + target;
  return field;
}

std::shared_ptr<Collection> Table(std::string name, std::vector<Field> fields) {
  auto collection = std::make_shared<Collection>();
  collection->id = "c_" + name;
  collection->name = std::move(name);
  collection->list_rule = "";
  collection->view_rule = "";
  Field id = Make("id", FieldType::kText);
  id.primary_key = id.system = true;
  collection->fields.push_back(std::move(id));
  for (Field& field : fields) collection->fields.push_back(std::move(field));
  return collection;
}

std::shared_ptr<const Schema> Finish(std::vector<std::shared_ptr<Collection>> tables,
                                     const ListRules& list_rules) {
  std::vector<std::shared_ptr<const Collection>> collections;
  for (std::shared_ptr<Collection>& table : tables) {
    if (const auto rule = list_rules.find(table->name); rule != list_rules.end()) {
      table->list_rule = rule->second;
    }
    collections.push_back(std::move(table));
  }
  return std::make_shared<const Schema>(std::move(collections));
}

std::string SqliteType(const Field& field) {
  if (field.multiple()) return "JSON DEFAULT '[]' NOT NULL";
  switch (field.type) {
    case FieldType::kNumber:
      return "NUMERIC DEFAULT 0 NOT NULL";
    case FieldType::kBool:
      return "BOOLEAN DEFAULT FALSE NOT NULL";
    case FieldType::kJson:
      return "JSON DEFAULT NULL";
    case FieldType::kGeoPoint:
      return "JSON DEFAULT '{\"lon\":0,\"lat\":0}' NOT NULL";
    default:
      return "TEXT DEFAULT '' NOT NULL";
  }
}

std::string PostgresType(const Field& field) {
  if (field.multiple()) return "text COLLATE \"C\" DEFAULT '[]' NOT NULL";
  switch (field.type) {
    case FieldType::kNumber:
      return "double precision DEFAULT 0 NOT NULL";
    case FieldType::kBool:
      return "smallint DEFAULT 0 NOT NULL";
    case FieldType::kJson:
      return "text COLLATE \"C\"";
    case FieldType::kGeoPoint:
      return "text COLLATE \"C\" DEFAULT '{\"lon\":0,\"lat\":0}' NOT NULL";
    default:
      return "text COLLATE \"C\" DEFAULT '' NOT NULL";
  }
}

}  // namespace

std::shared_ptr<const Schema> ExampleSchema(const ListRules& list_rules) {
  auto orgs = Table("orgs", {Make("name", FieldType::kText), Make("public", FieldType::kBool),
                             Make("office", FieldType::kGeoPoint)});
  orgs->list_rule = orgs->view_rule = "public = true";
  auto members = Table(
      "members", {Make("password", FieldType::kPassword), Make("tokenKey", FieldType::kText),
                  Make("email", FieldType::kEmail), Make("emailVisibility", FieldType::kBool),
                  Make("verified", FieldType::kBool), Make("name", FieldType::kText),
                  Make("level", FieldType::kNumber), Make("org", FieldType::kRelation, 1, "orgs")});
  members->type = CollectionType::kAuth;
  members->fields[1].hidden = members->fields[2].hidden = true;
  auto tags = Table("tags", {Make("label", FieldType::kText), Make("weight", FieldType::kNumber)});
  auto vault = Table("vault", {Make("code", FieldType::kText)});
  vault->list_rule = vault->view_rule = std::nullopt;
  auto posts = Table("posts", {Make("title", FieldType::kText),
                               Make("body", FieldType::kEditor),
                               Make("num", FieldType::kNumber),
                               Make("flag", FieldType::kBool),
                               Make("at", FieldType::kDate),
                               Make("link", FieldType::kUrl),
                               Make("mail", FieldType::kEmail),
                               Make("kind", FieldType::kSelect, 1),
                               Make("kinds", FieldType::kSelect, 3),
                               Make("att", FieldType::kFile, 1),
                               Make("atts", FieldType::kFile, 5),
                               Make("author", FieldType::kRelation, 1, "members"),
                               Make("reviewers", FieldType::kRelation, 9, "members"),
                               Make("tags", FieldType::kRelation, 9, "tags"),
                               Make("vaultref", FieldType::kRelation, 1, "vault"),
                               Make("parent", FieldType::kRelation, 1, "posts"),
                               Make("data", FieldType::kJson),
                               Make("loc", FieldType::kGeoPoint),
                               Make("hid", FieldType::kText),
                               Make("created", FieldType::kAutodate),
                               Make("updated", FieldType::kAutodate)});
  for (Field& field : posts->fields) field.hidden = field.name == "hid";
  auto comments =
      Table("comments", {Make("text", FieldType::kText), Make("rating", FieldType::kNumber),
                         Make("post", FieldType::kRelation, 1, "posts")});
  auto metas = Table(
      "metas", {Make("note", FieldType::kText), Make("post", FieldType::kRelation, 1, "posts")});
  Index unique;
  unique.name = "idx_metas_post";
  unique.unique = true;
  unique.columns = {"post"};
  unique.descending = {false};
  metas->indexes.push_back(unique);
  auto links = Table(
      "links", {Make("name", FieldType::kText), Make("posts", FieldType::kRelation, 9, "posts")});
  auto vposts = Table("vposts", {Make("title", FieldType::kText), Make("num", FieldType::kNumber),
                                 Make("maybe", FieldType::kJson)});
  vposts->type = CollectionType::kView;
  vposts->fields[3].view_affinity = Affinity::kNone;
  vposts->view_query =
      "SELECT id, title, num, CASE WHEN num > 5 THEN title ELSE NULL END AS maybe FROM posts";
  return Finish({orgs, members, tags, vault, posts, comments, metas, links, vposts}, list_rules);
}

std::string ExampleRows() {
  return R"sql(
INSERT INTO orgs VALUES ('o1','Acme',1,'{"lon":23.32,"lat":42.69}'), ('o2','Beta',0,'{"lon":0,"lat":0}');
INSERT INTO members VALUES
  ('m1','hash1','key1','ann@x.io',1,1,'Ann',1,'o1'),
  ('m2','hash2','key2','bob@x.io',0,0,'Bob',5,'o2'),
  ('m3','hash3','key3','cat@x.io',1,0,'',0,'');
INSERT INTO tags VALUES ('t1','red',1), ('t2','green',5), ('t3','blue',9), ('t4','',0);
INSERT INTO vault VALUES ('v1','x1');
INSERT INTO posts (id,title,num,flag,at,kind,kinds,author,reviewers,tags,vaultref,data,loc,hid,body) VALUES
  ('p1','Alpha',10,1,'2024-01-15 10:00:00.000Z','news','["news","ads"]','m1','["m1","m2"]','["t1","t2"]','v1',
   '{"a":1,"b":{"c":"x"},"list":[1,"two",null],"t":true}','{"lon":23.3,"lat":42.7}','s1',
   '<p>Hello <b>w</b>orld</p><div>next</div>');
INSERT INTO posts (id,title,num,author,parent) VALUES ('p2','beta',0,'m2','p1');
INSERT INTO posts (id,title,num,at,kind,kinds,tags,parent,data) VALUES
  ('p3','',-1.5,'2024-02-01 00:00:00.000Z','blog','["blog"]','["t2"]','p1','""');
INSERT INTO posts (id,title,num,flag,at,kind,kinds,author,reviewers,tags,parent,data) VALUES
  ('p4','100%_a\b',123,1,'2024-03-31 23:59:59.999Z','news','["news"]','m3','["m3"]','["t1","t4"]','p2','[1,2,3]');
INSERT INTO posts (id,title,num,kind,kinds,author,reviewers,tags,data,loc,hid) VALUES
  ('p5','10',10.25,'ads','["ads","news","blog"]','m1','["m2"]','["t3","t2","t1"]','"str"',
   '{"lon":-0.12,"lat":51.5}','s5');
UPDATE posts SET created = '2024-05-01 00:00:00.000Z', updated = '2024-05-02 00:00:00.000Z';
INSERT INTO comments VALUES ('c1','nice',5,'p1'), ('c2','bad',1,'p1'), ('c3','ok',3,'p2');
CREATE INDEX idx_comments_post ON comments (post);
INSERT INTO metas VALUES ('k1','n1','p1');
INSERT INTO links VALUES ('l1','L1','["p1","p2"]'), ('l2','L2','["p1"]');
)sql";
}

std::shared_ptr<const Schema> EdgeSchema() {
  auto parts = Table("parts", {Make("name", FieldType::kText), Make("size", FieldType::kNumber)});
  auto items =
      Table("items", {Make("t", FieldType::kText), Make("n", FieldType::kNumber),
                      Make("f", FieldType::kBool), Make("j", FieldType::kJson),
                      Make("d", FieldType::kDate), Make("one", FieldType::kRelation, 1, "parts"),
                      Make("many", FieldType::kRelation, 5, "parts"),
                      Make("opts", FieldType::kSelect, 5), Make("g", FieldType::kGeoPoint)});
  auto totals = Table("totals", {Make("n", FieldType::kNumber), Make("t", FieldType::kText)});
  totals->type = CollectionType::kView;
  totals->view_query =
      "SELECT i.id AS id, i.n AS n, p.name AS t FROM items i LEFT JOIN parts p ON p.size > i.n";
  return Finish({parts, items, totals}, {});
}

std::string EdgeRows() {
  return R"sql(
INSERT INTO parts VALUES ('a1','a',1), ('a2','A',2.5), ('a3','',0), ('a4','10',10);
INSERT INTO items VALUES
  ('i01','',0,0,NULL,'','','[]','[]','{"lon":0,"lat":0}'),
  ('i02','0',1,1,'null','2024-02-29 23:59:59.999Z','a1','["a1"]','["x"]','{"lon":10,"lat":-14.6143}'),
  ('i03','0.0',10,0,'""','2023-02-31','a2','["a1","a2"]','["x","y"]','{"lon":180,"lat":90}'),
  ('i04','a',-1.5,1,'"0"','12:34:56','gone','["gone"]','["10"]','{"lon":"5","lat":true}'),
  ('i05','A',0.1,0,'0','2460000.5','a4','["a1","gone"]','[""]','[1,2]'),
  ('i06','10',1e17,0,'true','now?','a3','["a3"]','5','7'),
  ('i07','10.0',1e-5,0,'"a"','2024-01-15 10:00:00.000Z','a1','a2','"x"','{"lon":1e400,"lat":1}'),
  ('i08','É_é%\',123456789.125,1,'[]','2024-12-30T01:02+02:00','','["a4","a2","a1"]','{"k":1}','{}'),
  ('i09',' 1e1 ',9007199254740992,0,'{}','','','[]','x','null'),
  ('i10','ß\\',0.30000000000000004,0,'bad [','1970-01-01 00:00:00Z','','["a2", "a2"]','[1, 2.0, null, true]',''),
  ('i11','9007199254740993',-0.0,0,'9007199254740993','-0001-03-04','','[]','[ ]','{"lon":3,"lon":4}'),
  ('i12','é',3,0,' { "b" : [ 1 , {"c" : "d e"} ], "a" : 1.0, "a":2, "é":"\u00e9\n", "x_y":-0 } ','9999-12-31 23:59:59.999Z','','[]','[]','{"lon":1,"lat":2}');
)sql";
}

std::string CreateTablesSql(const Schema& schema, const Dialect& dialect) {
  const bool postgres = dialect.name() == "postgres";
  std::string sql;
  for (const auto& collection : schema.collections()) {
    if (collection->is_view()) {
      sql += "CREATE VIEW \"" + collection->name + "\" AS " + collection->view_query + ";\n";
      continue;
    }
    sql += "CREATE TABLE \"" + collection->name + "\" (";
    for (const Field& field : collection->fields) {
      sql += '"' + field.name + "\" " + (postgres ? PostgresType(field) : SqliteType(field));
      sql += field.primary_key ? " PRIMARY KEY, " : ", ";
    }
    sql.resize(sql.size() - 2);
    if (postgres) sql += ", \"_rowid_\" bigint GENERATED BY DEFAULT AS IDENTITY UNIQUE";
    sql += ");\n";
  }
  return sql;
}

}  // namespace sluice
