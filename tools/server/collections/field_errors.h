// The mistakes found in a body, by key, until they become an answer (S-51).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/object.hpp"

#include "tools/server/http/api_error.h"

namespace sluice::collections {

// A code and its message, complete, written as the peer has it before the
// sentence is put right (S-87).
struct Mistake {
  std::string code;
  std::string message;
  boost::json::object params = {};
};

// The mistakes that many keys share.
Mistake Required();
Mistake InvalidFormat();
Mistake NotAllowed();  // not in the list of values
Mistake Forbidden();   // in a list of refused values
Mistake LengthOutOfRange(std::int64_t min, std::int64_t max);
Mistake TooSmall(std::int64_t threshold);
Mistake TooLarge(std::int64_t threshold);

class FieldErrors {
 public:
  using Path = std::initializer_list<std::string_view>;

  // Within one key the first mistake counts.
  void Add(Path path, Mistake mistake);
  // The mistakes of a part, under a key.
  void AddGroup(Path path, FieldErrors part);

  bool empty() const { return entries_.empty(); }
  std::vector<http::ErrorEntry> Take() { return std::move(entries_); }

  // As indented JSON, messages only (S-56).
  std::string ToIndentedJson() const;

 private:
  http::ErrorEntry* Reach(Path path);

  std::vector<http::ErrorEntry> entries_;
};

}  // namespace sluice::collections
