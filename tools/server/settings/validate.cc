// Messages are in the peer's raw form; api_error.cc makes sentences of them.
// Tested by tests/server/settings_test.cc.
#include "tools/server/settings/validate.h"

#include <algorithm>

#include "tools/server/settings/checks.h"

namespace sluice::settings {
namespace {

using http::ErrorEntry;
using Entries = std::vector<ErrorEntry>;

// The first mistake of one value: each check is asked only when the ones before
// it found nothing. All but Required accept an empty text and a zero.
class TextCheck {
 public:
  TextCheck(std::string key, const std::string& value)
      : entry_{.key = std::move(key)}, value_(value) {}

  TextCheck& Required(bool required = true) {
    return Fail(required && value_.empty(), "validation_required", "cannot be blank");
  }
  TextCheck& LengthMax(std::int64_t max) {
    if (!value_.empty() && std::cmp_greater(value_.size(), max)) {
      Fail(true, "validation_length_out_of_range",
           "the length must be between 1 and " + std::to_string(max), {{"max", max}, {"min", 1}});
    }
    return *this;
  }
  TextCheck& LengthIs(std::int64_t length) {
    return Fail(!value_.empty() && std::cmp_not_equal(value_.size(), length),
                "validation_length_invalid", "the length must be exactly " + std::to_string(length),
                {{"max", length}, {"min", length}});
  }
  TextCheck& OneOf(std::initializer_list<std::string_view> allowed) {
    const bool found = std::find(allowed.begin(), allowed.end(), value_) != allowed.end();
    return Fail(!value_.empty() && !found, "validation_in_invalid", "must be a valid value");
  }
  TextCheck& Is(bool (*check)(std::string_view), std::string code, std::string message) {
    return Fail(!value_.empty() && !check(value_), std::move(code), std::move(message));
  }
  TextCheck& Fail(bool failed, std::string code, std::string message,
                  boost::json::object params = {}) {
    if (failed && entry_.code.empty()) {
      entry_.code = std::move(code);
      entry_.message = std::move(message);
      entry_.params = std::move(params);
    }
    return *this;
  }
  void AddTo(Entries& entries) {
    if (!entry_.code.empty()) entries.push_back(std::move(entry_));
  }

 private:
  ErrorEntry entry_;
  const std::string& value_;
};

void CheckNumber(Entries& entries, std::string key, std::int64_t value, bool required,
                 std::int64_t min) {
  if (required && value == 0) {
    entries.push_back(
        {.key = std::move(key), .code = "validation_required", .message = "cannot be blank"});
  } else if (value != 0 && value < min) {
    entries.push_back({.key = std::move(key),
                       .code = "validation_min_greater_equal_than_required",
                       .message = "must be no less than " + std::to_string(min),
                       .params = {{"threshold", min}}});
  }
}

void AddGroup(Entries& entries, std::string key, Entries children) {
  if (!children.empty())
    entries.push_back({.key = std::move(key), .children = std::move(children)});
}

Entries CheckIps(const std::vector<std::string>& ips) {
  Entries entries;
  for (std::size_t i = 0; i < ips.size(); ++i) {
    TextCheck(std::to_string(i), ips[i])
        .Required()
        .Is(&IsIpOrSubnet, "validation_invlaid_ip_or_subnet", "invalid IP or CIDR subnet")
        .AddTo(entries);
  }
  return entries;
}

Entries Check(const store::SmtpSettings& smtp) {
  constexpr char kCode[] = "validation_is_host";
  constexpr char kMessage[] = "must be a valid IP address or DNS name";
  Entries entries;
  TextCheck("host", smtp.host).Required(smtp.enabled).Is(&IsHost, kCode, kMessage).AddTo(entries);
  CheckNumber(entries, "port", smtp.port, smtp.enabled, 0);
  TextCheck("authMethod", smtp.auth_method).OneOf({"LOGIN", "PLAIN"}).AddTo(entries);
  TextCheck("localName", smtp.local_name).Is(&IsHost, kCode, kMessage).AddTo(entries);
  return entries;
}

Entries Check(const store::S3Settings& s3) {
  Entries entries;
  TextCheck("endpoint", s3.endpoint)
      .Required(s3.enabled)
      .Is(&IsUrl, "validation_is_url", "must be a valid URL")
      .AddTo(entries);
  TextCheck("bucket", s3.bucket).Required(s3.enabled).AddTo(entries);
  TextCheck("region", s3.region).Required(s3.enabled).AddTo(entries);
  TextCheck("accessKey", s3.access_key).Required(s3.enabled).AddTo(entries);
  TextCheck("secret", s3.secret).Required(s3.enabled).AddTo(entries);
  return entries;
}

Entries Check(const store::BackupsSettings& backups) {
  Entries entries;
  AddGroup(entries, "s3", Check(backups.s3));
  const std::string mistake = backups.cron.empty() ? "" : CronMistake(backups.cron);
  TextCheck("cron", backups.cron)
      .Fail(!mistake.empty(), "validation_invalid_cron", mistake)
      .AddTo(entries);
  CheckNumber(entries, "cronMaxKeep", backups.cron_max_keep, !backups.cron.empty(), 1);
  return entries;
}

Entries Check(const store::MetaSettings& meta) {
  Entries entries;
  TextCheck("accentColor", meta.accent_color)
      .LengthIs(7)
      .Is(&IsHexColor, "validation_is_hex_color", "must be a valid hexadecimal color code")
      .AddTo(entries);
  TextCheck("appName", meta.app_name).Required().LengthMax(255).AddTo(entries);
  TextCheck("appURL", meta.app_url)
      .Required()
      .Is(&IsUrl, "validation_is_url", "must be a valid URL")
      .AddTo(entries);
  TextCheck("senderName", meta.sender_name).Required().LengthMax(255).AddTo(entries);
  TextCheck("senderAddress", meta.sender_address)
      .Required()
      .Is(&IsEmail, "validation_is_email", "must be a valid email address")
      .AddTo(entries);
  return entries;
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool IsLabelPath(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return c == '/' || c == '-' || IsWord({&c, 1});
         });
}

// `METHOD /path`, `/path`, `name:action`, `*:action`, `tag`.
bool IsRateLimitLabel(std::string_view label) {
  if (const std::size_t blank = label.find(' '); blank != std::string_view::npos) {
    return IsWord(label.substr(0, blank)) && IsLabelPath(label.substr(blank + 1));
  }
  if (label.starts_with('/')) return IsLabelPath(label);
  const std::size_t colon = label.find(':');
  if (colon == std::string_view::npos) return IsWord(label);
  const std::string_view name = label.substr(0, colon);
  return (name == "*" || IsWord(name)) && IsWord(label.substr(colon + 1));
}

Entries Check(const store::RateLimitRule& rule) {
  Entries entries;
  TextCheck("label", rule.label)
      .Required()
      .Is(&IsRateLimitLabel, "validation_match_invalid", "must be in a valid format")
      .AddTo(entries);
  CheckNumber(entries, "maxRequests", rule.max_requests, true, 1);
  CheckNumber(entries, "duration", rule.duration, true, 1);
  TextCheck("audience", rule.audience).OneOf({"@guest", "@auth"}).AddTo(entries);
  return entries;
}

// The first rule that stands in the way of an earlier one (A-133).
Entries CheckConflicts(const std::vector<store::RateLimitRule>& rules) {
  std::vector<std::string> earlier;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string& label = rules[i].label;
    const std::string text = label + "@@" + rules[i].audience;
    for (const std::string& other : earlier) {
      if (!text.starts_with(other) && !other.starts_with(text)) continue;
      const ErrorEntry mistake{.key = "label",
                               .code = "validation_conflicting_rate_limit_rule",
                               .message =
                                   "Rate limit rule configuration with label {{.label}} already "
                                   "exists or conflicts with another rule.",
                               .params = {{"label", label}}};
      return {{.key = std::to_string(i), .children = {mistake}}};
    }
    earlier.push_back(text);
  }
  return {};
}

Entries Check(const store::RateLimitsSettings& limits) {
  Entries entries;
  if (limits.enabled && limits.rules.empty()) {
    entries.push_back(
        {.key = "rules", .code = "validation_required", .message = "cannot be blank"});
  } else {
    Entries rules = CheckConflicts(limits.rules);
    if (rules.empty()) {
      for (std::size_t i = 0; i < limits.rules.size(); ++i)
        AddGroup(rules, std::to_string(i), Check(limits.rules[i]));
    }
    AddGroup(entries, "rules", std::move(rules));
  }
  AddGroup(entries, "excludedIPs", CheckIps(limits.excluded_ips));
  return entries;
}

Entries Check(const store::BatchSettings& batch) {
  Entries entries;
  CheckNumber(entries, "maxRequests", batch.max_requests, batch.enabled, 0);
  CheckNumber(entries, "timeout", batch.timeout, batch.enabled, 0);
  CheckNumber(entries, "maxBodySize", batch.max_body_size, false, 0);
  return entries;
}

Entries Check(const store::LogsSettings& logs) {
  Entries entries;
  CheckNumber(entries, "maxDays", logs.max_days, false, 0);
  return entries;
}

}  // namespace

Entries Validate(const store::Settings& settings) {
  Entries entries;
  AddGroup(entries, "superuserIPs", CheckIps(settings.superuser_ips));
  AddGroup(entries, "meta", Check(settings.meta));
  AddGroup(entries, "logs", Check(settings.logs));
  AddGroup(entries, "smtp", Check(settings.smtp));
  AddGroup(entries, "s3", Check(settings.s3));
  AddGroup(entries, "backups", Check(settings.backups));
  AddGroup(entries, "batch", Check(settings.batch));
  AddGroup(entries, "rateLimits", Check(settings.rate_limits));
  return entries;
}

std::string OneLine(const Entries& mistakes) {
  std::vector<const ErrorEntry*> sorted;
  for (const ErrorEntry& mistake : mistakes) sorted.push_back(&mistake);
  std::sort(sorted.begin(), sorted.end(),
            [](const ErrorEntry* a, const ErrorEntry* b) { return a->key < b->key; });
  std::string line;
  for (const ErrorEntry* mistake : sorted) {
    if (!line.empty()) line += "; ";
    line += mistake->key + ": ";
    if (!mistake->children.empty()) {
      line += "(" + OneLine(mistake->children) + ")";
      continue;
    }
    std::string message = mistake->message;
    while (message.ends_with('.')) message.pop_back();
    line += message;
  }
  return line + ".";
}

}  // namespace sluice::settings
