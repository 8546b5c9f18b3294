// A filter that nobody has sent before, from its text to the SQL of a list:
// parse, bind, simplify, lower. Nothing is kept from one to the next. The goal
// for four terms is 10 microseconds.
#include "benchmark/benchmark.h"

#include "bench/stages.h"
#include "sluice/simplify.h"
#include "sluice/sql.h"

namespace sluice::bench {
namespace {

void Cold(benchmark::State& state, const Workload& workload) {
  const std::vector<std::string> texts = MakeTexts(workload);
  std::vector<std::string_view> columns;
  for (const Field& field : BlogSchema().Find(workload.collection)->fields) {
    if (!field.hidden) columns.push_back(field.name);
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const Ast ast = Must(ParseFilter(At(texts, i++)));
    const Plan plan = Simplify(BindFilter(workload, ast));
    SelectOptions options;
    options.columns = columns;
    options.limit = true;
    benchmark::DoNotOptimize(SelectRows(plan, Sqlite(), options));
  }
}

int Main(int argc, char** argv) {
  for (const Workload& workload : Workloads()) {
    benchmark::RegisterBenchmark(Name("cold", workload).c_str(),
                                 [&workload](benchmark::State& state) { Cold(state, workload); });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
