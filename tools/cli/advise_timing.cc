// Tested by tests/server/cli_advise_test.cc.
#include "tools/cli/advise_timing.h"

#include <algorithm>
#include <chrono>

namespace sluice::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStatementMax{10};

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// One run of a request's statements, each with its time. What is stopped has
// taken as long.
StatusOr<std::vector<double>> RunOnce(store::Connection& connection, const AskedStatements& asked) {
  std::vector<double> times;
  std::size_t rows = 0;
  std::size_t page = 0;
  for (const AskedStatement& statement : asked.statements) {
    const Clock::time_point begin = Clock::now();
    times.push_back(0);
    if (statement.counts_more && rows < page) continue;
    SLUICE_ASSIGN_OR_RETURN(store::Statement * prepared, connection.Prepare(statement.text));
    const store::StatementUse use(prepared);
    for (std::size_t i = 0; i < statement.values.size(); ++i)
      use->Bind(static_cast<int>(i) + 1, statement.values[i].view());
    rows = 0;
    page = statement.page;
    const store::LimitedScope limits(connection, nullptr, begin + kStatementMax);
    while (true) {
      const StatusOr<bool> row = use->Step();
      if (absl::IsDeadlineExceeded(row.status())) break;
      SLUICE_RETURN_IF_ERROR(row.status());
      if (!*row) break;
      // As a server would, which reads every column of a row.
      for (int i = 0; i < use->column_count(); ++i) (void)use->Column(i);
      ++rows;
    }
    times.back() = MillisecondsSince(begin);
  }
  return times;
}

}  // namespace

StatusOr<std::vector<double>> TimeStatements(store::Connection& connection,
                                             const AskedStatements& asked) {
  const auto enough = [](std::size_t runs, double elapsed) {
    return runs >= 9 || (runs >= 5 && elapsed > 150) || (runs >= 2 && elapsed > 600);
  };
  std::vector<std::vector<double>> runs;
  const Clock::time_point start = Clock::now();
  while (!enough(runs.size(), MillisecondsSince(start))) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<double> times, RunOnce(connection, asked));
    runs.push_back(std::move(times));
    if (MillisecondsSince(start) > 2000) break;
  }
  if (runs.size() > 2) runs.erase(runs.begin());
  std::vector<double> medians;
  for (std::size_t i = 0; i < asked.statements.size(); ++i) {
    std::vector<double> times;
    for (const std::vector<double>& run : runs) times.push_back(run[i]);
    std::sort(times.begin(), times.end());
    medians.push_back(times[(times.size() - 1) / 2]);
  }
  return medians;
}

}  // namespace sluice::cli
