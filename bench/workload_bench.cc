// The reading requests of the workload in process, as a query thread of the
// server has them in its hands, against the best statement known by hand,
// prepared once, stepped and rendered by a minimal loop (floor.h). Each case
// runs as `X/sluice` and `X/floor`; both give the same bytes, which is checked
// for hundreds of requests before anything is timed.
//
// The folder is SLUICE_BENCH_FOLDER of the environment, or the one of 1,000
// posts that the build makes.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "benchmark/benchmark.h"

#include "bench/stages.h"
#include "bench/workload_cases.h"
#include "tools/server/records/list.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::bench {
namespace {

constexpr std::size_t kAsks = std::size_t{1} << 16;
constexpr std::size_t kCompared = 300;
constexpr std::uint32_t kUsersThatAsk = 500;

std::string Folder() {
  const char* const given = std::getenv("SLUICE_BENCH_FOLDER");
  return given != nullptr ? given : SLUICE_BENCH_FOLDER;
}

std::size_t Rows(std::string_view body) {
  constexpr std::string_view kId = "\"collectionId\":";
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = body.find(kId, at)) != std::string_view::npos; ++at) ++rows;
  return rows;
}

// Connections and snapshot as a running server has them.
class Endpoint {
 public:
  static Endpoint& Get() {
    static Endpoint* const kEndpoint = new Endpoint(Folder());
    return *kEndpoint;
  }

  Floor& floor() { return floor_; }
  std::uint64_t posts() const { return posts_; }

  std::string Answer(const WorkloadCase& one, const WorkloadAsk& ask) {
    // As each request is limited.
    connection_->SetLimits([this] { return cancelled_; },
                           std::chrono::steady_clock::now() + std::chrono::seconds(30));
    const records::Caller caller{*snapshot_, *connection_,
                                 one.as_user ? contexts_[ask.me] : Guest(), false};
    records::ListParams params;
    params.expand = one.expand;
    params.fields = one.fields;
    const Collection& collection = *snapshot_->schema->Find(one.collection);
    StatusOr<std::string> body = absl::UnknownError("");
    if (!one.id.empty()) {
      body = records::ViewRecord(caller, collection, ask.id, params);
    } else {
      params.filter = ask.filter;
      params.sort = one.sort;
      params.per_page = one.per_page;
      params.page = ask.page_text;
      params.skip_total = one.total ? "" : "1";
      body = records::ListRecords(caller, collection, params);
    }
    connection_->ClearLimits();
    return Must(std::move(body));
  }

  std::string_view FloorAnswer(const WorkloadCase& one, const FloorQuery& query,
                               const WorkloadAsk& ask) {
    const std::int64_t per_page = !one.id.empty()        ? 1
                                  : one.per_page.empty() ? 30
                                                         : std::stoll(std::string(one.per_page));
    return floor_.Run(query, ask.params, ask.page, per_page,
                      one.as_user ? std::string_view(users_[ask.me].id) : std::string_view());
  }

  // Exits when the two differ: a floor that answers something else is none.
  void Check(const WorkloadCase& one, const FloorQuery& query,
             const std::vector<WorkloadAsk>& asks) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    for (std::size_t i = 0; i < kCompared && std::chrono::steady_clock::now() < end; ++i) {
      const std::string answer = Answer(one, asks[i]);
      const std::string_view floor = FloorAnswer(one, query, asks[i]);
      if (answer == floor || (one.any_rows && Rows(answer) == Rows(floor))) continue;
      std::fprintf(stderr, "%s: the answers to %s%s, page %s, differ\n%s%s",
                   std::string(one.name).c_str(), asks[i].id.c_str(), asks[i].filter.c_str(),
                   asks[i].page_text.c_str(), answer.c_str(), std::string(floor).c_str());
      std::exit(1);
    }
  }

 private:
  explicit Endpoint(const std::string& folder) : floor_(folder) {
    store::ConnectionOptions options;
    options.cache_kib = 8192;
    options.mmap_bytes = std::int64_t{256} << 20;
    connection_ = Must(store::Connection::Open(folder + "/data.db", options));
    snapshot_ = Must(store::LoadSnapshot(*connection_));
    const store::StatementUse count(Must(connection_->Prepare("SELECT count(*) FROM posts")));
    Must(count->Step());
    posts_ = static_cast<std::uint64_t>(count->Column(0).integer);
    const Collection* const users = snapshot_->schema->Find("users");
    users_.resize(kUsersThatAsk + 1);
    contexts_.assign(users_.size(), Guest());
    for (std::uint32_t i = 1; i < users_.size(); ++i) {
      const std::string email = "user" + std::to_string(i) + "@example.com";
      users_[i] = {users, MakeId("user", i), email, i % 2 == 1, true};
      contexts_[i].auth = &users_[i];
    }
  }

  Floor floor_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  std::uint64_t posts_ = 0;
  std::vector<AuthRecord> users_;
  std::vector<RequestContext> contexts_;
  bool cancelled_ = false;
};

// What a case needs, made and checked when it first runs: with
// --benchmark_filter the others cost nothing.
struct Prepared {
  FloorQuery query;
  std::vector<WorkloadAsk> asks;
};

const Prepared& Prepare(const WorkloadCase& one) {
  static auto* const kPrepared = new std::map<const WorkloadCase*, Prepared>;
  const auto [found, added] = kPrepared->try_emplace(&one);
  if (added) {
    Endpoint& endpoint = Endpoint::Get();
    found->second.query = PrepareFloor(endpoint.floor(), one);
    found->second.asks = MakeAsks(one, endpoint.posts(), kAsks);
    endpoint.Check(one, found->second.query, found->second.asks);
  }
  return found->second;
}

void RunSluice(benchmark::State& state, const WorkloadCase& one) {
  Endpoint& endpoint = Endpoint::Get();
  const Prepared& prepared = Prepare(one);
  static std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) bytes += endpoint.Answer(one, At(prepared.asks, i++)).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void RunFloor(benchmark::State& state, const WorkloadCase& one) {
  Endpoint& endpoint = Endpoint::Get();
  const Prepared& prepared = Prepare(one);
  static std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state)
    bytes += endpoint.FloorAnswer(one, prepared.query, At(prepared.asks, i++)).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (!std::filesystem::exists(Folder() + "/data.db")) {
    std::fprintf(stderr, "%s holds no data.db; fill one with bench/make_folder.py\n",
                 Folder().c_str());
    return 1;
  }
  for (const WorkloadCase& one : WorkloadCases()) {
    const std::string name(one.name);
    benchmark::RegisterBenchmark((name + "/sluice").c_str(), [&one](benchmark::State& state) {
      RunSluice(state, one);
    })->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark((name + "/floor").c_str(), [&one](benchmark::State& state) {
      RunFloor(state, one);
    })->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
