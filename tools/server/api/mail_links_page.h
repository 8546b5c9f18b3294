// The texts of the pages behind mail links.
#pragma once

#include <string_view>

#include "tools/server/http/router.h"

namespace sluice::api {

extern const std::string_view kMailLinksHtml;
extern const std::string_view kMailLinksScript;
extern const std::string_view kMailLinksStyle;

void AddMailLinkRoutes(http::Router& router);

}  // namespace sluice::api
