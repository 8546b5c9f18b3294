// One request to a route of yours: what was asked and by whom, queries and
// writes under the asker's rules, and the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/request_context.h"
#include "sluice/status.h"

namespace sluice::server {

// The record that the request's token stands for.
struct Asker {
  bool superuser = false;
  std::string collection;  // its name; empty for a guest
  std::string id;

  bool guest() const { return collection.empty(); }
};

// Whose rights a query or a write has.
enum class Rights : std::uint8_t {
  kAsker,   // the collections' API rules, as if asked by the records API
  kServer,  // no rules, and hidden fields are seen: as a superuser
};

// Texts as the records API's parameters of these names take them.
struct ListOptions {
  std::string filter;
  std::string sort;
  std::string expand;
  std::string fields;
  std::int64_t page = 1;
  std::int64_t per_page = 30;  // at most 1,000
  bool skip_total = false;
  Rights rights = Rights::kAsker;
};

struct ViewOptions {
  std::string expand;
  std::string fields;
  Rights rights = Rights::kAsker;
};

// Takes writes back that have not begun. Copies speak of the same writes. Safe
// from all threads.
class Cancellation {
 public:
  Cancellation();

  // Every write that was given this, and given it later, writes nothing and is
  // told kCancelled, except where its row is being written already: that write
  // is told its own outcome.
  void Cancel() const;
  bool cancelled() const;

 private:
  friend class Call;
  struct State;
  std::shared_ptr<State> state_;
};

struct WriteOptions {
  std::string expand;
  std::string fields;
  Rights rights = Rights::kAsker;
  std::optional<Cancellation> cancellation = {};
};

// What the API's error envelope says, of any status that a query or a write of
// a Call failed with.
struct Refusal {
  int status = 400;
  std::string message;
  // For each field at fault an object with `code` and `message`.
  JsonValue data = JsonValue::Object();
};
Refusal RefusalOf(const Status& status);

// `text` as a quoted text of a filter, whatever it holds: a filter is put together
// with it and with nothing else that a user sent.
std::string Quoted(std::string_view text);

// The first JSON value of `text`; kInvalidArgument where there is none.
StatusOr<JsonValue> ParseJson(std::string_view text);

// Handed to a route's handler on a thread that may query; copies are the same
// call. Its methods are called by one thread at a time: the one that runs the
// handler, then the one that tells a write's outcome. When the last copy goes
// without an answer, the client is told 500.
class Call {
 public:
  std::string_view method() const;
  std::string_view path() const;
  // What {name} of the route's pattern stands for.
  std::string_view PathParam(std::string_view name) const;
  // The first of that name; none when it is not there.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::optional<std::string_view> Header(std::string_view name) const;
  std::string_view body() const;
  // By the settings' trusted proxies.
  std::string client_ip() const;
  Asker asker() const;
  // The client has gone: nobody waits for an answer.
  bool abandoned() const;

  // As the API's list and view answer: a page, a record. Both fail with what the
  // API would answer; see RefusalOf.
  StatusOr<std::string> List(std::string_view collection, const ListOptions& options) const;
  StatusOr<std::string> View(std::string_view collection, std::string_view id,
                             const ViewOptions& options) const;

  // Told the outcome of a write once, after its commit: the record as the API
  // answers it (of a delete: empty), or what it failed with. Runs on a thread
  // that may query. Never runs when the client has left meanwhile (what was
  // written stays), nor when no thread takes it: the client is told 503 then.
  using Done = std::function<void(const Call& call, StatusOr<std::string> record)>;

  // Begin a write and return. `values` is an object, as the API's body is one;
  // files cannot be given.
  void Create(std::string_view collection, JsonValue values, const WriteOptions& options,
              Done done) const;
  void Update(std::string_view collection, std::string_view id, JsonValue values,
              const WriteOptions& options, Done done) const;
  void Delete(std::string_view collection, std::string_view id, const WriteOptions& options,
              Done done) const;

  // The second and later answers do nothing.
  void Answer(int status, std::string body,
              std::string_view content_type = "application/json") const;
  // The API's error envelope.
  void Refuse(const Status& status) const;

  struct Impl;  // the server's own
  explicit Call(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

 private:
  struct Order;
  void Write(Order order, const WriteOptions& options, Done done) const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace sluice::server
