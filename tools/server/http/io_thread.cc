// The event loop of one thread. Timeouts are swept by one timer per thread, not
// armed per request: a deadline is then a plain store, and a sweep over every
// connection takes microseconds. Tested through http_session_test.cc.
#include "tools/server/http/io_thread.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <utility>

#include "boost/asio/post.hpp"

#include "tools/server/http/session.h"
#include "tools/server/threads/guard.h"

namespace sluice::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// So many are woken before other connections have a turn.
constexpr std::size_t kWokenPerTurn = 64;

// A quarter of the shortest timeout, within 5 ms and 500 ms; the upper end also
// bounds how late the Date field may be.
milliseconds TickFor(const ServerOptions& options) {
  const milliseconds shortest =
      std::min({options.handshake_timeout, options.head_timeout, options.body_timeout,
                options.write_timeout, options.idle_timeout, options.linger_timeout});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(500));
}

std::string DateField(std::time_t second) {
  std::tm parts{};
  gmtime_r(&second, &parts);
  std::array<char, 64> text{};
  // The process keeps the C locale: names of days and months are English.
  const std::size_t size =
      std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return {text.data(), size};
}

}  // namespace

void ServerState::RemoveConnection() {
  if (connections_.fetch_sub(1) == 1 && draining.load()) {
    const std::lock_guard lock(mutex_);
    none_left_.notify_all();
  }
}

bool ServerState::WaitUntilNoConnection(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_until(lock, deadline, [this] { return connections() == 0; });
}

IoThread::IoThread(std::shared_ptr<ServerState> state)
    : state_(std::move(state)),
      context_(1),
      work_(asio::make_work_guard(context_)),
      timer_(context_),
      tick_(TickFor(state_->options)),
      traffic_(state_->service->Routes().size() + 1) {
  now_ = Clock::now();
  date_field_ = DateField(std::time(nullptr));
}

IoThread::~IoThread() = default;

void IoThread::Start() {
  thread_ = std::thread([this] {
    id_ = std::this_thread::get_id();
    // sendfile to a client that has gone raises it; EPIPE says the same.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    // What fails for want of memory ends its own connection; the loop, and the
    // timer that may have been lost with it, go on.
    bool failed = false;
    threads::RunLasting([&] {
      if (failed && on_failure_) {
        on_failure_();
      }
      failed = true;
      Tick();
      context_.run();
    });
  });
}

void IoThread::Tick() {
  now_ = Clock::now();
  const std::time_t second = std::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date_field_ = DateField(second);
  }
  // From the end: a session that ends is replaced by the last one, which has
  // had its turn.
  for (std::size_t i = sessions_.size(); i-- > 0;) {
    const std::shared_ptr<Session> session = sessions_[i];
    session->CheckDeadline();
  }
  // Those whose turn was lost with an exception.
  WakeSome();
  if (!closing_) {
    timer_.expires_after(tick_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) {
        Tick();
      }
    });
  }
}

void IoThread::PostWake(std::shared_ptr<Session> session) {
  {
    const std::lock_guard lock(woken_mutex_);
    woken_.push_back(std::move(session));
    if (woken_.size() > 1) {
      return;
    }
  }
  asio::post(context_, [this] { WakeSome(); });
}

void IoThread::WakeSome() {
  if (waking_.empty()) {
    const std::lock_guard lock(woken_mutex_);
    waking_.swap(woken_);
  }
  for (std::size_t i = 0; i < kWokenPerTurn && !waking_.empty(); ++i) {
    const std::shared_ptr<Session> session = std::move(waking_.back());
    waking_.pop_back();
    session->Wake();
  }
  if (!waking_.empty()) {
    asio::post(context_, [this] { WakeSome(); });
  }
}

void IoThread::PostDrain(bool idle_may_ask) {
  asio::post(context_, [this, idle_may_ask] {
    for (std::size_t i = sessions_.size(); i-- > 0;) {
      const std::shared_ptr<Session> session = sessions_[i];
      session->Drain(idle_may_ask);
    }
  });
}

void IoThread::PostClose() {
  asio::post(context_, [this] {
    closing_ = true;
    timer_.cancel();
    for (std::size_t i = sessions_.size(); i-- > 0;) {
      const std::shared_ptr<Session> session = sessions_[i];
      session->Close();
    }
    work_.reset();
  });
}

void IoThread::Join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void IoThread::Adopt(asio::ip::tcp::socket socket, bool refuse) {
  std::shared_ptr<Session> session;
  bool listed = false;
  const bool started = threads::Try([&] {
    session = std::make_shared<Session>(shared_from_this(), std::move(socket), refuse);
    session->set_index(sessions_.size());
    sessions_.push_back(session);
    listed = true;
    session->Start();
  });
  if (!started) {
    // Closed, as if it had not come.
    if (listed) {
      Remove(*session);
    }
    state_->refusals.fetch_sub(refuse ? 1 : 0);
    state_->RemoveConnection();
    return;
  }
  if (closing_) {
    session->Close();
  }
}

void IoThread::Remove(Session& session) {
  const std::size_t index = session.index();
  std::swap(sessions_[index], sessions_.back());
  sessions_[index]->set_index(index);
  sessions_.pop_back();
}

}  // namespace sluice::http
