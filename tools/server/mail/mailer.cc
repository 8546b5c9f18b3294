// Tested by tests/server/mail_mailer_test.cc.
#include "tools/server/mail/mailer.h"

#include <algorithm>

#include "tools/server/mail/send.h"
#include "tools/server/threads/guard.h"

namespace sluice::mail {

using Clock = std::chrono::steady_clock;

std::unique_ptr<Mailer> Mailer::Start(const MailerOptions& options) {
  std::unique_ptr<Mailer> mailer(new Mailer(options));
  for (std::size_t i = 0; i < options.threads; ++i)
    mailer->threads_.emplace_back(
        [raw = mailer.get()] { threads::RunLasting([&] { raw->Work(); }); });
  mailer->threads_.emplace_back(
      [raw = mailer.get()] { threads::RunLasting([&] { raw->Expire(); }); });
  return mailer;
}

Mailer::~Mailer() { Stop(); }

void Mailer::Stop() {
  std::deque<Item> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(answers_);
    std::move(background_.begin(), background_.end(), std::back_inserter(left));
    background_.clear();
  }
  ready_.notify_all();
  queued_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  for (Item& item : left) item.done(absl::CancelledError("the server is ending"));
}

void Mailer::Send(Mail mail, const store::SmtpSettings& settings,
                  std::chrono::milliseconds patience, Lane lane, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && answers_.size() + background_.size() < options_.queue_max) {
      auto& queue = lane == Lane::kAnswer ? answers_ : background_;
      queue.push_back({std::move(mail), settings, Clock::now() + patience, std::move(done)});
      ready_.notify_one();
      queued_.notify_one();
      return;
    }
  }
  done(absl::UnavailableError("too many mails wait"));
}

Status Mailer::SendNow(const Item& item) const {
  if (!options_.folder.empty()) return WriteToFolder(item.mail, options_.folder);
  const Patience patience{item.deadline, &stopping_};
  if (item.settings.enabled) return SendBySmtp(item.mail, item.settings, patience);
  return SendBySendmail(item.mail, patience);
}

void Mailer::Work() {
  while (true) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !answers_.empty() || !background_.empty(); });
      if (stopping_) return;
      auto& queue = answers_.empty() ? background_ : answers_;
      item = std::move(queue.front());
      queue.pop_front();
    }
    item.done(SendNow(item));
  }
}

std::vector<Mailer::Item> Mailer::TakeExpired(Clock::time_point now) {
  std::vector<Item> expired;
  for (auto* queue : {&answers_, &background_}) {
    const auto keep = std::stable_partition(
        queue->begin(), queue->end(), [now](const Item& item) { return item.deadline > now; });
    std::move(keep, queue->end(), std::back_inserter(expired));
    queue->erase(keep, queue->end());
  }
  return expired;
}

// Tells those whose mail waited too long while all threads were busy.
void Mailer::Expire() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto next = Clock::time_point::max();
    for (const auto* queue : {&answers_, &background_}) {
      for (const Item& item : *queue) next = std::min(next, item.deadline);
    }
    if (next == Clock::time_point::max()) {
      queued_.wait(lock);
      continue;
    }
    queued_.wait_until(lock, next);
    std::vector<Item> expired = TakeExpired(Clock::now());
    if (expired.empty()) continue;
    lock.unlock();
    for (const Item& item : expired)
      item.done(absl::DeadlineExceededError("the mail waited too long"));
    lock.lock();
  }
}

}  // namespace sluice::mail
