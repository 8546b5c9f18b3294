// The life of one connection. Its bytes are read in this file and written in
// session_write.cc only; the steps of a request are in session_request.cc. Tested
// by http_session_test.cc and http_tls_test.cc.
#include "tools/server/http/session.h"

#include <algorithm>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/post.hpp"

#include "tools/server/http/api_error.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/http/real_ip.h"
#include "tools/server/threads/guard.h"

namespace sluice::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kHeadRead = 4096;
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

asio::ip::tcp::socket NonBlocking(asio::ip::tcp::socket socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return socket;
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
  const bool posted = threads::Try([&] {
    asio::post(session_->context(),
               [session = session_->shared_from_this(), response = std::move(response)]() mutable {
                 session->TakeAnswer(std::move(response));
                 session->Wake();
               });
  });
  if (!posted) {
    lost = true;
  }
}

void AnswerSlot::Detach() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

Session::Session(std::shared_ptr<IoThread> thread, asio::ip::tcp::socket socket, bool refuse)
    : thread_(std::move(thread)),
      options_(thread_->state().options),
      transport_(NonBlocking(std::move(socket)), thread_->state().options.tls.get()),
      refuse_(refuse),
      slot_(std::make_shared<AnswerSlot>(*this)) {}

Session::~Session() {
  if (task_.handle) {
    task_.handle.destroy();
  }
}

void Session::Start() {
  peer_ip_ = PeerIp(transport_.socket());
  if (transport_.is_tls()) {
    SetDeadline(options_.handshake_timeout, Timeout::kHandshake);
  } else {
    SetDeadline(options_.head_timeout, Timeout::kHead);
  }
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
  transport_.Close();
  EndRequest();
  ServerState& state = thread_->state();
  if (refuse_) {
    state.refusals.fetch_sub(1);
  }
  thread_->Remove(*this);
  state.RemoveConnection();
}

void Session::CheckDeadline() {
  if (slot_->lost) {
    return Close();
  }
  if (slot_->missed.load(std::memory_order_relaxed) && slot_->missed.exchange(false)) {
    // May be the end of this session.
    return Wake();
  }
  if (thread_->now() < deadline_) {
    return;
  }
  if (answer_ && answer_->events && answer_->events->End()) {
    SetDeadline(options_.linger_timeout, Timeout::kLinger);
    return;
  }
  thread_->traffic().TimedOut(deadline_kind_);
  Close();
}

void Session::Drain(bool idle_may_ask) {
  if (idle_) {
    idle_may_ask ? void() : Close();
  } else if (answer_ && answer_->events) {
    answer_->events->End();
  }
}

void Session::Close() {
  closed_ = true;
  transport_.Close();
  Wake();
}

void Session::TakeAnswer(Response response) { answer_ = std::move(response); }

Session::Task Session::Run() {
  if (refuse_) {
    Refuse(503);
  } else if (transport_.is_tls()) {
    StartHandshake();
    while (shaking_) {
      co_await Event();
      if (closed_) {
        co_return;
      }
    }
    if (transport_.spoke_plain()) {
      RefusePlain();
    }
  }
  while (!refuse_ && !transport_.spoke_plain()) {
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
        SetDeadline(options_.head_timeout, Timeout::kHead);
      }
      ParseBuffer();
    }
    idle_ = false;
    if (parser_->state() == RequestParser::State::kFailed) {
      FailSyntax();
    } else {
      Admit();
      if (WantsBody()) {
        SetDeadline(options_.body_timeout, Timeout::kBody);
        if (parser_->expects_continue() && unread().empty()) {
          StartWrite("HTTP/1.1 100 Continue\r\n\r\n", {});
        }
        TakeBody();
        while (parser_->state() == RequestParser::State::kBody && !body_left_) {
          if (peer_done_) {
            co_return;
          }
          StartRead(kBodyReadMax);
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
      if (unread().size() < kBodyReadMax) {
        StartRead(kHeadRead);
      }
      co_await Event();
      if (closed_) {
        co_return;
      }
    }
    WriteAnswer();
    for (SendFiles(); (writing_ || fetching_) && !closed_; SendFiles()) {
      co_await Event();
    }
    if (answer_->events && !is_head_ && !closed_) {
      StartEvents();
      while (SendEvents()) {
        co_await Event();
      }
      // The head promised more; but who comes back is not to come back here.
      keep_alive_ = keep_alive_ && !thread_->state().draining;
    }
    NoteAnswer();
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
  transport_.EndSending();
  SetDeadline(options_.linger_timeout, Timeout::kLinger);
  while (!peer_done_ && !closed_) {
    if (!reading_) {
      begin_ = end_ = 0;
    }
    StartRead(kBodyReadMax);
    co_await Event();
  }
}

// Leaves shaking_ false when it is done, closed_ when it failed.
void Session::StartHandshake() {
  shaking_ = true;
  transport_.AsyncHandshake(
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
        self->shaking_ = false;
        self->closed_ = self->closed_ || (error && !self->transport_.spoke_plain());
        auto& traffic = self->thread_->traffic();
        (error ? traffic.handshakes_failed : traffic.handshakes).Add();
        self->SetDeadline(self->options_.head_timeout, Timeout::kHead);
        self->Wake();
      });
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
  transport_.AsyncRead(
      asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
        self->OnRead(error, size);
      });
}

void Session::OnRead(const boost::system::error_code& error, std::size_t size) {
  reading_ = false;
  end_ += size;
  thread_->traffic().bytes_in.Add(size);
  answered_in_a_row_ = 0;
  if (error) {
    peer_done_ = true;
    slot_->client_left = true;
  }
  Wake();
}

}  // namespace sluice::http
