// Writes in process, as the server's threads do them, against a hand-written
// writer over the SQLite C API (write_floor.h) that commits as many at a time.
//
//     write_bench [FOLDER] [--rounds 5] [--writes 2000]
//
// Both sides work on a copy of the folder, which must agree at the end. Ours
// starts with the parsed body on a query thread and ends with the answer's text
// after the commit; 64 are under way at a time. CPU time of all threads.
#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdlib.h>
#include <string>
#include <vector>

#include "bench/stages.h"
#include "bench/workloads.h"
#include "bench/write_floor.h"
#include "tools/server/store/catalog.h"
#include "tools/server/writes/answer.h"
#include "tools/server/writes/prepare.h"
#include "tools/server/writes/service.h"

namespace sluice::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kUnderWay = 64;
constexpr int kBatch = 20;
constexpr std::string_view kText = "quiet river";

double CpuMicros() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// So many at a time, and all of them at the end.
class Window {
 public:
  void Enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ < kUnderWay; });
    ++count_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_one();
  }
  void AwaitAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

// The part of the server that writes.
class Sluice {
 public:
  explicit Sluice(const std::string& folder) {
    writer_ = Must(store::Writer::Start(folder + "/data.db", {}));
    catalog_ = Must(store::Catalog::Open(folder, nullptr));
    service_ = std::make_unique<writes::WriteService>(*catalog_, *writer_, nullptr);
    connection_ = Must(store::Connection::Open(folder + "/data.db", {}));
    snapshot_ = catalog_->current();
    user_.collection = snapshot_->schema->Find("users");
    user_.verified = true;
    context_.method = "POST";
    context_.auth = &user_;
  }

  store::WriterCounts counts() const { return writer_->counts(); }
  std::size_t answered_bytes() const { return answered_bytes_; }
  void AwaitAll() { window_.AwaitAll(); }

  void CreateComment(const std::string& post, const std::string& author) {
    Submit([this, post, author](const records::Caller& caller) {
      return PrepareComment(caller, post, author);
    });
  }

  void AddScore(const std::string& user) {
    Submit([this, user](const records::Caller& caller) {
      fields::Submission submission;
      submission.values.members.emplace_back("score+", JsonValue::Number(1));
      AuthRecord self = user_;
      self.id = user;
      RequestContext context = caller.request;
      context.auth = &self;
      const records::Caller owner{caller.snapshot, caller.connection, context, false};
      writes::PasswordWork passwords;
      return writes::PrepareUpdate(
          {owner, *snapshot_->schema->Find("users"), submission, passwords}, user);
    });
  }

  void DeleteFollow(const std::string& id) {
    window_.Enter();
    const records::Caller caller{*snapshot_, *connection_, context_, true};
    auto record = std::make_shared<writes::Record>(
        Must(writes::PrepareDelete(caller, *snapshot_->schema->Find("follows"), id)));
    service_->Submit(
        [record](writes::Scope& scope) { return writes::DeleteRecord(scope, *record); },
        [this](const Status& status) { Leave(status); });
  }

  // All in one transaction, prepared there.
  void Batch(const std::vector<std::pair<std::string, std::string>>& comments) {
    window_.Enter();
    service_->Submit(
        [this, comments](writes::Scope& scope) -> Status {
          RequestContext context = context_;
          for (const auto& [post, author] : comments) {
            AuthRecord user = user_;
            user.id = author;
            context.auth = &user;
            const records::Caller caller{*scope.snapshot, scope.connection, context, false};
            SLUICE_ASSIGN_OR_RETURN(writes::Record record, PrepareAs(caller, post, author));
            SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, record));
            SLUICE_ASSIGN_OR_RETURN(const std::string body,
                                    writes::RecordObject(caller, record, {}));
            answered_bytes_ += body.size() + 1;
          }
          return absl::OkStatus();
        },
        [this](const Status& status) { Leave(status); }, store::JobKind::kAlone);
  }

 private:
  StatusOr<writes::Record> PrepareComment(const records::Caller& caller, const std::string& post,
                                          const std::string& author) {
    user_.id = author;
    return PrepareAs(caller, post, author);
  }

  StatusOr<writes::Record> PrepareAs(const records::Caller& caller, const std::string& post,
                                     const std::string& author) {
    fields::Submission submission;
    submission.values.members.emplace_back("post", JsonValue::String(post));
    submission.values.members.emplace_back("author", JsonValue::String(author));
    submission.values.members.emplace_back("text", JsonValue::String(std::string(kText)));
    writes::PasswordWork passwords;
    return writes::PrepareCreate(
        {caller, *snapshot_->schema->Find("comments"), submission, passwords});
  }

  using Prepare = std::function<StatusOr<writes::Record>(const records::Caller&)>;

  // As api/record_writes.cc: an update whose row is no longer what it was
  // prepared from is prepared again.
  static StatusOr<writes::Record> Settle(const writes::Record& prepared, const Prepare& prepare,
                                         const records::Caller& caller) {
    if (prepared.is_new()) return prepared;
    SLUICE_ASSIGN_OR_RETURN(
        const auto now, writes::FindRecord(caller.connection, *prepared.collection, prepared.id()));
    if (!now) return absl::NotFoundError("gone");
    const auto same = [](const Value& x, const Value& y) {
      return x.storage == y.storage && x.integer == y.integer && x.real == y.real &&
             x.text == y.text;
    };
    const bool unchanged = std::equal(now->columns.begin(), now->columns.end(),
                                      prepared.columns.begin(), prepared.columns.end(), same);
    return unchanged ? prepared : prepare(caller);
  }

  // Prepared here, on the one query thread; written on the writer's.
  void Submit(const Prepare& prepare) {
    window_.Enter();
    const records::Caller caller{*snapshot_, *connection_, context_, false};
    auto record = std::make_shared<writes::Record>(Must(prepare(caller)));
    service_->Submit(
        [this, record, prepare](writes::Scope& scope) -> Status {
          const RequestContext context;
          const records::Caller writer_caller{*scope.snapshot, scope.connection, context, true};
          SLUICE_ASSIGN_OR_RETURN(writes::Record saved, Settle(*record, prepare, writer_caller));
          SLUICE_RETURN_IF_ERROR(writes::SaveRecord(scope, saved));
          SLUICE_ASSIGN_OR_RETURN(const std::string body,
                                  writes::RecordObject(writer_caller, saved, {}));
          answered_bytes_ += body.size() + 1;
          return absl::OkStatus();
        },
        [this](const Status& status) { Leave(status); });
  }

  void Leave(const Status& status) {
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", std::string(AsStd(status.message())).c_str());
      std::exit(1);
    }
    window_.Leave();
  }

  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Catalog> catalog_;
  std::unique_ptr<writes::WriteService> service_;
  std::unique_ptr<store::Connection> connection_;
  std::shared_ptr<const store::Snapshot> snapshot_;
  AuthRecord user_;
  RequestContext context_;
  Window window_;
  std::size_t answered_bytes_ = 0;  // the writer's thread
};

// `number` counts on over all rounds.
struct Case {
  const char* name;
  int writes_each;  // rows in one of its requests
  std::function<void(Sluice&, std::uint64_t number)> sluice;
  std::function<void(WriteFloor&, std::uint64_t number)> floor;
};

struct Sizes {
  std::uint64_t posts, users;
};
std::vector<Case> Cases(const Sizes& sizes) {
  const auto pair = [sizes](std::uint64_t number) {
    Random random(number);
    // Every tenth is a draft.
    const std::uint64_t tens = (random.OneTo(sizes.posts / 10) - 1) * 10;
    std::string post = MakeId("post", tens + random.OneTo(9));
    return std::pair(std::move(post), MakeId("user", random.OneTo(sizes.users)));
  };
  const auto pairs = [pair](std::uint64_t number) {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::uint64_t i = 0; i < kBatch; ++i) all.push_back(pair(number * kBatch + i));
    return all;
  };
  return {
      {"create", 1,
       [pair](Sluice& sluice, std::uint64_t number) {
         const auto [post, author] = pair(number);
         sluice.CreateComment(post, author);
       },
       [pair](WriteFloor& floor, std::uint64_t number) {
         const auto [post, author] = pair(number);
         floor.CreateComment(post, author, kText);
       }},
      {"update", 1,
       [pair](Sluice& sluice, std::uint64_t number) { sluice.AddScore(pair(number).second); },
       [pair](WriteFloor& floor, std::uint64_t number) { floor.AddScore(pair(number).second); }},
      {"delete", 1,
       [](Sluice& sluice, std::uint64_t number) {
         sluice.DeleteFollow(MakeId("follow", number + 1));
       },
       [](WriteFloor& floor, std::uint64_t number) {
         floor.DeleteFollow(MakeId("follow", number + 1));
       }},
      {"batch20", kBatch,
       [pairs](Sluice& sluice, std::uint64_t number) { sluice.Batch(pairs(number)); },
       [pairs](WriteFloor& floor, std::uint64_t number) {
         for (const auto& [post, author] : pairs(number)) floor.CreateComment(post, author, kText);
       }},
  };
}

double CpuOf(const std::function<void()>& work) {
  const double before = CpuMicros();
  work();
  return CpuMicros() - before;
}

struct Round {
  double sluice, floor;  // microseconds of CPU for a row
  double grouped;        // jobs in a commit
};

Round RunRound(const Case& one, Sluice& sluice, WriteFloor& floor, std::uint64_t first,
               std::uint64_t count, bool sluice_first) {
  Round round{};
  const store::WriterCounts before = sluice.counts();
  const auto run_sluice = [&] {
    round.sluice = CpuOf([&] {
      for (std::uint64_t i = 0; i < count; ++i) one.sluice(sluice, first + i);
      sluice.AwaitAll();
    });
    const store::WriterCounts after = sluice.counts();
    round.grouped = static_cast<double>(after.jobs - before.jobs) /
                    static_cast<double>(after.commits - before.commits);
  };
  // As many in a transaction as the other side had; if it comes first, the
  // most there can be. A batch is a transaction.
  const auto run_floor = [&] {
    const auto group = one.writes_each > 1 ? 1
                       : sluice_first      ? static_cast<std::uint64_t>(round.grouped + 0.5)
                                           : std::uint64_t{kUnderWay};
    round.floor = CpuOf([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        const bool opens = i % group == 0;
        if (opens) floor.Begin();
        if (!opens) floor.Savepoint();
        one.floor(floor, first + i);
        if (!opens) floor.Release();
        if (i % group == group - 1 || i == count - 1) floor.Commit();
      }
    });
  };
  if (sluice_first) run_sluice();
  run_floor();
  if (!sluice_first) run_sluice();
  const double rows = static_cast<double>(count) * one.writes_each;
  round.sluice /= rows;
  round.floor /= rows;
  return round;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::int64_t Ask(const std::string& folder, const std::string& query) {
  const auto connection = Must(store::Connection::Open(folder + "/data.db", {}));
  const store::StatementUse use(Must(connection->Prepare(query)));
  (void)Must(use->Step());
  return use->Column(0).integer;
}

struct Flags {
  std::string folder = SLUICE_BENCH_FOLDER;
  int rounds = 5;
  int writes = 2000;
};

void Compare(const Flags& flags, const std::string& ours, const std::string& theirs) {
  const Sizes sizes{static_cast<std::uint64_t>(Ask(ours, "SELECT count(*) FROM posts")),
                    static_cast<std::uint64_t>(Ask(ours, "SELECT count(*) FROM users"))};
  const auto follows = static_cast<std::uint64_t>(Ask(ours, "SELECT count(*) FROM follows"));
  Sluice sluice(ours);
  WriteFloor floor(theirs);
  std::printf("%-10s %12s %12s %7s %14s\n", "", "floor us", "sluice us", "ratio", "jobs a commit");
  for (const Case& one : Cases(sizes)) {
    auto count = static_cast<std::uint64_t>(flags.writes / one.writes_each);
    if (std::string_view(one.name) == "delete")
      count = std::min(count, follows / static_cast<std::uint64_t>(flags.rounds));
    std::vector<double> ratios, sluice_times, floor_times, grouped;
    for (int i = 0; i < flags.rounds; ++i) {
      const Round round =
          RunRound(one, sluice, floor, static_cast<std::uint64_t>(i) * count, count, i % 2 == 0);
      sluice_times.push_back(round.sluice);
      floor_times.push_back(round.floor);
      ratios.push_back(round.sluice / round.floor);
      grouped.push_back(round.grouped);
    }
    std::printf("%-10s %12.1f %12.1f %7.2f %14.1f\n", one.name, Median(floor_times),
                Median(sluice_times), Median(ratios), Median(grouped));
  }
}

// Both sides did the same.
bool Agree(const std::string& ours, const std::string& theirs) {
  bool agree = true;
  for (const char* query : {"SELECT count(*) FROM comments", "SELECT count(*) FROM follows",
                            "SELECT sum(score) FROM users"}) {
    if (Ask(ours, query) == Ask(theirs, query)) continue;
    std::fprintf(stderr, "%s: %lld here, %lld there\n", query,
                 static_cast<long long>(Ask(ours, query)),
                 static_cast<long long>(Ask(theirs, query)));
    agree = false;
  }
  return agree;
}

int Main(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--rounds" && i + 1 < argc) {
      flags.rounds = std::atoi(argv[++i]);
    } else if (word == "--writes" && i + 1 < argc) {
      flags.writes = std::atoi(argv[++i]);
    } else {
      flags.folder = word;
    }
  }
  std::string root = (fs::temp_directory_path() / "sluice-write-bench-XXXXXX").string();
  if (mkdtemp(root.data()) == nullptr) return 1;
  const std::string ours = root + "/ours";
  const std::string theirs = root + "/theirs";
  for (const std::string& copy : {ours, theirs})
    fs::copy(flags.folder, copy, fs::copy_options::recursive);
  Compare(flags, ours, theirs);
  const bool agree = Agree(ours, theirs);
  fs::remove_all(root);
  return agree ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
