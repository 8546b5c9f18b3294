// Filter text -> tree, and the smaller lists.
#include "benchmark/benchmark.h"

#include "bench/stages.h"

namespace sluice::bench {
namespace {

void ParseWorkload(benchmark::State& state, const Workload& workload) {
  const std::vector<std::string> texts = MakeTexts(workload);
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& text = At(texts, i++);
    benchmark::DoNotOptimize(Must(ParseFilter(text)));
    bytes += text.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

// Nearly as long as a filter may be, in bytes and in comparisons.
void ParseLongest(benchmark::State& state) {
  std::string text = "views > 1";
  for (int i = 1; i < 190; ++i) text += " || views > " + std::to_string(i);
  for (auto _ : state) benchmark::DoNotOptimize(Must(ParseFilter(text)));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void ParseSortOfThree(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Must(ParseSort("-created,author.name,id")));
}

void ParseExpandOfThree(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(ParseExpand("author,org.owner,comments_via_post.author"));
}

void ParseFieldsOfFour(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(
        Must(ParseFields("id,title,body:excerpt(80,true),expand.author.name")));
}

int Main(int argc, char** argv) {
  for (const Workload& workload : Workloads()) {
    benchmark::RegisterBenchmark(
        Name("parse", workload).c_str(),
        [&workload](benchmark::State& state) { ParseWorkload(state, workload); });
  }
  benchmark::RegisterBenchmark("parse/longest", ParseLongest);
  benchmark::RegisterBenchmark("parse_sort/three", ParseSortOfThree);
  benchmark::RegisterBenchmark("parse_expand/three", ParseExpandOfThree);
  benchmark::RegisterBenchmark("parse_fields/four", ParseFieldsOfFour);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
