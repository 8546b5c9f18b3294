// Ways out of the house for one mail. Each blocks; use a Mailer.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "sluice/status.h"
#include "tools/server/mail/message.h"
#include "tools/server/store/settings.h"

namespace sluice::mail {

// How long a way may take, and whether the server is ending.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  const std::atomic<bool>* stopping = nullptr;

  bool over() const {
    return std::chrono::steady_clock::now() >= deadline ||
           (stopping != nullptr && stopping->load(std::memory_order_relaxed));
  }
  std::chrono::milliseconds left() const;
};

// By the mail server of the settings. kUnavailable with the reason, in
// words for the operator, when it did not take the mail.
Status SendBySmtp(const Mail& mail, const store::SmtpSettings& settings, const Patience& patience);

// By the program `sendmail -i -t`.
Status SendBySendmail(const Mail& mail, const Patience& patience);

// Into a new file `TIME-RANDOM.eml` of `folder`, which is made.
Status WriteToFolder(const Mail& mail, const std::string& folder);

}  // namespace sluice::mail
