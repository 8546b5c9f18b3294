// Tested by tests/server/rate_limiter_test.cc.
#include "tools/server/settings/rate_limiter.h"

#include <algorithm>

namespace sluice::settings {
namespace {

bool Fits(const store::RateLimitRule& rule, const RateLimitAsk& ask) {
  return rule.audience.empty() || rule.audience == (ask.authenticated ? "@auth" : "@guest");
}

//
std::vector<std::string> LabelsOf(const RateLimitAsk& ask) {
  std::vector<std::string> labels;
  for (const std::string_view head : {ask.collection_name, std::string_view("*")}) {
    for (const std::string_view tag : ask.tags)
      labels.push_back(std::string(head) + ":" + std::string(tag));
  }
  labels.push_back(std::string(ask.method) + " " + std::string(ask.path));
  labels.emplace_back(ask.path);
  return labels;
}

//
std::string BucketOf(const store::RateLimitRule& rule, const RateLimitAsk& ask) {
  std::string bucket(ask.collection_id);
  if (ask.collection_id.empty()) {
    bucket = rule.label;
  } else {
    for (const std::string_view tag : ask.tags) bucket += "\n" + std::string(tag);
  }
  return bucket + "\n" + rule.audience + "\n" + std::string(ask.ip);
}

}  // namespace

const store::RateLimitRule* FindRule(const std::vector<store::RateLimitRule>& rules,
                                     const RateLimitAsk& ask) {
  for (const std::string& label : LabelsOf(ask)) {
    for (const store::RateLimitRule& rule : rules) {
      if (rule.label == label && Fits(rule, ask)) return &rule;
    }
    for (const store::RateLimitRule& rule : rules) {
      if (rule.label.ends_with('/') && (label + "/").starts_with(rule.label) && Fits(rule, ask))
        return &rule;
    }
  }
  return nullptr;
}

bool RateLimiter::Allow(const std::vector<store::RateLimitRule>& rules, const RateLimitAsk& ask) {
  const store::RateLimitRule* rule = FindRule(rules, ask);
  if (rule == nullptr) return true;
  const std::string bucket = BucketOf(*rule, ask);
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= sweep_at_) Sweep(ask.now_seconds);
  Window& window = windows_[bucket];
  if (window.IsOver(ask.now_seconds))
    window = {ask.now_seconds, rule->duration, rule->max_requests};
  if (window.left <= 0) return false;
  --window.left;
  return true;
}

// Each client of each bucket costs memory until its window is over.
void RateLimiter::Sweep(std::int64_t now) {
  absl::erase_if(windows_, [now](const auto& entry) { return entry.second.IsOver(now); });
  sweep_at_ = std::max<std::size_t>(4096, windows_.size() * 2);
}

void RateLimiter::Reset() {
  const std::lock_guard lock(mutex_);
  windows_.clear();
}

std::size_t RateLimiter::size() const {
  const std::lock_guard lock(mutex_);
  return windows_.size();
}

}  // namespace sluice::settings
