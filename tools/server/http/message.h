// Request and Response: what travels between a session, the router and the
// handlers. Plain data.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/server/http/file_content.h"

namespace sluice::http {

class EventStream;

// Header fields in the order they came or will be sent; names keep their
// spelling and are compared without ASCII case; a name may repeat.
//
// All fields live in one string in wire form ("Name: value\r\n"), so writing a
// response copies one block. Views handed out live until the next Add.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  // Line breaks and NUL in `value` become spaces and a `name` that holds one is
  // dropped, so no value can start a header of its own.
  void Add(std::string_view name, std::string_view value);

  // The first value of `name`; none when the field is absent.
  std::optional<std::string_view> Find(std::string_view name) const;

  // The last value of `name`; none when the field is absent.
  std::optional<std::string_view> FindLast(std::string_view name) const;

  std::size_t size() const { return fields_.size(); }
  Field operator[](std::size_t index) const;

  // Every field as it goes over the wire, without the empty line at the end.
  std::string_view wire_text() const { return text_; }

 private:
  struct Position {
    std::uint32_t name_at;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };

  std::string text_;
  std::vector<Position> fields_;
};

// Tells whether the client of a request has gone: it closed its connection, or
// its sending half (nothing distinguishes the two; the peer too gives up then).
// Copies share one state; reading it is one relaxed load, from any thread.
class CancelToken {
 public:
  CancelToken() = default;
  explicit CancelToken(std::shared_ptr<const std::atomic<bool>> left) : left_(std::move(left)) {}

  bool IsCancelled() const { return left_ != nullptr && left_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<const std::atomic<bool>> left_;
};

// A name and its value, both percent-decoded.
struct Param {
  std::string name;
  std::string value;
};

// One request, complete with its body. Handlers own it.
struct Request {
  std::string method;
  // The request target as it was sent; `path_at` and `path_size` say where the
  // path lies in it ("http://host/path" is allowed).
  std::string target;
  std::size_t path_at = 0;
  std::size_t path_size = 0;
  // The path cut at '/' and then percent-decoded, without the leading empty
  // piece: "/a/b%2Fc/" gives "a", "b/c", "".
  std::vector<std::string> segments;
  // What the {names} of the matched route stand for; set by the router.
  std::vector<Param> path_params;
  // Well-formed query pairs in order (F-141); the flag says that others were
  // dropped, which matters to form bodies only.
  std::vector<Param> query;
  bool query_malformed = false;
  Headers headers;
  std::string body;
  // The whole body where it is a form that was too large for memory; `body` is
  // empty then. ReadBody knows both places.
  FileContent spooled_body;
  // False when the request announced no body at all or one of length 0.
  bool has_body = false;
  // The address of the TCP peer, IPv6 fully expanded (S-81).
  std::string peer_ip;
  bool tls = false;
  CancelToken cancelled;

  std::string_view path() const { return std::string_view(target).substr(path_at, path_size); }

  // The text after the first '?'; empty when there is none.
  std::string_view raw_query() const;

  // The first query value of `name`; none when it is not given.
  std::optional<std::string_view> Query(std::string_view name) const;

  // What {name} of the route's pattern stands for; empty when there is none.
  std::string_view PathParam(std::string_view name) const;
};

// Which of the headers that S-76 to S-78 ask for a response carries beside its own.
enum class CommonHeaders : std::uint8_t {
  kAll,       // CORS and security headers: nearly every answer.
  kFramed,    // As kAll without X-Frame-Options: files of records (S-70).
  kCorsOnly,  // Answers of the CORS stage and of the superuser IP list.
  kNone,      // The redirect to a clean path, which comes before every stage.
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // Sent behind `body`, one after the other; those on disk never are in memory.
  std::vector<FileContent> files;
  // In place of a body: an answer that goes on until the stream ends.
  std::shared_ptr<EventStream> events;
  CommonHeaders common_headers = CommonHeaders::kAll;
};

// `json` as an application/json answer; it must already end in '\n'.
Response JsonResponse(int status, std::string json);

// 204: no body, no Content-Type.
Response NoContent();

}  // namespace sluice::http
