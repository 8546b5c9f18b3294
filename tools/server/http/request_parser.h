// HTTP/1 syntax -> Request. Beast finds the tokens, checks them and follows the
// chunked framing; this class takes them straight into a Request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "boost/beast/http/basic_parser.hpp"

#include "sluice/status.h"
#include "tools/server/http/message.h"
#include "tools/server/http/spool.h"

namespace sluice::http {

// Reads one request. Feed it, ask what it has become, feed it again.
class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  enum class State { kHead, kBody, kDone, kFailed };

  explicit RequestParser(std::size_t head_bytes_max);

  // Takes what it can of `bytes` and returns how much that was. Stops at the
  // end of the head, so that LimitBody can be called, and at the end of the
  // request; what follows is not touched.
  std::size_t Put(std::string_view bytes);

  State state() const { return state_; }

  // After kFailed: what to answer, with the peer's words for it.
  int failure_status() const { return failure_status_; }
  std::string_view failure_text() const { return failure_text_; }
  // Of failures in the body: it was longer than LimitBody allowed.
  bool overflowed() const { return overflowed_; }

  // To be called once in state kBody. `discard` counts the bytes and drops them.
  void LimitBody(std::uint64_t bytes_max, bool discard);

  // To be called once before the body: one longer than `memory_max` goes to a
  // temporary file in `folder` (ServerOptions::spool_folder) and from there to
  // Request::spooled_body.
  void SpoolBody(std::string folder, std::size_t memory_max);
  // Why the temporary file could not be written, after kFailed; else OK.
  const Status& spool_failure() const { return spool_failure_; }

  // The announced length; the greatest number for a chunked body.
  std::uint64_t announced_bytes() const { return announced_bytes_; }
  bool chunked() const { return chunked_encoding_; }
  bool expects_continue() const { return expects_continue_; }
  bool keeps_alive() const { return keep_alive(); }
  bool is_http_1_0() const { return version_ == 10; }
  // Bytes of the body taken so far, dropped ones included.
  std::uint64_t body_bytes() const { return body_bytes_; }

  Request& request() { return request_; }

 private:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version,
                       Code& error) override;
  void on_response_impl(int status, Text reason, int version, Code& error) override;
  void on_field_impl(boost::beast::http::field field, Text name, Text value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Code& error) override;
  std::size_t on_body_impl(Text body, Code& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t rest, Text body, Code& error) override;
  void on_finish_impl(Code& error) override;

  bool SpoolHeldBytes();
  void Fail(int status, std::string_view text, Code& error);

  Request request_;
  State state_ = State::kHead;
  std::size_t head_bytes_max_;
  std::size_t head_bytes_ = 0;
  int version_ = 11;
  std::size_t host_fields_ = 0;
  bool chunked_encoding_ = false;
  bool expects_continue_ = false;
  bool unknown_expectation_ = false;
  std::uint64_t announced_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t body_bytes_max_ = std::numeric_limits<std::uint64_t>::max();
  bool discard_ = false;
  bool overflowed_ = false;
  bool spools_ = false;
  std::string spool_folder_;
  std::size_t held_bytes_max_ = 0;
  std::optional<Spool> spool_;
  Status spool_failure_;
  int failure_status_ = 0;
  std::string_view failure_text_;
};

}  // namespace sluice::http
