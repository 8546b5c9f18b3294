// Tested by tests/server/crons_test.cc.
#include "tools/server/crons/scheduler.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "tools/server/threads/guard.h"

namespace sluice::crons {
namespace {

using Minutes = std::chrono::time_point<std::chrono::system_clock, std::chrono::minutes>;

std::tm ToUtc(Minutes minute) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(minute);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

Scheduler::Scheduler(OnFailure on_failure, Clock clock)
    : on_failure_(std::move(on_failure)), clock_(std::move(clock)) {}

Scheduler::~Scheduler() { Stop(); }

Status Scheduler::Add(std::string id, std::string expression, Job job) {
  if (!Expression::Parse(expression))
    return absl::InvalidArgumentError("no cron expression: " + expression);
  AddChanging(
      std::move(id), [expression = std::move(expression)] { return expression; }, std::move(job));
  return absl::OkStatus();
}

void Scheduler::AddChanging(std::string id, std::function<std::string()> expression, Job job) {
  const std::lock_guard lock(mutex_);
  Entry entry{std::move(id), std::move(expression), std::move(job)};
  for (Entry& old : entries_) {
    if (old.id != entry.id) continue;
    old = std::move(entry);
    return;
  }
  entries_.push_back(std::move(entry));
}

void Scheduler::Start() {
  thread_ = std::thread([this] { threads::RunLasting([&] { Loop(); }); });
}

void Scheduler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<JobInfo> Scheduler::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<JobInfo> jobs;
  for (const Entry& entry : entries_) {
    if (std::string expression = entry.expression(); !expression.empty())
      jobs.push_back({entry.id, std::move(expression)});
  }
  return jobs;
}

bool Scheduler::RunSoon(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [id](const Entry& e) { return e.id == id; });
  if (found == entries_.end() || found->expression().empty()) return false;
  // Once is enough for those who ask while it waits.
  if (std::find(due_.begin(), due_.end(), id) == due_.end()) due_.emplace_back(id);
  changed_.notify_all();
  return true;
}

void Scheduler::Tick(const std::tm& time) {
  for (const JobInfo& job : List()) {
    const std::optional<Expression> expression = Expression::Parse(job.expression);
    if (expression && expression->IsDue(time)) RunSoon(job.id);
  }
}

void Scheduler::Flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || (due_.empty() && !busy_); });
}

void Scheduler::RunNext(std::unique_lock<std::mutex>& lock) {
  const std::string id = std::move(due_.front());
  due_.pop_front();
  Job job;
  for (const Entry& entry : entries_) {
    if (entry.id == id) job = entry.job;
  }
  busy_ = true;
  lock.unlock();
  // A job that fails, however it does, fails alone (security A36).
  const Status status = threads::Guarded([&]() -> Status {
    try {
      return job();
    } catch (const std::exception& error) {
      return absl::InternalError(error.what());
    }
  });
  if (!status.ok() && on_failure_) threads::Try([&] { on_failure_(id, status); });
  lock.lock();
  busy_ = false;
  changed_.notify_all();
}

void Scheduler::Loop() {
  auto last = std::chrono::floor<std::chrono::minutes>(clock_());
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!due_.empty()) {
      RunNext(lock);
      continue;
    }
    const auto now = clock_();
    const auto minute = std::chrono::floor<std::chrono::minutes>(now);
    // One tick whatever was slept over: jobs are not made up for.
    if (minute != last) {
      last = minute;
      lock.unlock();
      Tick(ToUtc(Minutes(minute.time_since_epoch())));
      lock.lock();
      continue;
    }
    // A clock that was set is seen after a while.
    const auto rest = std::min<std::chrono::system_clock::duration>(
        minute + std::chrono::minutes(1) - now, std::chrono::seconds(20));
    changed_.wait_for(lock, rest, [this] { return stopping_ || !due_.empty(); });
  }
}

}  // namespace sluice::crons
