// Accepting connections. Tested by http_session_test.cc.
#include "tools/server/http/listener.h"

#include <future>
#include <string>
#include <utility>

#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"

namespace sluice::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// So many clients beyond the limit are told 503 at a time; others are just
// closed, or the refusals themselves would be the load.
constexpr std::size_t kRefusalsMax = 64;
constexpr auto kRetryPause = std::chrono::milliseconds(50);

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
      pause_(threads_.front()->context()) {}

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
  if (!error) {
    acceptor_.bind(endpoint, error);
  }
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return absl::UnavailableError("cannot listen on " + state_.options.address + ":" +
                                  std::to_string(state_.options.port) + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return absl::OkStatus();
}

void Listener::Start() {
  asio::post(threads_.front()->context(), [self = shared_from_this()] { self->Accept(); });
}

void Listener::Close() {
  std::promise<void> closed;
  asio::post(threads_.front()->context(), [&] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
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
                         [self = shared_from_this(), thread](const boost::system::error_code& error,
                                                             tcp::socket socket) {
                           self->OnAccept(error, thread, std::move(socket));
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
  const std::size_t accepted = state_.connections() - state_.refusals.load();
  const bool refuse = accepted >= state_.options.connections_max;
  if (!refuse || state_.refusals.load() < kRefusalsMax) {
    state_.AddConnection();
    state_.refusals.fetch_add(refuse ? 1 : 0);
    asio::dispatch(thread->context(), [thread, refuse, socket = std::move(socket)]() mutable {
      thread->Adopt(std::move(socket), refuse);
    });
  }
  Accept();
}

}  // namespace sluice::http
