// What `sluice advise` looks at: requests as the rules make them and as the log
// has them, and the statements that each comes to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/sql.h"
#include "tools/cli/folder_caller.h"
#include "tools/cli/index_candidates.h"
#include "tools/server/store/trial_database.h"

namespace sluice::cli {

enum class AskKind : std::uint8_t {
  kList,
  kView,
  kUpdate,
  kDelete,
  kReferences  // the rows that a deleted record leaves behind are looked for
};

struct AskedRequest {
  AskKind kind = AskKind::kList;
  std::string collection;
  std::string as;  // as FindCaller has it
  std::string id;  // of the record; empty: any
  std::string filter;
  std::string sort;
  std::string expand;
  std::vector<std::pair<std::string, std::string>> query;
  std::int64_t per_page = 30;
  std::int64_t offset = 0;
  bool skip_total = false;
  bool logged = false;
  std::int64_t times = 1;
};

// `GET posts ?filter=… as users/x`, `posts.listRule as a guest`.
std::string Describe(const AskedRequest& request);

struct AskedStatement {
  std::string text;
  std::vector<Value> values;
  std::size_t page = 0;  // rows that are asked for at most
  // A count, which is asked only when the statement before it gave a whole page.
  bool counts_more = false;
};

struct AskedStatements {
  std::vector<AskedStatement> statements;
  std::vector<IndexCandidate> candidates;
};

// Makes statements of requests as the server would, with what a copy holds.
class RequestBinder {
 public:
  // Both outlive it.
  RequestBinder(std::shared_ptr<const store::Snapshot> snapshot, store::TrialDatabase& rows)
      : snapshot_(std::move(snapshot)), rows_(rows) {}

  const Schema& schema() const { return *snapshot_->schema; }

  // A guest and a record of each auth collection that has any; only `as` where it
  // is not empty.
  StatusOr<std::vector<std::string>> Callers(const std::string& as);

  // The list, view, update and delete of each collection that a rule stands
  // before, by each caller; deletes also of what refers to the record.
  std::vector<AskedRequest> OfRules(const std::vector<std::string>& callers) const;

  // One of each shape in the log, with how many there were. `unread` counts
  // those to records that could not be understood.
  StatusOr<std::vector<AskedRequest>> OfLog(store::Connection& log, const std::string& as,
                                            std::int64_t& unread);

  // With `schema`, this binder's or one with more indexes. Fails where the request
  // would be refused.
  StatusOr<AskedStatements> Bind(const AskedRequest& request, const Schema& schema);

 private:
  StatusOr<const FolderCaller*> CallerOf(const std::string& as);
  StatusOr<std::string> IdOf(const AskedRequest& request, const Collection& collection);
  Status AddReferences(const std::string& id, const Collection& collection, const Schema& schema,
                       AskedStatements& asked) const;
  static void AddExpand(const AskedRequest& request, const std::string& id,
                        const Collection& collection, const Schema& schema, AskedStatements& asked);
  StatusOr<std::vector<AskedRequest>> Read(std::string_view data, const std::string& as);

  std::shared_ptr<const store::Snapshot> snapshot_;
  store::TrialDatabase& rows_;
  std::map<std::string, FolderCaller> callers_;
  std::map<std::string, std::string> ids_;  // by collection
};

}  // namespace sluice::cli
