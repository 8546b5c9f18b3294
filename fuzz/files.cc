// Files: names of strangers become one safe segment, no key leads out of the
// folder, and ranges are of the content.
//
// An input: a byte for the kind, then a name, a path or the value of a header.
#include <charconv>
#include <filesystem>
#include <string>

#include "fuzz/target.h"
#include "tools/server/files/attrs.h"
#include "tools/server/files/file_name.h"
#include "tools/server/files/local_file_store.h"
#include "tools/server/files/serve_content.h"
#include "tools/server/files/static_files.h"
#include "tools/server/files/thumb_size.h"
#include "tools/server/http/target.h"

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInputBytesMax = 1024;
constexpr std::string_view kContent = "hello world";
constexpr std::string_view kSecret = "not for strangers";

// A folder with a file in it, and a secret beside it.
struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "sluice-fuzz-XXXXXX").string();
    root = mkdtemp(pattern.data());
    store = std::make_unique<files::LocalFileStore>(root + "/storage",
                                                    files::FileStoreOptions{.flush = false});
    (void)store->Put({"c", "r", "f.txt"}, http::FileContent(std::string(kContent)),
                     {"text/plain", "f"});
    (void)http::FileContent(std::string(kSecret)).CopyTo(root + "/secret");
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(Get().root, ignored);
    });
  }
  static Folder& Get() {
    static auto* const folder = new Folder;
    return *folder;
  }
  std::string root;
  std::unique_ptr<files::LocalFileStore> store;
};

void CheckName(std::string_view name) {
  const std::string stored = files::StoredName(name, "GIF89a");
  if (stored.empty() || stored.size() > 150 || stored == "." || stored == "..")
    Broken("a stored name of no use", stored);
  for (char c : stored) {
    if (std::string_view("_.*+=#-").find(c) == std::string_view::npos &&
        std::isalnum(static_cast<unsigned char>(c)) == 0)
      Broken("a stored name with a foreign character", stored);
  }
}

void CheckKey(std::string_view text) {
  const std::size_t a = text.find('|');
  const std::size_t b = a == std::string_view::npos ? a : text.find('|', a + 1);
  if (b == std::string_view::npos) return;
  const files::FileKey key{text.substr(0, a), text.substr(a + 1, b - a - 1), text.substr(b + 1)};
  const auto found = Folder::Get().store->Open(key);
  if (!found.ok()) return;
  Count("files found");
  if (found->content.Head(64).value_or("") != kContent) Broken("a key leads out", text);
}

void CheckStatic(std::string_view target) {
  http::Request request;
  request.method = "GET";
  request.target = std::string(target);
  if (!http::ParseTarget(request)) return;
  const http::Response answer =
      files::ServeStatic(request, {Folder::Get().root + "/storage", false});
  for (const http::FileContent& file : answer.files) {
    if (file.Head(64).value_or("") == kSecret) Broken("a path leads out", target);
  }
  if (answer.body.find(kSecret) != std::string::npos) Broken("a path leads out", target);
}

void CheckRange(std::string_view value) {
  http::Request request;
  request.method = "GET";
  request.headers.Add("Range", value);
  request.headers.Add("If-Range", value.substr(0, 40));
  request.headers.Add("If-Modified-Since", value.substr(0, 40));
  const http::Response answer = files::ServeContent(
      request, http::FileContent(std::string(kContent)), "text/plain", 784111777, {});
  std::uint64_t bytes = answer.body.size();
  for (const http::FileContent& file : answer.files) {
    if (file.Head(64).value_or("?").size() != file.size())
      Broken("a range beyond the content", value);
    bytes += file.size();
  }
  // Parts have heads; what they hold is never more than the whole.
  if (answer.status == 206 && answer.headers.Find("Content-Range") && bytes > kContent.size())
    Broken("a range longer than the content", value);
  if (answer.status == 206) Count("ranges served");
}

}  // namespace

void Files(std::string_view input) {
  if (input.empty() || input.size() > kInputBytesMax) return;
  const std::string_view text = input.substr(1);
  switch (input[0]) {
    case 'k':
      return CheckKey(text);
    case 's':
      return CheckStatic(text);
    case 'r':
      return CheckRange(text);
    case 't':
      if (const auto size = files::ParseThumbSize(text)) {
        const files::ThumbGeometry geometry = files::GeometryOf(*size, 300, 200);
        if (geometry.left + geometry.cut_width > geometry.width ||
            geometry.top + geometry.cut_height > geometry.height)
          Broken("a cut beyond the picture", text);
      }
      return;
    case 'a':
      (void)files::ParseAttrs(text);
      return;
    default:
      return CheckName(text);
  }
}

}  // namespace sluice::fuzz
