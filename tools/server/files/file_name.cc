// The steps of R-88 in their order. Tested by files_name_test.cc.
#include "tools/server/files/file_name.h"

#include <algorithm>

#include "tools/server/auth/random_text.h"
#include "tools/server/files/mime.h"

namespace sluice::files {
namespace {

constexpr std::size_t kClientNameMax = 300;
constexpr std::size_t kExtensionMax = 20;
constexpr std::size_t kBaseMin = 3;
constexpr std::size_t kBaseMax = 100;
constexpr std::size_t kRandomSize = 10;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsWord(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string_view TrimDots(std::string_view text) {
  const std::size_t begin = text.find_first_not_of('.');
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of('.') - begin + 1);
}

// Where the extension begins; the end of `name` without one.
std::size_t ExtensionAt(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == std::string_view::npos) {
    return name.size();
  }
  const std::size_t before = last == 0 ? last : name.rfind('.', last - 1);
  return last == 0 || before == std::string_view::npos ? last : before;
}

std::string CleanExtension(std::string_view text, std::string_view head) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept), [](char c) {
    return IsWord(c) || std::string_view("_.*+=#-").find(c) != std::string_view::npos;
  });
  const std::string_view trimmed = TrimDots(kept);
  std::string extension =
      trimmed.empty() ? std::string(DetectType(head).extension) : "." + std::string(trimmed);
  if (extension.size() > kExtensionMax) {
    extension = "." + extension.substr(extension.size() - kExtensionMax);
  }
  return extension;
}

std::string SnakeCase(std::string_view text) {
  std::string out;
  bool gap = false;
  char previous = 0;
  for (const char c : text) {
    if (!IsWord(c)) {
      gap = true;
      previous = 0;
      continue;
    }
    const bool new_word = gap || (previous != 0 && IsUpper(c) && !IsUpper(previous));
    if (new_word && !out.empty()) {
      out.push_back('_');
    }
    out.push_back(IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c);
    gap = false;
    previous = c;
  }
  return out;
}

}  // namespace

NameParts SplitName(std::string_view client_name, std::string_view head) {
  if (client_name.size() > kClientNameMax) {
    client_name.remove_prefix(client_name.size() - kClientNameMax);
  }
  const std::size_t at = ExtensionAt(client_name);
  return {SnakeCase(TrimDots(client_name.substr(0, at))),
          CleanExtension(client_name.substr(at), head)};
}

std::string StoredName(std::string_view client_name, std::string_view head) {
  NameParts parts = SplitName(client_name, head);
  if (parts.base.size() < kBaseMin) {
    parts.base += auth::RandomText(kRandomSize, auth::kIdAlphabet);
  } else if (parts.base.size() > kBaseMax) {
    parts.base.resize(kBaseMax);
  }
  return parts.base + "_" + auth::RandomText(kRandomSize, auth::kIdAlphabet) + parts.extension;
}

}  // namespace sluice::files
