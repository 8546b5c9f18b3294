// Tested by tests/server/oauth2_token_test.cc and by the recorded flows.
#include "tools/server/oauth2/token.h"

#include <algorithm>
#include <charconv>

#include "sluice/strings.h"
#include "tools/server/http/target.h"
#include "tools/server/oauth2/document.h"

namespace sluice::oauth2 {
namespace {

constexpr std::int64_t kSecondsMax = 2147483647;
constexpr std::int64_t kSoonMillis = 10000;

bool IsForm(std::string_view content_type) {
  const std::string type = LowerAscii(content_type.substr(0, content_type.find(';')));
  return type == "application/x-www-form-urlencoded" || type == "text/plain";
}

boost::json::object FormObject(std::string_view body) {
  std::vector<http::Param> pairs;
  http::ParseQuery(body, pairs);
  boost::json::object object;
  for (const http::Param& pair : pairs) object.emplace(pair.name, pair.value);
  return object;
}

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Seconds from now; 0 when it is not said. A form's nonsense is not said, in
// JSON it is a mistake.
StatusOr<std::int64_t> ExpiresIn(const boost::json::value& document, bool form) {
  const boost::json::value* value = document.get_object().if_contains("expires_in");
  if (value == nullptr || value->is_null()) return 0;
  std::optional<std::int64_t> seconds;
  if (value->is_int64()) seconds = value->get_int64();
  if (value->is_uint64()) seconds = kSecondsMax;
  if (value->is_string()) seconds = WholeNumber(std::string_view(value->get_string()));
  if (!seconds && !form) return absl::InvalidArgumentError("expires_in is no whole number");
  return std::clamp(seconds.value_or(0), -kSecondsMax, kSecondsMax);
}

}  // namespace

std::int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string Token::Authorization() const {
  const std::string lower = LowerAscii(type);
  std::string scheme = type;
  if (lower.empty() || lower == "bearer") scheme = "Bearer";
  if (lower == "mac") scheme = "MAC";
  if (lower == "basic") scheme = "Basic";
  return scheme + " " + access;
}

StatusOr<Token> ReadToken(const WebAnswer& answer, std::int64_t now_millis) {
  if (answer.status < 200 || answer.status > 299)
    return absl::UnavailableError("the token endpoint answered " + std::to_string(answer.status));
  if (answer.cut) return absl::InvalidArgumentError("a token answer beyond all measure");
  const bool form = IsForm(answer.content_type);
  Token token;
  if (form) {
    token.document = FormObject(answer.body);
  } else {
    SLUICE_ASSIGN_OR_RETURN(token.document, ParseDocument(answer.body));
    if (token.document.is_null()) token.document.emplace_object();
  }
  SLUICE_ASSIGN_OR_RETURN(token.access, TextAt(token.document, "access_token"));
  SLUICE_ASSIGN_OR_RETURN(token.type, TextAt(token.document, "token_type"));
  SLUICE_ASSIGN_OR_RETURN(token.refresh, TextAt(token.document, "refresh_token"));
  SLUICE_ASSIGN_OR_RETURN(const std::string error, TextAt(token.document, "error"));
  SLUICE_ASSIGN_OR_RETURN(const std::int64_t seconds, ExpiresIn(token.document, form));
  if (!error.empty()) return absl::PermissionDeniedError("the token endpoint says " + error);
  if (token.access.empty()) return absl::InvalidArgumentError("no access token");
  if (seconds != 0) token.expires = now_millis + seconds * 1000;
  return token;
}

StatusOr<Token> TokenSource::AskOnce(Pairs form, bool secret_in_form) {
  WebRequest request;
  request.url = provider_.token_url();
  request.content_type = "application/x-www-form-urlencoded";
  if (secret_in_form) {
    form.emplace_back("client_id", provider_.client_id());
    form.emplace_back("client_secret", provider_.client_secret());
  } else {
    request.user = FormEscape(provider_.client_id());
    request.password = FormEscape(provider_.client_secret());
  }
  std::sort(form.begin(), form.end());
  request.body = FormEncode(form);
  SLUICE_ASSIGN_OR_RETURN(const WebAnswer answer, client_.Send(request, budget_));
  return ReadToken(answer, NowMillis());
}

StatusOr<Token> TokenSource::Ask(Pairs form) {
  if (!secret_in_form_) {
    StatusOr<Token> token = AskOnce(form, false);
    if (token.ok()) return token;
  }
  StatusOr<Token> token = AskOnce(std::move(form), true);
  secret_in_form_ = token.ok();
  return token;
}

StatusOr<Token> TokenSource::Exchange(const Grant& grant) {
  Pairs form = {{"grant_type", "authorization_code"}, {"code", grant.code}};
  if (!grant.redirect_url.empty()) form.emplace_back("redirect_uri", grant.redirect_url);
  if (provider_.pkce()) form.emplace_back("code_verifier", grant.code_verifier);
  return Ask(std::move(form));
}

StatusOr<Token> TokenSource::Fresh(const Token& token) {
  if (!token.expires || *token.expires - kSoonMillis > NowMillis()) return token;
  if (token.refresh.empty()) return absl::FailedPreconditionError("the token is over");
  return Ask({{"grant_type", "refresh_token"}, {"refresh_token", token.refresh}});
}

}  // namespace sluice::oauth2
