// The records endpoint in process, as a query thread of the server calls it,
// against a hand-written loop over the SQLite C API in the same folder
// (floor.h). Each case runs as `X/sluice` and `X/floor`; both give the same
// bytes, which is checked for hundreds of values before anything is timed.
//
// The folder is SLUICE_BENCH_FOLDER of the environment, or the one of 1,000
// posts that the build makes.
#include <chrono>
#include <filesystem>
#include <map>

#include "benchmark/benchmark.h"

#include "bench/floor.h"
#include "bench/stages.h"
#include "tools/server/records/list.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::bench {
namespace {

// Which values a case's requests differ in.
enum class Value : std::uint8_t { kNone, kPost, kUser, kTag, kWord, kViews };

struct Case {
  std::string_view name;
  bool superuser;           // else a guest, for whom the list rule counts
  Value value;              // replaces {} in the filter, and is ?1 of the floor
  std::string_view filter;  // empty for a view, when the value is a post
  std::string_view sort;
  std::string_view per_page;
  bool count;
  std::int64_t pages;  // pages from the first to this one, at random
  std::string_view tail;
};

// What the list rule of posts leaves a guest, by hand: a draft shows when it has
// no author, no org, an org without members, or a member that is not there.
constexpr std::string_view kGuestSees =
    "(p.status='published' OR p.author='' OR EXISTS (SELECT 1 FROM (SELECT 1) LEFT JOIN orgs o ON "
    "o.id=p.org LEFT JOIN json_each(o.members) m LEFT JOIN users u ON u.id=m.value WHERE u.id IS "
    "NULL))";

constexpr Case kCases[] = {
    {"view", true, Value::kPost, "", "", "", false, 1, "WHERE p.id=?1 LIMIT ?2 OFFSET ?3"},
    {"view_as_guest", false, Value::kPost, "", "", "", false, 1,
     "WHERE p.id=?1 AND {guest} LIMIT ?2 OFFSET ?3"},
    {"list20_author", true, Value::kUser, "author='{}'", "", "20", false, 1,
     "WHERE p.author=?1 LIMIT ?2 OFFSET ?3"},
    {"list20_author_as_guest", false, Value::kUser, "author='{}'", "", "20", false, 1,
     "WHERE p.author=?1 AND {guest} LIMIT ?2 OFFSET ?3"},
    {"list30", true, Value::kNone, "", "", "30", false, 10, "LIMIT ?1 OFFSET ?2"},
    {"list30_as_guest", false, Value::kNone, "", "", "30", false, 20,
     "WHERE {guest} LIMIT ?1 OFFSET ?2"},
    {"list30_to_one", true, Value::kWord, "author.name~'{}'", "", "30", false, 1,
     "CROSS JOIN users u ON u.id=p.author WHERE u.name LIKE '%'||?1||'%' LIMIT ?2 OFFSET ?3"},
    {"list30_any_of", true, Value::kTag, "tags.id?='{}'", "", "30", false, 1,
     "WHERE EXISTS (SELECT 1 FROM json_each(p.tags) e WHERE e.value=?1) LIMIT ?2 OFFSET ?3"},
    {"list30_by_index", true, Value::kNone, "status='published'", "-publishedAt", "30", false, 10,
     "WHERE p.status='published' ORDER BY p.publishedAt DESC LIMIT ?1 OFFSET ?2"},
    {"list30_like", true, Value::kWord, "title~'{} river'&&views>5000", "", "30", false, 1,
     "WHERE p.title LIKE '%'||?1||' river%' AND p.views>5000 LIMIT ?2 OFFSET ?3"},
    {"count", true, Value::kViews, "views>{}", "", "1", true, 1,
     "WHERE p.views>?1 LIMIT ?2 OFFSET ?3"},
};

std::string Folder() {
  const char* const given = std::getenv("SLUICE_BENCH_FOLDER");
  return given != nullptr ? given : SLUICE_BENCH_FOLDER;
}

// One request, in the two forms it is asked in.
struct Ask {
  std::string text;  // the value
  std::string filter;
  std::int64_t number = 0;
  std::int64_t page = 1;
  std::string page_text;
};

// Connections and snapshot as a running server has them.
class Endpoint {
 public:
  static Endpoint& Get() {
    static Endpoint* const kEndpoint = new Endpoint(Folder());
    return *kEndpoint;
  }

  Floor& floor() { return floor_; }

  std::string Answer(const Case& one, const Ask& ask) {
    // As each request is limited.
    connection_->SetLimits([this] { return cancelled_; },
                           std::chrono::steady_clock::now() + std::chrono::seconds(30));
    const records::Caller caller{*snapshot_, *connection_, Guest(), one.superuser};
    records::ListParams params;
    StatusOr<std::string> body = absl::UnknownError("");
    if (one.filter.empty() && one.value == Value::kPost) {
      body = records::ViewRecord(caller, *posts_, ask.text, params);
    } else {
      params.filter = ask.filter;
      params.sort = one.sort;
      params.per_page = one.per_page;
      params.page = ask.page_text;
      params.skip_total = one.count ? "" : "1";
      body = records::ListRecords(caller, *posts_, params);
    }
    connection_->ClearLimits();
    return Must(std::move(body));
  }

  std::vector<Ask> MakeAsks(const Case& one) const {
    Random random(11);
    std::vector<Ask> asks(1024);
    const std::vector<std::string> words = MakeTexts({"", "posts", "{word}"});
    for (std::size_t i = 0; i < asks.size(); ++i) {
      Ask& ask = asks[i];
      // Every tenth is a draft, which a guest does not find.
      if (one.value == Value::kPost)
        ask.text = MakeId("post", (random.OneTo(posts_count_) - 1) / 10 * 10 + 1);
      if (one.value == Value::kUser)
        ask.text = MakeId("user", random.OneTo(std::max<std::uint64_t>(posts_count_ / 10, 10)));
      if (one.value == Value::kTag) ask.text = MakeId("tag", random.OneTo(100));
      if (one.value == Value::kWord) ask.text = words[i];
      if (one.value == Value::kViews) ask.number = static_cast<std::int64_t>(random.OneTo(10'000));
      ask.filter = std::string(one.filter);
      if (const std::size_t place = ask.filter.find("{}"); place != std::string::npos) {
        ask.filter.replace(place, 2,
                           one.value == Value::kViews ? std::to_string(ask.number) : ask.text);
      }
      ask.page = static_cast<std::int64_t>(random.OneTo(static_cast<std::uint64_t>(one.pages)));
      ask.page_text = std::to_string(ask.page);
    }
    return asks;
  }

  FloorQuery PrepareFloor(const Case& one) {
    std::string tail(one.tail);
    if (const std::size_t place = tail.find("{guest}"); place != std::string::npos)
      tail.replace(place, 7, kGuestSees);
    const std::string count =
        one.count ? "SELECT count(*) FROM posts p " + tail.substr(0, tail.find(" LIMIT")) : "";
    return floor_.Prepare(kPosts, tail, count, !(one.filter.empty() && one.value == Value::kPost),
                          one.superuser);
  }

  std::string_view FloorAnswer(const Case& one, const FloorQuery& query, const Ask& ask) {
    const FloorValue value{ask.text, ask.number};
    const std::span<const FloorValue> params(&value, one.value == Value::kNone ? 0 : 1);
    return floor_.Run(query, params, ask.page,
                      one.per_page.empty() ? 1 : std::stoll(std::string(one.per_page)));
  }

  // Exits when the two differ: a floor that answers something else is none.
  void Check(const Case& one, const FloorQuery& query, const std::vector<Ask>& asks) {
    for (std::size_t i = 0; i < 200; ++i) {
      const std::string answer = Answer(one, asks[i]);
      const std::string_view floor = FloorAnswer(one, query, asks[i]);
      if (answer == floor) continue;
      std::fprintf(stderr, "%s: the answers to %s differ\n%s%s", std::string(one.name).c_str(),
                   asks[i].filter.c_str(), answer.c_str(), std::string(floor).c_str());
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
    posts_ = snapshot_->schema->Find("posts");
    const store::StatementUse count(Must(connection_->Prepare("SELECT count(*) FROM posts")));
    Must(count->Step());
    posts_count_ = static_cast<std::uint64_t>(count->Column(0).integer);
  }

  Floor floor_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  const Collection* posts_ = nullptr;
  std::uint64_t posts_count_ = 0;
  bool cancelled_ = false;
};

// What a case needs, made and checked when it first runs: with
// --benchmark_filter the others cost nothing.
struct Prepared {
  FloorQuery query;
  std::vector<Ask> asks;
};

const Prepared& Prepare(const Case& one) {
  static auto* const kPrepared = new std::map<const Case*, Prepared>;
  const auto [found, added] = kPrepared->try_emplace(&one);
  if (added) {
    Endpoint& endpoint = Endpoint::Get();
    found->second = {endpoint.PrepareFloor(one), endpoint.MakeAsks(one)};
    endpoint.Check(one, found->second.query, found->second.asks);
  }
  return found->second;
}

void RunSluice(benchmark::State& state, const Case& one) {
  Endpoint& endpoint = Endpoint::Get();
  const Prepared& prepared = Prepare(one);
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) bytes += endpoint.Answer(one, At(prepared.asks, i++)).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void RunFloor(benchmark::State& state, const Case& one) {
  Endpoint& endpoint = Endpoint::Get();
  const Prepared& prepared = Prepare(one);
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state)
    bytes += endpoint.FloorAnswer(one, prepared.query, At(prepared.asks, i++)).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void RegisterCase(const Case& one) {
  const std::string name(one.name);
  benchmark::RegisterBenchmark((name + "/sluice").c_str(), [&one](benchmark::State& state) {
    RunSluice(state, one);
  })->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark((name + "/floor").c_str(), [&one](benchmark::State& state) {
    RunFloor(state, one);
  })->Unit(benchmark::kMicrosecond);
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (!std::filesystem::exists(Folder() + "/data.db")) {
    std::fprintf(stderr, "%s holds no data.db; fill one with bench/make_folder.py\n",
                 Folder().c_str());
    return 1;
  }
  for (const Case& one : kCases) RegisterCase(one);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
