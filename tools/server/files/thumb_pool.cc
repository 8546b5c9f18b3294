// Tested by files_thumb_test.cc.
#include "tools/server/files/thumb_pool.h"

#include <algorithm>
#include <utility>

#include "tools/server/files/thumb.h"
#include "tools/server/threads/guard.h"

namespace sluice::files {
namespace {

constexpr auto kFailureKept = std::chrono::minutes(1);
constexpr std::size_t kFailuresMax = 1000;

Status Busy() { return absl::UnavailableError("no thumb: too many are waited for"); }

std::string IdOf(const ThumbRequest& request) {
  // '/' is in none of the pieces that a file can have.
  return request.store->place() + "//" + request.collection_id + "/" + request.record_id + "/" +
         request.name + "/" + request.size_text;
}

}  // namespace

ThumbPool::ThumbPool(const ThumbPoolOptions& options) : options_(options) {
  const std::size_t count = options.threads > 0
                                ? options.threads
                                : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this] { threads::RunLasting([this] { Work(); }); });
  }
}

ThumbPool::~ThumbPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  for (auto& [id, job] : jobs_) {
    for (const Done& done : job->waiting) {
      done(Busy());
    }
  }
}

void ThumbPool::Make(const ThumbRequest& request, Done done) {
  std::string id = IdOf(request);
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(id);
    const auto failure = failed_.find(id);
    if (found != jobs_.end()) {
      found->second->waiting.push_back(std::move(done));
      return;
    }
    refused = queue_.size() >= options_.queue_max ||
              (failure != failed_.end() && Clock::now() - failure->second < kFailureKept);
    if (!refused) {
      auto job = std::make_shared<Job>(Job{request, Clock::now(), {}});
      job->waiting.push_back(std::move(done));
      queue_.push_back(id);
      jobs_.emplace(std::move(id), std::move(job));
      changed_.notify_one();
      return;
    }
  }
  done(Busy());
}

void ThumbPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (ending_) {
      return;
    }
    const std::string id = std::move(queue_.front());
    queue_.pop_front();
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) {
      continue;  // There was no memory for it.
    }
    const std::shared_ptr<Job> job = found->second;
    const bool late = Clock::now() - job->since > options_.wait_max;
    lock.unlock();
    StatusOr<StoredContent> made = Status(absl::StatusCode::kInternal, "");
    threads::Try([&] { made = late ? Busy() : MakeOne(job->request); });
    lock.lock();
    if (!made.ok() && !late) {
      threads::Try([&] { NoteFailure(id); });
    }
    const std::vector<Done> waiting = std::move(job->waiting);
    jobs_.erase(id);
    lock.unlock();
    for (const Done& done : waiting) {
      threads::Try([&] { done(made); });
    }
    lock.lock();
  }
}

void ThumbPool::NoteFailure(const std::string& id) {
  if (failed_.size() >= kFailuresMax) {
    failed_.clear();
  }
  failed_[id] = Clock::now();
}

// The catch is for memory that runs out: a picture must not end the process.
StatusOr<StoredContent> ThumbPool::MakeOne(const ThumbRequest& request) {
  const FileStore& store = *request.store;
  try {
    SLUICE_ASSIGN_OR_RETURN(const http::FileContent original, store.Fetch(request.key()));
    SLUICE_ASSIGN_OR_RETURN(Thumb thumb, MakeThumb(original, request.size));
    SLUICE_RETURN_IF_ERROR(store.PutThumb(request.key(), request.size_text,
                                          http::FileContent(std::move(thumb.bytes)),
                                          thumb.content_type));
    return OpenThumbNow(store, request.key(), request.size_text);
  } catch (const std::exception& exception) {
    return absl::InternalError(std::string("no thumb: ") + exception.what());
  }
}

}  // namespace sluice::files
