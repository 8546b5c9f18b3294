// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/advise_measure.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "tools/cli/advise_timing.h"
#include "tools/cli/query_plan.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kIndexesTogetherMax = 4;
// What is less may be chance, or is not worth an index.
constexpr double kSavedShareMin = 0.2;
constexpr double kSavedMillisecondsMin = 0.05;
constexpr double kSavedOfRequestMin = 0.02;  // where one of its statements is helped
// From here on a request that nothing helps is worth a word.
constexpr double kSlowMilliseconds = 5;

double Sum(const std::vector<double>& times) {
  return std::accumulate(times.begin(), times.end(), 0.0);
}

std::vector<std::string> Texts(const AskedStatements& asked) {
  std::vector<std::string> texts;
  for (const AskedStatement& statement : asked.statements) texts.push_back(statement.text);
  return texts;
}

StatusOr<std::vector<std::string>> AllPlans(store::Connection& connection,
                                            const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> lines, QueryPlan(connection, text));
    all.insert(all.end(), std::make_move_iterator(lines.begin()),
               std::make_move_iterator(lines.end()));
  }
  return all;
}

// Indexes that are there for the time of a scope.
class AddedIndexes {
 public:
  AddedIndexes(store::TrialDatabase& database, const std::vector<const IndexCandidate*>& indexes)
      : database_(database) {
    for (const IndexCandidate* index : indexes) {
      if (!status_.ok()) return;
      status_ = database.AddIndex(index->name, index->create);
      if (status_.ok()) names_.push_back(index->name);
    }
  }
  ~AddedIndexes() {
    for (const std::string& name : names_) (void)database_.DropIndex(name);
  }
  AddedIndexes(const AddedIndexes&) = delete;
  AddedIndexes& operator=(const AddedIndexes&) = delete;
  const Status& status() const { return status_; }

 private:
  store::TrialDatabase& database_;
  std::vector<std::string> names_;
  Status status_;
};

std::vector<const IndexCandidate*> Pointers(const std::vector<IndexCandidate>& candidates) {
  std::vector<const IndexCandidate*> pointers;
  for (const IndexCandidate& candidate : candidates) pointers.push_back(&candidate);
  return pointers;
}

// Indexes that are tried together, and how long requests then take.
struct Trial {
  std::vector<IndexCandidate> indexes;
  // By request, then by statement; those that do not use the indexes are as before.
  std::map<std::size_t, std::map<std::size_t, double>> after;
};

class Adviser {
 public:
  Adviser(RequestBinder& binder, store::TrialDatabase& rows,
          const std::vector<AskedRequest>& requests,
          const std::function<void(const std::string&)>& progress)
      : binder_(binder), rows_(rows), requests_(requests), progress_(progress) {}

  StatusOr<Advised> Run(std::size_t advice_max) {
    SLUICE_RETURN_IF_ERROR(MeasureAsTheyAre());
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      progress_("trying index " + std::to_string(i + 1) + " of " + std::to_string(trials_.size()) +
                ": " + trials_[i].indexes[0].name);
      SLUICE_RETURN_IF_ERROR(Try(trials_[i]));
    }
    advised_.tried = trials_.size();
    while (advised_.advice.size() < advice_max && Choose()) {
      SLUICE_RETURN_IF_ERROR(Weigh(advised_.advice.back()));
    }
    FindUnhelped();
    return std::move(advised_);
  }

 private:
  Status MeasureAsTheyAre() {
    SLUICE_ASSIGN_OR_RETURN(const auto planned,
                            store::TrialDatabase::WithoutRows(rows_.connection()));
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      progress_("measuring request " + std::to_string(i + 1) + " of " +
                std::to_string(requests_.size()));
      times_.emplace_back();
      const StatusOr<AskedStatements> asked = binder_.Bind(requests_[i], binder_.schema());
      if (!asked.ok()) continue;  // what is refused needs no index
      StatusOr<std::vector<double>> times = TimeStatements(rows_.connection(), *asked);
      if (!times.ok()) continue;  // as its answer is a failure, too
      times_.back() = *std::move(times);
      advised_.total += Sum(times_.back()) * static_cast<double>(requests_[i].times);
      if (Sum(times_.back()) < kSavedMillisecondsMin) continue;
      SLUICE_RETURN_IF_ERROR(AddTrials(*planned, requests_[i], asked->candidates));
    }
    return absl::OkStatus();
  }

  // Each index that SQLite would use if it were the only new one, and those that
  // it would use together.
  Status AddTrials(store::TrialDatabase& planned, const AskedRequest& request,
                   const std::vector<IndexCandidate>& candidates) {
    const auto texts = [&](const Schema& schema) -> StatusOr<std::vector<std::string>> {
      SLUICE_ASSIGN_OR_RETURN(const AskedStatements asked, binder_.Bind(request, schema));
      return Texts(asked);
    };
    for (const IndexCandidate& candidate : candidates) {
      SLUICE_ASSIGN_OR_RETURN(std::vector<IndexCandidate> used,
                              WouldUse(planned, binder_.schema(), {candidate}, texts));
      if (!used.empty()) AddTrial(std::move(used));
    }
    if (candidates.size() < 2) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(std::vector<IndexCandidate> used,
                            WouldUse(planned, binder_.schema(), candidates, texts));
    if (used.size() > 1 && used.size() <= kIndexesTogetherMax) AddTrial(std::move(used));
    return absl::OkStatus();
  }

  void AddTrial(std::vector<IndexCandidate> indexes) {
    std::string key;
    for (const IndexCandidate& index : indexes) key += index.create + "\n";
    if (known_.insert(std::move(key)).second) trials_.push_back({std::move(indexes), {}});
  }

  // What an index serves is not only the request that it was thought of for.
  Status Try(Trial& trial) {
    const auto schema = WithIndexes(binder_.schema(), Pointers(trial.indexes));
    const AddedIndexes added(rows_, Pointers(trial.indexes));
    if (!added.status().ok()) return absl::OkStatus();  // as it would be for the folder
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (Sum(times_[i]) < kSavedMillisecondsMin) continue;
      const StatusOr<AskedStatements> asked = binder_.Bind(requests_[i], *schema);
      if (asked.ok()) SLUICE_RETURN_IF_ERROR(TryOn(trial, i, *asked));
    }
    return absl::OkStatus();
  }

  Status TryOn(Trial& trial, std::size_t request, const AskedStatements& asked) {
    std::vector<std::size_t> users;
    std::vector<std::string> all;
    for (std::size_t i = 0; i < asked.statements.size(); ++i) {
      SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                              QueryPlan(rows_.connection(), asked.statements[i].text));
      if (UsesAny(lines, trial)) users.push_back(i);
      all.insert(all.end(), lines.begin(), lines.end());
    }
    for (const IndexCandidate& index : trial.indexes) {
      if (!IsLookedUpBy(all, index.name)) return absl::OkStatus();
    }
    SLUICE_ASSIGN_OR_RETURN(const std::vector<double> times,
                            TimeStatements(rows_.connection(), asked));
    for (const std::size_t i : users) trial.after[request][i] = times[i];
    return absl::OkStatus();
  }

  static bool UsesAny(const std::vector<std::string>& lines, const Trial& trial) {
    return std::any_of(
        trial.indexes.begin(), trial.indexes.end(),
        [&lines](const IndexCandidate& index) { return IsLookedUpBy(lines, index.name); });
  }

  Advice AdviceOf(const Trial& trial) const {
    Advice advice{.indexes = trial.indexes};
    for (const auto& [request, statements] : trial.after) {
      double before = 0;
      double after = 0;
      for (const auto& [statement, time] : statements) {
        before += times_[request][statement];
        after += time;
      }
      const double saved = before - after;
      const double all = Sum(times_[request]);
      if (saved < kSavedMillisecondsMin || saved < before * kSavedShareMin ||
          saved < all * kSavedOfRequestMin)
        continue;
      advice.serves.push_back({request, all, all - saved});
      advice.saved += saved * static_cast<double>(requests_[request].times);
    }
    return advice;
  }

  // The best trial that is left becomes advice; of those as good, the smallest.
  bool Choose() {
    std::vector<Advice> left;
    double most = 0;
    for (const Trial& trial : trials_) {
      left.push_back(AdviceOf(trial));
      most = std::max(most, left.back().saved);
    }
    if (most <= 0) return false;
    const auto size = [](const Advice& advice) {
      std::size_t columns = 0;
      for (const IndexCandidate& index : advice.indexes) columns += 1 + index.columns.size();
      return columns;
    };
    std::size_t best = left.size();
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i].saved < most * 0.9) continue;
      if (best == left.size() || size(left[i]) < size(left[best]) ||
          (size(left[i]) == size(left[best]) && left[i].saved > left[best].saved))
        best = i;
    }
    for (const ServedRequest& served : left[best].serves) {
      for (const auto& [statement, time] : trials_[best].after[served.request])
        times_[served.request][statement] = time;
    }
    Keep(std::move(left[best]));
    return true;
  }

  void Keep(Advice chosen) {
    const auto saved = [this](const ServedRequest& served) {
      return (served.before - served.after) * static_cast<double>(requests_[served.request].times);
    };
    std::sort(chosen.serves.begin(), chosen.serves.end(),
              [&](const auto& a, const auto& b) { return saved(a) > saved(b); });
    std::erase_if(chosen.indexes, [this](const IndexCandidate& index) {
      return !chosen_.insert(index.create).second;
    });
    advised_.advice.push_back(std::move(chosen));
  }

  void FindUnhelped() {
    std::set<std::size_t> helped;
    for (const Trial& trial : trials_) {
      for (const ServedRequest& served : AdviceOf(trial).serves) helped.insert(served.request);
    }
    for (const Advice& advice : advised_.advice) {
      for (const ServedRequest& served : advice.serves) helped.insert(served.request);
    }
    std::vector<ServedRequest>& left = advised_.unhelped;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const double time = Sum(times_[i]);
      if (time >= kSlowMilliseconds && helped.count(i) == 0) left.push_back({i, time, time});
    }
    std::sort(left.begin(), left.end(), [this](const auto& a, const auto& b) {
      return a.before * static_cast<double>(requests_[a.request].times) >
             b.before * static_cast<double>(requests_[b.request].times);
    });
    if (left.size() > 3) left.resize(3);
  }

  // What the advice costs.
  Status Weigh(Advice& advice) {
    std::set<std::string> tables;
    for (const IndexCandidate& index : advice.indexes) {
      tables.insert(index.collection);
      const Collection* collection = binder_.schema().Find(index.collection);
      for (std::string& name : Superseded(index, *collection))
        advice.superseded.push_back(std::move(name));
    }
    const auto insert = [&]() -> StatusOr<double> {
      double all = 0;
      for (const std::string& table : tables) {
        SLUICE_ASSIGN_OR_RETURN(const double time, rows_.InsertMicroseconds(table));
        all += time;
      }
      return all;
    };
    progress_("measuring what indexes cost");
    SLUICE_ASSIGN_OR_RETURN(advice.insert_before, insert());
    SLUICE_ASSIGN_OR_RETURN(const std::int64_t before, rows_.Bytes());
    const AddedIndexes added(rows_, Pointers(advice.indexes));
    SLUICE_RETURN_IF_ERROR(added.status());
    SLUICE_ASSIGN_OR_RETURN(const std::int64_t after, rows_.Bytes());
    advice.bytes = after - before;
    SLUICE_ASSIGN_OR_RETURN(advice.insert_after, insert());
    return absl::OkStatus();
  }

  RequestBinder& binder_;
  store::TrialDatabase& rows_;
  const std::vector<AskedRequest>& requests_;
  const std::function<void(const std::string&)>& progress_;
  std::vector<std::vector<double>> times_;  // by request and statement, with what was chosen
  std::vector<Trial> trials_;
  std::set<std::string> known_;   // of trials, by their statements
  std::set<std::string> chosen_;  // statements
  Advised advised_;
};

}  // namespace

StatusOr<Advised> MeasureIndexes(RequestBinder& binder, store::TrialDatabase& rows,
                                 const std::vector<AskedRequest>& requests, std::size_t advice_max,
                                 const std::function<void(const std::string&)>& progress) {
  return Adviser(binder, rows, requests, progress).Run(advice_max);
}

StatusOr<std::vector<IndexCandidate>> WouldUse(
    store::TrialDatabase& planned, const Schema& schema,
    const std::vector<IndexCandidate>& candidates,
    const std::function<StatusOr<std::vector<std::string>>(const Schema&)>& statements) {
  const AddedIndexes added(planned, Pointers(candidates));
  SLUICE_RETURN_IF_ERROR(added.status());
  const auto with_all = WithIndexes(schema, Pointers(candidates));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> texts, statements(*with_all));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                          AllPlans(planned.connection(), texts));
  std::vector<IndexCandidate> used;
  for (const IndexCandidate& candidate : candidates) {
    if (IsLookedUpBy(lines, candidate.name)) used.push_back(candidate);
  }
  // One that another goes on from is not worth a second index.
  const std::vector<IndexCandidate> all = used;
  std::erase_if(used, [&all](const IndexCandidate& one) {
    return std::any_of(all.begin(), all.end(), [&one](const IndexCandidate& other) {
      return one.collection == other.collection && one.columns.size() < other.columns.size() &&
             std::equal(one.columns.begin(), one.columns.end(), other.columns.begin());
    });
  });
  return used;
}

}  // namespace sluice::cli
