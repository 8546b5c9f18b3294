// Tested by tests/server/oauth2_user_test.cc and by the recorded flows.
#include "tools/server/oauth2/user.h"

#include <algorithm>

#include "absl/strings/ascii.h"

#include "sluice/strings.h"
#include "tools/server/http/json_text.h"
#include "tools/server/oauth2/document.h"

namespace sluice::oauth2 {
namespace {

using boost::json::value;

constexpr std::string_view kTokenPrefix = "@token.";

struct Documents {
  const value& user;
  const value& token;
};

StatusOr<std::string> PathText(const Documents& documents, std::string_view path) {
  if (path.starts_with(kTokenPrefix)) {
    // An address that comes beside a token is no part of the user's document,
    // and one of another type is none.
    SLUICE_ASSIGN_OR_RETURN(const value* found,
                            Find(documents.token, path.substr(kTokenPrefix.size())));
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  }
  const bool before_at = path.ends_with('@');
  if (before_at) path.remove_suffix(1);
  SLUICE_ASSIGN_OR_RETURN(std::string text, TextAt(documents.user, path));
  if (before_at) text.resize(std::min(text.find('@'), text.size()));
  return text;
}

enum class Gap : std::uint8_t { kStays, kEmptiesAll };

// A path, or a template over paths, blanks at the ends cut.
StatusOr<std::string> Fill(const Documents& documents, std::string_view text, Gap gap) {
  if (text.find('{') == text.npos) return text.empty() ? std::string() : PathText(documents, text);
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    filled += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    std::string_view path = text.substr(1, text.find('}') - 1);
    text.remove_prefix(path.size() + 2);
    const bool sharp = path.starts_with('#');
    if (sharp) path.remove_prefix(1);
    SLUICE_ASSIGN_OR_RETURN(const std::string part, PathText(documents, path));
    if (part.empty() && gap == Gap::kEmptiesAll) return std::string();
    if (!sharp) {
      filled += part;
    } else if (!part.empty() && part != "0") {
      filled += "#" + part;
    }
  }
  return std::string(AsStd(absl::StripAsciiWhitespace(AsAbsl(filled))));
}

StatusOr<std::string> Email(const UserMapping& mapping, const Documents& documents) {
  // Read first: its type counts even where it is not taken.
  SLUICE_ASSIGN_OR_RETURN(std::string email, Fill(documents, mapping.email, Gap::kEmptiesAll));
  SLUICE_ASSIGN_OR_RETURN(const bool first, Holds(documents.user, mapping.email_if));
  SLUICE_ASSIGN_OR_RETURN(const bool second, Holds(documents.user, mapping.email_if_too));
  return first && second ? email : std::string();
}

StatusOr<std::string> Avatar(const UserMapping& mapping, const Documents& documents) {
  SLUICE_ASSIGN_OR_RETURN(std::string url, Fill(documents, mapping.avatar, Gap::kEmptiesAll));
  SLUICE_ASSIGN_OR_RETURN(const bool taken, Holds(documents.user, mapping.avatar_if));
  return taken ? url : std::string();
}

}  // namespace

StatusOr<User> ReadUser(const UserMapping& mapping, const value& document, const value& token) {
  static const value kNothing;
  SLUICE_ASSIGN_OR_RETURN(const value* root, Find(document, mapping.root));
  if (root == nullptr && mapping.root_required)
    return absl::NotFoundError("the provider knows no such user");
  const Documents documents{root == nullptr ? kNothing : *root, token};
  SLUICE_ASSIGN_OR_RETURN(const bool exists, Holds(documents.user, mapping.required));
  if (!exists) return absl::PermissionDeniedError("the provider's user is not active");
  User user;
  if (mapping.id_is_number) {
    SLUICE_ASSIGN_OR_RETURN(user.id, NumberAt(documents.user, mapping.id));
  } else {
    SLUICE_ASSIGN_OR_RETURN(user.id, TextAt(documents.user, mapping.id));
  }
  SLUICE_ASSIGN_OR_RETURN(user.name, Fill(documents, mapping.name, Gap::kStays));
  if (user.name.empty()) {
    SLUICE_ASSIGN_OR_RETURN(user.name, Fill(documents, mapping.name_else, Gap::kStays));
  }
  SLUICE_ASSIGN_OR_RETURN(user.username, Fill(documents, mapping.username, Gap::kStays));
  SLUICE_ASSIGN_OR_RETURN(user.email, Email(mapping, documents));
  SLUICE_ASSIGN_OR_RETURN(user.avatar_url, Avatar(mapping, documents));
  return user;
}

StatusOr<std::string> RawJson(std::string_view document) {
  SLUICE_ASSIGN_OR_RETURN(const value parsed,
                          http::ParseJson(document, http::JsonTail::kMustBeBlank));
  std::string json;
  http::AppendJsonValue(json, parsed);
  return json;
}

StatusOr<std::string> VerifiedAddress(MailList kind, const value& list) {
  const value* entries = &list;
  if (kind == MailList::kConfirmed) {
    SLUICE_ASSIGN_OR_RETURN(entries, Find(list, "values"));
  }
  if (entries == nullptr || entries->is_null()) return std::string();
  if (!entries->is_array()) return absl::InvalidArgumentError("no list of addresses");
  std::string address;
  for (const value& entry : entries->get_array()) {
    bool taken = false;
    if (kind == MailList::kGitee) {
      SLUICE_ASSIGN_OR_RETURN(const std::string state, TextAt(entry, "state"));
      SLUICE_ASSIGN_OR_RETURN(const value* scopes, Find(entry, "scope"));
      taken = state == "confirmed" && scopes != nullptr && scopes->is_array() &&
              std::find(scopes->get_array().begin(), scopes->get_array().end(), value("primary")) !=
                  scopes->get_array().end();
    } else {
      const bool confirmed = kind == MailList::kConfirmed;
      SLUICE_ASSIGN_OR_RETURN(const bool verified,
                              BoolAt(entry, confirmed ? "is_confirmed" : "verified"));
      SLUICE_ASSIGN_OR_RETURN(const bool primary,
                              BoolAt(entry, confirmed ? "is_primary" : "primary"));
      taken = verified && primary;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string email, TextAt(entry, "email"));
    if (taken && address.empty()) address = email;
  }
  return address;
}

}  // namespace sluice::oauth2
