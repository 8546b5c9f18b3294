// The steps of one request: from its head to its handler, and every answer that
// is no handler's. Tested by http_session_test.cc.
#include <utility>

#include "tools/server/http/answer_editor.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/session.h"

namespace sluice::http {
namespace {

// An idle connection gives back a buffer larger than this.
constexpr std::size_t kIdleBufferMax = 16384;
constexpr std::size_t kIdleTextMax = 32768;

}  // namespace

// A new request, of which nothing has been parsed.
void Session::BeginRequest() {
  const bool is_first = !parser_.has_value();
  parser_.emplace(options_.head_bytes_max);
  admission_.route = 0;
  complete_at_ = {};
  idle_ = unread().empty();
  if (is_first || !idle_) {
    SetDeadline(options_.head_timeout, Timeout::kHead);
  } else {
    SetDeadline(options_.idle_timeout, Timeout::kIdle);
    if (thread_->state().draining && !thread_->state().handing_over) {
      closed_ = true;
    }
    if (!reading_ && buffer_.size() > kIdleBufferMax) {
      std::vector<char>().swap(buffer_);
      begin_ = end_ = 0;
    }
    if (out_.capacity() > kIdleTextMax) {
      std::string().swap(out_);
    }
  }
}

void Session::ParseBuffer() {
  if (!unread().empty()) {
    begin_ += parser_->Put(unread());
  }
}

// The head is complete: leaves the decision in admission_, and in answer_ when
// no handler is to be asked.
void Session::Admit() {
  Request& request = parser_->request();
  request.peer_ip = peer_ip_;
  request.cancelled =
      CancelToken(std::shared_ptr<const std::atomic<bool>>(slot_, &slot_->client_left));
  is_head_ = request.method == "HEAD";
  keep_alive_ = parser_->keeps_alive();
  if (options_.editor != nullptr) {
    editor_note_ = options_.editor->Note(request);
  }
  if (options_.on_answer) {
    asked_method_ = request.method;
    asked_target_ = request.target;
  }
  try {
    admission_ = thread_->state().service->Admit(request);
  } catch (...) {
    admission_ = Admission{};
    admission_.answer = ErrorResponse(ApiError{.status = 500});
  }
  if (admission_.handler == nullptr) {
    answer_ = std::move(admission_.answer);
  }
}

// Whether there is a body to read, for the handler or only to get past it. A
// body that is too long by its own announcement is refused here.
bool Session::WantsBody() {
  if (parser_->state() != RequestParser::State::kBody) {
    return false;
  }
  const bool chunked = parser_->chunked();
  const std::uint64_t announced = parser_->announced_bytes();
  if (!answer_ && !chunked && announced > admission_.body_bytes_max) {
    Refuse(413);
    return false;
  }
  const bool discard = answer_.has_value() || admission_.discard_body;
  if (discard &&
      (parser_->expects_continue() || (!chunked && announced > options_.drained_bytes_max))) {
    body_left_ = true;
    return false;
  }
  if (!discard && parser_->request()
                      .headers.Find("Content-Type")
                      .value_or("")
                      .starts_with("multipart/form-data")) {
    parser_->SpoolBody(options_.spool_folder, options_.form_memory_max);
  }
  parser_->LimitBody(discard ? options_.drained_bytes_max : admission_.body_bytes_max, discard);
  return true;
}

// Parses what has come of the body. Afterwards it is complete, or wants more,
// or body_left_ says that no more of it is read.
void Session::TakeBody() {
  ParseBuffer();
  if (parser_->state() == RequestParser::State::kFailed) {
    body_left_ = true;
    if (!parser_->spool_failure().ok()) {
      Refuse(absl::IsResourceExhausted(parser_->spool_failure()) ? 507 : 500);
    } else if (!parser_->overflowed()) {
      FailSyntax();
    } else if (!answer_ && !admission_.discard_body) {
      if (admission_.chunked_overflow != nullptr) {
        answer_ = *admission_.chunked_overflow;
      } else {
        Refuse(413);
      }
    }
    return;
  }
  if (parser_->state() == RequestParser::State::kBody && unread().size() > kBodyReadMax) {
    // Chunk headers or trailers without an end.
    FailSyntax();
    return;
  }
  const std::uint64_t held = parser_->request().body.size();
  auto& total = thread_->state().buffered_bytes;
  if (total.fetch_add(held - accounted_bytes_) + held - accounted_bytes_ >
      options_.buffered_bytes_max) {
    Refuse(503);
  }
  accounted_bytes_ = held;
}

// Leaves the answer in answer_ when the handler answered at once.
void Session::CallHandler() {
  complete_at_ = IoThread::Clock::now();
  in_handler_ = true;
  try {
    (*admission_.handler)(std::move(parser_->request()), Responder(slot_));
  } catch (...) {
    // The responder was destroyed on the way here and has answered 500.
  }
  in_handler_ = false;
}

// Tells who wants to know what was answered.
void Session::NoteAnswer() {
  if (options_.on_answer) {
    options_.on_answer({.method = asked_method_,
                        .target = asked_target_,
                        .peer_ip = peer_ip_,
                        .status = answer_->status,
                        .latency = latency_,
                        .bytes = answer_bytes_});
    asked_method_.clear();
    asked_target_.clear();
  }
}

void Session::EndRequest() {
  answer_bytes_ = 0;
  thread_->state().buffered_bytes.fetch_sub(accounted_bytes_);
  accounted_bytes_ = 0;
  stream_.reset();
  std::string().swap(fetched_);
  fetching_ = false;
  answer_.reset();
  body_left_ = false;
}

// Answers bytes that are not HTTP in the peer's words, and gives up on the
// connection.
void Session::FailSyntax() {
  const bool known = parser_->state() == RequestParser::State::kFailed;
  Response response;
  response.status = known ? parser_->failure_status() : 400;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = known ? parser_->failure_text() : std::string_view("400 Bad Request");
  response.common_headers = CommonHeaders::kNone;
  answer_ = std::move(response);
  is_head_ = false;
  keep_alive_ = false;
  body_left_ = true;
}

// Answers for the handler and leaves the rest of the body unread.
void Session::Refuse(int status) {
  answer_ = ErrorResponse(ApiError{.status = status});
  body_left_ = true;
  if (refuse_) {
    keep_alive_ = false;
    WriteAnswer();
  }
}

// Answers a client that spoke HTTP where TLS begins, in the peer's words.
void Session::RefusePlain() {
  transport_.GiveUpTls();
  StartWrite("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
             {});
}

}  // namespace sluice::http
