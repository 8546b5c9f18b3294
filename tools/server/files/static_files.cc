// Tested by files_static_test.cc.
#include "tools/server/files/static_files.h"

#include <array>
#include <optional>
#include <sys/stat.h>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/files/mime.h"
#include "tools/server/files/serve_content.h"
#include "tools/server/http/router.h"

namespace sluice::files {
namespace {

constexpr std::string_view kIndex = "index.html";

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".avif", "image/avif"},
    {".css", "text/css; charset=utf-8"},
    {".csv", "text/csv; charset=utf-8"},
    {".gif", "image/gif"},
    {".htm", "text/html; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/vnd.microsoft.icon"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".md", "text/markdown; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".webm", "video/webm"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".xml", "text/xml; charset=utf-8"},
};

enum class Kind : std::uint8_t { kNone, kFile, kFolder };

Kind KindOf(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    return Kind::kNone;
  }
  return S_ISDIR(facts.st_mode)   ? Kind::kFolder
         : S_ISREG(facts.st_mode) ? Kind::kFile
                                  : Kind::kNone;
}

// The path below the folder; none for what leads out of it or to a hidden trap
// of the file system: each segment was decoded, so it may be `..` or hold a '/'.
std::optional<std::string> SafePath(const http::Request& request) {
  std::string path;
  for (const std::string& segment : request.segments) {
    if (segment == ".." || segment == "." || segment.find('/') != std::string::npos ||
        segment.find('\0') != std::string::npos) {
      return std::nullopt;
    }
    if (!segment.empty()) {
      path += "/" + segment;
    }
  }
  return path;
}

std::string TypeOf(std::string_view path, const http::FileContent& content) {
  const std::size_t dot = path.rfind('.');
  const std::string extension =
      dot == std::string_view::npos ? std::string() : LowerAscii(path.substr(dot));
  for (const auto& [ending, type] : kTypes) {
    if (extension == ending) {
      return std::string(type);
    }
  }
  const StatusOr<std::string> head = content.Head(kSniffedBytes);
  return std::string(head.ok() ? DetectType(*head).mime : "application/octet-stream");
}

http::Response Redirect(const http::Request& request, std::string_view where) {
  http::Response answer;
  answer.status = 301;
  std::string url(where);
  if (!request.raw_query().empty()) {
    url += "?" + std::string(request.raw_query());
  }
  answer.headers.Add("Location", url);
  return answer;
}

std::optional<http::Response> ServeFile(const http::Request& request, const std::string& path) {
  StatusOr<http::FileContent> content =
      http::FileContent::Open(path, http::FileContent::Links::kFollow);
  struct stat facts {};
  if (!content.ok() || ::fstat(content->descriptor(), &facts) != 0) {
    return std::nullopt;
  }
  const std::string type = TypeOf(path, *content);
  return ServeContent(request, *std::move(content), type, facts.st_mtim.tv_sec, {});
}

std::string_view LastSegment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

http::Response ServeStatic(const http::Request& request, const StaticOptions& options) {
  const http::Response missing = http::UnknownRoute(request.method);
  const std::optional<std::string> below = SafePath(request);
  if (options.folder.empty() || !below) {
    return missing;
  }
  const std::string_view asked = request.path();
  const bool slash = asked.ends_with('/');
  const std::string path = options.folder + *below;
  const std::string index = path + "/" + std::string(kIndex);
  const Kind kind = KindOf(path);
  std::optional<http::Response> answer;
  if (kind == Kind::kFolder && KindOf(index) == Kind::kFile) {
    // Relative, so that a proxy's prefix stays.
    answer = slash ? ServeFile(request, index)
                   : Redirect(request, std::string(LastSegment(asked)) + "/");
  } else if (kind == Kind::kFile && slash) {
    answer = Redirect(request, "../" + std::string(LastSegment(asked.substr(0, asked.size() - 1))));
  } else if (kind == Kind::kFile && LastSegment(*below) == kIndex) {
    answer = Redirect(request, "./");
  } else if (kind == Kind::kFile) {
    answer = ServeFile(request, path);
  }
  if (!answer && options.index_fallback) {
    answer = ServeFile(request, options.folder + "/" + std::string(kIndex));
  }
  return answer ? *std::move(answer) : missing;
}

}  // namespace sluice::files
