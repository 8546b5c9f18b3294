#include "tools/server/collections/providers.h"

#include <algorithm>

namespace sluice::collections {
namespace {

constexpr Provider kProviders[] = {
    {"apple", "Apple"},
    {"google", "Google"},
    {"microsoft", "Microsoft"},
    {"yandex", "Yandex"},
    {"facebook", "Facebook"},
    {"instagram2", "Instagram"},
    {"github", "GitHub"},
    {"gitlab", "GitLab"},
    {"bitbucket", "Bitbucket"},
    {"gitee", "Gitee"},
    {"gitea", "Gitea/Forgejo"},
    {"discord", "Discord"},
    {"twitter", "X/Twitter"},
    {"kakao", "Kakao"},
    {"vk", "ВКонтакте"},
    {"linear", "Linear"},
    {"notion", "Notion"},
    {"monday", "monday.com"},
    {"lark", "Lark"},
    {"box", "Box"},
    {"spotify", "Spotify"},
    {"trakt", "Trakt"},
    {"twitch", "Twitch"},
    {"patreon", "Patreon"},
    {"strava", "Strava"},
    {"wakatime", "WakaTime"},
    {"livechat", "LiveChat"},
    {"mailcow", "mailcow"},
    {"planningcenter", "Planning Center"},
    {"oidc", "OIDC"},
    {"oidc2", "OIDC"},
    {"oidc3", "OIDC"},
};

}  // namespace

std::span<const Provider> Providers() { return kProviders; }

bool IsProvider(std::string_view name) {
  return std::any_of(std::begin(kProviders), std::end(kProviders),
                     [name](const Provider& provider) { return provider.name == name; });
}

}  // namespace sluice::collections
