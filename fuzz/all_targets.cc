#include <iterator>

#include "fuzz/target.h"

namespace sluice::fuzz {

std::span<const NamedTarget> AllTargets() {
  static constexpr NamedTarget kTargets[] = {
      {"parse", &Parse},   {"lower", &Lower}, {"differential", &Differential},
      {"http", &Http},     {"json", &Json},   {"multipart", &Multipart},
      {"token", &Token},   {"files", &Files}, {"oauth2", &OAuth2},
      {"import", &Import},
  };
  return kTargets;
}

}  // namespace sluice::fuzz
