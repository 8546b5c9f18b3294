// Beast's callbacks. What it leaves open is decided here: one Host, no transfer
// coding but chunked (anything else would let two servers disagree on where a
// request ends), no chunked bodies in HTTP/1.0, trailers ignored. Tested by
// http_session_test.cc over sockets.
#include "tools/server/http/request_parser.h"

#include <algorithm>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

namespace beast_http = boost::beast::http;

// Bytes held before each write to the file of a spooled body.
constexpr std::size_t kSpoolSlice = 65536;

std::string_view AsStdView(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RequestParser::RequestParser(std::size_t head_bytes_max) : head_bytes_max_(head_bytes_max) {
  header_limit(static_cast<std::uint32_t>(head_bytes_max));
  body_limit(boost::none);
}

std::size_t RequestParser::Put(std::string_view bytes) {
  std::size_t used = 0;
  while (state_ != State::kDone && state_ != State::kFailed) {
    const State before = state_;
    Code error;
    const std::size_t step = put({bytes.data() + used, bytes.size() - used}, error);
    used += step;
    head_bytes_ += before == State::kHead ? step : 0;
    // Beast bounds what it holds back, not the sum of what it took.
    const std::size_t held = before == State::kHead ? head_bytes_ + bytes.size() - used : 0;
    const bool too_long =
        state_ == State::kHead ? held > head_bytes_max_ : head_bytes_ > head_bytes_max_;
    if (too_long || error == beast_http::error::header_limit) {
      Fail(431, "431 Request Header Fields Too Large", error);
    } else if (error && error != beast_http::error::need_more && state_ != State::kFailed) {
      Fail(400, "400 Bad Request", error);
    }
    if (error || used == bytes.size() || (before == State::kHead && state_ == State::kBody)) {
      break;
    }
  }
  return used;
}

void RequestParser::LimitBody(std::uint64_t bytes_max, bool discard) {
  body_bytes_max_ = bytes_max;
  discard_ = discard;
  if (!discard && !chunked_encoding_) {
    // Memory follows the bytes that came, not those that were promised.
    request_.body.reserve(std::min<std::uint64_t>(announced_bytes_, 65536));
  }
}

void RequestParser::SpoolBody(std::string folder, std::size_t memory_max) {
  spools_ = true;
  spool_folder_ = std::move(folder);
  const bool surely_long = !chunked_encoding_ && announced_bytes_ > memory_max;
  held_bytes_max_ = surely_long ? kSpoolSlice : memory_max;
}

// Moves what is held to the file. False when that failed.
bool RequestParser::SpoolHeldBytes() {
  if (!spool_) {
    StatusOr<Spool> opened = Spool::Open(spool_folder_);
    spool_failure_ = opened.status();
    if (!opened.ok()) {
      return false;
    }
    spool_ = *std::move(opened);
    held_bytes_max_ = kSpoolSlice;
  }
  spool_failure_ = spool_->Append(request_.body);
  request_.body.clear();
  return spool_failure_.ok();
}

void RequestParser::Fail(int status, std::string_view text, Code& error) {
  state_ = State::kFailed;
  failure_status_ = status;
  failure_text_ = text;
  if (!error) {
    error = beast_http::error::bad_value;
  }
}

void RequestParser::on_request_impl(beast_http::verb, Text method, Text target, int version,
                                    Code& error) {
  version_ = version;
  request_.method = AsStdView(method);
  request_.target = AsStdView(target);
  if (!ParseTarget(request_)) {
    Fail(400, "400 Bad Request", error);
  }
}

void RequestParser::on_response_impl(int, Text, int, Code&) {}

void RequestParser::on_field_impl(beast_http::field field, Text name, Text value, Code& error) {
  if (state_ != State::kHead) {
    return;
  }
  const std::string_view text = AsStdView(value);
  switch (field) {
    case beast_http::field::host:
      if (++host_fields_ > 1) {
        Fail(400, "400 Bad Request: too many Host headers", error);
      }
      break;
    case beast_http::field::transfer_encoding:
      if (!EqualsIgnoreCase(text, "chunked")) {
        Fail(501, "501 Not Implemented: Unsupported transfer encoding", error);
      } else if (version_ == 10) {
        Fail(400, "400 Bad Request", error);
      }
      chunked_encoding_ = true;
      break;
    case beast_http::field::expect:
      expects_continue_ = EqualsIgnoreCase(text, "100-continue");
      unknown_expectation_ = !expects_continue_ && !text.empty();
      break;
    default:
      break;
  }
  request_.headers.Add(AsStdView(name), text);
}

void RequestParser::on_header_impl(Code& error) {
  if (version_ == 11 && host_fields_ == 0) {
    Fail(400, "400 Bad Request: missing required Host header", error);
  } else if (unknown_expectation_) {
    Fail(417, "417 Expectation Failed", error);
  } else {
    announced_bytes_ = chunked_encoding_ ? std::numeric_limits<std::uint64_t>::max()
                                         : content_length().value_or(0);
    request_.has_body = announced_bytes_ != 0;
    state_ = State::kBody;
  }
}

void RequestParser::on_body_init_impl(boost::optional<std::uint64_t> const&, Code&) {}

std::size_t RequestParser::on_body_impl(Text body, Code& error) {
  body_bytes_ += body.size();
  if (body_bytes_ > body_bytes_max_) {
    overflowed_ = true;
    Fail(413, "413 Request Entity Too Large", error);
  } else if (!discard_) {
    request_.body.append(body.data(), body.size());
    if (spools_ && request_.body.size() > held_bytes_max_ && !SpoolHeldBytes()) {
      Fail(500, "500 Internal Server Error", error);
    }
  }
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, Text, Code&) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Code& error) {
  return on_body_impl(body, error);
}

void RequestParser::on_finish_impl(Code& error) {
  if (spool_ && !SpoolHeldBytes()) {
    Fail(500, "500 Internal Server Error", error);
    return;
  }
  if (spool_) {
    std::string().swap(request_.body);
    request_.spooled_body = std::move(*spool_).Finish();
  }
  state_ = State::kDone;
}

}  // namespace sluice::http
