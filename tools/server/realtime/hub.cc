// Tested by tests/server/realtime_hub_test.cc, under the thread sanitizer too.
#include "tools/server/realtime/hub.h"

#include <chrono>
#include <utility>

#include "tools/server/auth/random_text.h"
#include "tools/server/http/api_error.h"
#include "tools/server/realtime/evaluator.h"
#include "tools/server/threads/guard.h"

namespace sluice::realtime {
namespace {

constexpr std::size_t kClientIdSize = 40;  // S-98
// How often the thread looks whether collections changed.
constexpr std::chrono::seconds kLook{1};

// A group as the thread works on it, while clients come and go.
struct Task {
  GroupPtr group;
  RuleKind rule = RuleKind::kList;
  std::optional<Identity> identity;
};

std::string TokenKey(const std::vector<fields::FieldValue>& values, const Collection& collection) {
  const int index = writes::FieldIndex(collection, "tokenKey");
  if (index < 0 || values.empty()) return "";
  return values[static_cast<std::size_t>(index)].text;
}

std::string IdentityKey(const writes::Record& record) {
  Identity identity;
  identity.collection_id = record.collection->id;
  identity.record_id = record.id();
  return identity.Key();
}

}  // namespace

Hub::Hub(store::Catalog& catalog, const HubOptions& options)
    : catalog_(catalog),
      options_(options),
      queue_(std::make_shared<Queue>()),
      client_count_(std::make_shared<std::atomic<std::size_t>>(0)) {}

StatusOr<std::unique_ptr<Hub>> Hub::Start(store::Catalog& catalog, const std::string& path,
                                          const HubOptions& options) {
  std::unique_ptr<Hub> hub(new Hub(catalog, options));
  SLUICE_ASSIGN_OR_RETURN(hub->connection_, store::Connection::Open(path, {}));
  hub->checked_ = catalog.current();
  hub->thread_ = std::thread([raw = hub.get()] { threads::RunLasting([&] { raw->Run(); }); });
  return hub;
}

Hub::~Hub() {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->stopping = true;
  }
  queue_->changed.notify_all();
  if (thread_.joinable()) thread_.join();
  EndAll();
}

std::shared_ptr<http::EventStream> Hub::Connect(std::string ip) {
  const std::string id = auth::RandomText(kClientIdSize);
  const auto left = [queue = queue_, count = client_count_, id] {
    count->fetch_sub(1);
    const std::lock_guard lock(queue->mutex);
    threads::Try([&] { queue->left.push_back(id); });
    queue->changed.notify_all();
  };
  auto stream = std::make_shared<http::EventStream>(options_.stream, left);
  client_count_->fetch_add(1);
  const std::lock_guard lock(mutex_);
  Client& client = registry_.Add(id, std::move(ip), stream);
  SendTo(client, MessageTail("PB_CONNECT", "{\"clientId\":\"" + id + "\"}"));
  return stream;
}

Status Hub::Subscribe(std::string_view client_id, std::string_view ip,
                      const std::optional<Identity>& identity,
                      const std::vector<std::string>& topics) {
  const std::lock_guard lock(mutex_);
  Client* client = registry_.Find(client_id);
  if (client == nullptr || client->stream.expired())
    return http::MakeStatus({.status = 404, .message = "Missing or invalid client id."});
  if (client->ip != ip)
    return http::MakeStatus({.status = 400, .message = "Invalid realtime client."});
  if (client->account != nullptr &&
      (!identity || identity->Key() != client->account->identity.Key())) {
    return http::MakeStatus(
        {.status = 403,
         .message = "The current and the previous request authorization don't match."});
  }
  registry_.SetIdentity(*client, identity);
  registry_.SetTopics(*client, topics);
  return absl::OkStatus();
}

void Hub::Forget(const Identity& identity) {
  const std::lock_guard lock(mutex_);
  registry_.Forget(identity.Key());
}

bool Hub::Send(std::string_view client_id, std::string_view topic, std::string_view data) {
  const std::lock_guard lock(mutex_);
  const Client* client = registry_.Find(client_id);
  return client != nullptr && registry_.HasTopic(*client, topic) &&
         SendTo(*client, MessageTail(topic, data));
}

Hub::Delivery Hub::SendOnce(std::string_view client_id, std::string_view topic, std::string_view ip,
                            std::string_view data) {
  const std::lock_guard lock(mutex_);
  Client* client = registry_.Find(client_id);
  if (client == nullptr || !registry_.RemoveTopic(*client, topic)) return Delivery::kUnknown;
  if (client->ip != ip) return Delivery::kOtherIp;
  return SendTo(*client, MessageTail(topic, data)) ? Delivery::kSent : Delivery::kUnknown;
}

void Hub::Publish(const std::shared_ptr<const store::Snapshot>& snapshot,
                  const std::vector<writes::Event>& events) {
  if (clients() == 0) return;
  {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->flooded) return;
    queue_->events += events.size();
    queue_->flooded = queue_->events > options_.events_waiting_max;
    if (queue_->flooded) {
      queue_->batches.clear();
      queue_->events = 0;
    } else {
      queue_->batches.push_back({snapshot, events});
    }
  }
  queue_->changed.notify_all();
}

void Hub::Flush() {
  std::unique_lock lock(queue_->mutex);
  queue_->changed.wait(lock, [this] {
    return queue_->stopping ||
           (!queue_->busy && queue_->batches.empty() && queue_->left.empty() && !queue_->flooded);
  });
}

void Hub::Run() {
  std::unique_lock lock(queue_->mutex);
  while (true) {
    queue_->busy = false;
    queue_->changed.notify_all();
    queue_->changed.wait_for(lock, kLook, [this] {
      return queue_->stopping || !queue_->batches.empty() || !queue_->left.empty() ||
             queue_->flooded;
    });
    if (queue_->stopping) return;
    queue_->busy = true;
    const std::vector<std::string> left = std::exchange(queue_->left, {});
    const bool flooded = std::exchange(queue_->flooded, false);
    std::deque<Batch> batches = std::exchange(queue_->batches, {});
    queue_->events = 0;
    lock.unlock();
    const bool told = threads::Try([&] {
      if (!left.empty()) {
        const std::lock_guard registry_lock(mutex_);
        for (const std::string& id : left) registry_.Remove(id);
      }
      CheckIdentities();
      for (const Batch& batch : batches) Tell(batch);
    });
    // What was lost may be that somebody is to hear no more: all come again, and
    // are looked at anew.
    if (flooded || !told) EndAll();
    batches.clear();
    lock.lock();
  }
}

// A collection that is gone, or signs its tokens with another secret, has no
// clients any more (S-100).
void Hub::CheckIdentities() {
  std::shared_ptr<const store::Snapshot> now = catalog_.current();
  if (now == checked_) return;
  checked_ = std::move(now);
  const std::lock_guard lock(mutex_);
  std::vector<std::string> stale;
  registry_.ForEachAccount([&](const std::string& key, const Account& account) {
    if (!account.identity.HoldsIn(*checked_)) stale.push_back(key);
  });
  for (const std::string& key : stale) registry_.Forget(key);
}

void Hub::EndAll() {
  const std::lock_guard lock(mutex_);
  registry_.ForEachClient([](const Client& client) {
    if (const auto stream = client.stream.lock()) stream->End();
  });
}

void Hub::Tell(const Batch& batch) {
  Evaluator evaluator(*batch.snapshot, *connection_, batch.events);
  for (const writes::Event& event : batch.events) {
    const Collection& collection = *event.record.collection;
    if (collection.is_auth() && event.action == writes::Action::kUpdate) {
      const std::lock_guard lock(mutex_);
      const std::string key = IdentityKey(event.record);
      if (Account* account = registry_.FindAccount(key)) {
        if (TokenKey(event.record.values, collection) !=
            TokenKey(event.record.before, collection)) {
          registry_.Forget(key);
        } else {
          account->identity.email = event.record.Get("email").text;
          account->identity.email_visibility = event.record.Get("emailVisibility").boolean;
          account->identity.verified = event.record.Get("verified").boolean;
        }
      }
    }
    TellOne(event, evaluator);
    if (collection.is_auth() && event.action == writes::Action::kDelete) {
      const std::lock_guard lock(mutex_);
      registry_.Forget(IdentityKey(event.record));
    }
  }
}

void Hub::TellOne(const writes::Event& event, Evaluator& evaluator) {
  const Collection& collection = *event.record.collection;
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string* name : {&collection.name, &collection.id}) {
      const auto add = [&](const std::string& base, RuleKind rule) {
        for (GroupPtr& group : registry_.GroupsOf(base)) {
          Task task{std::move(group), rule, std::nullopt};
          if (task.group->account != nullptr) task.identity = task.group->account->identity;
          tasks.push_back(std::move(task));
        }
      };
      add(*name + "/*", RuleKind::kList);
      add(*name, RuleKind::kList);
      add(*name + "/" + event.record.id(), RuleKind::kView);
      if (collection.name == collection.id) break;
    }
  }
  // `posts/*` and `posts` with the same options are answered alike.
  StringMap<std::optional<std::string>> known;
  for (const Task& task : tasks) {
    std::string key = task.identity ? task.identity->Key() : std::string();
    key += task.rule == RuleKind::kList ? "\nl" : "\nv";
    key += std::string_view(task.group->name).substr(task.group->topic.base.size());
    auto [found, is_new] = known.try_emplace(key);
    if (is_new) {
      evaluations_.fetch_add(1);
      found->second = evaluator.DataFor(
          event, {task.rule, task.group->topic, task.identity ? &*task.identity : nullptr});
    }
    if (!found->second) continue;
    const std::string tail = MessageTail(task.group->name, *found->second);
    const std::lock_guard lock(mutex_);
    for (const Client* client : task.group->clients) SendTo(*client, tail);
  }
}

}  // namespace sluice::realtime
