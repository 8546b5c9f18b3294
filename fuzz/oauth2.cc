// What providers answer: tokens, documents of users, lists of addresses. None of
// it may end the process, and an address is only one that the provider vouches
// for.
//
// An input: a byte for the provider, then JSON; behind \x1f, a token's answer.
#include <string>

#include "fuzz/target.h"
#include "tools/server/http/json_text.h"
#include "tools/server/oauth2/document.h"
#include "tools/server/oauth2/providers.h"
#include "tools/server/oauth2/token.h"
#include "tools/server/oauth2/user.h"

namespace sluice::fuzz {
namespace {

constexpr std::size_t kInputBytesMax = 16384;

}  // namespace

void OAuth2(std::string_view input) {
  if (input.empty() || input.size() > kInputBytesMax) return;
  const auto providers = oauth2::AllProviders();
  const oauth2::ProviderSpec& spec =
      providers[static_cast<unsigned char>(input[0]) % providers.size()];
  const std::size_t cut = input.find('\x1f', 1);
  const std::string_view text = input.substr(1, cut == std::string_view::npos ? cut : cut - 1);
  const std::string_view token =
      cut == std::string_view::npos ? std::string_view("{}") : input.substr(cut + 1);
  for (const char* type : {"application/json", "application/x-www-form-urlencoded"}) {
    const auto read = oauth2::ReadToken({200, type, std::string(text), false}, 1'700'000'000'000);
    if (!read.ok()) continue;
    Count("tokens read");
    if (read->access.empty()) Broken("a token of no text", text);
    if (read->Authorization().find_first_of("\r\n") != std::string::npos &&
        read->access.find_first_of("\r\n") == std::string::npos &&
        read->type.find_first_of("\r\n") == std::string::npos)
      Broken("a header that ends early", text);
  }
  const StatusOr<boost::json::value> document = oauth2::ParseDocument(text);
  const StatusOr<boost::json::value> answer = oauth2::ParseDocument(token);
  if (document.ok() && answer.ok()) {
    const StatusOr<oauth2::User> user = oauth2::ReadUser(spec.user, *document, *answer);
    if (user.ok()) Count("users read");
    (void)oauth2::RawJson(text);
  }
  const auto list = http::ParseJson(text, http::JsonTail::kMustBeBlank);
  if (!list.ok()) return;
  for (const auto kind :
       {oauth2::MailList::kVerified, oauth2::MailList::kConfirmed, oauth2::MailList::kGitee})
    (void)oauth2::VerifiedAddress(kind, *list);
}

}  // namespace sluice::fuzz
