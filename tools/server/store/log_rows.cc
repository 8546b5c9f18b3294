// Tested by tests/server/logs_test.cc.
#include "tools/server/store/log_rows.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::store {
namespace {

// Some hundred rows.
constexpr std::size_t kBlockBytes = 65536;

struct Lead {
  std::int64_t level;
  std::array<std::uint32_t, 3> sizes;
};

}  // namespace

void LogRows::Add(const LogRow& row) {
  const std::array texts{row.message, row.data, row.created};
  Lead lead{row.level, {}};
  std::size_t size = sizeof lead;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    lead.sizes[i] = static_cast<std::uint32_t>(texts[i].size());
    size += texts[i].size();
  }
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < size) {
    const std::size_t block_size = std::max(size, kBlockBytes);
    blocks_.push_back({std::unique_ptr<char[]>(new char[block_size]), block_size, 0});
    bytes_ += block_size;
  }
  Block& block = blocks_.back();
  char* out = block.memory.get() + block.used;
  std::memcpy(out, &lead, sizeof lead);
  out += sizeof lead;
  for (const std::string_view text : texts) out = std::copy(text.begin(), text.end(), out);
  block.used += size;
  ++size_;
}

bool LogRows::Reader::Next(LogRow& row) {
  if (block_ < rows_.blocks_.size() && at_ == rows_.blocks_[block_].used) {
    ++block_;
    at_ = 0;
  }
  if (block_ == rows_.blocks_.size()) return false;
  const char* const bytes = rows_.blocks_[block_].memory.get();
  Lead lead;
  std::memcpy(&lead, bytes + at_, sizeof lead);
  at_ += sizeof lead;
  const auto text = [&](std::size_t i) {
    const std::string_view view(bytes + at_, lead.sizes[i]);
    at_ += view.size();
    return view;
  };
  row.level = lead.level;
  row.message = text(0);
  row.data = text(1);
  row.created = text(2);
  return true;
}

}  // namespace sluice::store
