// Laws that hold whatever the right answer is, on random worlds: mistakes that
// all evaluators share show here. More by SLUICE_ORACLE_SEED and
// SLUICE_ORACLE_WORLDS.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "gtest/gtest.h"

#include "sluice/simplify.h"
#include "tests/support/oracle.h"
#include "tests/support/partition.h"
#include "tools/server/records/query.h"

namespace sluice {
namespace {

using IdSet = std::set<std::string>;

// Joins of the plain form; each law runs it several times.
constexpr std::size_t kJoinsMax = 5;

struct Answers {
  std::array<StatusOr<Ids>, 3> by;  // plain, rewritten, in memory
};
constexpr const char* kEvaluators[] = {"plain", "rewritten", "predicate"};

Answers AskAll(OracleWorld& world, const Plan& plan) {
  return {{world.RunSql(plan, Lowering::kPlain), world.RunSql(Simplify(plan), Lowering::kRewritten),
           world.RunPredicate(plan)}};
}

IdSet Distinct(const Ids& ids) { return {ids.begin(), ids.end()}; }

IdSet Intersection(const IdSet& a, const IdSet& b) {
  IdSet both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
  return both;
}

// Runs `law` on questions of many worlds until one fails; `law` says whether it
// had something to say about the question.
void OnWorlds(std::uint64_t worlds_default, int questions,
              const std::function<bool(OracleWorld&, const Question&)>& law) {
  const std::uint64_t seed = NumberFromEnvironment("SLUICE_ORACLE_SEED", 4711);
  const std::uint64_t worlds = NumberFromEnvironment("SLUICE_ORACLE_WORLDS", worlds_default);
  std::uint64_t tested = 0;
  for (std::uint64_t at = seed; at < seed + worlds; ++at) {
    OracleWorld world(at);
    for (int i = 0; i < questions; ++i) {
      const Question question = world.MakeQuestion({.sort_percent = 0});
      SCOPED_TRACE("SLUICE_ORACLE_SEED=" + std::to_string(at) + "\n" + question.Show());
      tested += law(world, question) ? 1 : 0;
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(tested, worlds * static_cast<std::uint64_t>(questions) / 4);
  std::printf("tested on %llu questions\n", static_cast<unsigned long long>(tested));
}

// Bound, and with few enough joins.
std::optional<Plan> Usable(OracleWorld& world, const Question& question) {
  StatusOr<Plan> plan = world.Bind(question);
  if (!plan.ok() || FreeVariables(*plan) > kJoinsMax) return std::nullopt;
  return *std::move(plan);
}

// Ternary logic partitioning: each assignment makes a condition TRUE, FALSE or
// UNKNOWN, so the three answers together have every row; and none is in two of
// them where a row has but one assignment.
TEST(LogicTest, TrueFalseAndUnknownPartitionTheRows) {
  OnWorlds(25, 40, [](OracleWorld& world, const Question& question) {
    const std::optional<Plan> plan = Usable(world, question);
    if (!plan) return false;
    Plan everything = *plan;
    everything.conds.emplace_back(ConstantCond{Truth::kTrue});
    everything.condition = static_cast<CondId>(everything.conds.size() - 1);
    const Answers all = AskAll(world, everything);
    std::array<Answers, 3> parts;
    for (const Truth truth : {Truth::kTrue, Truth::kFalse, Truth::kUnknown})
      parts[static_cast<std::size_t>(truth)] = AskAll(world, *PartOf(*plan, truth));
    const Answers original = AskAll(world, *plan);
    const bool one_assignment =
        std::all_of(plan->variables.begin(), plan->variables.end(),
                    [](const Variable& variable) { return variable.bound || variable.to_one; });
    for (std::size_t by = 0; by < 3; ++by) {
      SCOPED_TRACE(kEvaluators[by]);
      IdSet together;
      std::size_t sum = 0;
      for (const Answers& part : parts) {
        if (!part.by[by].ok()) return false;  // a malformed JSON path
        const IdSet ids = Distinct(*part.by[by]);
        together.insert(ids.begin(), ids.end());
        sum += ids.size();
      }
      EXPECT_EQ(together, Distinct(*all.by[by])) << Dump(*plan);
      EXPECT_EQ(*parts[static_cast<std::size_t>(Truth::kTrue)].by[by], *original.by[by]);
      if (one_assignment) {
        EXPECT_EQ(sum, together.size()) << Dump(*plan);
      }
    }
    return true;
  });
}

// Non-optimizing reference: the condition as a value of every row, where no
// planner can use it, gives the rows that it selects in the WHERE.
TEST(LogicTest, AConditionSelectsTheRowsThatItIsTrueOf) {
  OnWorlds(25, 60, [](OracleWorld& world, const Question& question) {
    const std::optional<Plan> plan = Usable(world, question);
    if (!plan) return false;
    SelectOptions options;
    options.columns = {"id"};
    options.order = false;
    options.lowering = Lowering::kPlain;
    SqlStatement statement = SelectRows(*plan, Sqlite(), options);
    // The first WHERE outside of brackets.
    std::size_t where = std::string::npos;
    int depth = 0;
    for (std::size_t at = 0; at < statement.text.size(); ++at) {
      depth += statement.text[at] == '(' ? 1 : statement.text[at] == ')' ? -1 : 0;
      if (depth == 0 && statement.text.compare(at, 7, " WHERE ") == 0) where = at;
    }
    const std::size_t from = statement.text.find(" FROM ");
    if (where == std::string::npos) return false;
    statement.text = "SELECT v0.\"id\", (" + statement.text.substr(where + 7) + ")" +
                     statement.text.substr(from, where - from);
    IdSet selected;
    const Status status = records::RunStatement(
        world.connection(), *plan, statement, {}, [&selected](const store::Statement& row) {
          const ValueView truth = row.Column(1);
          if (truth.storage == StorageClass::kInteger && truth.integer != 0)
            selected.emplace(row.Column(0).text);
          return absl::OkStatus();
        });
    if (!status.ok()) return false;  // a malformed JSON path
    const Answers answers = AskAll(world, *plan);
    for (std::size_t by = 0; by < 3; ++by) {
      EXPECT_TRUE(answers.by[by].ok()) << kEvaluators[by];
      if (!answers.by[by].ok()) return false;
      EXPECT_EQ(Distinct(*answers.by[by]), selected) << kEvaluators[by];
    }
    return true;
  });
}

// ---- pivot rows ----

std::string QuoteText(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string NumberText(const ValueView& value) {
  return value.storage == StorageClass::kInteger ? std::to_string(value.integer)
                                                 : PlainDecimalText(value.real);
}

// A comparison that is true of the row by what the language says, without any
// of our evaluators; empty where there is none.
std::string TrueOf(RandomWorld& random, const RecordView& row, const Field& field) {
  const ValueView value = row.Get(field);
  if (field.hidden || field.type == FieldType::kJson) return "";
  if (value.storage == StorageClass::kInteger || value.storage == StorageClass::kReal) {
    const std::string number = NumberText(value);
    if (field.type == FieldType::kBool)
      return field.name + " = " + (value.integer != 0 ? "true" : "false");
    if (field.type != FieldType::kNumber) return "";
    return field.name + random.PickOf({" = ", " >= ", " <= ", " ?= ", " ~ "}) + number;
  }
  if (value.storage != StorageClass::kText) return "";
  const std::string text = QuoteText(value.text);
  // Wildcards and escapes in a value do not match themselves.
  const bool plain = value.text.find_first_of("%\\") == std::string_view::npos;
  const std::string sign = random.PickOf({" = ", " >= ", " <= ", " ~ ", " ?= ", " != "});
  if (sign == " ~ " && !plain) return "";
  if (sign == " != ") return field.name + sign + QuoteText(std::string(value.text) + "x");
  // A number's affinity would change what a text says (F-35).
  if (field.affinity() == Affinity::kNumeric && sign != " ~ ") return "";
  return field.name + sign + text;
}

// Pivoted query synthesis: a filter made of one row's own values has that row.
TEST(LogicTest, APivotRowIsInTheAnswerMadeForIt) {
  OnWorlds(25, 60, [](OracleWorld& world, const Question& question) {
    const Collection& collection = *world.schema().Find(question.collection);
    const StatusOr<RowSource::Rows> rows = world.rows(collection);
    if (collection.is_view() || !rows.ok() || rows->empty()) return false;
    RandomWorld& random = world.random();
    const RecordView& row = *(*rows)[random.Pick(rows->size())];
    Question made;
    made.collection = question.collection;
    made.filter_mode = BindMode::kOpen;
    made.caller = question.caller;
    for (int i = 0; i < 4; ++i) {
      const std::string one =
          TrueOf(random, row, collection.fields[random.Pick(collection.fields.size())]);
      if (one.empty()) continue;
      if (!made.filter.empty()) made.filter += " && ";
      // What is true stays so beside anything else.
      const std::string any = random.MakeFilter(question.collection, 1, false);
      made.filter += random.Chance(30) ? "(" + one + " || " + any + ")" : one;
    }
    if (made.filter.empty()) return false;
    const std::optional<Plan> plan = Usable(world, made);
    if (!plan) return false;
    const std::string id(row.Get(*collection.FindField("id")).text);
    const Answers answers = AskAll(world, *plan);
    for (std::size_t by = 0; by < 3; ++by) {
      if (!answers.by[by].ok()) return false;  // a malformed JSON path
      EXPECT_TRUE(answers.by[by]->contains(id)) << kEvaluators[by] << " " << made.Show() << id;
    }
    return true;
  });
}

// ---- a rule and a filter ----

std::set<std::string> FreePaths(const Plan& plan) {
  std::set<std::string> paths;
  for (const Variable& variable : plan.variables) {
    if (!variable.bound && variable.domain != Domain::kBase) paths.insert(variable.path);
  }
  return paths;
}

// A rule and a filter are one condition over one scope (F-67): together they
// mean `(rule) && (filter)`. Where they share no path that is the filter applied
// to the rows of the rule; where they do, one joined row has to satisfy both,
// and only what is in each answer can be in the answer of both.
TEST(LogicTest, RuleAndFilterAreOneCondition) {
  OnWorlds(25, 60, [](OracleWorld& world, const Question& question) {
    if (question.rule.empty() || question.filter.empty()) return false;
    Question rule_only = question;
    rule_only.filter.clear();
    Question filter_only = question;
    filter_only.rule.clear();
    Question open = question;
    open.filter_mode = BindMode::kOpen;
    Question joined = open;
    joined.filter = "(" + question.rule + ") && (" + question.filter + ")";
    joined.rule.clear();
    const std::optional<Plan> both = Usable(world, question);
    const std::optional<Plan> rule = Usable(world, rule_only);
    const std::optional<Plan> filter = Usable(world, filter_only);
    const std::optional<Plan> both_open = Usable(world, open);
    const std::optional<Plan> text = Usable(world, joined);
    if (!both || !rule || !filter || !both_open || !text) return false;
    const bool apart = [&] {
      for (const std::string& path : FreePaths(*rule)) {
        if (FreePaths(*filter).contains(path)) return false;
      }
      return true;
    }();
    const Answers both_rows = AskAll(world, *both);
    const Answers rule_rows = AskAll(world, *rule);
    const Answers filter_rows = AskAll(world, *filter);
    const Answers open_rows = AskAll(world, *both_open);
    const Answers text_rows = AskAll(world, *text);
    for (std::size_t by = 0; by < 3; ++by) {
      SCOPED_TRACE(kEvaluators[by]);
      for (const Answers* answers :
           {&both_rows, &rule_rows, &filter_rows, &open_rows, &text_rows}) {
        if (!answers->by[by].ok()) return false;  // a malformed JSON path
      }
      EXPECT_EQ(*open_rows.by[by], *text_rows.by[by]);
      const IdSet of_both = Distinct(*both_rows.by[by]);
      const IdSet of_each =
          Intersection(Distinct(*rule_rows.by[by]), Distinct(*filter_rows.by[by]));
      if (apart) {
        EXPECT_EQ(of_both, of_each);
      } else {
        EXPECT_TRUE(std::includes(of_each.begin(), of_each.end(), of_both.begin(), of_both.end()));
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace sluice
