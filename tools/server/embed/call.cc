// A Call on the parts of the server. Tested by tests/install (the example
// `follow`).
#include "sluice/server/call.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "tools/server/api/json_value.h"
#include "tools/server/api/record_writes.h"
#include "tools/server/embed/impl.h"
#include "tools/server/http/api_error.h"
#include "tools/server/http/json_text.h"

namespace sluice::server {
namespace {

// How often a query is made again for collections that changed under it.
constexpr int kStaleRetries = 3;

// One write that may be taken back. Whoever is first tells its outcome.
struct Pending {
  std::mutex mutex;
  bool begun = false;  // its row is being written; guarded by mutex
  bool told = false;   // guarded by mutex
  std::function<void()> tell_cancelled;

  // Asked in the transaction, each time that the write is tried.
  bool Begin() {
    const std::lock_guard lock(mutex);
    begun = begun || !told;
    return begun;
  }

  bool Tell() {
    const std::lock_guard lock(mutex);
    return !std::exchange(told, true);
  }

  void Cancel() {
    {
      const std::lock_guard lock(mutex);
      if (begun || std::exchange(told, true)) return;
    }
    tell_cancelled();
  }
};

}  // namespace

struct Cancellation::State {
  std::mutex mutex;
  bool cancelled = false;                         // guarded by mutex
  std::vector<std::weak_ptr<Pending>> pending{};  // guarded by mutex

  // False when it is too late to wait.
  bool Add(const std::shared_ptr<Pending>& write) {
    const std::lock_guard lock(mutex);
    std::erase_if(pending, [](const auto& old) { return old.expired(); });
    if (!cancelled) pending.push_back(write);
    return !cancelled;
  }
};

Cancellation::Cancellation() : state_(std::make_shared<State>()) {}

void Cancellation::Cancel() const {
  std::vector<std::weak_ptr<Pending>> pending;
  {
    const std::lock_guard lock(state_->mutex);
    state_->cancelled = true;
    pending.swap(state_->pending);
  }
  for (const std::weak_ptr<Pending>& weak : pending) {
    if (const std::shared_ptr<Pending> write = weak.lock()) write->Cancel();
  }
}

bool Cancellation::cancelled() const {
  const std::lock_guard lock(state_->mutex);
  return state_->cancelled;
}

Refusal RefusalOf(const Status& status) {
  const http::Response answer = http::ErrorResponse(status);
  Refusal refusal{.status = answer.status, .message = {}};
  StatusOr<JsonValue> envelope = ParseJson(answer.body);
  if (!envelope.ok()) return refusal;
  if (const JsonValue* message = envelope->Find("message")) refusal.message = message->string;
  if (const JsonValue* data = envelope->Find("data")) refusal.data = *data;
  return refusal;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

StatusOr<JsonValue> ParseJson(std::string_view text) {
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value value,
                          http::ParseJson(text, http::JsonTail::kIgnored));
  return api::ToJsonValue(value);
}

std::string_view Call::method() const { return impl_->call->request.method; }
std::string_view Call::path() const { return impl_->call->request.path(); }
std::string_view Call::PathParam(std::string_view name) const {
  return impl_->call->request.PathParam(name);
}
std::optional<std::string_view> Call::Query(std::string_view name) const {
  return impl_->call->request.Query(name);
}
std::optional<std::string_view> Call::Header(std::string_view name) const {
  return impl_->call->request.headers.Find(name);
}
std::string_view Call::body() const { return impl_->call->request.body; }
std::string Call::client_ip() const { return api::ClientIp(*impl_->call); }
bool Call::abandoned() const { return impl_->call->request.cancelled.IsCancelled(); }

Asker Call::asker() const {
  const std::optional<auth::LoadedAuth>& auth = impl_->call->auth;
  if (!auth) return {};
  const auth::Principal& principal = auth->principal;
  return {principal.superuser, principal.collection_name, principal.record_id};
}

namespace {

// Runs `query` on the collection, and again where it has changed meanwhile.
template <typename Query>
StatusOr<std::string> Ask(Call::Impl& impl, std::string_view name, Rights rights,
                          const Query& query) {
  api::Call& call = *impl.call;
  for (int i = 0;; ++i) {
    const Collection* collection = call.snapshot->schema->Find(name);
    StatusOr<std::string> answer = api::ApiStatus(404, "Missing collection context.");
    if (collection != nullptr) {
      const records::Caller caller{*call.snapshot, *call.connection, call.context,
                                   rights == Rights::kServer || call.superuser()};
      answer = query(caller, *collection);
    }
    if (answer.ok() || i >= kStaleRetries ||
        !impl.parts.catalog->CatchUp(*call.snapshot, *call.connection))
      return answer;
    if (!impl.parts.Begin(call)) return absl::PermissionDeniedError("not from this address");
  }
}

}  // namespace

StatusOr<std::string> Call::List(std::string_view collection, const ListOptions& options) const {
  const std::string page = std::to_string(options.page);
  const std::string per_page = std::to_string(options.per_page);
  const records::ListParams params{
      .filter = options.filter,
      .sort = options.sort,
      .expand = options.expand,
      .fields = options.fields,
      .page = page,
      .per_page = per_page,
      .skip_total = options.skip_total ? std::string_view("true") : std::string_view(),
      .limits = impl_->parts.config.answers};
  return Ask(*impl_, collection, options.rights,
             [&params](const records::Caller& caller, const Collection& found) {
               return records::ListRecords(caller, found, params);
             });
}

StatusOr<std::string> Call::View(std::string_view collection, std::string_view id,
                                 const ViewOptions& options) const {
  const records::ListParams params{
      .expand = options.expand, .fields = options.fields, .limits = impl_->parts.config.answers};
  return Ask(*impl_, collection, options.rights,
             [&params, id](const records::Caller& caller, const Collection& found) {
               return records::ViewRecord(caller, found, std::string(id), params);
             });
}

struct Call::Order {
  writes::Action action = writes::Action::kCreate;
  std::string_view collection;
  std::string_view id;
  JsonValue values = JsonValue::Object();
};

void Call::Write(Order order, const WriteOptions& options, Done done) const {
  auto pending = std::make_shared<Pending>();
  const auto shared_done = std::make_shared<const Done>(std::move(done));
  pending->tell_cancelled = [impl = impl_, shared_done] {
    impl->parts.Resume(impl->call, [impl, shared_done](api::ServerParts&, const api::CallPtr&) {
      (*shared_done)(Call(impl), absl::CancelledError("cancelled"));
    });
  };
  if (options.cancellation && !options.cancellation->state_->Add(pending)) return pending->Cancel();
  api::WriteOrder write;
  write.action = order.action;
  write.collection = std::string(order.collection);
  write.id = std::string(order.id);
  write.values = std::move(order.values);
  write.expand = options.expand;
  write.fields = options.fields;
  write.as_superuser = options.rights == Rights::kServer;
  write.may_begin = [pending] { return pending->Begin(); };
  write.done = [pending, shared_done, impl = impl_](StatusOr<std::string> record) {
    if (pending->Tell()) (*shared_done)(Call(impl), std::move(record));
  };
  api::RunWrite(impl_->parts, impl_->call, std::move(write));
}

void Call::Create(std::string_view collection, JsonValue values, const WriteOptions& options,
                  Done done) const {
  Write({writes::Action::kCreate, collection, {}, std::move(values)}, options, std::move(done));
}

void Call::Update(std::string_view collection, std::string_view id, JsonValue values,
                  const WriteOptions& options, Done done) const {
  Write({writes::Action::kUpdate, collection, id, std::move(values)}, options, std::move(done));
}

void Call::Delete(std::string_view collection, std::string_view id, const WriteOptions& options,
                  Done done) const {
  Write({writes::Action::kDelete, collection, id}, options, std::move(done));
}

void Call::Answer(int status, std::string body, std::string_view content_type) const {
  http::Response answer;
  answer.status = status;
  if (!body.empty()) answer.headers.Add("Content-Type", content_type);
  if (content_type == "application/json" && !body.empty() && body.back() != '\n') body += '\n';
  answer.body = std::move(body);
  impl_->parts.Answer(*impl_->call, std::move(answer));
}

void Call::Refuse(const Status& status) const { impl_->parts.Answer(*impl_->call, status); }

}  // namespace sluice::server
