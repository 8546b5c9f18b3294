// The seam between sessions and everything that answers requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/server/http/message.h"
#include "tools/server/http/traffic.h"

namespace sluice::http {

// Where an answer goes. A session is one; a test or a wrapper (logging, a batch)
// may be another.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // Called once, from any thread. What it throws is dropped, with the answer.
  virtual void Answer(Response response) = 0;
};

// The right, and the duty, to answer one request once. May be moved to another
// thread and used there; the session goes on by itself. Destroyed unused, it
// answers the default 500, so a lost request never hangs its client.
class Responder {
 public:
  explicit Responder(std::shared_ptr<AnswerSink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // The second and later calls do nothing.
  void Send(Response response);

 private:
  std::shared_ptr<AnswerSink> sink_;
};

// Answers one request. Called on an I/O thread: it answers at once when that
// costs microseconds, else it hands request and responder to other threads and
// returns. An exception becomes the default 500.
using Handler = std::function<void(Request, Responder)>;

// What is decided about a request when its head is there and its body is not.
struct Admission {
  // Null: `answer` is sent and the body is not read.
  const Handler* handler = nullptr;
  Response answer;
  // A longer body is refused with 413 before any of it is read, when its length
  // was announced, else as soon as it is passed.
  std::uint64_t body_bytes_max = 0;
  // The answer to a chunked body that passes the limit; null: the 413.
  const Response* chunked_overflow = nullptr;
  // Read the body and throw it away: the handler does not look at it.
  bool discard_body = false;
  // Which of the service's routes it is, from 1; 0: none of them.
  std::size_t route = 0;
  // Fields in wire form for every answer to this request that asks for
  // kCorsOnly or kAll.
  std::string cors_fields;
};

// What sessions ask for each request. Must be safe to call from all I/O
// threads at once. `head` is complete but for its body; path_params are the
// service's to set.
class Service {
 public:
  virtual ~Service() = default;
  virtual Admission Admit(Request& head) const = 0;
  // The routes that admissions name, number 1 first. Never changes once a server
  // uses it.
  virtual std::vector<RouteName> Routes() const { return {}; }
};

}  // namespace sluice::http
