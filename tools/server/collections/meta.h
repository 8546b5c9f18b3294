// What the dashboard asks before it makes a collection (S-47, S-48, S-57).
#pragma once

#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/message.h"
#include "tools/server/records/caller.h"

namespace sluice::collections {

// `{"auth":{…},"base":{…},"view":{…}}` and a newline.
StatusOr<std::string> ScaffoldsJson();

// `[{"name":…,"displayName":…,"logo":…},…]` and a newline.
std::string ProvidersJson();
// The SVG of a provider: ours, and neutral.
std::string ProviderLogo(std::string_view display_name);

// Runs a view query on the caller's connection, which only reads.
StatusOr<std::string> DryRun(const records::Caller& caller, const http::Request& request);

}  // namespace sluice::collections
