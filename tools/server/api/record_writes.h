// The handlers of POST, PATCH and DELETE on records, and of batches. They
// answer later.
#pragma once

#include <functional>
#include <string>

#include "sluice/request_context.h"
#include "sluice/status.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/records/record_json.h"
#include "tools/server/writes/save.h"

namespace sluice::api {

Status CreateRecord(ServerParts& parts, const CallPtr& call);
Status UpdateRecord(ServerParts& parts, const CallPtr& call);
Status DeleteRecord(ServerParts& parts, const CallPtr& call);
Status RunBatch(ServerParts& parts, const CallPtr& call);

// A write that a route of a program asks for, where those above are asked by the
// request itself.
struct WriteOrder {
  writes::Action action = writes::Action::kCreate;
  std::string collection;
  std::string id;                          // update, delete
  JsonValue values = JsonValue::Object();  // create, update
  std::string expand;
  std::string fields;
  bool as_superuser = false;
  // Asked in the transaction before anything is written, each time that the
  // write is tried. False: nothing is written, and the outcome is kCancelled.
  std::function<bool()> may_begin;
  // Told after the commit, on a query thread: the record, empty for a delete. Not
  // when the client has left or that thread's queue is full.
  std::function<void(StatusOr<std::string>)> done;
};
// On a query thread.
void RunWrite(ServerParts& parts, const CallPtr& call, WriteOrder order);

// How the records of answers to writes name their collection.
records::CollectionKeys KeysOfWrites(const ServerConfig& config);

}  // namespace sluice::api
