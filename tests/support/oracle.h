// A random world in a database, and the ways to ask it: what all judges of the
// engine share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sluice/ast.h"
#include "sluice/binder.h"
#include "sluice/predicate.h"
#include "sluice/record_view.h"
#include "sluice/sql.h"
#include "tests/support/random_world.h"
#include "tests/support/temp_database.h"

namespace sluice {

using Ids = std::multiset<std::string>;

// A rule, a filter and a sort as texts, and who asks.
struct Question {
  std::string collection;
  std::string rule;    // empty: none
  std::string filter;  // empty: none
  std::string sort;    // empty: none
  std::string caller;  // an id of `users`; empty: a guest
  BindMode filter_mode = BindMode::kRestricted;
  std::string query_a;  // @request.query.a

  std::string Show() const;
};

struct QuestionOptions {
  int rule_terms = 2;
  int filter_terms = 3;
  int sort_percent = 25;
};

class OracleWorld {
 public:
  explicit OracleWorld(std::uint64_t seed, const WorldOptions& options = {});

  RandomWorld& random() { return random_; }
  const Schema& schema() const { return *schema_; }
  const std::shared_ptr<const Schema>& shared_schema() const { return schema_; }
  store::Connection& connection() { return *connection_; }
  const TempDatabase& database() const { return *database_; }
  // Made up: large tables, of whose indexes some tell rows apart and some do not.
  const Statistics& statistics() const { return statistics_; }

  Question MakeQuestion(const QuestionOptions& options = {});
  // The form of many questions: literals are blanks. Fill puts some in, and says who asks.
  Question MakeForm(const QuestionOptions& options = {});
  Question Fill(const Question& form);
  // Other rows in the same tables.
  void DealRows();
  // kInvalidArgument where it means nothing. Aborts when it does not parse.
  StatusOr<Plan> Bind(const Question& question);

  // All rows of a collection, and of all.
  StatusOr<RowSource::Rows> rows(const Collection& collection);
  RowSource& source();

  // The ids of the answer.
  // `paged`: in order, with a limit that is as good as none.
  StatusOr<Ids> RunSql(const Plan& plan, Lowering lowering, bool paged = false,
                       const Statistics* statistics = nullptr);
  StatusOr<Ids> RunPredicate(const Plan& plan);

 private:
  class Rows;

  RandomWorld random_;
  std::shared_ptr<const Schema> schema_;
  std::unique_ptr<TempDatabase> database_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<Rows> rows_;  // read once
  Statistics statistics_;
};

// How many joins the plain form has.
std::size_t FreeVariables(const Plan& plan);

// Plans and statement, for failures.
std::string ShowPlans(const Plan& plan, const Plan& simple);

// What the environment says, or `fallback`.
std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t fallback);

// What a comparison of all evaluators came to.
enum class Verdict {
  kAgree,    // and some row is in the answer
  kEmpty,    // agree that none is
  kRefused,  // does not bind
  kSkipped,  // too many joins
  kFailed,   // every one failed: a malformed JSON path
  kDiffer
};
// Predicate = rewritten SQL = plain SQL = count. `details` gets what differs.
Verdict CompareEvaluators(OracleWorld& world, const Question& question, std::size_t joins_max,
                          std::string* details);

}  // namespace sluice
