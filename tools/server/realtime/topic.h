// What a client subscribes to (S-101): `posts/*?options={...}`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::realtime {

struct Topic {
  // The text before the first '?': of a collection's records, or free.
  std::string base;
  // What `options` says, all values as texts; names of headers as
  // NormalizeHeaderName gives them. Empty when there are none, or no JSON.
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;

  // The value of a query parameter; empty when it is not there.
  std::string_view Query(std::string_view name) const;
};

Topic ParseTopic(std::string_view text);

}  // namespace sluice::realtime
