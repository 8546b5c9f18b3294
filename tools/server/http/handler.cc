// The one rule of Responder: every request is answered exactly once.
#include "tools/server/http/handler.h"

#include <utility>

#include "tools/server/http/api_error.h"
#include "tools/server/threads/guard.h"

namespace sluice::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    const Responder unused(std::exchange(sink_, std::move(other.sink_)));
  }
  return *this;
}

Responder::~Responder() {
  if (sink_ == nullptr) {
    return;
  }
  Response response;
  response.status = 500;
  threads::Try([&] { response = ErrorResponse(ApiError{.status = 500}); });
  Send(std::move(response));
}

void Responder::Send(Response response) {
  if (sink_ != nullptr) {
    const std::shared_ptr<AnswerSink> sink = std::move(sink_);
    sink_ = nullptr;
    // A sink that throws has let go of whatever it was to pass the answer to.
    threads::Try([&] { sink->Answer(std::move(response)); });
  }
}

}  // namespace sluice::http
