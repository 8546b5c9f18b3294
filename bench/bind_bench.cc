// Tree -> plan, and the plan simplified.
#include "benchmark/benchmark.h"

#include "bench/stages.h"
#include "sluice/simplify.h"

namespace sluice::bench {
namespace {

void BindOnly(benchmark::State& state, const Workload& workload) {
  const std::vector<Ast> trees = ParseTexts(workload);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(BindFilter(workload, At(trees, i++)));
}

void BindAndSimplify(benchmark::State& state, const Workload& workload) {
  const std::vector<Ast> trees = ParseTexts(workload);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Simplify(BindFilter(workload, At(trees, i++))));
}

int Main(int argc, char** argv) {
  for (const Workload& workload : Workloads()) {
    benchmark::RegisterBenchmark(
        Name("bind", workload).c_str(),
        [&workload](benchmark::State& state) { BindOnly(state, workload); });
    benchmark::RegisterBenchmark(
        Name("bind_simplify", workload).c_str(),
        [&workload](benchmark::State& state) { BindAndSimplify(state, workload); });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
