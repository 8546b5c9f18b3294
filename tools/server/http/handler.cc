// The one rule of Responder: every request is answered exactly once.
#include "tools/server/http/handler.h"

#include "tools/server/http/api_error.h"

namespace sluice::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Send(ErrorResponse(ApiError{.status = 500}));
    sink_ = std::move(other.sink_);
  }
  return *this;
}

Responder::~Responder() {
  if (sink_ != nullptr) {
    Send(ErrorResponse(ApiError{.status = 500}));
  }
}

void Responder::Send(Response response) {
  if (sink_ != nullptr) {
    const std::shared_ptr<AnswerSink> sink = std::move(sink_);
    sink_ = nullptr;
    sink->Answer(std::move(response));
  }
}

}  // namespace sluice::http
