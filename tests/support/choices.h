// Where random worlds take their decisions from: a seed, or the bytes of a
// fuzzer, which then changes the world by changing the bytes.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(seed) {}
  // One byte for each decision; the first of all choices when they are used up.
  explicit Choices(std::string bytes) : bytes_(std::move(bytes)), of_bytes_(true) {}

  std::size_t Pick(std::size_t count) {
    if (!of_bytes_) return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    if (at_ == bytes_.size()) return 0;
    return static_cast<unsigned char>(bytes_[at_++]) % count;
  }
  bool Chance(int percent) { return Pick(100) < static_cast<std::size_t>(percent); }
  const std::string& PickOf(const std::vector<std::string>& items) {
    return items[Pick(items.size())];
  }
  bool used_up() const { return of_bytes_ && at_ == bytes_.size(); }

 private:
  std::mt19937_64 random_;
  std::string bytes_;
  std::size_t at_ = 0;
  bool of_bytes_ = false;
};

}  // namespace sluice
