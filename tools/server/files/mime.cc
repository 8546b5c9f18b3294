// Signatures of binary formats, and the other names of types. Text is told apart
// in mime_text.cc. A table of our own rather than libmagic's: its names differ
// from the peer's, and it needs a file of the system at run time. Tested by
// files_mime_test.cc.
#include "tools/server/files/mime.h"

#include <algorithm>
#include <array>

#include "sluice/strings.h"
#include "tools/server/files/mime_text.h"

namespace sluice::files {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  DetectedType type;
};

// The first that matches counts, so longer ones stand before their beginnings.
constexpr Signature kSignatures[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, {"image/png", ".png"}},
    {0, "\xff\xd8\xff"sv, {"image/jpeg", ".jpg"}},
    {0, "GIF87a"sv, {"image/gif", ".gif"}},
    {0, "GIF89a"sv, {"image/gif", ".gif"}},
    {8, "WEBPVP"sv, {"image/webp", ".webp"}},
    {0, "\0\0\1\0"sv, {"image/x-icon", ".ico"}},
    {0, "II*\0"sv, {"image/tiff", ".tiff"}},
    {0, "MM\0*"sv, {"image/tiff", ".tiff"}},
    {0, "8BPS"sv, {"image/vnd.adobe.photoshop", ".psd"}},
    {0, "\xff\x0a"sv, {"image/jxl", ".jxl"}},
    {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, {"image/jxl", ".jxl"}},
    {0, "gimp xcf"sv, {"image/x-xcf", ".xcf"}},
    {0, "%PDF-"sv, {"application/pdf", ".pdf"}},
    {0, "%!PS-Adobe-"sv, {"application/postscript", ".ps"}},
    {0, "{\\rtf"sv, {"text/rtf", ".rtf"}},
    {0, "\x1f\x8b"sv, {"application/gzip", ".gz"}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"application/x-7z-compressed", ".7z"}},
    {0, "Rar!\x1a\x07"sv, {"application/x-rar-compressed", ".rar"}},
    {0, "BZh"sv, {"application/x-bzip2", ".bz2"}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {"application/x-xz", ".xz"}},
    {0, "\x28\xb5\x2f\xfd"sv, {"application/zstd", ".zst"}},
    {0, "LZIP"sv, {"application/lzip", ".lz"}},
    {257, "ustar"sv, {"application/x-tar", ".tar"}},
    {0, "!<arch>\ndebian"sv, {"application/vnd.debian.binary-package", ".deb"}},
    {0, "!<arch>\n"sv, {"application/x-archive", ".a"}},
    {0, "\xed\xab\xee\xdb"sv, {"application/x-rpm", ".rpm"}},
    {0, "SQLite format 3\0"sv, {"application/vnd.sqlite3", ".sqlite"}},
    {0, "\0asm"sv, {"application/wasm", ".wasm"}},
    {0,
     "\x7f"
     "ELF"sv,
     {"application/x-elf", ""}},
    {0, "MZ"sv, {"application/vnd.microsoft.portable-executable", ".exe"}},
    {0, "\xca\xfe\xba\xbe"sv, {"application/x-java-applet", ".class"}},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, {"application/x-ole-storage", ""}},
    {8, "WAVE"sv, {"audio/wav", ".wav"}},
    {8, "AVI LIST"sv, {"video/x-msvideo", ".avi"}},
    {0, "ID3"sv, {"audio/mpeg", ".mp3"}},
    {0, "fLaC"sv, {"audio/flac", ".flac"}},
    {0, "MThd"sv, {"audio/midi", ".midi"}},
    {8, "AIFF\0"sv, {"audio/aiff", ".aiff"}},
    {0, ".snd"sv, {"audio/basic", ".au"}},
    {0, "#!AMR"sv, {"audio/amr", ".amr"}},
    {0, "MAC "sv, {"audio/ape", ".ape"}},
    {0, "\x1a\x45\xdf\xa3"sv, {"video/webm", ".webm"}},
    {0, "FLV\1"sv, {"video/x-flv", ".flv"}},
    {0, "\0\0\1\xba"sv, {"video/mpeg", ".mpeg"}},
    {0, "\0\0\1\xb3"sv, {"video/mpeg", ".mpeg"}},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, {"video/x-ms-asf", ".asf"}},
    {0, "wOFF"sv, {"font/woff", ".woff"}},
    {0, "wOF2"sv, {"font/woff2", ".woff2"}},
    {0, "OTTO\0"sv, {"font/otf", ".otf"}},
    {0, "\0\1\0\0\0"sv, {"font/ttf", ".ttf"}},
    {0, "glTF\2\0\0\0"sv, {"model/gltf-binary", ".glb"}},
    {0, "BM"sv, {"image/bmp", ".bmp"}},
};

// Brands of files whose first box is `ftyp`.
constexpr std::pair<std::string_view, DetectedType> kBrands[] = {
    {"avif", {"image/avif", ".avif"}},     {"avis", {"image/avif", ".avif"}},
    {"heic", {"image/heic", ".heic"}},     {"heix", {"image/heic", ".heic"}},
    {"mif1", {"image/heif", ".heif"}},     {"msf1", {"image/heif-sequence", ".heif"}},
    {"qt  ", {"video/quicktime", ".mov"}}, {"M4A ", {"audio/x-m4a", ".m4a"}},
    {"M4B ", {"audio/mp4", ".m4b"}},       {"M4P ", {"audio/mp4", ".mp4"}},
    {"M4V ", {"video/x-m4v", ".m4v"}},     {"3gp4", {"video/3gpp", ".3gp"}},
    {"3gp5", {"video/3gpp", ".3gp"}},      {"3gp6", {"video/3gpp", ".3gp"}},
    {"3gp7", {"video/3gpp", ".3gp"}},      {"3ge6", {"video/3gpp", ".3gp"}},
    {"3ge7", {"video/3gpp", ".3gp"}},      {"3gg6", {"video/3gpp", ".3gp"}},
    {"3g24", {"video/3gpp2", ".3g2"}},     {"3g25", {"video/3gpp2", ".3g2"}},
    {"3g26", {"video/3gpp2", ".3g2"}},     {"3g2a", {"video/3gpp2", ".3g2"}},
};

// What the first name in a ZIP archive tells, and a word in the archive's head.
constexpr std::pair<std::string_view, DetectedType> kZipNames[] = {
    {"word/", {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"}},
    {"xl/", {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"}},
    {"ppt/",
     {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"}},
    {"META-INF/MANIFEST.MF", {"application/java-archive", ".jar"}},
    {"AndroidManifest.xml", {"application/vnd.android.package-archive", ".apk"}},
};
constexpr std::pair<std::string_view, DetectedType> kZipTypes[] = {
    {"mimetypeapplication/epub+zip", {"application/epub+zip", ".epub"}},
    {"mimetypeapplication/vnd.oasis.opendocument.text",
     {"application/vnd.oasis.opendocument.text", ".odt"}},
    {"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
     {"application/vnd.oasis.opendocument.spreadsheet", ".ods"}},
    {"mimetypeapplication/vnd.oasis.opendocument.presentation",
     {"application/vnd.oasis.opendocument.presentation", ".odp"}},
};

// Each line: a type as it is detected, and its other names.
constexpr std::array<std::string_view, 5> kAliases[] = {
    {"application/gzip", "application/x-gzip", "application/x-gunzip", "application/gzipped",
     "application/gzip-compressed"},
    {"application/pdf", "application/x-pdf"},
    {"application/vnd.sqlite3", "application/x-sqlite3"},
    {"application/x-rar-compressed", "application/x-rar", "application/vnd.rar"},
    {"application/x-executable", "application/x-elf"},
    {"application/zip", "application/x-zip", "application/x-zip-compressed"},
    {"audio/aiff", "audio/x-aiff"},
    {"audio/amr", "audio/amr-nb"},
    {"audio/flac", "audio/x-flac"},
    {"audio/midi", "audio/mid", "audio/sp-midi", "audio/x-mid", "audio/x-midi"},
    {"audio/mp4", "audio/x-mp4a"},
    {"audio/mpeg", "audio/x-mpeg", "audio/mp3"},
    {"audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"},
    {"font/ttf", "font/sfnt", "application/x-font-ttf", "application/font-sfnt"},
    {"image/bmp", "image/x-bmp", "image/x-ms-bmp"},
    {"image/vnd.adobe.photoshop", "image/x-psd", "application/photoshop"},
    {"image/x-icon", "image/vnd.microsoft.icon"},
    {"text/javascript", "application/javascript", "application/x-javascript"},
    {"text/rtf", "application/rtf"},
    {"text/xml", "application/xml"},
    {"video/3gpp", "video/3gp", "audio/3gpp"},
    {"video/3gpp2", "video/3g2", "audio/3gpp2"},
    {"video/webm", "audio/webm"},
    {"video/x-ms-asf", "video/asf", "video/x-ms-wmv"},
    {"video/x-msvideo", "video/avi", "video/msvideo"},
};

bool HasAt(std::string_view text, std::size_t at, std::string_view bytes) {
  return text.size() >= at && text.substr(at).starts_with(bytes);
}

DetectedType DetectZip(std::string_view head) {
  const std::string_view names = head.substr(std::min<std::size_t>(30, head.size()));
  for (const auto& [word, type] : kZipTypes) {
    if (names.starts_with(word)) {
      return type;
    }
  }
  // Every entry begins with the same four bytes, and its name 30 bytes behind.
  for (std::size_t at = 0; at != std::string_view::npos; at = head.find("PK\3\4", at + 1)) {
    for (const auto& [word, type] : kZipNames) {
      if (HasAt(head, at + 30, word)) {
        return type;
      }
    }
  }
  return {"application/zip", ".zip"};
}

DetectedType DetectBrand(std::string_view head) {
  const std::string_view brand = head.substr(8, 4);
  for (const auto& [name, type] : kBrands) {
    if (brand == name) {
      return type;
    }
  }
  return {"video/mp4", ".mp4"};
}

// A frame of MPEG audio (layer 3) or of ADTS, without a tag in front.
DetectedType DetectFrame(std::string_view head) {
  const auto second = static_cast<unsigned char>(head[1]);
  if ((second & 0xf6U) == 0xf0U) {
    return {"audio/aac", ".aac"};
  }
  if ((second & 0xe6U) == 0xe2U) {
    return {"audio/mpeg", ".mp3"};
  }
  return {"application/octet-stream", ""};
}

DetectedType DetectOgg(std::string_view head) {
  if (HasAt(head, 28, "\x80theora")) {
    return {"video/ogg", ".ogv"};
  }
  for (const std::string_view audio : {"\x01vorbis"sv, "OpusHead"sv, "Speex"sv,
                                       "\x7f"
                                       "FLAC"sv}) {
    if (HasAt(head, 28, audio)) {
      return {"audio/ogg", ".oga"};
    }
  }
  return {"application/ogg", ".ogg"};
}

std::string_view WithoutParameters(std::string_view type) {
  type = type.substr(0, type.find(';'));
  const std::size_t begin = type.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return type.substr(begin, type.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

DetectedType DetectType(std::string_view head) {
  const bool whole = head.size() < kSniffedBytes;
  head = head.substr(0, kSniffedBytes);
  if (head.starts_with("PK\3\4")) {
    return DetectZip(head);
  }
  if (head.starts_with("OggS")) {
    return DetectOgg(head);
  }
  if (head.size() >= 12 && HasAt(head, 4, "ftyp")) {
    return DetectBrand(head);
  }
  for (const Signature& signature : kSignatures) {
    // RIFF and FORM files say what they are behind their length.
    const bool in_frame = signature.at != 8 || head.starts_with("RIFF") || head.starts_with("FORM");
    if (in_frame && HasAt(head, signature.at, signature.bytes)) {
      const bool matroska = signature.type.extension == ".webm" &&
                            head.substr(0, 4096).find("matroska") != std::string_view::npos;
      return matroska ? DetectedType{"video/x-matroska", ".mkv"} : signature.type;
    }
  }
  if (head.size() >= 2 && head[0] == '\xff') {
    const DetectedType frame = DetectFrame(head);
    if (!frame.extension.empty()) {
      return frame;
    }
  }
  return DetectText(head, whole);
}

bool IsMimeType(std::string_view detected, std::string_view wanted) {
  detected = WithoutParameters(detected);
  wanted = WithoutParameters(wanted);
  if (EqualsIgnoreCase(detected, wanted)) {
    return true;
  }
  for (const auto& names : kAliases) {
    const auto is_name = [&names](std::string_view type) {
      return !type.empty() && std::any_of(names.begin(), names.end(), [type](auto name) {
        return EqualsIgnoreCase(name, type);
      });
    };
    if (EqualsIgnoreCase(names[0], detected) && is_name(wanted)) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::files
