// Texts in a language: e-mail addresses, URLs, HTML, JSON.
// Tested by tests/server/fields_validate_text_test.cc.
#include <algorithm>
#include <string>

#include "tools/server/fields/checks.h"
#include "tools/server/records/json_check.h"
#include "tools/server/text/email_syntax.h"
#include "tools/server/text/url_syntax.h"

namespace sluice::fields {
namespace {

bool Contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// By the two lists, of which one at most is not empty. Case matters.
bool IsAllowedDomain(const FieldOptions& options, std::string_view domain) {
  if (!options.only_domains.empty() && !Contains(options.only_domains, domain)) return false;
  return !Contains(options.except_domains, domain);
}

bool IsLonger(std::string_view text, std::int64_t bytes_max) {
  return static_cast<std::int64_t>(text.size()) > bytes_max;
}

}  // namespace

Mistake CheckEmail(const Subject& subject) {
  const std::string& text = subject.value.text;
  if (text.empty()) return BlankIfRequired(subject);
  if (!text::IsEmail(text)) {
    return http::ErrorEntry{.code = "validation_is_email",
                            .message = "Must be a valid email address."};
  }
  if (!IsAllowedDomain(subject.options, text::EmailDomain(text))) {
    return http::ErrorEntry{.code = "validation_email_domain_not_allowed",
                            .message = "Email domain is not allowed."};
  }
  return std::nullopt;
}

Mistake CheckUrl(const Subject& subject) {
  const std::string& text = subject.value.text;
  if (text.empty()) return BlankIfRequired(subject);
  if (!text::IsUrl(text)) {
    return http::ErrorEntry{.code = "validation_invalid_url", .message = "Must be a valid url."};
  }
  if (!IsAllowedDomain(subject.options, text::UrlHost(text))) {
    return http::ErrorEntry{.code = "validation_url_domain_not_allowed",
                            .message = "Url domain is not allowed."};
  }
  return std::nullopt;
}

Mistake CheckEditor(const Subject& subject) {
  const std::string& text = subject.value.text;
  if (text.empty()) return BlankIfRequired(subject);
  if (IsLonger(text, subject.options.max_size)) {
    return http::ErrorEntry{.code = "validation_content_size_limit",
                            .message = "The maximum allowed content size is {{.maxSize}} bytes.",
                            .params = {{"maxSize", subject.options.max_size}}};
  }
  return std::nullopt;
}

Mistake CheckJson(const Subject& subject) {
  constexpr std::string_view kEmpty[] = {"null", "\"\"", "[]", "{}", ""};
  const std::string& text = subject.value.text;
  if (IsLonger(text, subject.options.max_size)) {
    return http::ErrorEntry{.code = "validation_json_size_limit",
                            .message = "The maximum allowed JSON size is {{.maxSize}} bytes.",
                            .params = {{"maxSize", subject.options.max_size}}};
  }
  if (!records::IsValidJson(text)) {
    return http::ErrorEntry{.code = "validation_invalid_json",
                            .message = "Must be a valid json value."};
  }
  if (std::find(std::begin(kEmpty), std::end(kEmpty), text) != std::end(kEmpty)) {
    return BlankIfRequired(subject);
  }
  return std::nullopt;
}

}  // namespace sluice::fields
