// Golden files: cases with a few inputs, and what each stage makes of them.
//
//   ==== name of the case
//   schema: example
//   filter: title != 'x'
//   ---- ast
//   (!= title 'x')
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/status.h"

namespace sluice {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct GoldenCase {
  std::string name;
  NamedTexts inputs;    // `key: value`
  NamedTexts sections;  // texts end with a line break

  // The input of that name, or `fallback`.
  std::string Input(std::string_view key, std::string_view fallback = "") const;
};

struct GoldenFile {
  std::string head;  // lines before the first case
  std::vector<GoldenCase> cases;
};

// A status with the line where something is no case.
StatusOr<GoldenFile> ReadGolden(const std::string& path);
void WriteGolden(const std::string& path, const GoldenFile& file);

// SLUICE_UPDATE_GOLDEN=1 in the environment.
bool UpdatesGolden();

}  // namespace sluice
