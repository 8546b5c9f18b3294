// Which indexes a query could be looked up by, as far as its plan says. Whether
// one helps is for the database to say: index_trial.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/plan.h"
#include "sluice/schema.h"

namespace sluice::cli {

struct IndexCandidate {
  std::string collection;
  std::vector<std::string> columns;  // `created`, `created DESC`
  std::string name;
  std::string create;  // the statement
  std::string why;
};

// Columns that are equal to something known come first, then one range or the
// keys of the sort; of relations both sides are looked at. Left out are views,
// collections of the system, and what an index that is there begins with. In
// an order that depends on the plan alone, without repetitions.
std::vector<IndexCandidate> IndexCandidates(const Plan& plan, const Schema& schema);

// The index of a relation's column, by which the rows that refer to a record are
// found; none where it is there or the relation holds several.
std::vector<IndexCandidate> ReferenceCandidate(const Collection& collection, const Field& relation,
                                               const Schema& schema);

// Names of the plain indexes of `collection` that the candidate's columns go on
// from: what they serve, it serves as well.
std::vector<std::string> Superseded(const IndexCandidate& candidate, const Collection& collection);

// `schema` as if it had the indexes.
std::shared_ptr<const Schema> WithIndexes(const Schema& schema,
                                          const std::vector<const IndexCandidate*>& indexes);

}  // namespace sluice::cli
