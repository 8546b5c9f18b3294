// IN or EXISTS: how SQLite should find the rows of a back-relation that a
// condition asks for. Never what an answer is, nor its order. Private to sqlgen/.
#pragma once

#include <vector>

#include "sluice/plan.h"
#include "sluice/sql.h"

namespace sluice {

// What the statement is to give.
struct Asking {
  const Statistics* statistics = nullptr;
  double rows = -1;        // as SelectOptions::rows_asked
  bool sorted = false;     // by the plan's sort
  bool order_seen = true;  // who asks sees where the database starts: no count, no total order
  bool joined = false;     // other tables stand beside the base
};

// Why an ExistsCond is spelled as it is.
enum class SpellingReason : std::uint8_t {
  kNoStatistics,  // by rule
  kNotEquated,    // by rule: nothing tells how many rows are asked for
  kNoBackIndex,   // by rule: a look for each base row would read the table
  kOneBaseRow,    // by rule
  kEstimate,
  kNotMuchBetter,  // by rule: the estimates are too close
  kKeepsOrder,     // by rule: the other would be better, and change the order
};

// In steps: a row met one after the other, some 0.1 µs.
struct SpellingCosts {
  double list = 0;
  double probes = 0;
  double rows_listed = 0;  // 0: not known
  double back_rows = 0;
  double base_rows = 0;  // that are met, of all that there are
  double base_rows_all = 0;
  bool starts_from_list = false;  // else the list is one that base rows are looked up in
};

struct SpellingChoice {
  CondId cond = 0;
  ExistsSpelling spelling = ExistsSpelling::kProbes;
  SpellingReason reason = SpellingReason::kNoStatistics;
  SpellingCosts costs;  // by statistics, where the reason is of an estimate
};

struct SpellingChoices {
  std::vector<SpellingChoice> choices;
  // The list that the rule would have, by which the database starts, gives rows
  // that tie in the order of their ids: now the statement must say so.
  bool orders_ties_by_id = false;
  // Equalities that most rows are said to meet, so that a look is by the
  // back-relation's own index. SQLite may know less of them than we do: it reads
  // statistics when it reads the schema, and no more.
  std::vector<CondId> likely;
};

// By rule: a list where an equality leaves few rows to be listed, as one scan of
// the table is the worst that it can cost, and a look for each base row costs many
// times that; looks where an index leaves few base rows, and where only a look
// can tell whether the first rows do. By statistics, the other one where the estimate
// says that it is much better, and the order of the answer stays as it is.
SpellingChoices ChooseSpellings(const Plan& plan, const Asking& asking);

// Of a condition without a choice, or without choices: kProbes.
ExistsSpelling SpellingOf(const SpellingChoices* choices, CondId cond);

bool IsLikely(const SpellingChoices* choices, CondId cond);

// In words.
std::vector<ExistsChoice> Explain(const Plan& plan, const SpellingChoices& choices);

}  // namespace sluice
