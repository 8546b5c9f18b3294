// Writing answers. Tested by http_session_test.cc.
#include <algorithm>

#include "boost/asio/buffer.hpp"
#include "boost/asio/error.hpp"

#include "tools/server/http/answer_editor.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/session.h"

namespace sluice::http {
namespace {

namespace asio = boost::asio;

// Up to here a body is copied behind its head, which is cheaper than a second
// buffer for the kernel to walk.
constexpr std::size_t kJoinedBodyMax = 16384;
// So much of a file is sent before other connections have a turn.
constexpr std::size_t kSentPerTurn = std::size_t{1} << 20U;

constexpr std::string_view kSniffField = "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kFrameField = "X-Frame-Options: SAMEORIGIN\r\n";
constexpr std::string_view kXssField = "X-Xss-Protection: 1; mode=block\r\n";

void AppendSecurityFields(std::string& out, CommonHeaders which) {
  if (which == CommonHeaders::kAll) {
    out.append(kSniffField).append(kFrameField).append(kXssField);
  } else if (which == CommonHeaders::kFramed) {
    out.append(kSniffField).append(kXssField);
  }
}

void AppendStatusLine(std::string& out, int status, bool http_1_0) {
  if (status == 200 && !http_1_0) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append(http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(ReasonPhrase(status)).append("\r\n");
}

std::uint64_t ContentLength(const Response& answer) {
  std::uint64_t length = answer.body.size();
  for (const FileContent& file : answer.files) {
    length += file.size();
  }
  return length;
}

}  // namespace

// Begins to write the answer; SendFiles goes on with the files behind it.
void Session::WriteAnswer() {
  if (options_.editor != nullptr) {
    options_.editor->Edit(editor_note_, *answer_);
  }
  const Response& answer = *answer_;
  latency_ = {};
  if (complete_at_ != IoThread::Clock::time_point()) {
    latency_ = IoThread::Clock::now() - complete_at_;
  }
  thread_->traffic().Answered(admission_.route, answer.status, latency_);
  // The peer says nothing of the length of a body that a HEAD does not get,
  // where it is no file's (R-3, S-74).
  const bool is_note = answer.status >= 300;
  const bool has_body = answer.status >= 200 && answer.status != 204 && answer.status != 304 &&
                        !(is_head_ && is_note);
  const bool http_1_0 = parser_ && parser_->is_http_1_0();
  keep_alive_ = keep_alive_ && !body_left_ && !thread_->state().draining;
  keep_alive_ = keep_alive_ && !(answer.events && http_1_0);
  out_.clear();
  AppendStatusLine(out_, answer.status, http_1_0);
  out_.append(answer.headers.wire_text());
  if (answer.common_headers != CommonHeaders::kNone) {
    out_.append(admission_.cors_fields);
  }
  AppendSecurityFields(out_, answer.common_headers);
  out_.append(thread_->date_field());
  if (answer.events && !http_1_0) {
    out_.append("Transfer-Encoding: chunked\r\n");
  } else if (has_body && !answer.events) {
    out_.append("Content-Length: ").append(std::to_string(ContentLength(answer))).append("\r\n");
  }
  if (!keep_alive_) {
    out_.append("Connection: close\r\n");
  } else if (http_1_0) {
    out_.append("Connection: keep-alive\r\n");
  }
  out_.append("\r\n");
  std::string_view body;
  next_file_ = answer.files.size();
  if (has_body && !is_head_) {
    body = answer.body;
    next_file_ = 0;
  }
  if (body.size() <= kJoinedBodyMax) {
    out_.append(body);
    body = {};
  }
  SetDeadline(options_.write_timeout, Timeout::kWrite);
  StartWrite(out_, body);
}

// Writes what the system takes at once, which is nearly always all; `writing_`
// tells when the rest is still going out. Both texts must stay until then.
void Session::StartWrite(std::string_view head, std::string_view body) {
  CountSent(head.size() + body.size());
  boost::system::error_code error;
  Transport::Buffers buffers{asio::buffer(head.data(), head.size()),
                             asio::buffer(body.data(), body.size())};
  std::size_t sent = transport_.TryWrite(buffers, error);
  if (!error) {
    return;
  }
  if (error != asio::error::would_block) {
    closed_ = true;
    return;
  }
  for (asio::const_buffer& buffer : buffers) {
    const std::size_t done = std::min(sent, buffer.size());
    buffer += done;
    sent -= done;
  }
  writing_ = true;
  transport_.AsyncWrite(buffers, [self = shared_from_this()](
                                     const boost::system::error_code& write_error, std::size_t) {
    self->writing_ = false;
    self->closed_ = self->closed_ || write_error;
    self->Wake();
  });
}

// Sends what the socket takes of the files behind the answer, and waits (with
// `writing_`) when it takes no more or other connections should have a turn,
// or (with `fetching_`) for what comes from elsewhere.
void Session::SendFiles() {
  if (!answer_ || writing_) {
    return;
  }
  fetching_ = false;
  std::vector<FileContent>& files = answer_->files;
  for (std::size_t turn = 0; next_file_ < files.size() && !writing_ && !fetching_ && !closed_;) {
    FileContent& file = files[next_file_];
    if (file.remote() != nullptr && !file.empty() && turn < kSentPerTurn) {
      turn += SendRemote(file);
      continue;
    }
    if (file.empty() || (file.descriptor() < 0 && file.remote() == nullptr)) {
      ++next_file_;
      StartWrite(file.text(), {});
      continue;
    }
    if (turn >= kSentPerTurn || !SendSome(file, turn)) {
      AwaitRoom();
    }
  }
}

// Sends the front of `file`, which becomes shorter by it. False when the socket
// takes nothing now.
bool Session::SendSome(FileContent& file, std::size_t& turn) {
  boost::system::error_code error;
  const std::size_t sent = transport_.TrySendFile(file, kSentPerTurn, error);
  if (error == asio::error::would_block) {
    return false;
  }
  if (error) {
    // The client has gone, or somebody shortened the file: its length is
    // announced, so all that is left is to cut the answer short.
    closed_ = true;
    return true;
  }
  file = file.Slice(sent, file.size());
  CountSent(sent);
  turn += sent;
  NoteSent(sent);
  return true;
}

// A large file may take longer than one timeout, a client that takes next to
// nothing may not.
void Session::NoteSent(std::size_t bytes) {
  sent_since_deadline_ += bytes;
  if (sent_since_deadline_ >= kSentPerTurn) {
    sent_since_deadline_ = 0;
    SetDeadline(options_.write_timeout, Timeout::kWrite);
  }
}

// Sends what has come of a file that is elsewhere. No more of it is taken
// before that is gone, and what is not taken is not fetched. Returns how much it
// was.
std::size_t Session::SendRemote(const FileContent& file) {
  if (!stream_) {
    stream_ = file.remote()->Read(file.offset(), file.size());
    stream_->Attach([slot = slot_] { slot->Poke(); });
  }
  fetched_.clear();
  const ByteStream::State state = stream_->Take(fetched_);
  if (!fetched_.empty()) {
    NoteSent(fetched_.size());
    StartWrite(fetched_, {});
  } else if (state == ByteStream::State::kOpen) {
    fetching_ = true;
  } else if (state == ByteStream::State::kEnded) {
    stream_.reset();
    ++next_file_;
  } else {
    // The length is announced: all that is left is to cut the answer short.
    closed_ = true;
  }
  return fetched_.size();
}

void Session::AwaitRoom() {
  writing_ = true;
  transport_.AsyncWaitForRoom([self = shared_from_this()](const boost::system::error_code& error) {
    self->writing_ = false;
    self->closed_ = self->closed_ || error;
    self->Wake();
  });
}

}  // namespace sluice::http
