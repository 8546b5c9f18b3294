// Named workloads that all benches share: a schema of the shape that
// make_folder.py fills, and filters over it with new values each time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/schema.h"

namespace sluice::bench {

// The blog of tests/conformance/fixtures, as far as the filters below need it.
// Lives for the whole program.
const Schema& BlogSchema();

// A filter with places for values: `{user}`, `{post}`, `{tag}`, `{word}` and
// `{number}`.
struct Workload {
  std::string_view name;
  std::string_view collection;
  std::string_view filter;
};

std::span<const Workload> Workloads();
const Workload& FindWorkload(std::string_view name);

// `count` texts of the workload, the values drawn uniformly: no two requests
// need be the same, as no result is ever kept. Same seed, same texts.
std::vector<std::string> MakeTexts(const Workload& workload, std::size_t count = 1024);

// xorshift64*; deterministic, so that runs can be compared.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  // From 1 to `n`.
  std::uint64_t OneTo(std::uint64_t n);

 private:
  std::uint64_t state_;
};

// The id that make_folder.py gives: `post00000000042`.
std::string MakeId(std::string_view kind, std::uint64_t number);

}  // namespace sluice::bench
