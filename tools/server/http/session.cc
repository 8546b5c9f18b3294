// The life of one connection, and the last-resort catch. Sockets are read in
// this file and written in session_write.cc only. Tested by
// http_session_test.cc.
#include "tools/server/http/session.h"

#include <algorithm>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/post.hpp"

#include "tools/server/http/api_error.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/http/real_ip.h"

namespace sluice::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kHeadRead = 4096;
constexpr std::size_t kBodyRead = 65536;
// An idle connection gives back a buffer larger than this.
constexpr std::size_t kIdleBufferMax = 16384;
constexpr std::size_t kIdleTextMax = 32768;
// So many pipelined requests are answered before other connections have a turn.
constexpr std::size_t kInARowMax = 32;

std::string PeerIp(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const asio::ip::address address = socket.remote_endpoint(error).address();
  if (error) {
    return {};
  }
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return CanonicalIp(address.to_string());
}

}  // namespace

void AnswerSlot::Answer(Response response) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) {
    return;
  }
  if (session_->InHandlerHere()) {
    session_->TakeAnswer(std::move(response));
    return;
  }
  // Under the lock, so that nothing is posted to a loop that has ended.
  asio::post(session_->context(),
             [session = session_->shared_from_this(), response = std::move(response)]() mutable {
               session->TakeAnswer(std::move(response));
               session->Wake();
             });
}

void AnswerSlot::Detach() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

Session::Session(std::shared_ptr<IoThread> thread, asio::ip::tcp::socket socket, bool refuse)
    : thread_(std::move(thread)),
      options_(thread_->state().options),
      socket_(std::move(socket)),
      refuse_(refuse),
      slot_(std::make_shared<AnswerSlot>(*this)) {}

Session::~Session() {
  if (task_.handle) {
    task_.handle.destroy();
  }
}

void Session::Start() {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  peer_ip_ = PeerIp(socket_);
  SetDeadline(options_.head_timeout);
  task_ = Run();
  waiting_ = true;
  Wake();
}

void Session::Wake() {
  if (!waiting_) {
    return;
  }
  // The list of the thread may hold the last other reference.
  const std::shared_ptr<Session> self = shared_from_this();
  waiting_ = false;
  task_.handle.resume();
  if (task_.handle.done()) {
    Finish();
  }
}

void Session::Finish() {
  slot_->client_left = true;
  slot_->Detach();
  boost::system::error_code ignored;
  socket_.close(ignored);
  EndRequest();
  ServerState& state = thread_->state();
  if (refuse_) {
    state.refusals.fetch_sub(1);
  }
  thread_->Remove(*this);
  state.RemoveConnection();
}

void Session::CheckDeadline() {
  if (thread_->now() < deadline_) {
    return;
  }
  if (answer_ && answer_->events && answer_->events->End()) {
    SetDeadline(options_.linger_timeout);
    return;
  }
  Close();
}

void Session::Drain() {
  if (idle_) {
    Close();
  } else if (answer_ && answer_->events) {
    answer_->events->End();
  }
}

void Session::Close() {
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  Wake();
}

void Session::TakeAnswer(Response response) { answer_ = std::move(response); }

Session::Task Session::Run() {
  if (refuse_) {
    Refuse(503);
  }
  while (!refuse_) {
    BeginRequest();
    ParseBuffer();
    while (parser_->state() == RequestParser::State::kHead) {
      if (peer_done_) {
        co_return;
      }
      StartRead(kHeadRead);
      co_await Event();
      if (closed_) {
        co_return;
      }
      if (idle_ && !unread().empty()) {
        idle_ = false;
        SetDeadline(options_.head_timeout);
      }
      ParseBuffer();
    }
    idle_ = false;
    if (parser_->state() == RequestParser::State::kFailed) {
      FailSyntax();
    } else {
      Admit();
      if (WantsBody()) {
        SetDeadline(options_.body_timeout);
        if (parser_->expects_continue() && unread().empty()) {
          StartWrite("HTTP/1.1 100 Continue\r\n\r\n", {});
        }
        TakeBody();
        while (parser_->state() == RequestParser::State::kBody && !body_left_) {
          if (peer_done_) {
            co_return;
          }
          StartRead(kBodyRead);
          co_await Event();
          if (closed_) {
            co_return;
          }
          TakeBody();
        }
      }
      if (!answer_) {
        CallHandler();
      }
    }
    while (!answer_ || writing_) {
      // Reading on tells when the client leaves; what comes is a later request.
      deadline_ = IoThread::Clock::time_point::max();
      if (unread().size() < kBodyRead) {
        StartRead(kHeadRead);
      }
      co_await Event();
      if (closed_) {
        co_return;
      }
    }
    WriteAnswer();
    for (SendFiles(); writing_ && !closed_; SendFiles()) {
      co_await Event();
    }
    if (answer_->events && !is_head_ && !closed_) {
      StartEvents();
      while (SendEvents()) {
        co_await Event();
      }
    }
    const bool goes_on = keep_alive_ && !closed_;
    const bool lingers = MustLinger();
    EndRequest();
    if (closed_ || (!goes_on && !lingers)) {
      co_return;
    }
    if (!goes_on) {
      break;
    }
    if (++answered_in_a_row_ >= kInARowMax && !unread().empty()) {
      answered_in_a_row_ = 0;
      asio::post(context(), [self = shared_from_this()] { self->Wake(); });
      co_await Event();
      if (closed_) {
        co_return;
      }
    }
  }
  while (writing_ && !closed_) {
    co_await Event();
  }
  // Closing while the client still sends would make its system throw the answer
  // away; so the end is announced and the rest is read and dropped for a while.
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  SetDeadline(options_.linger_timeout);
  while (!peer_done_ && !closed_) {
    if (!reading_) {
      begin_ = end_ = 0;
    }
    StartRead(kBodyRead);
    co_await Event();
  }
}

// A new request, of which nothing has been parsed.
void Session::BeginRequest() {
  const bool is_first = !parser_.has_value();
  parser_.emplace(options_.head_bytes_max);
  idle_ = unread().empty();
  if (is_first || !idle_) {
    SetDeadline(options_.head_timeout);
  } else {
    SetDeadline(options_.idle_timeout);
    if (thread_->state().draining) {
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
  if (parser_->state() == RequestParser::State::kBody && unread().size() > kBodyRead) {
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
  in_handler_ = true;
  try {
    (*admission_.handler)(std::move(parser_->request()), Responder(slot_));
  } catch (...) {
    // The responder was destroyed on the way here and has answered 500.
  }
  in_handler_ = false;
}

void Session::EndRequest() {
  thread_->state().buffered_bytes.fetch_sub(accounted_bytes_);
  accounted_bytes_ = 0;
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

bool Session::MustLinger() const { return !closed_ && (body_left_ || !unread().empty()); }

void Session::StartRead(std::size_t room) {
  if (reading_ || peer_done_ || closed_) {
    return;
  }
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
  if (buffer_.size() - end_ < room) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() - end_ < room) {
      buffer_.resize(std::max(end_ + room, buffer_.size() * 2));
    }
  }
  reading_ = true;
  socket_.async_read_some(
      asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
        self->OnRead(error, size);
      });
}

void Session::OnRead(const boost::system::error_code& error, std::size_t size) {
  reading_ = false;
  end_ += size;
  answered_in_a_row_ = 0;
  if (error) {
    peer_done_ = true;
    slot_->client_left = true;
  }
  Wake();
}

}  // namespace sluice::http
