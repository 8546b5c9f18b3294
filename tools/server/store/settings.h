// The settings of a folder (S-111): every value with the default of a fresh
// folder, and the names that JSON calls them by.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "boost/json/value.hpp"

#include "sluice/status.h"

namespace sluice::store {

struct SmtpSettings {
  bool enabled = false;
  std::int64_t port = 587;
  std::string host = "smtp.example.com";
  std::string username;
  std::string password;     // secret
  std::string auth_method;  // PLAIN when empty
  bool tls = false;
  std::string local_name;  // `localhost` when empty
};

struct S3Settings {
  bool enabled = false;
  std::string bucket;
  std::string region;
  std::string endpoint;
  std::string access_key;
  std::string secret;  // secret
  bool force_path_style = false;
};

struct BackupsSettings {
  std::string cron;  // none when empty
  std::int64_t cron_max_keep = 3;
  S3Settings s3;
};

struct MetaSettings {
  std::string accent_color = "#1055c9";
  std::string app_name = "Acme";
  std::string app_url = "http://localhost:8090";
  std::string sender_name = "Support";
  std::string sender_address = "support@example.com";
  bool hide_controls = false;
};

//
struct RateLimitRule {
  std::string label;
  std::string audience;       // "", "@guest" or "@auth"
  std::int64_t duration = 0;  // seconds
  std::int64_t max_requests = 0;
};

struct RateLimitsSettings {
  std::vector<RateLimitRule> rules = {{"*:auth", "", 3, 2},
                                      {"*:create", "", 5, 20},
                                      {"/api/batch", "", 1, 3},
                                      {"/api/", "", 10, 300}};
  std::vector<std::string> excluded_ips;
  bool enabled = false;
};

struct TrustedProxySettings {
  std::vector<std::string> headers;
  bool use_leftmost_ip = false;
};

struct BatchSettings {
  bool enabled = false;
  std::int64_t max_requests = 50;
  std::int64_t timeout = 3;        // seconds
  std::int64_t max_body_size = 0;  // bytes; 0: 128 MiB
};

struct LogsSettings {
  std::int64_t max_days = 5;
  std::int64_t min_level = 0;
  bool log_ip = true;
  bool log_auth_id = false;
};

struct Settings {
  std::vector<std::string> superuser_ips;
  SmtpSettings smtp;
  BackupsSettings backups;
  S3Settings s3;
  MetaSettings meta;
  RateLimitsSettings rate_limits;
  TrustedProxySettings trusted_proxy;
  BatchSettings batch;
  LogsSettings logs;
};

// VisitFields(group, fn) calls fn(key, member) for each member, in the order
// that answers and the stored row have. The one list of names, for reading,
// writing, forms and the command line.
template <typename T, typename S>
concept MaybeConst = std::same_as<std::remove_const_t<T>, S>;

void VisitFields(MaybeConst<SmtpSettings> auto& group, auto&& fn) {
  fn("enabled", group.enabled);
  fn("port", group.port);
  fn("host", group.host);
  fn("username", group.username);
  fn("password", group.password);
  fn("authMethod", group.auth_method);
  fn("tls", group.tls);
  fn("localName", group.local_name);
}

void VisitFields(MaybeConst<S3Settings> auto& group, auto&& fn) {
  fn("enabled", group.enabled);
  fn("bucket", group.bucket);
  fn("region", group.region);
  fn("endpoint", group.endpoint);
  fn("accessKey", group.access_key);
  fn("secret", group.secret);
  fn("forcePathStyle", group.force_path_style);
}

void VisitFields(MaybeConst<BackupsSettings> auto& group, auto&& fn) {
  fn("cron", group.cron);
  fn("cronMaxKeep", group.cron_max_keep);
  fn("s3", group.s3);
}

void VisitFields(MaybeConst<MetaSettings> auto& group, auto&& fn) {
  fn("accentColor", group.accent_color);
  fn("appName", group.app_name);
  fn("appURL", group.app_url);
  fn("senderName", group.sender_name);
  fn("senderAddress", group.sender_address);
  fn("hideControls", group.hide_controls);
}

void VisitFields(MaybeConst<RateLimitRule> auto& group, auto&& fn) {
  fn("label", group.label);
  fn("audience", group.audience);
  fn("duration", group.duration);
  fn("maxRequests", group.max_requests);
}

void VisitFields(MaybeConst<RateLimitsSettings> auto& group, auto&& fn) {
  fn("rules", group.rules);
  fn("excludedIPs", group.excluded_ips);
  fn("enabled", group.enabled);
}

void VisitFields(MaybeConst<TrustedProxySettings> auto& group, auto&& fn) {
  fn("headers", group.headers);
  fn("useLeftmostIP", group.use_leftmost_ip);
}

void VisitFields(MaybeConst<BatchSettings> auto& group, auto&& fn) {
  fn("enabled", group.enabled);
  fn("maxRequests", group.max_requests);
  fn("timeout", group.timeout);
  fn("maxBodySize", group.max_body_size);
}

void VisitFields(MaybeConst<LogsSettings> auto& group, auto&& fn) {
  fn("maxDays", group.max_days);
  fn("minLevel", group.min_level);
  fn("logIP", group.log_ip);
  fn("logAuthId", group.log_auth_id);
}

void VisitFields(MaybeConst<Settings> auto& group, auto&& fn) {
  fn("superuserIPs", group.superuser_ips);
  fn("smtp", group.smtp);
  fn("backups", group.backups);
  fn("s3", group.s3);
  fn("meta", group.meta);
  fn("rateLimits", group.rate_limits);
  fn("trustedProxy", group.trusted_proxy);
  fn("batch", group.batch);
  fn("logs", group.logs);
}

// Reads `value` over `settings` (S-112, A-7): keys match without case, unknown
// ones are ignored, omitted ones stay; lists merge by position and take the
// length of the new one; null empties a list and leaves anything else alone.
// kInvalidArgument on a value of a wrong type; `settings` is then half changed.
Status MergeSettings(const boost::json::value& value, Settings& settings);

}  // namespace sluice::store
