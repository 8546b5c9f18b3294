// Text to tree: filter, sort, fields and expand.
//
// Every function is pure and safe to call from several threads. A mistake in
// the text is a kInvalidArgument status with a Diagnostic; its message is the
// peer's text (F-6 to F-27, F-132, F-147 to F-155). No input overflows the
// stack, and the time is linear in the text but for nested groups, whose cost
// is bounded by `nesting_max`.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/ast.h"
#include "sluice/status.h"

namespace sluice {

// Limits on every dimension of an input. The defaults are the peer's (F-26);
// exceeding them is visible behaviour.
struct ParseLimits {
  std::size_t text_bytes_max = 3500;  // 0 = unlimited (a rule)
  std::size_t comparisons_max = 200;  // leaf comparisons of one expression
  std::size_t call_nesting_max = 3;
  std::size_t nesting_max = 10000;  // groups; ours, to bound the work on rules
  std::size_t sort_keys_max = 8;
  std::size_t sort_name_bytes_max = 255;
  std::size_t expand_segments_max = 6;
};

// The limits of a stored rule: no length limit.
ParseLimits RuleLimits();

// An empty text is a mistake; whether "no filter" is meant is for the caller to
// know (F-5). A zero byte anywhere is a mistake, too (F-8).
StatusOr<Ast> ParseFilter(std::string_view text, const ParseLimits& limits = {});

// An empty text is an empty list.
StatusOr<SortList> ParseSort(std::string_view text, const ParseLimits& limits = {});
StatusOr<FieldList> ParseFields(std::string_view text);

// Never fails: what is not a path simply expands nothing (F-158, F-161).
ExpandList ParseExpand(std::string_view text, const ParseLimits& limits = {});

}  // namespace sluice
