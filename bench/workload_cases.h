// The reading requests of the workload that peers are loaded with, and for each
// the best statement known by hand.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/floor.h"

namespace sluice::bench {

// A request with places for values drawn at random: {post} {user} {tag} {me}
// {word} {word2} {views} {weight} {page} {deep}.
struct WorkloadCase {
  std::string_view name;
  std::string_view collection;
  std::string_view id;  // of a view; empty: a list
  bool as_user;         // {me} asks, else a guest
  std::string_view filter;
  std::string_view sort;
  std::string_view expand;
  std::string_view fields;
  std::string_view page;  // {page} or {deep}, or empty
  std::string_view per_page;
  bool total;

  const FloorTable* table;
  // Names of the values that are ?1, ?2 … of the statement, by commas; limit
  // and offset follow. {sees} is what the rule of `posts` comes to.
  std::string_view params;
  std::string_view tail;
  std::string_view count;
  // Without a sort any rows may be on the page: only their number is compared.
  bool any_rows = false;
};

std::span<const WorkloadCase> WorkloadCases();

// One request: the values, and the texts that hold them.
struct WorkloadAsk {
  std::string id;
  std::string filter;
  std::string page_text;
  std::int64_t page = 1;
  std::uint32_t me = 0;
  std::vector<std::string> texts;  // of the statement's parameters, in order
  std::vector<FloorValue> params;  // into `texts`
};

std::vector<WorkloadAsk> MakeAsks(const WorkloadCase& one, std::uint64_t posts, std::size_t count);

// With the statements of its expansions.
FloorQuery PrepareFloor(Floor& floor, const WorkloadCase& one);

}  // namespace sluice::bench
