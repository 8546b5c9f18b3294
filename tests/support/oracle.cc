#include "tests/support/oracle.h"

#include <cstdio>
#include <cstdlib>

#include "sluice/parser.h"
#include "sluice/simplify.h"
#include "sluice/trace.h"
#include "tools/server/records/query.h"
#include "tools/server/records/stored_rows.h"

namespace sluice {
namespace {

// Of all forms that a world is asked.
constexpr std::size_t kStatementsMax = 4096;

std::string ShowIds(const StatusOr<Ids>& ids) {
  if (!ids.ok()) return ids.status().ToString();
  std::string text = "{";
  for (const std::string& id : *ids) text += " " + id;
  return text + " }";
}

// A trace looks at more than an answer needs, so it may meet a mistake of a row
// that the answer passes by; else it agrees.
Status CheckTrace(const Plan& plan, const RecordView& row, RowSource& rows, bool matches) {
  TraceLimits limits;
  limits.assignments_max = 50;
  const StatusOr<Trace> trace = TraceMatch(plan, row, &rows, limits);
  if (!trace.ok() || trace->matches == matches) return absl::OkStatus();
  return absl::DataLossError("the trace disagrees");
}

}  // namespace

// All rows of all collections in memory, so that a predicate asks no database.
class OracleWorld::Rows final : public RowSource {
 public:
  Rows(const Schema& schema, store::Connection& connection) {
    records::StoredRows stored(schema, connection);
    for (const auto& collection : schema.collections()) {
      StatusOr<RowSource::Rows> rows = stored.All(*collection);
      if (!rows.ok()) std::abort();
      rows_.emplace(collection.get(), *std::move(rows));
    }
  }

  StatusOr<RowSource::Rows> FindById(const Collection& collection, std::string_view id) override {
    return FindByField(collection, *collection.FindField("id"), id);
  }
  StatusOr<RowSource::Rows> FindByField(const Collection& collection, const Field& field,
                                        std::string_view value) override {
    RowSource::Rows found;
    for (const auto& row : rows_.at(&collection)) {
      const ValueView stored = row->Get(field);
      if (stored.storage == StorageClass::kText && stored.text == value) found.push_back(row);
    }
    return found;
  }
  StatusOr<RowSource::Rows> All(const Collection& collection) override {
    return rows_.at(&collection);
  }

 private:
  std::map<const Collection*, RowSource::Rows> rows_;
};

std::string Question::Show() const {
  return collection + "\n  rule:   " + rule + "\n  filter: " + filter + "\n  sort:   " + sort +
         "\n  as:     " + (caller.empty() ? "guest" : caller) +
         (filter_mode == BindMode::kRestricted ? " restricted" : " open") + "\n";
}

OracleWorld::OracleWorld(std::uint64_t seed, const WorldOptions& options)
    : random_(seed, options),
      schema_(random_.MakeSchema()),
      database_(std::make_unique<TempDatabase>(random_.MakeRows())),
      connection_(database_->Open(store::Access::kWrite, kStatementsMax)),
      rows_(std::make_shared<Rows>(*schema_, *connection_)) {
  std::size_t number = seed;
  for (const auto& collection : schema_->collections()) {
    statistics_.Add(collection->name, "", "1000000");
    for (const Index& index : collection->indexes)
      statistics_.Add(collection->name, index.name,
                      ++number % 2 == 0 ? "1000000 300000" : "1000000 2");
  }
}

Question OracleWorld::MakeQuestion(const QuestionOptions& options) {
  Question question;
  question.collection = random_.AnyCollection();
  question.filter_mode = random_.Chance(60) ? BindMode::kRestricted : BindMode::kOpen;
  if (random_.Chance(70)) question.caller = RandomWorld::IdOf("users", 1 + random_.Pick(5));
  question.query_a = random_.PickOf({"", "a", "10"});
  if (random_.Chance(50))
    question.rule = random_.MakeFilter(question.collection, options.rule_terms, true);
  if (random_.Chance(90) || question.rule.empty())
    question.filter = random_.MakeFilter(question.collection, options.filter_terms, false);
  if (random_.Chance(options.sort_percent)) question.sort = random_.MakeSort(question.collection);
  return question;
}

Question OracleWorld::MakeForm(const QuestionOptions& options) {
  random_.LeaveBlanks(true);
  Question form = MakeQuestion(options);
  random_.LeaveBlanks(false);
  return form;
}

Question OracleWorld::Fill(const Question& form) {
  Question question = form;
  question.rule = random_.Fill(form.rule);
  question.filter = random_.Fill(form.filter);
  if (!form.caller.empty()) question.caller = RandomWorld::IdOf("users", 1 + random_.Pick(5));
  question.query_a = random_.PickOf({"", "a", "10"});
  return question;
}

void OracleWorld::DealRows() {
  std::vector<std::string> statements = {"BEGIN"};
  for (const auto& collection : schema_->collections()) {
    if (!collection->is_view()) statements.push_back("DELETE FROM " + collection->name);
  }
  for (std::string& insert : random_.MakeInserts()) statements.push_back(std::move(insert));
  statements.emplace_back("COMMIT");
  for (const std::string& statement : statements) {
    if (!connection_->Execute(statement).ok()) std::abort();
  }
  rows_ = std::make_shared<Rows>(*schema_, *connection_);
}

StatusOr<Plan> OracleWorld::Bind(const Question& question) {
  Query query;
  query.collection = schema_->Find(question.collection);
  const StatusOr<Ast> rule = ParseFilter(question.rule.empty() ? "1=1" : question.rule);
  const StatusOr<Ast> filter = ParseFilter(question.filter.empty() ? "1=1" : question.filter);
  const StatusOr<SortList> sort = ParseSort(question.sort);
  if (!rule.ok() || !filter.ok() || !sort.ok()) {
    std::fprintf(stderr, "does not parse: %s\n", question.Show().c_str());
    std::abort();
  }
  if (!question.rule.empty()) query.rule = &*rule;
  if (!question.filter.empty()) query.filter = &*filter;
  if (!question.sort.empty()) query.sort = &*sort;
  AuthRecord auth{schema_->Find("users"), question.caller, "u1@x.io", true, false};
  RequestContext request;
  request.now = 1'704'067'200'000;
  request.query = {{"a", question.query_a}, {"views", "10"}};
  request.headers = {{"x_h", "a"}};
  if (!question.caller.empty()) request.auth = &auth;
  BindOptions options;
  options.request = &request;
  options.filter_mode = question.filter_mode;
  return sluice::Bind(query, *schema_, options);
}

StatusOr<RowSource::Rows> OracleWorld::rows(const Collection& collection) {
  return rows_->All(collection);
}

RowSource& OracleWorld::source() { return *rows_; }

StatusOr<Ids> OracleWorld::RunSql(const Plan& plan, Lowering lowering, bool paged,
                                  const Statistics* statistics) {
  SelectOptions options;
  options.columns = {"id"};
  options.lowering = lowering;
  options.order = paged;
  options.limit = paged;
  options.statistics = statistics;
  Ids ids;
  SLUICE_RETURN_IF_ERROR(records::RunStatement(*connection_, plan,
                                               SelectRows(plan, Sqlite(), options), {},
                                               [&ids](const store::Statement& row) {
                                                 ids.emplace(row.Column(0).text);
                                                 return absl::OkStatus();
                                               }));
  return ids;
}

StatusOr<Ids> OracleWorld::RunPredicate(const Plan& plan) {
  const Predicate predicate(plan);
  Ids ids;
  SLUICE_ASSIGN_OR_RETURN(const RowSource::Rows all, rows_->All(*plan.collection));
  for (const auto& row : all) {
    SLUICE_ASSIGN_OR_RETURN(const bool matches, predicate.Matches(*row, rows_.get()));
    SLUICE_RETURN_IF_ERROR(CheckTrace(plan, *row, *rows_, matches));
    if (matches) ids.emplace(row->Get(*plan.collection->FindField("id")).text);
  }
  return ids;
}

std::size_t FreeVariables(const Plan& plan) {
  std::size_t count = 0;
  for (const Variable& variable : plan.variables) count += variable.bound ? 0 : 1;
  return count;
}

std::string ShowPlans(const Plan& plan, const Plan& simple) {
  SelectOptions options;
  options.columns = {"id"};
  return "bound:\n" + Dump(plan) + "\nsimplified:\n" + Dump(simple) + "\n" +
         SelectRows(simple, Sqlite(), options).text + "\n";
}

std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

Verdict CompareEvaluators(OracleWorld& world, const Question& question, std::size_t joins_max,
                          std::string* details) {
  const StatusOr<Plan> plan = world.Bind(question);
  if (!plan.ok()) {
    if (absl::IsInvalidArgument(plan.status())) return Verdict::kRefused;
    *details = question.Show() + plan.status().ToString();
    return Verdict::kDiffer;
  }
  // The plain form multiplies rows by every variable: too many take for ever.
  if (FreeVariables(*plan) > joins_max) return Verdict::kSkipped;
  const Plan simple = Simplify(*plan);
  const StatusOr<Ids> plain = world.RunSql(*plan, Lowering::kPlain);
  const StatusOr<Ids> rewritten = world.RunSql(simple, Lowering::kRewritten);
  const StatusOr<Ids> paged = world.RunSql(simple, Lowering::kRewritten, true);
  const StatusOr<Ids> chosen =
      world.RunSql(simple, Lowering::kRewritten, true, &world.statistics());
  const StatusOr<Ids> in_memory = world.RunPredicate(*plan);
  if (!plain.ok()) return Verdict::kFailed;  // rows decide whether a bad JSON path is met
  const StatusOr<std::int64_t> count = records::RunCount(world.connection(), simple);
  const StatusOr<std::int64_t> chosen_count =
      records::RunCount(world.connection(), simple, &world.statistics());
  const bool agree = rewritten.ok() && paged.ok() && *plain == *paged && chosen.ok() &&
                     *plain == *chosen && in_memory.ok() && count.ok() && *plain == *rewritten &&
                     *plain == *in_memory && static_cast<std::size_t>(*count) == plain->size() &&
                     chosen_count.ok() && *chosen_count == *count;
  if (agree) return plain->empty() ? Verdict::kEmpty : Verdict::kAgree;
  *details = question.Show() + "plain:     " + ShowIds(plain) +
             "\nrewritten: " + ShowIds(rewritten) + "\npaged:     " + ShowIds(paged) +
             "\nchosen:    " + ShowIds(chosen) + "\npredicate: " + ShowIds(in_memory) +
             "\ncount:     " + (count.ok() ? std::to_string(*count) : count.status().ToString()) +
             "\n" + ShowPlans(*plan, simple);
  return Verdict::kDiffer;
}

}  // namespace sluice
