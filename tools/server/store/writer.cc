// Tested by tests/server/writer_test.cc, under the thread sanitizer too.
#include "tools/server/store/writer.h"

#include <future>

namespace sluice::store {

StatusOr<std::unique_ptr<Writer>> Writer::Start(const std::string& path,
                                                const WriterOptions& options) {
  std::unique_ptr<Writer> writer(new Writer(options));
  ConnectionOptions connection;
  connection.access = Access::kWrite;
  connection.busy_timeout = options.busy_timeout;
  SLUICE_ASSIGN_OR_RETURN(writer->connection_, Connection::Open(path, connection));
  writer->thread_ = std::thread([raw = writer.get()] { raw->Loop(); });
  return writer;
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Writer::Submit(Job job, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= options_.queue_max) return false;
    tasks_.push_back({std::move(job), std::move(done)});
  }
  ready_.notify_one();
  return true;
}

Status Writer::Run(const Job& job) {
  std::promise<Status> outcome;
  if (!Submit(job, [&outcome](const Status& status) { outcome.set_value(status); })) {
    return absl::UnavailableError("too many writes wait");
  }
  return outcome.get_future().get();
}

void Writer::Loop() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    const Status status = Transaction(task.job);
    if (task.done) task.done(status);
  }
}

Status Writer::Transaction(const Job& job) {
  SLUICE_RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE"));
  Status status = job(*connection_);
  if (status.ok()) status = connection_->Execute("COMMIT");
  // A failed COMMIT leaves the transaction open; some errors have ended it.
  if (!status.ok()) (void)connection_->Execute("ROLLBACK");
  return status;
}

}  // namespace sluice::store
