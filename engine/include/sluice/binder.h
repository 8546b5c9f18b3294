// Trees + schema + request -> Plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/ast.h"
#include "sluice/plan.h"
#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice {

// F-3. Open: rules, and everything a superuser asks. Restricted: filters and
// sorts of everyone else, where hidden fields, emails and the list rules of
// joined collections count.
enum class BindMode : std::uint8_t { kOpen, kRestricted };

// Where a bound condition was written, for people.
enum class PlaceText : std::uint8_t { kRule, kFilter, kListRule };
struct CondPlace {
  CondId cond = 0;
  PlaceText text = PlaceText::kRule;
  // kListRule: whose list rule it is (F-116), of which row.
  const Collection* collection = nullptr;
  VarId var = kBaseVar;
  // In that text; empty for what a list rule is wrapped in.
  Span span;
  // One comparison with all that it became, else a group; its sides.
  bool comparison = false;
  Span left;
  Span right;
};

struct BindOptions {
  BindMode filter_mode = BindMode::kRestricted;  // of the filter and the sort
  // Null: no request, every @request.* is NULL (F-90).
  const RequestContext* request = nullptr;
  // Only the collection's own field names, macros and functions mean anything;
  // no modifiers, paths, @request or @collection (F-124). A json field may be
  // followed by a path.
  bool plain_names_only = false;
  // What the caller may not see has no influence on what a restricted filter or
  // sort gives: what the peer lets through is a mistake (engine/README.md).
  bool strict = false;
  // The base row is a record about to be created (F-42).
  bool virtual_row = false;
  // Tables in one query, base included (F-26).
  std::size_t tables_max = 64;
  std::size_t relation_hops_max = 6;
  // Not null: gets a place for each comparison and group, inner ones first.
  std::vector<CondPlace>* places = nullptr;
};

// What is asked: everything but the collection may be null. All parts share
// one set of variables (F-67), in the order rule, filter, sort.
struct Query {
  const Collection* collection = nullptr;
  const Ast* rule = nullptr;  // bound in open mode
  const Ast* filter = nullptr;
  const SortList* sort = nullptr;
  // The row with that id only.
  const std::string* row_id = nullptr;
  // Rows whose id is one of these only.
  const std::vector<std::string>* ids = nullptr;
};

// Gives every name a meaning in `schema` and every comparison its form.
//
// On a mistake (unknown field, path too long, a list rule that forbids) the
// status is kInvalidArgument with a Diagnostic whose message is the peer's
// (F-170) and whose span lies in the source of the tree it came from; its code
// starts with `rule_`, `filter_` or `sort_`. Only the first mistake is
// reported, in the order rule, filter, sort.
//
// The plan points into `schema`. Safe to call from several threads.
StatusOr<Plan> Bind(const Query& query, const Schema& schema, const BindOptions& options);

// True when the text would be refused of a non-superuser for holding
// `@collection.` or `@request.` (F-111); `which` gets the offending prefix.
bool MentionsRestrictedPrefix(std::string_view text, std::string* which);

}  // namespace sluice
