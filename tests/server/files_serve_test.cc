// Files as answers: headers, conditions, ranges; the folder of static files.
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/files/serve_content.h"
#include "tools/server/files/static_files.h"
#include "tools/server/http/target.h"

namespace sluice::files {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::int64_t kModified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr char kModifiedText[] = "Sun, 06 Nov 1994 08:49:37 GMT";

http::Request Get(std::string target, std::vector<http::Param> headers = {}) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  EXPECT_TRUE(http::ParseTarget(request));
  for (const http::Param& header : headers) {
    request.headers.Add(header.name, header.value);
  }
  return request;
}

std::string BodyOf(const http::Response& response) {
  std::string body = response.body;
  for (const http::FileContent& file : response.files) {
    body += file.Head(1U << 20U).value_or("?");
  }
  return body;
}

std::string Field(const http::Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or("-"));
}

http::Response Serve(std::vector<http::Param> headers, std::string content = "hello world") {
  http::Response answer;
  answer.headers.Add("Cache-Control", "c");
  return ServeContent(Get("/", std::move(headers)), http::FileContent(std::move(content)),
                      "text/plain", kModified, std::move(answer));
}

TEST(ServeContent, Whole) {
  const http::Response answer = Serve({});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(BodyOf(answer), "hello world");
  EXPECT_EQ(Field(answer, "Last-Modified"), kModifiedText);
  EXPECT_EQ(Field(answer, "Accept-Ranges"), "bytes");
  EXPECT_EQ(Field(answer, "Content-Type"), "text/plain");
  EXPECT_EQ(Field(answer, "Cache-Control"), "c");
}

TEST(ServeContent, Ranges) {
  struct Case {
    const char* range;
    int status;
    const char* content_range;
    const char* body;
  };
  constexpr char kMalformed[] = "invalid range\n";
  constexpr char kMissed[] = "invalid range: failed to overlap\n";
  const std::vector<Case> cases = {
      {"bytes=0-4", 206, "bytes 0-4/11", "hello"},
      {"bytes=6-", 206, "bytes 6-10/11", "world"},
      {"bytes=-3", 206, "bytes 8-10/11", "rld"},
      {"bytes=-99", 206, "bytes 0-10/11", "hello world"},
      {"bytes=0-99", 206, "bytes 0-10/11", "hello world"},
      {"bytes=-0", 206, "bytes 11-10/11", ""},
      {"bytes=10-18446744073709551615", 416, "-", kMalformed},
      {"bytes=0-0", 206, "bytes 0-0/11", "h"},
      {"bytes= 1-2 , ", 206, "bytes 1-2/11", "el"},
      {"bytes=99-,1-2", 206, "bytes 1-2/11", "el"},
      {"bytes=", 200, "-", "hello world"},
      {"bytes=0-10,0-10", 200, "-", "hello world"},
      {"bytes=11-", 416, "bytes */11", kMissed},
      {"bytes=99-100,50-", 416, "bytes */11", kMissed},
      {"bytes=5-2", 416, "-", kMalformed},
      {"bytes=x-y", 416, "-", kMalformed},
      {"bytes=-", 416, "-", kMalformed},
      {"bytes=1", 416, "-", kMalformed},
      {"bytes=--1", 416, "-", kMalformed},
      {"bytes=+1-2", 416, "-", kMalformed},
      {"bits=0-1", 416, "-", kMalformed},
  };
  for (const Case& c : cases) {
    const http::Response answer = Serve({{"Range", c.range}});
    EXPECT_EQ(answer.status, c.status) << c.range;
    EXPECT_EQ(Field(answer, "Content-Range"), c.content_range) << c.range;
    EXPECT_EQ(BodyOf(answer), c.body) << c.range;
    EXPECT_EQ(Field(answer, "Cache-Control"), c.status == 416 ? "-" : "c") << c.range;
    EXPECT_EQ(Field(answer, "Last-Modified"), c.status == 416 ? "-" : kModifiedText) << c.range;
  }
  EXPECT_EQ(Serve({{"Range", "bytes=0-"}}, "").status, 200);
}

TEST(ServeContent, SeveralRanges) {
  const http::Response answer = Serve({{"Range", "bytes=0-1,4-4,-2"}});
  EXPECT_EQ(answer.status, 206);
  const std::string type = Field(answer, "Content-Type");
  ASSERT_THAT(type, StartsWith("multipart/byteranges; boundary="));
  const std::string mark = "--" + type.substr(type.find('=') + 1);
  EXPECT_EQ(BodyOf(answer),
            mark +
                "\r\nContent-Range: bytes 0-1/11\r\nContent-Type: text/plain\r\n\r\nhe"
                "\r\n" +
                mark +
                "\r\nContent-Range: bytes 4-4/11\r\nContent-Type: text/plain\r\n\r\no"
                "\r\n" +
                mark +
                "\r\nContent-Range: bytes 9-10/11\r\nContent-Type: text/plain\r\n\r\nld"
                "\r\n" +
                mark + "--\r\n");
}

TEST(ServeContent, ManyRangesGetTheWhole) {
  std::string ranges = "bytes=0-0";
  for (int i = 1; i < 10000; ++i) {
    ranges += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  }
  const http::Response answer = Serve({{"Range", ranges}}, std::string(100000, 'x'));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.files.size(), 1U);
}

TEST(ServeContent, Conditions) {
  const std::string before = "Sat, 01 Jan 1994 00:00:00 GMT";
  const std::string after = "Fri, 01 Jan 2100 00:00:00 GMT";
  struct Case {
    std::vector<http::Param> headers;
    int status;
  };
  const std::vector<Case> cases = {
      {{{"If-Modified-Since", after}}, 304},
      {{{"If-Modified-Since", kModifiedText}}, 304},
      {{{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, 304},
      {{{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}, 304},
      {{{"If-Modified-Since", before}}, 200},
      {{{"If-Modified-Since", "junk"}}, 200},
      {{{"If-Unmodified-Since", before}}, 412},
      {{{"If-Unmodified-Since", after}}, 200},
      {{{"If-Unmodified-Since", "junk"}}, 200},
      {{{"If-None-Match", "*"}}, 304},
      {{{"If-None-Match", "\"x\""}}, 200},
      {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", after}}, 200},
      {{{"If-Match", "*"}}, 200},
      {{{"If-Match", "\"x\""}}, 412},
      {{{"If-Match", "*"}, {"If-Unmodified-Since", before}}, 200},
      {{{"If-Range", before}, {"Range", "bytes=0-1"}}, 200},
      {{{"If-Range", "\"x\""}, {"Range", "bytes=0-1"}}, 200},
      {{{"If-Range", kModifiedText}, {"Range", "bytes=0-1"}}, 206},
  };
  for (const Case& c : cases) {
    const http::Response answer = Serve(c.headers);
    EXPECT_EQ(answer.status, c.status) << c.headers[0].name << " " << c.headers[0].value;
    EXPECT_EQ(Field(answer, "Last-Modified"), kModifiedText);
    EXPECT_EQ(answer.files.empty(), c.status == 304 || c.status == 412);
    EXPECT_EQ(Field(answer, "Content-Type"), c.status == 304 ? "-" : "text/plain");
  }
}

TEST(ServeRecordFile, Headers) {
  struct Case {
    const char* name;
    const char* stored;
    bool download;
    const char* disposition;
    const char* type;
  };
  const std::vector<Case> cases = {
      {"a_1.png", "image/png", false, "inline; filename=a_1.png", "image/png"},
      {"a_1.png", "image/png", true, "attachment; filename=a_1.png", "image/png"},
      {"a.svg", "image/svg+xml", false, "attachment; filename=a.svg", "image/svg+xml"},
      {"a.js", "text/plain; charset=utf-8", false, "attachment; filename=a.js", "text/javascript"},
      {"a.JS", "text/plain", false, "attachment; filename=a.JS", "text/plain"},
      {"a.html", "text/html; charset=utf-8", false, "attachment; filename=a.html",
       "text/html; charset=utf-8"},
      {"a.docx", "application/zip", false, "attachment; filename=a.docx",
       "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"a b\"\r\n.txt", "", false, "attachment; filename=\"a b\\\"__.txt\"",
       "application/octet-stream"},
  };
  for (const Case& c : cases) {
    StoredContent stored;
    stored.content = http::FileContent("x");
    stored.content_type = c.stored;
    const http::Response answer = ServeRecordFile(Get("/"), stored, c.name, c.download);
    EXPECT_EQ(Field(answer, "Content-Disposition"), c.disposition);
    EXPECT_EQ(Field(answer, "Content-Type"), c.type);
    EXPECT_EQ(Field(answer, "Content-Security-Policy"),
              "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
    EXPECT_EQ(Field(answer, "Cache-Control"), "max-age=2592000, stale-while-revalidate=86400");
    EXPECT_EQ(answer.common_headers, http::CommonHeaders::kFramed);
  }
}

class StaticTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sluice_static_XXXXXX").string();
    top_ = ::mkdtemp(name.data());
    folder_ = top_ / "public";
    fs::create_directories(folder_ / "sub");
    fs::create_directories(folder_ / "bare");
    std::ofstream(top_ / "secret.txt") << "secret";
    std::ofstream(folder_ / "index.html") << "<root>";
    std::ofstream(folder_ / "app.js") << "js";
    std::ofstream(folder_ / "notes") << "text";
    std::ofstream(folder_ / "sub/index.html") << "<sub>";
    fs::create_symlink("app.js", folder_ / "link.js");
  }
  void TearDown() override { fs::remove_all(top_); }

  // "status body", or "status location".
  std::string Ask(const std::string& target, bool fallback = false) const {
    const http::Response answer = ServeStatic(Get(target), {folder_.string(), fallback});
    const std::string where = Field(answer, "Location");
    return std::to_string(answer.status) + " " + (where == "-" ? BodyOf(answer) : where);
  }

  fs::path top_;
  fs::path folder_;
};

TEST_F(StaticTest, Files) {
  EXPECT_EQ(Ask("/"), "200 <root>");
  EXPECT_EQ(Ask("/app.js"), "200 js");
  EXPECT_EQ(Ask("/link.js"), "200 js");
  EXPECT_EQ(Ask("/sub/"), "200 <sub>");
  EXPECT_EQ(Ask("/sub"), "301 sub/");
  EXPECT_EQ(Ask("/sub?a=b"), "301 sub/?a=b");
  EXPECT_EQ(Ask("/sub/index.html"), "301 ./");
  EXPECT_EQ(Ask("/app.js/"), "301 ../app.js");
  EXPECT_THAT(Ask("/bare/"), StartsWith("404 "));
  EXPECT_THAT(Ask("/nope"), HasSubstr("File not found."));
  const http::Response answer = ServeStatic(Get("/app.js"), {folder_.string(), true});
  EXPECT_EQ(Field(answer, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(answer.common_headers, http::CommonHeaders::kAll);
  EXPECT_EQ(Field(ServeStatic(Get("/notes"), {folder_.string(), true}), "Content-Type"),
            "text/plain; charset=utf-8");
}

TEST_F(StaticTest, Fallback) {
  EXPECT_EQ(Ask("/nope", true), "200 <root>");
  EXPECT_EQ(Ask("/api/nope", true), "200 <root>");
  EXPECT_EQ(Ask("/bare/", true), "200 <root>");
  fs::remove(folder_ / "index.html");
  EXPECT_THAT(Ask("/nope", true), StartsWith("404 "));
  EXPECT_EQ(ServeStatic(Get("/"), {"", true}).status, 404);
}

TEST_F(StaticTest, NothingOutside) {
  for (const char* target :
       {"/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/%2e%2e/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt", "/sub%2f..%2f..%2fsecret.txt", "/app.js%00.txt", "/%2fetc%2fpasswd",
        "/..%5csecret.txt", "/%252e%252e/secret.txt"}) {
    EXPECT_THAT(Ask(target), StartsWith("404 ")) << target;
    EXPECT_THAT(Ask(target, true), Not(HasSubstr("secret"))) << target;
  }
}

}  // namespace
}  // namespace sluice::files
