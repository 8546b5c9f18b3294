// Types by content: what the peer's answers show, signatures, odd texts.
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tools/server/files/mime.h"

namespace sluice::files {
namespace {

using std::string_view_literals::operator""sv;

TEST(DetectType, ByContent) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      // Recorded (S-62, S-70).
      {"only text\n", "text/plain; charset=utf-8"},
      {"", "text/plain; charset=utf-8"},
      {"{\"a\":[1,2]}", "application/json"},
      {"{\"a\": 1}", "application/json"},
      {"<!DOCTYPE html><html><body>hi</body></html>", "text/html; charset=utf-8"},
      {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"},
      {"%PDF-1.4\n", "application/pdf"},
      {"\x1f\x8b\x08\0\0"sv, "application/gzip"},
      {"a,b\n1,2\n", "text/csv"},
      {"alert(1)", "text/plain; charset=utf-8"},
      {"RIFF\x24\0\0\0WAVEfmt "sv, "audio/wav"},
      {"RIFF\x32\0\0\0WEBPVP8 "sv, "image/webp"},
      {"\0\0\1\0\1\0\1\1"sv, "image/x-icon"},
      {"\x89PNG\r\n\x1a\n", "image/png"},
      // Others.
      {"\xff\xd8\xff\xe0", "image/jpeg"},
      {"GIF89a", "image/gif"},
      {"PK\3\4..........................word/document.xml"sv,
       "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"PK\3\4..........................a.txt"sv, "application/zip"},
      {"....ftypisom....", "video/mp4"},
      {"....ftypqt  ....", "video/quicktime"},
      {"....ftypM4A ....", "audio/x-m4a"},
      {"\x1a\x45\xdf\xa3 matroska", "video/x-matroska"},
      {"\x1a\x45\xdf\xa3 webm", "video/webm"},
      {"ID3\3", "audio/mpeg"},
      {"\xff\xfb\x90", "audio/mpeg"},
      {"OggS", "application/ogg"},
      {"RIFFxxxxnope", "text/plain; charset=utf-8"},
      {"xxxxxxxxWAVE", "text/plain; charset=utf-8"},
      {"<?xml version=\"1.0\"?><svg/>", "image/svg+xml"},
      {"<?xml version=\"1.0\"?><a/>", "text/xml; charset=utf-8"},
      {" \n<html>", "text/html; charset=utf-8"},
      {"<abbr>", "text/plain; charset=utf-8"},
      {"\xef\xbb\xbfhello", "text/plain; charset=utf-8"},
      {"\xff\xfeh\0i\0"sv, "text/plain; charset=utf-16le"},
      {"a\0b"sv, "application/octet-stream"},
      {"a\tb\n1\t2", "text/tab-separated-values"},
      {"one, two", "text/plain; charset=utf-8"},
      {"a,b\n1,2,3\n", "text/plain; charset=utf-8"},
      {"caf\xe9", "text/plain; charset=utf-8"},
  };
  for (const auto& [content, type] : cases) {
    EXPECT_EQ(DetectType(content).mime, type) << content;
  }
}

TEST(DetectType, JsonOrNot) {
  for (const char* json :
       {"{}", "[]", "[1]", " {\"a\":{\"b\":[1,-2.5e3,true,null,\"x\\\"y\"]}} \n", "[[],{}]"}) {
    EXPECT_EQ(DetectType(json).mime, "application/json") << json;
  }
  for (const char* text : {"{", "[1", "{a}", "[1 2]", "{\"a\"}", "{\"a\":1}}", "[1]x", "[,]",
                           "{\"a\":1,}", "[tru]", "[\"a]"}) {
    EXPECT_EQ(DetectType(text).mime, "text/plain; charset=utf-8") << text;
  }
  std::string large = "{\"a\":\"" + std::string(5000, 'x') + "\"}";
  EXPECT_EQ(DetectType(large).mime, "application/json");
  EXPECT_EQ(DetectType(large.substr(0, kSniffedBytes)).mime, "application/json");
  EXPECT_EQ(DetectType(std::string(100000, '[')).mime, "application/json");
  EXPECT_EQ(DetectType("{" + std::string(5000, 'x')).mime, "text/plain; charset=utf-8");
}

TEST(DetectType, AnyBytes) {
  std::minstd_rand random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = i % 2 == 0 ? "[{" : "";
    for (std::size_t size = random() % 64; size > 0; --size) {
      bytes.push_back(random() % 2 == 0 ? "{}[],:\"\\\n 1ab<!?\0"[random() % 17]
                                        : static_cast<char>(random()));
    }
    ASSERT_FALSE(DetectType(bytes).mime.empty());
  }
}

TEST(IsMimeType, ParametersAndOtherNames) {
  EXPECT_TRUE(IsMimeType("text/plain; charset=utf-8", "text/plain"));
  EXPECT_TRUE(IsMimeType("text/plain", "text/plain; charset=utf-8"));
  EXPECT_TRUE(IsMimeType("image/png", "IMAGE/PNG"));
  EXPECT_TRUE(IsMimeType("audio/wav", "audio/x-wav"));
  EXPECT_TRUE(IsMimeType("application/pdf", "application/x-pdf"));
  EXPECT_FALSE(IsMimeType("image/png", "image/jpeg"));
  EXPECT_FALSE(IsMimeType("image/png", ""));
  EXPECT_FALSE(IsMimeType("audio/aiff", ""));
}

}  // namespace
}  // namespace sluice::files
