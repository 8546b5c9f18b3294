// What a test asks: a filter, a rule and a sort of someone, as texts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/ast.h"
#include "sluice/plan.h"
#include "sluice/request_context.h"
#include "sluice/schema.h"
#include "sluice/status.h"

namespace sluice {

struct Question {
  std::string collection;
  std::optional<std::string> filter;
  std::optional<std::string> rule;
  std::optional<std::string> sort;
  bool restricted = true;
  std::string member;  // the id of the member who asks; empty: nobody
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  JsonValue body = JsonValue::Object();
};

// The clock of all tests here: 2026-06-15 12:34:56.789 UTC, a Monday.
inline constexpr UnixMillis kTestNow = 1'781'526'896'789;

struct Bound {
  std::optional<Ast> filter;
  Plan plan;
};

// Parses and binds. `source`, when given, is the text in which the span of a
// diagnostic lies.
StatusOr<Bound> Ask(const Question& question, const Schema& schema, std::string* source = nullptr);

}  // namespace sluice
