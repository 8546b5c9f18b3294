#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>

namespace sluice {

std::string GoldenCase::Input(std::string_view key, std::string_view fallback) const {
  for (const auto& [name, value] : inputs) {
    if (name == key) return value;
  }
  return std::string(fallback);
}

StatusOr<GoldenFile> ReadGolden(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(path);
  GoldenFile file;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.compare(0, 5, "==== ") == 0) {
      file.cases.push_back({line.substr(5), {}, {}});
    } else if (file.cases.empty()) {
      file.head += line + "\n";
    } else if (line.compare(0, 5, "---- ") == 0) {
      file.cases.back().sections.emplace_back(line.substr(5), "");
    } else if (!file.cases.back().sections.empty()) {
      file.cases.back().sections.back().second += line + "\n";
    } else if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      file.cases.back().inputs.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    } else if (!line.empty()) {
      return absl::InvalidArgumentError(path + ":" + std::to_string(number) +
                                        ": neither input nor section");
    }
  }
  // An empty line parts cases; it belongs to none.
  for (GoldenCase& one : file.cases) {
    if (one.sections.empty()) continue;
    std::string& text = one.sections.back().second;
    while (text.size() > 1 && text.compare(text.size() - 2, 2, "\n\n") == 0) text.pop_back();
    if (text == "\n") text.clear();
  }
  return file;
}

void WriteGolden(const std::string& path, const GoldenFile& file) {
  std::ofstream out(path);
  out << file.head;
  for (std::size_t i = 0; i < file.cases.size(); ++i) {
    const GoldenCase& one = file.cases[i];
    out << (i > 0 ? "\n" : "") << "==== " << one.name << "\n";
    for (const auto& [key, value] : one.inputs) out << key << ": " << value << "\n";
    for (const auto& [name, text] : one.sections) out << "---- " << name << "\n" << text;
  }
}

bool UpdatesGolden() {
  const char* value = std::getenv("SLUICE_UPDATE_GOLDEN");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace sluice
