// Settings at rest: AES-GCM as the peer writes it (S-15, A-130).
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"

namespace sluice::settings {

// The key named by --encryptionEnv. An empty one encrypts nothing.
struct SealKey {
  std::string environment;  // its name, for messages
  std::string bytes;        // 16, 24 or 32; empty: none

  bool empty() const { return bytes.empty(); }
};

// The key in the environment variable `name`; no key when `name` is empty or
// the variable is not set or empty. kFailedPrecondition when it has a wrong length.
StatusOr<SealKey> KeyFromEnvironment(const std::string& name);

// Base64 of a random nonce, the encrypted `text` and its tag.
StatusOr<std::string> Seal(std::string_view text, const SealKey& key);

// What Seal was given. kFailedPrecondition with a message for a person when
// there is no key, another key, or `sealed` was changed.
StatusOr<std::string> Open(std::string_view sealed, const SealKey& key);

}  // namespace sluice::settings
