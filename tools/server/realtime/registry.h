// Who is connected, as whom, and subscribed to what. Plain data, not locked.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "sluice/strings.h"
#include "tools/server/http/event_stream.h"
#include "tools/server/realtime/identity.h"
#include "tools/server/realtime/topic.h"

namespace sluice::realtime {

struct Client;

// One record, with all of its clients.
struct Account {
  Identity identity;
  absl::flat_hash_set<Client*> clients;
};

// All that are told the same: one topic, one caller.
struct Group {
  std::string name;  // the topic as it was written
  Topic topic;
  std::shared_ptr<Account> account;  // null: guests
  absl::flat_hash_set<Client*> clients;
};
using GroupPtr = std::shared_ptr<Group>;

struct Client {
  std::string id;
  std::string id_line;  // what each of its messages begins with
  std::string ip;
  std::weak_ptr<http::EventStream> stream;
  std::shared_ptr<Account> account;  // null: a guest
  std::vector<GroupPtr> groups;
};

// `id:…`, `event:…`, `data:…` and the blank line (S-98). Line breaks in a name
// become blanks.
std::string MessageTail(std::string_view name, std::string_view data);
bool SendTo(const Client& client, std::string_view tail);

class Registry {
 public:
  Client& Add(std::string id, std::string ip, std::weak_ptr<http::EventStream> stream);
  void Remove(std::string_view id);
  Client* Find(std::string_view id);

  // Topics are taken once each; empty ones are left out.
  void SetTopics(Client& client, const std::vector<std::string>& topics);
  // Whether the client was subscribed to exactly that.
  bool RemoveTopic(Client& client, std::string_view name);
  bool HasTopic(const Client& client, std::string_view name) const;

  // Whose client it is from now on; what it is subscribed to stays.
  void SetIdentity(Client& client, const std::optional<Identity>& identity);
  // Every client of the record becomes a guest.
  void Forget(const std::string& identity_key);
  Account* FindAccount(const std::string& identity_key);

  // The groups with that text before the options.
  std::vector<GroupPtr> GroupsOf(std::string_view base) const;

  template <typename Fn>
  void ForEachAccount(Fn&& fn) {
    for (auto& [key, account] : accounts_) fn(key, *account);
  }
  template <typename Fn>
  void ForEachClient(Fn&& fn) {
    for (auto& [id, client] : clients_) fn(*client);
  }

 private:
  void Join(Client& client, const std::string& name);
  void Leave(Client& client, const GroupPtr& group);

  StringMap<std::unique_ptr<Client>> clients_;
  StringMap<std::shared_ptr<Account>> accounts_;  // those with clients
  StringMap<GroupPtr> groups_;                    // by identity and name; those with clients
  StringMap<absl::flat_hash_map<Group*, GroupPtr>> by_base_;
};

}  // namespace sluice::realtime
