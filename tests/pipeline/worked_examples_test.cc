// The language's worked examples on both databases: each a recorded answer of
// the peer.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "gtest/gtest.h"

#include "sluice/binder.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"
#include "tests/pipeline/databases.h"
#include "tests/pipeline/question.h"
#include "tests/support/schemas.h"

namespace sluice {
namespace {

struct Example {
  std::string name;
  Question question;
  ListRules rules;
  std::string want;
};

std::pair<std::string, std::string> SplitPair(const std::string& text) {
  const std::size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void ReplaceLineBreakSign(std::string& text) {
  const std::string sign = "\u23ce";
  for (std::size_t at; (at = text.find(sign)) != std::string::npos;)
    text.replace(at, sign.size(), "\n");
}

void ReadInput(const std::string& line, Example& example) {
  const std::size_t colon = line.find(": ");
  const std::string key = line.substr(0, colon);
  std::string value = line.substr(colon + 2);
  ReplaceLineBreakSign(value);
  if (key == "filter") {
    example.question.filter = value;
  } else if (key == "sort") {
    example.question.sort = value;
  } else if (key == "query") {
    example.question.query.push_back(SplitPair(value));
  } else if (key == "header") {
    auto [name, text] = SplitPair(value);
    example.question.headers.emplace_back(name, text);
  } else {
    ASSERT_EQ(key.substr(0, 5), "rule ") << line;
    const std::string collection = key.substr(5);
    example.rules[collection] = value == "null" ? RuleText() : RuleText(value);
  }
}

std::vector<Example> ReadExamples() {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/tests/pipeline/worked_examples.txt");
  std::vector<Example> examples;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.compare(0, 2, "E-") == 0) {
      Example example;
      std::string who;
      std::istringstream(line) >> example.name >> who >> example.question.collection;
      example.question.restricted = who != "S";
      if (who[0] == 'M') example.question.member = "m" + who.substr(1);
      examples.push_back(std::move(example));
    } else if (line[0] == '=') {
      examples.back().want = line.size() > 2 ? line.substr(2) : "";
    } else {
      ReadInput(line, examples.back());
    }
  }
  return examples;
}

std::string Answer(const StatusOr<Ids>& ids, bool ordered) {
  if (!ids.ok()) return "400";
  Ids sorted = *ids;
  if (!ordered) std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::string& id : sorted) text += (text.empty() ? "" : " ") + id;
  return text;
}

class WorkedExamples : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto schema = ExampleSchema();
    sqlite_ = std::make_unique<SqliteDatabase>(*schema, ExampleRows());
    postgres_ = PostgresDatabase::Copy(*schema, *sqlite_);
  }
  static void TearDownTestSuite() {
    postgres_.reset();
    sqlite_.reset();
  }

  static std::unique_ptr<SqliteDatabase> sqlite_;
  static std::unique_ptr<PostgresDatabase> postgres_;
};

std::unique_ptr<SqliteDatabase> WorkedExamples::sqlite_;
std::unique_ptr<PostgresDatabase> WorkedExamples::postgres_;

void Check(const Example& example, SqliteDatabase& sqlite, PostgresDatabase* postgres) {
  const auto schema = ExampleSchema(example.rules);
  Question question = example.question;
  if (question.restricted) {
    std::string which;
    const bool forbidden = MentionsRestrictedPrefix(question.filter.value_or(""), &which) ||
                           MentionsRestrictedPrefix(question.sort.value_or(""), &which);
    if (forbidden) {
      EXPECT_EQ(example.want, "403");
      return;
    }
    const RuleText& rule = schema->Find(question.collection)->list_rule;
    if (rule && !rule->empty()) question.rule = rule;
  }
  const StatusOr<Bound> bound = Ask(question, *schema);
  if (!bound.ok()) {
    EXPECT_EQ(example.want, "400") << bound.status();
    return;
  }
  const bool ordered = question.sort.has_value();
  const Plan simple = Simplify(bound->plan);
  SelectOptions options;
  options.columns = {"id"};
  options.limit = true;
  const auto check = [&](const char* form, const Plan& plan) {
    const SqlStatement statement = SelectRows(plan, Sqlite(), options);
    EXPECT_EQ(Answer(sqlite.Run(plan, statement), ordered), example.want) << form << "\n"
                                                                          << statement.text;
    if (postgres == nullptr) return;
    const SqlStatement other = SelectRows(plan, Postgres(), options);
    const StatusOr<Ids> ids = postgres->Run(plan, other);
    EXPECT_EQ(Answer(ids, ordered), example.want) << form << "\n"
                                                  << other.text << "\n"
                                                  << ids.status();
  };
  check("simplified", simple);
  options.lowering = Lowering::kPlain;
  check("plain", bound->plan);
}

TEST_F(WorkedExamples, AnswerAsRecorded) {
  const std::vector<Example> examples = ReadExamples();
  EXPECT_EQ(examples.size(), 242);
  for (const Example& example : examples) {
    SCOPED_TRACE(example.name + " filter: " + example.question.filter.value_or("") +
                 " sort: " + example.question.sort.value_or(""));
    Check(example, *sqlite_, postgres_.get());
  }
}

}  // namespace
}  // namespace sluice
