// Owns one descriptor of the system.
#pragma once

#include <unistd.h>
#include <utility>

namespace sluice::http {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Takes `descriptor` over; negative: none.
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { Close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  void Close() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  int descriptor_ = -1;
};

}  // namespace sluice::http
