// What was asked for lately, by text: bounded, and what is used stays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/strings.h"

namespace sluice::store {

// Two generations: one fills, and what is not asked for meanwhile of the one
// before it is forgotten. Holds between `size` and twice as many. For one
// thread; a pointer or reference is valid until the next call.
template <typename Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t size) : size_(size) {}

  // Null when it is not known any more.
  Value* Find(std::string_view key) {
    if (const auto found = now_.find(key); found != now_.end()) return &found->second;
    const auto found = before_.find(key);
    if (found == before_.end()) return nullptr;
    Value value = std::move(found->second);
    before_.erase(found);
    return &Set(key, std::move(value));
  }

  Value& Set(std::string_view key, Value value) {
    if (now_.size() >= size_) before_ = std::exchange(now_, {});
    return now_[std::string(key)] = std::move(value);
  }

  void clear() {
    now_.clear();
    before_.clear();
  }

 private:
  std::size_t size_;
  StringMap<Value> now_;
  StringMap<Value> before_;
};

}  // namespace sluice::store
