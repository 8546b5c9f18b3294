// Jobs that run by the clock, or when somebody asks (S-11, S-94).
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/crons/expression.h"

namespace sluice::crons {

struct JobInfo {
  std::string id;
  std::string expression;
};

// Runs one job at a time, on a thread of its own. Safe from any thread.
class Scheduler {
 public:
  using Job = std::function<Status()>;
  using Clock = std::function<std::chrono::system_clock::time_point()>;
  // Told of each run that failed.
  using OnFailure = std::function<void(std::string_view id, const Status&)>;

  explicit Scheduler(OnFailure on_failure, Clock clock = &std::chrono::system_clock::now);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // A job that is due by `expression`, in place of one with the same id.
  // kInvalidArgument when the expression is none.
  Status Add(std::string id, std::string expression, Job job);
  // The same with an expression that is asked for each minute; the job is not
  // there while it is empty.
  void AddChanging(std::string id, std::function<std::string()> expression, Job job);

  // From now on jobs run.
  void Start();
  // Ends the thread after the job that runs.
  void Stop();

  // In the order of their making.
  std::vector<JobInfo> List() const;
  // Runs a job soon; false when there is none with that id.
  bool RunSoon(std::string_view id);
  // What the clock does each minute; `time` is in UTC. For tests as well.
  void Tick(const std::tm& time);
  // Waits until nothing waits to run.
  void Flush();

 private:
  struct Entry {
    std::string id;
    std::function<std::string()> expression;
    Job job;
  };

  void Loop();
  void RunNext(std::unique_lock<std::mutex>& lock);

  const OnFailure on_failure_;
  const Clock clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> entries_;
  std::deque<std::string> due_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::crons
