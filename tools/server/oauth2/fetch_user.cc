// Tested by tests/server/oauth2_flow_test.cc and by the recorded flows.
#include "tools/server/oauth2/fetch_user.h"

#include "tools/server/http/json_text.h"
#include "tools/server/http/target.h"
#include "tools/server/oauth2/document.h"
#include "tools/server/oauth2/id_token.h"

namespace sluice::oauth2 {
namespace {

constexpr std::string_view kAppleIssuer = "https://appleid.apple.com";
constexpr std::string_view kAppleKeys = "https://appleid.apple.com/auth/keys";
constexpr std::string_view kGiteeMails = "https://gitee.com/api/v5/emails";
constexpr std::size_t kPictureBytesMax = std::size_t{32} << 20U;
constexpr std::chrono::seconds kPicturePatience(10);

double NowSeconds() { return static_cast<double>(NowMillis()) / 1000; }

// A document, and its text.
struct Answer {
  boost::json::value document;
  std::string text;
};

Status Refusal(int status) {
  return absl::UnavailableError("the provider answered " + std::to_string(status));
}

StatusOr<Answer> AnswerOf(std::string text) {
  SLUICE_ASSIGN_OR_RETURN(boost::json::value document, ParseDocument(text));
  return Answer{std::move(document), std::move(text)};
}

StatusOr<WebAnswer> Get(const Conversation& with, std::string_view url, const Token& token) {
  WebRequest request;
  request.url = std::string(url);
  request.authorization = token.Authorization();
  request.follow_redirects = true;
  for (const Header& header : with.provider.spec->headers) {
    if (header.name.empty()) continue;
    request.headers.emplace_back(header.name, header.value == "{clientId}"
                                                  ? with.provider.client_id()
                                                  : std::string(header.value));
  }
  if (const std::string_view graphql = with.provider.spec->graphql; !graphql.empty()) {
    request.content_type = "application/json";
    request.body = std::string(graphql);
  }
  return with.client.Send(request, with.budget);
}

StatusOr<Answer> GetUserInfo(const Conversation& with, const Token& token) {
  SLUICE_ASSIGN_OR_RETURN(WebAnswer answer, Get(with, with.provider.user_url(), token));
  if (answer.status >= 400) return Refusal(answer.status);
  return AnswerOf(std::move(answer.body));
}

StatusOr<boost::json::value> GetKeys(const Conversation& with, std::string_view url) {
  WebRequest request;
  request.url = std::string(url);
  request.follow_redirects = true;
  SLUICE_ASSIGN_OR_RETURN(const WebAnswer answer, with.client.Send(request, with.budget));
  if (answer.status >= 400) return Refusal(answer.status);
  return ParseDocument(answer.body);
}

StatusOr<IdToken> IdTokenOf(const Token& token) {
  const boost::json::value* value = token.document.get_object().if_contains("id_token");
  if (value == nullptr || !value->is_string())
    return absl::InvalidArgumentError("the token answer has no id_token");
  SLUICE_ASSIGN_OR_RETURN(IdToken parsed, ParseIdToken(std::string_view(value->get_string())));
  SLUICE_RETURN_IF_ERROR(CheckTimes(parsed.claims, NowSeconds(), Leeway()));
  return parsed;
}

std::vector<std::string> IssuersOf(const Provider& provider) {
  std::vector<std::string> issuers;
  const boost::json::value* list = provider.options->extra.if_contains("issuers");
  if (list == nullptr || !list->is_array()) return issuers;
  for (const boost::json::value& issuer : list->get_array()) {
    if (issuer.is_string()) issuers.emplace_back(issuer.get_string());
  }
  return issuers;
}

// A-123.
StatusOr<Answer> OpenIdClaims(const Conversation& with, const Token& token) {
  SLUICE_ASSIGN_OR_RETURN(const IdToken parsed, IdTokenOf(token));
  SLUICE_RETURN_IF_ERROR(CheckAudience(parsed.claims, with.provider.client_id()));
  const std::vector<std::string> issuers = IssuersOf(with.provider);
  if (!issuers.empty()) SLUICE_RETURN_IF_ERROR(CheckIssuer(parsed.claims, issuers));
  if (const std::string url = with.provider.ExtraText("jwksURL"); !url.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const boost::json::value keys, GetKeys(with, url));
    SLUICE_RETURN_IF_ERROR(CheckSignature(parsed, keys, NowSeconds()));
  }
  return AnswerOf(parsed.payload);
}

// A-124.
StatusOr<Answer> AppleClaims(const Conversation& with, const Token& token) {
  SLUICE_ASSIGN_OR_RETURN(const IdToken parsed, IdTokenOf(token));
  if (const boost::json::value* end = parsed.claims.if_contains("exp");
      end == nullptr || !end->is_number())
    return absl::InvalidArgumentError("an identity token without an end");
  SLUICE_RETURN_IF_ERROR(CheckIssuer(parsed.claims, {std::string(kAppleIssuer)}));
  SLUICE_RETURN_IF_ERROR(CheckAudience(parsed.claims, with.provider.client_id()));
  SLUICE_ASSIGN_OR_RETURN(const boost::json::value keys, GetKeys(with, kAppleKeys));
  SLUICE_RETURN_IF_ERROR(CheckSignature(parsed, keys, NowSeconds()));
  return AnswerOf(parsed.payload);
}

StatusOr<Answer> UserDocument(const Conversation& with, const Token& token, const Token& fresh) {
  switch (with.provider.spec->source) {
    case UserSource::kApple:
      return AppleClaims(with, token);
    case UserSource::kUserInfoOrIdToken:
      if (with.provider.user_url().empty()) return OpenIdClaims(with, token);
      break;
    case UserSource::kUserInfo:
      break;
  }
  return GetUserInfo(with, fresh);
}

bool IsMissing(int status) { return status == 401 || status == 403 || status == 404; }

// The address of a provider that lists them apart.
StatusOr<std::string> ListedAddress(const Conversation& with, const Token& token) {
  const MailList kind = with.provider.spec->user.mails;
  const bool gitee = kind == MailList::kGitee;
  const std::string url = gitee ? std::string(kGiteeMails) : with.provider.user_url() + "/emails";
  SLUICE_ASSIGN_OR_RETURN(const WebAnswer answer, Get(with, url, token));
  if (IsMissing(answer.status) || (kind == MailList::kConfirmed && answer.status >= 400))
    return std::string();
  if (answer.status >= 400) return Refusal(answer.status);
  StatusOr<boost::json::value> list = http::ParseJson(answer.body, http::JsonTail::kMustBeBlank);
  StatusOr<std::string> address =
      list.ok() ? VerifiedAddress(kind, *list) : StatusOr<std::string>(list.status());
  if (!address.ok() && gitee) return std::string();
  return address;
}

// A-122. Nothing is believed that the token endpoint did not say itself, so the
// signature does not matter.
std::string MicrosoftAddress(const std::string& source, const Token& token) {
  const StatusOr<IdToken> parsed = IdTokenOf(token);
  if (!parsed.ok()) return "";
  const auto text = [&parsed](const char* claim) {
    const boost::json::value* value = parsed->claims.if_contains(claim);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  };
  const std::string primary = text("verified_primary_email");
  const std::string owned =
      IsTruthy(parsed->claims.if_contains("xms_edov")) ? text("email") : std::string();
  if (source == "verified_primary_email") return primary;
  if (source == "email_and_xms_edov") return owned;
  if (source == "any_verified") return primary.empty() ? owned : primary;
  return text("email");
}

bool IsClaimSource(std::string_view source) {
  return source == "verified_primary_email" || source == "email_and_xms_edov" ||
         source == "any_verified" || source == "email";
}

// Where the document alone does not say it.
StatusOr<std::string> AddressOf(const Conversation& with, const Token& token, const Token& fresh,
                                const User& user) {
  const MailList kind = with.provider.spec->user.mails;
  if (kind != MailList::kNone && !(kind == MailList::kGitee && !user.email.empty()))
    return ListedAddress(with, fresh);
  if (with.provider.spec->name == "microsoft") {
    const std::string source = with.provider.ExtraText("idTokenEmailClaim");
    if (IsClaimSource(source)) return MicrosoftAddress(source, token);
  }
  return user.email;
}

// Instagram tells what was granted beside the token.
Status AddGranted(const Token& token, std::string& raw) {
  const boost::json::value* granted = token.document.get_object().if_contains("permissions");
  SLUICE_ASSIGN_OR_RETURN(boost::json::value parsed,
                          http::ParseJson(raw, http::JsonTail::kMustBeBlank));
  if (granted == nullptr || !parsed.is_object()) return absl::OkStatus();
  parsed.get_object()["permissions"] = *granted;
  raw.clear();
  http::AppendJsonValue(raw, parsed);
  return absl::OkStatus();
}

}  // namespace

StatusOr<User> FetchUser(const Conversation& with, const Token& token) {
  const ProviderSpec& spec = *with.provider.spec;
  const bool asks = spec.source == UserSource::kUserInfo || !with.provider.user_url().empty();
  Token fresh;
  if (asks) {
    SLUICE_ASSIGN_OR_RETURN(fresh, with.tokens.Fresh(token));
  }
  SLUICE_ASSIGN_OR_RETURN(const Answer answer, UserDocument(with, token, fresh));
  SLUICE_ASSIGN_OR_RETURN(User user, ReadUser(spec.user, answer.document, token.document));
  SLUICE_ASSIGN_OR_RETURN(user.raw_json, RawJson(answer.text));
  SLUICE_ASSIGN_OR_RETURN(user.email, AddressOf(with, token, fresh, user));
  if (spec.name == "instagram2") SLUICE_RETURN_IF_ERROR(AddGranted(token, user.raw_json));
  return user;
}

StatusOr<Picture> FetchPicture(const std::string& url, const std::function<bool()>& abandoned) {
  WebClient client(Reach::kPublic);
  const Budget budget{std::chrono::steady_clock::now() + kPicturePatience, abandoned};
  WebRequest request;
  request.url = url;
  request.follow_redirects = true;
  request.body_max = kPictureBytesMax;
  SLUICE_ASSIGN_OR_RETURN(WebAnswer answer, client.Send(request, budget));
  if (answer.status < 200 || answer.status > 399) return Refusal(answer.status);
  Picture picture;
  const std::string_view path = std::string_view(url).substr(0, url.find_first_of("?#"));
  const std::string_view piece = path.substr(path.rfind('/') + 1);
  picture.file_name = http::PercentDecode(piece, false).value_or(std::string(piece));
  picture.content = std::move(answer.body);
  return picture;
}

}  // namespace sluice::oauth2
