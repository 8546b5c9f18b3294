// Accepting connections. Tested by http_session_test.cc.
#include "tools/server/http/listener.h"

#include <cerrno>
#include <chrono>
#include <future>
#include <linux/filter.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/write.hpp"

#include "tools/server/threads/guard.h"

namespace sluice::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// So many clients beyond the limit are told 503 at a time; others are just
// closed, or the refusals themselves would be the load.
constexpr std::size_t kRefusalsMax = 64;
constexpr auto kRetryPause = std::chrono::milliseconds(50);
// Of our own connection, whose way shows where those of others go.
constexpr std::string_view kQuestion = "OPTIONS * HTTP/1.0\r\n\r\n";
constexpr auto kAskerPatience = std::chrono::seconds(10);
constexpr int kAskerPauseMillis = 1;
constexpr auto kWatchPause = std::chrono::seconds(2);

StatusOr<tcp::endpoint> Resolve(asio::io_context& context, const ServerOptions& options) {
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (!error) {
    return tcp::endpoint(address, options.port);
  }
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.address, std::to_string(options.port),
                                      tcp::resolver::passive, error);
  if (error || found.empty()) {
    return absl::InvalidArgumentError("not an address to listen on: " + options.address);
  }
  return found.begin()->endpoint();
}

}  // namespace

Listener::Listener(std::vector<std::shared_ptr<IoThread>> threads)
    : threads_(std::move(threads)),
      state_(threads_.front()->state()),
      acceptor_(threads_.front()->context()),
      pause_(threads_.front()->context()),
      watch_(threads_.front()->context()) {}

StatusOr<std::shared_ptr<Listener>> Listener::Open(std::vector<std::shared_ptr<IoThread>> threads) {
  std::shared_ptr<Listener> listener(new Listener(std::move(threads)));
  SLUICE_RETURN_IF_ERROR(listener->Bind());
  return listener;
}

Status Listener::Bind() {
  SLUICE_ASSIGN_OR_RETURN(const tcp::endpoint endpoint,
                          Resolve(threads_.front()->context(), state_.options));
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) {
    acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error && state_.options.reuse_port) {
    const int on = 1;
    if (::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      error.assign(errno, boost::system::system_category());
    }
  }
  if (!error) {
    acceptor_.bind(endpoint, error);
  }
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (!error) {
    acceptor_.non_blocking(true, error);
  }
  if (error) {
    return absl::UnavailableError("cannot listen on " + state_.options.address + ":" +
                                  std::to_string(state_.options.port) + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return absl::OkStatus();
}

void Listener::Start() {
  asio::post(threads_.front()->context(), [self = shared_from_this()] {
    self->threads_.front()->OnFailure([weak = self->weak_from_this()] {
      if (const auto listener = weak.lock()) {
        listener->Recover();
      }
    });
    self->Accept();
    if (self->state_.options.tls != nullptr) {
      self->WatchCertificate();
    }
  });
}

void Listener::Recover() {
  if (!acceptor_.is_open()) {
    return;
  }
  ++round_;
  boost::system::error_code ignored;
  acceptor_.cancel(ignored);
  Accept();
  if (state_.options.tls != nullptr) {
    WatchCertificate();
  }
}

void Listener::WatchCertificate() {
  watch_.expires_after(kWatchPause);
  watch_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
    if (!stopped && self->acceptor_.is_open()) {
      self->state_.options.tls->ReloadIfChanged();
      self->WatchCertificate();
    }
  });
}

// The system deals connections out among all sockets that listen there, and
// resets those that wait at one that is closed. So before this one is closed
// they are sent to another member of the group, by a filter that anybody may
// attach: it names the member that takes all. Which number is whose is not told,
// and numbers move when a member leaves; so a connection of our own finds out.
bool Listener::LeaveToOthers() {
  for (const std::uint32_t member : {0U, 1U}) {
    if (SendsElsewhere(member)) {
      return true;
    }
  }
  const int none = 0;
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &none, sizeof none);
  return false;
}

// Sends all that comes to that member; false when that is this very socket.
bool Listener::SendsElsewhere(std::uint32_t member) {
  sock_filter give_member{BPF_RET | BPF_K, 0, 0, member};
  const sock_fprog filter{1, &give_member};
  if (::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter,
                   sizeof filter) != 0) {
    return false;
  }
  boost::system::error_code error;
  tcp::endpoint here = acceptor_.local_endpoint(error);
  if (here.address().is_unspecified()) {
    here.address(here.address().is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                        : asio::ip::address(asio::ip::address_v4::loopback()));
  }
  asio::io_context context(1);
  tcp::socket asker(context);
  asker.open(here.protocol(), error);
  asker.bind(tcp::endpoint(here.address(), 0), error);
  heard_asker_ = false;
  asker_port_ = asker.local_endpoint(error).port();
  asker.connect(here, error);
  if (!error) {
    asio::write(asker, asio::buffer(kQuestion), error);
  }
  // Whoever took it answers, or closes it. Here it was heard before that.
  const auto end = std::chrono::steady_clock::now() + kAskerPatience;
  bool answered = false;
  while (!error && !answered && !heard_asker_ && std::chrono::steady_clock::now() < end) {
    pollfd waiting{asker.native_handle(), POLLIN, 0};
    answered = ::poll(&waiting, 1, kAskerPauseMillis) == 1;
  }
  asker_port_ = 0;
  return answered && !heard_asker_;
}

void Listener::Close() {
  std::promise<void> closed;
  asio::post(threads_.front()->context(), [&] {
    boost::system::error_code error;
    while (state_.options.reuse_port && !error) {
      const std::shared_ptr<IoThread> thread = threads_[next_++ % threads_.size()];
      tcp::socket socket = acceptor_.accept(thread->context(), error);
      if (!error) {
        Take(thread, std::move(socket));
      }
    }
    acceptor_.close(error);
    pause_.cancel();
    watch_.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

void Listener::Accept() {
  if (!acceptor_.is_open()) {
    return;
  }
  const std::shared_ptr<IoThread> thread = threads_[next_++ % threads_.size()];
  acceptor_.async_accept(thread->context(),
                         [self = shared_from_this(), thread, round = round_](
                             const boost::system::error_code& error, tcp::socket socket) {
                           if (round == self->round_) {
                             self->OnAccept(error, thread, std::move(socket));
                           } else if (!error) {
                             self->Take(thread, std::move(socket));
                           }
                         });
}

void Listener::OnAccept(const boost::system::error_code& error,
                        const std::shared_ptr<IoThread>& thread, tcp::socket socket) {
  if (error == asio::error::operation_aborted) {
    return;
  }
  if (error) {
    // Out of descriptors, most likely: wait for some to come back.
    pause_.expires_after(kRetryPause);
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
      if (!stopped) {
        self->Accept();
      }
    });
    return;
  }
  Take(thread, std::move(socket));
  Accept();
}

// Hands the connection over to its thread, or refuses it.
void Listener::Take(const std::shared_ptr<IoThread>& thread, tcp::socket socket) {
  if (const std::uint16_t asker = asker_port_.load(); asker != 0) {
    boost::system::error_code ignored;
    heard_asker_ = heard_asker_ || socket.remote_endpoint(ignored).port() == asker;
  }
  const std::size_t accepted = state_.connections() - state_.refusals.load();
  const bool refuse = accepted >= state_.options.connections_max;
  // A handshake only to tell 503 would be work for those who send too many.
  const bool tells = state_.options.tls == nullptr && state_.refusals.load() < kRefusalsMax;
  (refuse ? state_.refused : state_.accepted).Add();
  if (!refuse || tells) {
    state_.AddConnection();
    state_.refusals.fetch_add(refuse ? 1 : 0);
    const bool posted = threads::Try([&] {
      asio::dispatch(thread->context(), [thread, refuse, socket = std::move(socket)]() mutable {
        thread->Adopt(std::move(socket), refuse);
      });
    });
    if (!posted) {
      state_.refusals.fetch_sub(refuse ? 1 : 0);
      state_.RemoveConnection();
    }
  }
}

}  // namespace sluice::http
