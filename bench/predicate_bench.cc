// A compiled predicate on a record in memory; items are comparisons.
#include <utility>

#include "benchmark/benchmark.h"

#include "bench/stages.h"
#include "sluice/predicate.h"
#include "sluice/simplify.h"

namespace sluice::bench {
namespace {

// A stored post: values in the order of the collection's fields.
class Post final : public RecordView {
 public:
  explicit Post(std::uint64_t number)
      : collection_(*BlogSchema().Find("posts")),
        id_(MakeId("post", number)),
        author_(MakeId("user", number % 1000 + 1)) {
    values_.resize(collection_.fields.size(), ValueView::Text(""));
    Set("id", ValueView::Text(id_));
    Set("author", ValueView::Text(author_));
    Set("title", ValueView::Text("quiet cloud meadow velvet river"));
    Set("body", ValueView::Text("<p>rocket night quiet stone summer loud yonder yonder night quiet "
                                "willow night quiet harbor</p>"));
    Set("status", ValueView::Text(number % 10 == 0 ? "draft" : "published"));
    Set("views", ValueView::Integer(static_cast<std::int64_t>(number * 7919 % 10'000)));
    Set("rating", ValueView::Real(static_cast<double>(number % 500) / 100));
    Set("pinned", ValueView::Bool(number % 50 == 0));
    Set("tags", ValueView::Text(R"(["tag000000000078","tag000000000011"])"));
    Set("labels", ValueView::Text(R"(["news","howto"])"));
    Set("meta", ValueView::Text(R"({"lang":"en","words":321})"));
    Set("created", ValueView::Text("2025-02-02 01:01:00.001Z"));
  }
  Post(const Post&) = delete;
  Post& operator=(const Post&) = delete;

  ValueView Get(const Field& field) const override {
    return values_[static_cast<std::size_t>(&field - collection_.fields.data())];
  }

 private:
  void Set(std::string_view name, ValueView value) {
    values_[static_cast<std::size_t>(collection_.FindField(name) - collection_.fields.data())] =
        value;
  }

  const Collection& collection_;
  std::string id_;
  std::string author_;
  std::vector<ValueView> values_;
};

struct Case {
  std::string_view name;
  std::string_view filter;
};

constexpr Case kCases[] = {
    {"text_equal", "status = 'published'"},
    {"number_greater", "views > 100"},
    {"like_contains", "body ~ 'willow'"},
    {"null_equal", "cover = null"},
    {"four_terms", "status != 'x' && views >= 0 && title ~ 'e' && rating < 9"},
    {"eight_terms",
     "status != 'x' && views >= 0 && title ~ 'e' && rating < 9 && author != '' && id != 'y' && "
     "pinned != 3 && created > '2000'"},
    {"json_path", "meta.words > 100"},
    {"list_any", "tags:each ?= 'tag000000000011'"},
    {"list_length", "tags:length > 1"},
};

void Match(benchmark::State& state, std::string_view filter) {
  const Workload workload{"predicate", "posts", filter};
  const Ast ast = Must(ParseFilter(filter));
  const Predicate predicate(Simplify(BindFilter(workload, ast)));
  std::int64_t comparisons = 0;
  for (const Node& node : ast.nodes())
    comparisons += std::holds_alternative<Comparison>(node.kind) ? 1 : 0;
  std::vector<std::unique_ptr<Post>> posts;
  for (std::uint64_t i = 0; i < 256; ++i) posts.push_back(std::make_unique<Post>(i));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Must(predicate.Matches(*At(posts, i++))));
  state.SetItemsProcessed(state.iterations() * comparisons);
  state.counters["ns_per_comparison"] =
      benchmark::Counter(static_cast<double>(state.iterations() * comparisons) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// What `~` costs on 100 KB that nearly match everywhere (A18): quadratic matchers
// take 150 million steps.
struct LongPattern {
  std::string_view name;
  std::string piece;
};

void MatchLong(benchmark::State& state, const std::string& piece) {
  const std::string text(100'000, 'a');
  const std::string pattern = "%" + piece + "%";
  for (auto _ : state) benchmark::DoNotOptimize(LikeMatches(text, pattern));
}

int Main(int argc, char** argv) {
  static const LongPattern kLong[] = {
      {"1500_literal", std::string(1500, 'a') + "b"},
      {"1500_wildcard", "a_" + std::string(1498, 'a') + "b"},
      {"3400_wildcards", std::string(1700, 'a') + std::string(1699, '_') + "b"},
  };
  for (const LongPattern& one : kLong) {
    benchmark::RegisterBenchmark(("like/" + std::string(one.name)).c_str(),
                                 [&one](benchmark::State& state) { MatchLong(state, one.piece); });
  }
  for (const Case& one : kCases) {
    benchmark::RegisterBenchmark(("predicate/" + std::string(one.name)).c_str(),
                                 [&one](benchmark::State& state) { Match(state, one.filter); });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
