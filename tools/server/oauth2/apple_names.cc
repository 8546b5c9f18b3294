// Tested by tests/server/oauth2_user_test.cc.
#include "tools/server/oauth2/apple_names.h"

#include "absl/strings/ascii.h"

#include "sluice/strings.h"
#include "tools/server/oauth2/document.h"

namespace sluice::oauth2 {
namespace {

constexpr std::int64_t kLifeMillis = 60000;
constexpr std::size_t kCodeBytesMax = 1000;
constexpr std::size_t kNameBytesMax = 150;
constexpr std::size_t kNamesMax = 10000;

std::string NameOf(std::string_view user) {
  const StatusOr<boost::json::value> document = ParseDocument(user);
  if (!document.ok()) return "";
  const StatusOr<std::string> first = TextAt(*document, "name.firstName");
  const StatusOr<std::string> last = TextAt(*document, "name.lastName");
  if (!first.ok() || !last.ok()) return "";
  std::string name = *first + " " + *last;
  name.resize(std::min(name.size(), kNameBytesMax));
  return std::string(AsStd(absl::StripAsciiWhitespace(AsAbsl(name))));
}

}  // namespace

void AppleNames::Keep(std::string_view code, std::string_view user, std::int64_t now_millis) {
  if (code.empty() || code.size() > kCodeBytesMax) return;
  std::string name = NameOf(user);
  if (name.empty()) return;
  const std::lock_guard lock(mutex_);
  if (names_.size() >= kNamesMax) {
    absl::erase_if(names_,
                   [now_millis](const auto& kept) { return kept.second.until < now_millis; });
    if (names_.size() >= kNamesMax) return;
  }
  names_[std::string(code)] = {std::move(name), now_millis + kLifeMillis};
}

std::string AppleNames::Take(std::string_view code, std::int64_t now_millis) {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(std::string(code));
  if (found == names_.end()) return "";
  const Kept kept = std::move(found->second);
  names_.erase(found);
  return kept.until < now_millis ? "" : kept.name;
}

}  // namespace sluice::oauth2
