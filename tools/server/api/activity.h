// The hook that writes requests into the activity log (S-92).
#pragma once

#include <memory>

#include "tools/server/http/handler.h"
#include "tools/server/logs/request_entry.h"

namespace sluice::api {

struct Call;
struct ServerParts;

// What is noted of one request. Made with the call, read when the call ends.
struct Activity {
  logs::RequestNote request;
  logs::AnswerNote answer;  // status 0 until there is one
};

// A responder that notes the answer on its way to `responder`.
http::Responder Noting(std::shared_ptr<Activity> activity, http::Responder responder);

// Writes the row of a call that has ended.
void LogCall(ServerParts& parts, const Call& call, const Activity& activity);

}  // namespace sluice::api
