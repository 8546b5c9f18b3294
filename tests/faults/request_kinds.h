// One request of every kind, for tests that let something fail under each; and
// what the server owes its clients for those it acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/server/writing_server.h"

namespace sluice::faults {

// The status when neither an answer nor the end of the connection came in so
// long: somebody waits for what nobody does.
constexpr int kNoAnswer = -1;
constexpr int kPatienceMillis = 10'000;

// What was acknowledged, and so has to be there.
struct Owed {
  std::map<std::string, std::string> titles;  // of notes, by id
  std::set<std::string> deleted;
  std::set<std::string> unsure;  // asked for and not answered: either way
};

struct RequestKind {
  const char* name;
  // What is needed before, without faults.
  std::function<void(ApiClient&)> prepare;
  // Sends it on a connection of its own, reads the answer, notes what it says.
  // The status is 0 when the connection was closed, kNoAnswer when nothing came.
  std::function<ApiAnswer(std::uint16_t port)> ask;
  // Whether it bears any lack of memory. libarchive ends the process in places.
  bool bears_no_memory = true;
};

// `token` is a superuser's. The kinds keep references to both.
std::vector<RequestKind> AllRequests(const std::string& token, Owed& owed);

// The collections and records that the requests need.
void MakeCollections(ApiClient& client);

// Compares what is owed with what is stored; the folder is not served.
void CheckOwed(const WrittenFolder& folder, const Owed& owed);

}  // namespace sluice::faults
