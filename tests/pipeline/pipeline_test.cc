// Golden files: what every stage makes of one question, and that its
// statements give the same rows on SQLite and on PostgreSQL, as bound and
// simplified. SLUICE_UPDATE_GOLDEN=1 rewrites the files.
#include <algorithm>
#include <filesystem>
#include <set>

#include "gtest/gtest.h"

#include "sluice/diagnostic.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/pipeline/databases.h"
#include "tests/pipeline/question.h"
#include "tests/support/golden.h"
#include "tests/support/schemas.h"

namespace sluice {
namespace {

struct World {
  std::shared_ptr<const Schema> schema;
  std::unique_ptr<SqliteDatabase> sqlite;
  std::unique_ptr<PostgresDatabase> postgres;  // may be null
};

World MakeWorld(std::shared_ptr<const Schema> schema, const std::string& rows) {
  World world;
  world.sqlite = std::make_unique<SqliteDatabase>(*schema, rows);
  world.postgres = PostgresDatabase::Copy(*schema, *world.sqlite);
  world.schema = std::move(schema);
  return world;
}

class Pipeline : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    example_ = MakeWorld(ExampleSchema(), ExampleRows());
    edge_ = MakeWorld(EdgeSchema(), EdgeRows());
  }
  static void TearDownTestSuite() {
    example_ = {};
    edge_ = {};
  }
  static World example_;
  static World edge_;
};

World Pipeline::example_;
World Pipeline::edge_;

std::string Line(const std::string& text) { return text + "\n"; }

std::string ParamsText(const Plan& plan, const SqlStatement& statement) {
  std::string text = "[";
  for (const Param& param : statement.params) {
    if (text.size() > 1) text += ", ";
    if (param.kind == ParamKind::kLimit) text += "limit";
    if (param.kind == ParamKind::kOffset) text += "offset";
    if (param.kind != ParamKind::kSlot) continue;
    char buffer[32];
    const Value& value = plan.slots[param.slot].value;
    const std::string printed(TextOf(value.view(), buffer).value_or("NULL"));
    text += value.storage == StorageClass::kText ? '"' + printed + '"' : printed;
  }
  return text + "]";
}

std::string IdsText(Ids ids, bool ordered) {
  if (!ordered) std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
  return text.empty() ? "(none)" : text;
}

std::string RowsText(const StatusOr<Ids>& ids, bool ordered) {
  return ids.ok() ? IdsText(*ids, ordered) : "(error)";
}

// What both databases answer to both forms of the plan; the first answer.
std::string Rows(World& world, const Plan& bound, const Plan& simple, const SelectOptions& options,
                 bool ordered, bool random) {
  SelectOptions plain = options;
  plain.lowering = Lowering::kPlain;
  const StatusOr<Ids> first = world.sqlite->Run(simple, SelectRows(simple, Sqlite(), options));
  const std::string rows = RowsText(first, ordered && !random);
  EXPECT_EQ(
      RowsText(world.sqlite->Run(bound, SelectRows(bound, Sqlite(), plain)), ordered && !random),
      rows)
      << "plain, sqlite";
  const StatusOr<Ids> count = world.sqlite->Run(simple, SelectCount(simple, Sqlite()));
  if (world.postgres == nullptr) return rows;
  const StatusOr<Ids> other = world.postgres->Run(simple, SelectRows(simple, Postgres(), options));
  EXPECT_EQ(RowsText(other, ordered && !random), rows) << "simplified, postgres " << other.status();
  const StatusOr<Ids> other_plain =
      world.postgres->Run(bound, SelectRows(bound, Postgres(), plain));
  EXPECT_EQ(RowsText(other_plain, ordered && !random), rows)
      << "plain, postgres " << other_plain.status();
  const StatusOr<Ids> other_count = world.postgres->Run(simple, SelectCount(simple, Postgres()));
  EXPECT_EQ(RowsText(other_count, true), RowsText(count, true)) << "count " << other_count.status();
  return rows;
}

NamedTexts Render(World& world, const GoldenCase& one, const Question& question) {
  std::string source;
  const StatusOr<Bound> bound = Ask(question, *world.schema, &source);
  if (!bound.ok()) {
    const auto diagnostic = GetDiagnostic(bound.status());
    if (!diagnostic) return {{"diagnostic", Line(bound.status().ToString())}};
    std::string text = Line(diagnostic->code) + Render(*diagnostic, source);
    if (text.back() != '\n') text += '\n';
    return {{"diagnostic", text}};
  }
  const Plan simple = Simplify(bound->plan);
  SelectOptions options;
  options.columns = {"id"};
  if (const std::string columns = one.Input("columns"); columns == "id title")
    options.columns = {"id", "title"};
  options.limit = true;
  const SqlStatement sqlite = SelectRows(simple, Sqlite(), options);
  const SqlStatement postgres = SelectRows(simple, Postgres(), options);
  NamedTexts sections;
  if (bound->filter) sections.emplace_back("ast", Line(Dump(*bound->filter)));
  sections.emplace_back("plan", Dump(bound->plan));
  sections.emplace_back("simplified", Dump(simple));
  sections.emplace_back("sqlite", Line(sqlite.text));
  sections.emplace_back("postgres", Line(postgres.text));
  sections.emplace_back("params", Line(ParamsText(simple, sqlite)));
  if (ParamsText(simple, sqlite) != ParamsText(simple, postgres)) {
    sections.emplace_back("postgres params", Line(ParamsText(simple, postgres)));
  }
  const bool random = question.sort.value_or("").find("@random") != std::string::npos;
  sections.emplace_back(
      "rows", Line(Rows(world, bound->plan, simple, options, question.sort.has_value(), random)));
  return sections;
}

std::optional<std::string> OptionalInput(const GoldenCase& one, std::string_view key) {
  for (const auto& [name, value] : one.inputs) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::pair<std::string, std::string> SplitPair(const std::string& text) {
  const std::size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Question ToQuestion(const GoldenCase& one) {
  static const std::set<std::string> kKnown = {"schema", "collection", "filter",    "rule",
                                               "sort",   "mode",       "as",        "query",
                                               "header", "body",       "list rule", "columns"};
  Question question;
  for (const auto& [key, value] : one.inputs) {
    EXPECT_TRUE(kKnown.count(key)) << "no such input: " << key;
    if (key == "query") question.query.push_back(SplitPair(value));
    if (key == "header") question.headers.push_back(SplitPair(value));
    if (key == "body") {
      const auto [name, text] = SplitPair(value);
      JsonValue list(JsonValue::Kind::kArray);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        list.items.push_back(JsonValue::String(text.substr(at, comma - at)));
        at = comma + 1;
      }
      const bool is_list = text.empty() || text.find(',') != std::string::npos;
      question.body.members.emplace_back(name, is_list ? list : JsonValue::String(text));
    }
  }
  question.collection = one.Input("collection", one.Input("schema") == "edge" ? "items" : "posts");
  question.filter = OptionalInput(one, "filter");
  question.rule = OptionalInput(one, "rule");
  question.sort = OptionalInput(one, "sort");
  question.restricted = one.Input("mode", "open") == "restricted";
  question.member = one.Input("as");
  return question;
}

TEST_F(Pipeline, Golden) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SLUICE_SOURCE_DIR) + "/tests/pipeline")) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  ASSERT_FALSE(paths.empty());
  std::set<std::string> names;
  std::set<NamedTexts> questions;
  std::size_t count = 0;
  for (const std::string& path : paths) {
    StatusOr<GoldenFile> file = ReadGolden(path);
    ASSERT_TRUE(file.ok()) << file.status();
    for (GoldenCase& one : file->cases) {
      SCOPED_TRACE(path + ": " + one.name);
      ++count;
      EXPECT_TRUE(names.insert(one.name).second) << "two cases of that name";
      EXPECT_TRUE(questions.insert(one.inputs).second) << "the same question twice";
      const std::string schema = one.Input("schema");
      ASSERT_TRUE(schema == "example" || schema == "edge") << "no such schema: " << schema;
      World& world = schema == "edge" ? edge_ : example_;
      World other;
      World* asked = &world;
      if (const auto rule = OptionalInput(one, "list rule")) {
        const auto [collection, text] = SplitPair(*rule);
        other =
            MakeWorld(ExampleSchema({{collection, text == "null" ? RuleText() : RuleText(text)}}),
                      ExampleRows());
        asked = &other;
      }
      const NamedTexts got = Render(*asked, one, ToQuestion(one));
      if (!UpdatesGolden()) {
        ASSERT_EQ(got.size(), one.sections.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
          EXPECT_EQ(got[i].first, one.sections[i].first);
          EXPECT_EQ(got[i].second, one.sections[i].second) << got[i].first;
        }
      }
      one.sections = got;
    }
    if (UpdatesGolden()) WriteGolden(path, *file);
  }
  RecordProperty("cases", static_cast<int>(count));
}

}  // namespace
}  // namespace sluice
