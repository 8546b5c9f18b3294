// Whose words answers use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::editions {

enum class Edition : std::uint8_t {
  kPeer,        // what PocketBase 0.39 answers
  kDocumented,  // its shapes, with the texts of its documentation
  kLegacy,      // shapes and texts of the documentation's older edition
};

// `peer`, `documented` or `legacy`.
constexpr std::optional<Edition> ParseEdition(std::string_view name) {
  if (name == "peer") return Edition::kPeer;
  if (name == "documented") return Edition::kDocumented;
  if (name == "legacy") return Edition::kLegacy;
  return std::nullopt;
}

}  // namespace sluice::editions
