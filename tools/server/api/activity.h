// The hook that writes requests into the activity log (S-92).
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "tools/server/api/call.h"
#include "tools/server/http/handler.h"
#include "tools/server/logs/request_entry.h"

namespace sluice::api {

struct ServerParts;

// Notes the answer to a request on its way to the client.
class Activity : public http::AnswerSink {
 public:
  explicit Activity(http::Responder responder) : responder_(std::move(responder)) {}

  void Answer(http::Response response) override;

  std::chrono::steady_clock::time_point begin() const { return begin_; }
  // Status 0 until there is one.
  const logs::AnswerNote& answer() const { return answer_; }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  logs::AnswerNote answer_;
  http::Responder responder_;
};

// A call that leaves its row in the log when it ends.
struct LoggedCall : Call {
  LoggedCall(ServerParts& the_parts, http::Request the_request,
             std::shared_ptr<Activity> the_activity)
      : Call(std::move(the_request), http::Responder(the_activity)),
        parts(the_parts),
        activity(std::move(the_activity)) {}
  ~LoggedCall();

  ServerParts& parts;
  const std::shared_ptr<Activity> activity;
};

}  // namespace sluice::api
