// PUT /follow: one user follows another.
#pragma once

#include "sluice/server/call.h"

#include "params.h"
#include "requests.h"

namespace follow {

class Follow {
 public:
  void Run(const sluice::server::Call& call);

 private:
  void Create(const sluice::server::Call& call, const Pair& pair, const Requests::Ticket& ticket);

  Requests requests_;
};

}  // namespace follow
