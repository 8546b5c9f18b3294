// The two printed forms of what `sluice advise` found.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/advise_measure.h"

namespace sluice::cli {

struct AdviseReport {
  std::string folder;
  std::vector<AskedRequest> requests;
  std::int64_t unread = 0;  // logged requests that mean nothing today
  bool statistics = false;  // the folder has been analysed
  Advised advised;
};

std::string ToText(const AdviseReport& report);
std::string ToJson(const AdviseReport& report);

}  // namespace sluice::cli
