// One connection: reads requests, has them answered, writes the answers.
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/asio/ip/tcp.hpp"

#include "tools/server/http/handler.h"
#include "tools/server/http/io_thread.h"
#include "tools/server/http/request_parser.h"
#include "tools/server/http/transport.h"

namespace sluice::http {

class Session;

// The way from a Responder back to its session. Outlives the session: an answer
// that comes too late is dropped.
class AnswerSlot : public AnswerSink {
 public:
  explicit AnswerSlot(Session& session) : session_(&session) {}

  void Answer(Response response) override;
  // Wakes the session, from any thread.
  void Poke();
  // After this no answer reaches the session.
  void Detach();

  // There was no memory to hand an answer over: the session closes at the next
  // tick. Or none to wake it: it is woken then.
  std::atomic<bool> lost{false};
  std::atomic<bool> missed{false};
  // Whether the client has gone; CancelToken reads it.
  std::atomic<bool> client_left{false};

 private:
  std::mutex mutex_;
  Session* session_;  // Guarded by mutex_.
};

// Requests of one connection are answered one at a time, in order; bytes of
// later ones wait in the buffer. All members run on the session's I/O thread.
//
// Run is one coroutine that reads top to bottom. It waits in one way only: it
// pauses, and every event (bytes, bytes written, an answer, a deadline, a
// shutdown) records itself and wakes it to look again. So events that overlap,
// such as a client that leaves while its answer is made, need no second
// coroutine.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<IoThread> thread, boost::asio::ip::tcp::socket socket, bool refuse);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();
  // Closes the connection when its time is up.
  void CheckDeadline();
  // Closes the connection after the answer in progress, and ends events. An idle
  // one is closed at once, or with `idle_may_ask` after one more answer.
  void Drain(bool idle_may_ask);
  // Closes the connection at once; an answer in progress is lost.
  void Close();

  // Hands in the answer of the request in progress.
  void TakeAnswer(Response response);
  void Wake();
  // Wakes it from another thread that knows it to be there.
  void PostWake();
  // Whether the calling thread is inside this session's handler right now.
  bool InHandlerHere() const { return std::this_thread::get_id() == thread_->id() && in_handler_; }
  boost::asio::io_context& context() { return thread_->context(); }

  std::size_t index() const { return index_; }
  void set_index(std::size_t index) { index_ = index; }

 private:
  // The coroutine type of Run: started and resumed by hand, destroyed with the
  // session; an exception ends it, and with it the connection.
  struct Task {
    struct promise_type {
      Task get_return_object() {
        return {std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_always final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() noexcept {}
    };
    std::coroutine_handle<promise_type> handle;
  };
  struct Pause {
    Session& session;
    bool await_ready() const noexcept { return session.closed_; }
    void await_suspend(std::coroutine_handle<>) const noexcept { session.waiting_ = true; }
    void await_resume() const noexcept {}
  };

  Task Run();
  Pause Event() { return {*this}; }
  void Finish();

  // What is taken into the buffer at a time of a body.
  static constexpr std::size_t kBodyReadMax = 65536;

  // Steps of Run that do not wait; where they are defined stands what each
  // leaves behind.
  void StartHandshake();
  void RefusePlain();
  void BeginRequest();
  void ParseBuffer();
  void Admit();
  bool WantsBody();
  void TakeBody();
  void CallHandler();
  void EndRequest();
  void FailSyntax();
  void Refuse(int status);
  bool MustLinger() const;

  void StartRead(std::size_t room);
  void OnRead(const boost::system::error_code& error, std::size_t size);
  void WriteAnswer();
  void StartWrite(std::string_view head, std::string_view body);
  void SendFiles();
  bool SendSome(FileContent& file, std::size_t& turn);
  std::size_t SendRemote(const FileContent& file);
  void NoteSent(std::size_t bytes);
  void AwaitRoom();
  void StartEvents();
  void LimitEvents();
  bool SendEvents();
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void SetDeadline(std::chrono::milliseconds timeout, Timeout kind) {
    deadline_ = thread_->After(timeout);
    deadline_kind_ = kind;
  }
  void CountSent(std::size_t bytes) {
    answer_bytes_ += bytes;
    thread_->traffic().bytes_out.Add(bytes);
  }
  void NoteAnswer();

  const std::shared_ptr<IoThread> thread_;
  const ServerOptions& options_;
  Transport transport_;
  const bool refuse_;
  std::string peer_ip_;
  std::shared_ptr<AnswerSlot> slot_;
  Task task_{};
  std::size_t index_ = 0;
  IoThread::Clock::time_point deadline_ = IoThread::Clock::time_point::max();
  Timeout deadline_kind_ = Timeout::kHead;

  // What is going on.
  bool waiting_ = false;     // Run is paused.
  bool shaking_ = false;     // The handshake of TLS is under way.
  bool reading_ = false;     // A read is under way.
  bool writing_ = false;     // A write is under way.
  bool fetching_ = false;    // What is to be written has not come yet.
  bool peer_done_ = false;   // Nothing more will come.
  bool closed_ = false;      // The connection is to end without another word.
  bool idle_ = false;        // Between two requests.
  bool in_handler_ = false;  // The handler is on the stack.

  // Bytes that came and were not parsed: [begin_, end_) of buffer_.
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  // The request in progress.
  std::optional<RequestParser> parser_;
  Admission admission_;
  std::optional<Response> answer_;
  std::uint64_t accounted_bytes_ = 0;
  bool is_head_ = false;
  int editor_note_ = 0;
  bool keep_alive_ = true;
  bool body_left_ = false;  // The rest of the body will not be read.
  std::size_t answered_in_a_row_ = 0;
  // For counts and notes: what was asked (only where somebody wants notes), and
  // how long the answer took from the moment that the request was complete.
  std::string asked_method_;
  std::string asked_target_;
  IoThread::Clock::time_point complete_at_;
  IoThread::Clock::duration latency_{};
  std::uint64_t answer_bytes_ = 0;
  std::string out_;
  std::size_t next_file_ = 0;
  std::unique_ptr<ByteStream> stream_;  // Of the next file, where that is elsewhere.
  std::string fetched_;
  std::size_t sent_since_deadline_ = 0;
  IoThread::Clock::time_point events_end_;
  bool events_over_ = false;
};

}  // namespace sluice::http
