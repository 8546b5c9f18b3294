// Objects that each thread has one of, made when it first asks.
#pragma once

#include <memory>
#include <new>
#include <pthread.h>
#include <utility>

namespace sluice {
namespace thread_owned_internal {

struct Node {
  Node* next = nullptr;
  virtual ~Node() = default;
};

// What every thread owns: one key of the system, whose value is a list.
class Owned {
 public:
  Owned() {
    if (pthread_key_create(&key_, &Destroy) != 0) throw std::bad_alloc();
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

  void Take(std::unique_ptr<Node> node) {
    node->next = static_cast<Node*>(pthread_getspecific(key_));
    if (pthread_setspecific(key_, node.get()) != 0) throw std::bad_alloc();
    (void)node.release();
  }

 private:
  // The last made goes first: it may use those that were there before it.
  static void Destroy(void* first) {
    for (Node* node = static_cast<Node*>(first); node != nullptr;)
      delete std::exchange(node, node->next);
  }

  pthread_key_t key_ = 0;
};

inline Owned& TheOwned() {
  static Owned* const owned = new Owned;  // threads may end after static objects
  return *owned;
}

}  // namespace thread_owned_internal

// The calling thread's T, value-initialised; lives until the thread ends, or with
// the process for the thread that ends it. Throws std::bad_alloc.
// In place of `thread_local T`, whose destructor glibc notes with an allocation:
// where there is no memory for it, it ends the process (__cxa_thread_atexit_impl).
// A T without a destructor may stay thread_local.
// Each T is one object a thread: types of a function's own keep them apart.
template <typename T>
T& ThreadOwned() {
  thread_local T* mine = nullptr;
  if (mine == nullptr) {
    struct Holder final : thread_owned_internal::Node {
      T value{};
      ~Holder() override { mine = nullptr; }
    };
    auto holder = std::make_unique<Holder>();
    T* const made = &holder->value;
    thread_owned_internal::TheOwned().Take(std::move(holder));
    mine = made;
  }
  return *mine;
}

}  // namespace sluice
