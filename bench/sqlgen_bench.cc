// Simplified plan -> SQL text.
#include "benchmark/benchmark.h"

#include "bench/stages.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"

namespace sluice::bench {
namespace {

std::vector<Plan> MakePlans(const Workload& workload) {
  std::vector<Plan> plans;
  for (const Ast& ast : ParseTexts(workload)) plans.push_back(Simplify(BindFilter(workload, ast)));
  return plans;
}

// Every column of the collection, as the list endpoint asks for.
SelectOptions ListOptions(const Workload& workload) {
  SelectOptions options;
  for (const Field& field : BlogSchema().Find(workload.collection)->fields) {
    if (!field.hidden) options.columns.push_back(field.name);
  }
  options.limit = true;
  return options;
}

void Rows(benchmark::State& state, const Workload& workload) {
  const std::vector<Plan> plans = MakePlans(workload);
  const SelectOptions options = ListOptions(workload);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(SelectRows(At(plans, i++), Sqlite(), options));
}

void Count(benchmark::State& state, const Workload& workload) {
  const std::vector<Plan> plans = MakePlans(workload);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(SelectCount(At(plans, i++), Sqlite()));
}

int Main(int argc, char** argv) {
  for (const Workload& workload : Workloads()) {
    benchmark::RegisterBenchmark(Name("rows", workload).c_str(),
                                 [&workload](benchmark::State& state) { Rows(state, workload); });
    benchmark::RegisterBenchmark(Name("count", workload).c_str(),
                                 [&workload](benchmark::State& state) { Count(state, workload); });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
