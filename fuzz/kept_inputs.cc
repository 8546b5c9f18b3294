#include "fuzz/kept_inputs.h"

#include <filesystem>
#include <fstream>

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SLUICE_SOURCE_DIR) / "fuzz";

int Digit(char c) {
  const std::string_view digits = "0123456789abcdef";
  return static_cast<int>(digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c));
}

// `\n`, `\r`, `\t`, `\\` and `\xNN` are what they say.
std::string Unescape(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      out += line[i];
    } else if (line[++i] == 'x' && i + 2 < line.size()) {
      out += static_cast<char>(Digit(line[i + 1]) * 16 + Digit(line[i + 2]));
      i += 2;
    } else {
      out += line[i] == 'n' ? '\n' : line[i] == 'r' ? '\r' : line[i] == 't' ? '\t' : line[i];
    }
  }
  return out;
}

std::vector<std::string> LinesOf(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::vector<std::string> KeptInputs(std::string_view folder, std::string_view target) {
  std::vector<std::string> lines = LinesOf(kFolder / folder / (std::string(target) + ".txt"));
  for (std::string& line : lines) line = Unescape(line);
  return lines;
}

std::vector<std::string> DictionaryOf(std::string_view target) {
  std::vector<std::string> lines =
      LinesOf(kFolder / "dictionaries" / (std::string(target) + ".dict"));
  for (std::string& line : lines) line = Unescape(line.substr(1, line.size() - 2));
  return lines;
}

}  // namespace sluice::fuzz
