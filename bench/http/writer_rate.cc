// How many comments a hand-written writer stores alone, in one thread.
//
//     writer_rate FOLDER --group 32 --rows 20000 [--seed 1]
//
// So many rows share a commit. Writes to FOLDER. Prints rows a second, and the
// median, 99th percentile and longest time of a group in milliseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite3.h"

#include "bench/workloads.h"
#include "bench/write_floor.h"

namespace sluice::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Flags {
  std::string folder;
  std::uint64_t group = 32, rows = 20000, seed = 1;
};

std::uint64_t CountOf(const std::string& folder, const char* query) {
  sqlite3* handle = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::uint64_t count = 0;
  if (sqlite3_open_v2((folder + "/data.db").c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) ==
          SQLITE_OK &&
      sqlite3_prepare_v2(handle, query, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    count = static_cast<std::uint64_t>(sqlite3_column_int64(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return count;
}

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

int Run(const Flags& flags) {
  const std::uint64_t posts = CountOf(flags.folder, "SELECT count(*) FROM posts");
  const std::uint64_t users = CountOf(flags.folder, "SELECT count(*) FROM users");
  if (posts < 10 || users == 0) {
    std::fprintf(stderr, "%s: not a folder of make_folder.py\n", flags.folder.c_str());
    return 1;
  }
  WriteFloor floor(flags.folder, flags.seed);
  Random random(flags.seed);
  std::vector<double> groups;
  const auto start = Clock::now();
  for (std::uint64_t row = 0; row < flags.rows;) {
    const auto begin = Clock::now();
    floor.Begin();
    for (std::uint64_t i = 0; i < flags.group && row < flags.rows; ++i, ++row) {
      if (i != 0) floor.Savepoint();
      // Every tenth post is a draft.
      const std::uint64_t tens = (random.OneTo(posts / 10) - 1) * 10;
      floor.CreateComment(MakeId("post", tens + random.OneTo(9)),
                          MakeId("user", random.OneTo(users)), "quiet river");
      if (i != 0) floor.Release();
    }
    floor.Commit();
    groups.push_back(MillisecondsSince(begin));
  }
  const double seconds = MillisecondsSince(start) / 1000;
  std::sort(groups.begin(), groups.end());
  std::printf("%.0f %.3f %.3f %.3f\n", static_cast<double>(flags.rows) / seconds,
              groups[groups.size() / 2], groups[groups.size() * 99 / 100], groups.back());
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::bench::Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool valued = i + 1 < argc;
    if (word == "--group" && valued) {
      flags.group = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--rows" && valued) {
      flags.rows = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--seed" && valued) {
      flags.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      flags.folder = word;
    }
  }
  if (flags.folder.empty() || flags.group == 0 || flags.rows == 0) {
    std::fprintf(stderr, "usage: writer_rate FOLDER [--group 32] [--rows 20000] [--seed 1]\n");
    return 2;
  }
  return sluice::bench::Run(flags);
}
