#include "requests.h"

#include <utility>

namespace follow {

using sluice::server::Cancellation;

struct Requests::Ticket::Place {
  Place(Requests& the_requests, std::string the_key, Number the_number, Cancellation the_write)
      : requests(the_requests),
        key(std::move(the_key)),
        number(the_number),
        write(std::move(the_write)) {}
  ~Place() { requests.End(key, number); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Requests& requests;
  const std::string key;
  const Number number;
  const Cancellation write;
};

std::optional<Cancellation> Requests::Ticket::cancellation() const {
  if (place_ == nullptr) return std::nullopt;
  return place_->write;
}

Requests::Ticket Requests::Begin(const std::string& key) {
  Ticket ticket;
  const Cancellation write;
  std::optional<Cancellation> older;
  {
    const std::lock_guard lock(mutex_);
    Holder& holder = places_[key];
    if (holder.number != 0) older = holder.cancellation;
    holder = {++last_, write};
    ticket.place_ = std::make_shared<Ticket::Place>(*this, key, holder.number, write);
  }
  if (older) older->Cancel();
  return ticket;
}

void Requests::End(const std::string& key, Number number) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found != places_.end() && found->second.number == number) places_.erase(found);
}

}  // namespace follow
