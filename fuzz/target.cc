#include "fuzz/target.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace sluice::fuzz {
namespace {

// By the address of the literal: inputs are counted millions of times. Never
// destroyed: they are printed when the program has all but ended.
std::map<const char*, std::uint64_t>& Counts() {
  static auto* const counts = new std::map<const char*, std::uint64_t>;
  return *counts;
}

}  // namespace

void Broken(std::string_view what, std::string_view details) {
  std::fprintf(stderr, "BROKEN: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(details.size()), details.data());
  std::abort();
}

void Count(const char* what) { ++Counts()[what]; }

void PrintCounts() {
  for (const auto& [what, count] : Counts())
    std::printf("%s: %llu\n", what, static_cast<unsigned long long>(count));
}

}  // namespace sluice::fuzz
