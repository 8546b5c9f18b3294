// Mails leave on threads of their own, out of one bounded queue.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sluice/status.h"
#include "tools/server/mail/message.h"
#include "tools/server/store/settings.h"

namespace sluice::mail {

struct MailerOptions {
  // Mails are written into this folder instead of being sent; for development.
  std::string folder;
  std::size_t threads = 4;
  std::size_t queue_max = 1000;
};

// Safe to use from any thread.
class Mailer {
 public:
  // Told once how it went: on a thread of the mailer, or of the caller when the
  // mail is refused at once. May block for as long as storing a row takes.
  using Done = std::function<void(const Status&)>;
  // Whether an answer waits for the mail: those go first.
  enum class Lane : std::uint8_t { kAnswer, kBackground };

  static std::unique_ptr<Mailer> Start(const MailerOptions& options);
  // As Stop.
  ~Mailer();

  // Sends `mail` by the settings, and says so within `patience` of now.
  // kUnavailable when too many mails wait already.
  void Send(Mail mail, const store::SmtpSettings& settings, std::chrono::milliseconds patience,
            Lane lane, Done done);

  // What waits now, for figures.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return answers_.size() + background_.size();
  }

  // Gives up on what is being sent and on what waits, and ends the threads.
  void Stop();

 private:
  struct Item {
    Mail mail;
    store::SmtpSettings settings;
    std::chrono::steady_clock::time_point deadline;
    Done done;
  };

  explicit Mailer(MailerOptions options) : options_(std::move(options)) {}
  void Work();
  void Expire();
  Status SendNow(const Item& item) const;
  std::vector<Item> TakeExpired(std::chrono::steady_clock::time_point now);

  MailerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable queued_;  // for the thread that expires
  std::deque<Item> answers_;
  std::deque<Item> background_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::mail
