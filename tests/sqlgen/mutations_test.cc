// The texts of the statements of record writes, for both databases. What they
// do is in mutations_run_test.cc.
#include "sluice/mutations.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "tests/sqlgen/mutations_collections.h"

namespace sluice {
namespace {

using Strings = std::vector<std::string>;

struct TextCase {
  RowStatement statement;
  const char* text;
  Strings params;
};

TEST(Mutations, TextsForSqlite) {
  const Collection things = Things();
  const Collection mfas = Mfas();
  const TextCase kCases[] = {
      {InsertRow(things, Sqlite()),
       R"(INSERT INTO "thi""ngs" ("id","num","flag","js","one","many","geo") VALUES (?1,?2,?3,?4,?5,?6,?7))",
       {"id", "num", "flag", "js", "one", "many", "geo"}},
      {UpdateRow(things, Sqlite()),
       R"(UPDATE "thi""ngs" AS v0 SET "num"=?1,"flag"=?2,"js"=?3,"one"=?4,"many"=?5,"geo"=?6 WHERE v0."id"=?7)",
       {"num", "flag", "js", "one", "many", "geo", "id"}},
      {UpdateColumns(things, {"js", "num"}, Sqlite()),
       R"(UPDATE "thi""ngs" AS v0 SET "js"=?1,"num"=?2 WHERE v0."id"=?3)",
       {"js", "num", "id"}},
      {UpdateColumns(things, {}, Sqlite()),
       R"(UPDATE "thi""ngs" AS v0 SET "id"=v0."id" WHERE v0."id"=?1)",
       {"id"}},
      {DeleteRow(things, Sqlite()), R"(DELETE FROM "thi""ngs" AS v0 WHERE v0."id"=?1)", {"id"}},
      {DeleteWhere(mfas, {"collectionRef", "recordRef"}, Sqlite()),
       R"(DELETE FROM "_mfas" AS v0 WHERE v0."collectionRef"=?1 AND v0."recordRef"=?2)",
       {"collectionRef", "recordRef"}},
      {SelectRow(mfas, Sqlite()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 WHERE v0."id"=?1)",
       {"id"}},
      {SelectByText(mfas, "recordRef", TextMatch::kExact, Sqlite()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 )"
       R"(WHERE v0."recordRef"=?1 AND v0."recordRef"!='')",
       {"recordRef"}},
      {SelectByText(mfas, "recordRef", TextMatch::kIgnoringCase, Sqlite()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 )"
       R"(WHERE v0."recordRef"=?1 COLLATE NOCASE AND v0."recordRef"!='')",
       {"recordRef"}},
      {SelectByText(mfas, "nope", TextMatch::kIgnoringCase, Sqlite()), "", {}},
      {SelectReferences(mfas, mfas.fields[2], Sqlite()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 WHERE v0."recordRef"=?1)",
       {"id"}},
      {SelectReferences(things, things.fields[5], Sqlite()),
       R"(SELECT v0."id",v0."num",v0."flag",v0."js",v0."one",v0."many",v0."geo" FROM "thi""ngs" AS v0 )"
       R"(WHERE (instr(v0."many",?1)>0 OR instr(v0."many",'\')>0 OR ?1 NOT GLOB )"
       R"('*[A-DF-HJ-Za-dg-mo-z]*' OR ?1 GLOB '*[^A-Za-z0-9_-]*') AND EXISTS (SELECT 1 FROM )"
       R"(json_each(CASE WHEN json_valid(v0."many") THEN CASE json_type(v0."many") WHEN 'array' )"
       R"(THEN v0."many" ELSE json_array(v0."many") END ELSE json_array(v0."many") END) AS v1 )"
       R"(WHERE v1."value"=?1))",
       {"id"}},
      {CountIds(things, Sqlite()),
       R"(SELECT COUNT(*) FROM "thi""ngs" AS v0 WHERE v0."id" IN (SELECT value FROM json_each(?1)))",
       {"ids"}},
      {HasId(things, Sqlite()),
       R"(SELECT 1 FROM "thi""ngs" AS v0 WHERE v0."id"=?1 LIMIT 1)",
       {"id"}},
      {HasIdIgnoringCase(things, Sqlite()),
       R"(SELECT 1 FROM "thi""ngs" AS v0 WHERE LOWER(v0."id")=LOWER(?1) LIMIT 1)",
       {"id"}},
  };
  for (const TextCase& one : kCases) {
    EXPECT_EQ(one.statement.text, one.text);
    EXPECT_EQ(one.statement.params, one.params) << one.text;
  }
}

TEST(Mutations, TextsForPostgres) {
  const Collection things = Things();
  const Collection mfas = Mfas();
  const TextCase kCases[] = {
      {InsertRow(things, Postgres()),
       R"(INSERT INTO "thi""ngs" ("id","num","flag","js","one","many","geo") VALUES ($1::text,)"
       R"($2::double precision,$3::smallint,sluice.stored_json($4::text),)"
       R"($5::text,$6::text,$7::text))",
       {"id", "num", "flag", "js", "one", "many", "geo"}},
      {UpdateColumns(things, {"flag", "num"}, Postgres()),
       R"(UPDATE "thi""ngs" AS v0 SET "flag"=$1::smallint,"num"=$2::double precision )"
       R"(WHERE v0."id"=$3::text)",
       {"flag", "num", "id"}},
      {DeleteRow(things, Postgres()),
       R"(DELETE FROM "thi""ngs" AS v0 WHERE v0."id"=$1::text)",
       {"id"}},
      {DeleteWhere(mfas, {"collectionRef", "recordRef"}, Postgres()),
       R"(DELETE FROM "_mfas" AS v0 WHERE v0."collectionRef"=$1::text AND v0."recordRef"=$2::text)",
       {"collectionRef", "recordRef"}},
      {SelectByText(mfas, "recordRef", TextMatch::kIgnoringCase, Postgres()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 )"
       R"(WHERE lower(v0."recordRef" COLLATE "C")=lower($1::text COLLATE "C") AND v0."recordRef"!='')",
       {"recordRef"}},
      {SelectReferences(mfas, mfas.fields[2], Postgres()),
       R"(SELECT v0."id",v0."collectionRef",v0."recordRef" FROM "_mfas" AS v0 )"
       R"(WHERE v0."recordRef"=$1::text)",
       {"id"}},
      {SelectReferences(things, things.fields[5], Postgres()),
       R"(SELECT v0."id",v0."num",v0."flag",v0."js",v0."one",v0."many",v0."geo" FROM "thi""ngs" AS v0 )"
       R"(WHERE (strpos(v0."many",$1::text)>0 OR strpos(v0."many",'\')>0) AND EXISTS (SELECT 1 FROM )"
       R"(sluice.elements(v0."many",true) WITH ORDINALITY AS v1("value","ord") )"
       R"(WHERE v1."value"=sluice.of_text($1::text)))",
       {"id"}},
      {CountIds(things, Postgres()),
       R"(SELECT COUNT(*) FROM "thi""ngs" AS v0 WHERE v0."id" IN (SELECT sluice.texts($1::text,false)))",
       {"ids"}},
      {HasId(things, Postgres()),
       R"(SELECT 1 FROM "thi""ngs" AS v0 WHERE v0."id"=$1::text LIMIT 1)",
       {"id"}},
      {HasIdIgnoringCase(things, Postgres()),
       R"(SELECT 1 FROM "thi""ngs" AS v0 WHERE lower(v0."id" COLLATE "C")=lower($1::text COLLATE "C") LIMIT 1)",
       {"id"}},
  };
  for (const TextCase& one : kCases) {
    EXPECT_EQ(one.statement.text, one.text);
    EXPECT_EQ(one.statement.params, one.params) << one.text;
  }
}

TEST(Mutations, SelectedColumnsAreTheFieldsInOrder) {
  EXPECT_EQ(SelectRow(Mfas(), Sqlite()).columns, (Strings{"id", "collectionRef", "recordRef"}));
  EXPECT_TRUE(CountIds(Mfas(), Sqlite()).columns.empty());
}

// A slip never deletes or changes everything.
TEST(Mutations, UnknownColumnsGiveNoText) {
  EXPECT_EQ(DeleteWhere(Mfas(), {}, Sqlite()).text, "");
  EXPECT_EQ(DeleteWhere(Mfas(), {"recordRef", "gone"}, Sqlite()).text, "");
  EXPECT_EQ(UpdateColumns(Mfas(), {"gone"}, Sqlite()).text, "");
}

}  // namespace
}  // namespace sluice
