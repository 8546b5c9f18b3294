// Tested by tests/server/realtime_hub_test.cc.
#include "tools/server/realtime/registry.h"

#include <algorithm>
#include <utility>

namespace sluice::realtime {
namespace {

// No key of an identity holds a line break.
std::string GroupKey(const std::shared_ptr<Account>& account, std::string_view name) {
  std::string key = account == nullptr ? std::string() : account->identity.Key();
  key += '\n';
  key += name;
  return key;
}

void AppendOneLine(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\n' || c == '\r' ? ' ' : c;
}

}  // namespace

std::string MessageTail(std::string_view name, std::string_view data) {
  std::string tail;
  tail.reserve(name.size() + data.size() + 24);
  tail += "\nevent:";
  AppendOneLine(tail, name);
  tail += "\ndata:";
  AppendOneLine(tail, data);
  tail += "\n\n";
  return tail;
}

bool SendTo(const Client& client, std::string_view tail) {
  const std::shared_ptr<http::EventStream> stream = client.stream.lock();
  if (stream == nullptr) return false;
  return stream->Append(client.id_line, tail);
}

Client& Registry::Add(std::string id, std::string ip, std::weak_ptr<http::EventStream> stream) {
  auto client = std::make_unique<Client>();
  client->id = std::move(id);
  client->id_line = "id:" + client->id;
  client->ip = std::move(ip);
  client->stream = std::move(stream);
  Client& added = *client;
  clients_[added.id] = std::move(client);
  return added;
}

Client* Registry::Find(std::string_view id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

void Registry::Remove(std::string_view id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = *found->second;
  SetTopics(client, {});
  SetIdentity(client, std::nullopt);
  clients_.erase(found);
}

void Registry::Join(Client& client, const std::string& name) {
  GroupPtr& group = groups_[GroupKey(client.account, name)];
  if (group == nullptr) {
    group = std::make_shared<Group>();
    group->name = name;
    group->topic = ParseTopic(name);
    group->account = client.account;
    by_base_[group->topic.base].emplace(group.get(), group);
  }
  if (group->clients.insert(&client).second) client.groups.push_back(group);
}

void Registry::Leave(Client& client, const GroupPtr& group) {
  group->clients.erase(&client);
  if (!group->clients.empty()) return;
  const auto base = by_base_.find(group->topic.base);
  if (base != by_base_.end()) {
    base->second.erase(group.get());
    if (base->second.empty()) by_base_.erase(base);
  }
  groups_.erase(GroupKey(group->account, group->name));
}

void Registry::SetTopics(Client& client, const std::vector<std::string>& topics) {
  for (const GroupPtr& group : std::exchange(client.groups, {})) Leave(client, group);
  for (const std::string& topic : topics) {
    if (!topic.empty()) Join(client, topic);
  }
}

bool Registry::HasTopic(const Client& client, std::string_view name) const {
  return std::any_of(client.groups.begin(), client.groups.end(),
                     [name](const GroupPtr& group) { return group->name == name; });
}

bool Registry::RemoveTopic(Client& client, std::string_view name) {
  const auto found = std::find_if(client.groups.begin(), client.groups.end(),
                                  [name](const GroupPtr& group) { return group->name == name; });
  if (found == client.groups.end()) return false;
  const GroupPtr group = *found;
  client.groups.erase(found);
  Leave(client, group);
  return true;
}

void Registry::SetIdentity(Client& client, const std::optional<Identity>& identity) {
  if (identity && client.account != nullptr && client.account->identity.Key() == identity->Key()) {
    client.account->identity = *identity;
    return;
  }
  if (!identity && client.account == nullptr) return;
  std::vector<std::string> names;
  for (const GroupPtr& group : std::exchange(client.groups, {})) {
    names.push_back(group->name);
    Leave(client, group);
  }
  if (const std::shared_ptr<Account> old = std::exchange(client.account, nullptr)) {
    old->clients.erase(&client);
    if (old->clients.empty()) accounts_.erase(old->identity.Key());
  }
  if (identity) {
    std::shared_ptr<Account>& account = accounts_[identity->Key()];
    if (account == nullptr) account = std::make_shared<Account>();
    account->identity = *identity;
    account->clients.insert(&client);
    client.account = account;
  }
  for (const std::string& name : names) Join(client, name);
}

Account* Registry::FindAccount(const std::string& identity_key) {
  const auto found = accounts_.find(identity_key);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void Registry::Forget(const std::string& identity_key) {
  const auto found = accounts_.find(identity_key);
  if (found == accounts_.end()) return;
  const std::shared_ptr<Account> account = found->second;
  const std::vector<Client*> clients(account->clients.begin(), account->clients.end());
  for (Client* client : clients) SetIdentity(*client, std::nullopt);
}

std::vector<GroupPtr> Registry::GroupsOf(std::string_view base) const {
  std::vector<GroupPtr> groups;
  const auto found = by_base_.find(base);
  if (found == by_base_.end()) return groups;
  groups.reserve(found->second.size());
  for (const auto& [raw, group] : found->second) groups.push_back(group);
  return groups;
}

}  // namespace sluice::realtime
