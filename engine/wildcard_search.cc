// Tested by tests/engine/text_match_test.cc.
#include "engine/wildcard_search.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr std::size_t kTableWordsMax = std::size_t{2} << 20U;

}  // namespace

std::optional<WildcardSearch> WildcardSearch::Make(std::u32string_view piece) {
  if (piece.empty()) return std::nullopt;
  WildcardSearch search;
  for (const char32_t c : piece) {
    if (c != kAny) search.symbols_.push_back(c);
  }
  std::sort(search.symbols_.begin(), search.symbols_.end());
  search.symbols_.erase(std::unique(search.symbols_.begin(), search.symbols_.end()),
                        search.symbols_.end());
  search.words_ = (piece.size() + 63) / 64;
  const std::size_t rows = search.symbols_.size() + 1;
  if (rows > kTableWordsMax / search.words_) return std::nullopt;
  search.table_.assign(rows * search.words_, 0);
  search.state_.assign(search.words_, 0);
  search.last_bit_ = piece.size() - 1;
  for (char32_t c = 0; c < 128; ++c) {
    const auto at = std::lower_bound(search.symbols_.begin(), search.symbols_.end(), c);
    const bool known = at != search.symbols_.end() && *at == c;
    search.ascii_[c] = known ? static_cast<std::size_t>(at - search.symbols_.begin()) + 1 : 0;
  }
  for (std::size_t i = 0; i < piece.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    const std::size_t only = piece[i] == kAny ? 0 : search.RowOf(piece[i]);
    for (std::size_t row = only; row < (piece[i] == kAny ? rows : only + 1); ++row)
      search.table_[row * search.words_ + i / 64] |= bit;
  }
  return search;
}

std::size_t WildcardSearch::RowOf(char32_t c) const {
  if (c < 128) return ascii_[c];
  const auto at = std::lower_bound(symbols_.begin(), symbols_.end(), c);
  return at != symbols_.end() && *at == c ? static_cast<std::size_t>(at - symbols_.begin()) + 1 : 0;
}

bool WildcardSearch::Next(char32_t c) {
  const std::uint64_t* row = table_.data() + RowOf(c) * words_;
  std::uint64_t carry = 1;
  for (std::size_t i = 0; i < words_; ++i) {
    const std::uint64_t out = state_[i] >> 63U;
    state_[i] = ((state_[i] << 1U) | carry) & row[i];
    carry = out;
  }
  return ((state_[last_bit_ / 64] >> (last_bit_ % 64)) & 1U) != 0;
}

}  // namespace sluice
