#include "sqlgen/sql_writer.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(SqlWriter, DoublesQuotesInNames) {
  SqlWriter out(Sqlite());
  out.Identifier("a\"b");
  EXPECT_EQ(std::move(out).Take().text, "\"a\"\"b\"");
}

TEST(SqlWriter, NumbersASlotOnce) {
  for (const Dialect* dialect : {&Sqlite(), &Postgres()}) {
    SqlWriter out(*dialect);
    out.Slot(7) << ",";
    out.Placeholder({ParamKind::kLimit, 0}) << ",";
    out.Slot(7);
    const SqlStatement statement = std::move(out).Take();
    EXPECT_EQ(statement.text, dialect == &Sqlite() ? "?1,?2,?1" : "$1,$2,$1");
    ASSERT_EQ(statement.params.size(), 2);
    EXPECT_EQ(statement.params[0].slot, 7);
    EXPECT_EQ(statement.params[1].kind, ParamKind::kLimit);
  }
}

}  // namespace
}  // namespace sluice
