// Requests in flight by key: a newer one takes the place of an older one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sluice/server/call.h"

namespace follow {

class Requests {
 public:
  // One request's place under its key, given up with its last copy.
  class Ticket {
   public:
    // Of no key: nothing cancels it.
    Ticket() = default;
    std::optional<sluice::server::Cancellation> cancellation() const;

   private:
    friend class Requests;
    struct Place;
    std::shared_ptr<Place> place_;
  };

  // Takes the place under `key`, and cancels who had it.
  Ticket Begin(const std::string& key);

 private:
  using Number = std::uint64_t;
  struct Holder {
    Number number = 0;
    sluice::server::Cancellation cancellation;
  };

  void End(const std::string& key, Number number);

  std::mutex mutex_;
  Number last_ = 0;                       // guarded by mutex_
  std::map<std::string, Holder> places_;  // guarded by mutex_
};

}  // namespace follow
