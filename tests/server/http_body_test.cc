// Request bodies: JSON, urlencoded, multipart.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/http/api_error.h"
#include "tools/server/http/body.h"
#include "tools/server/http/json_text.h"
#include "tools/server/http/multipart.h"
#include "tools/server/http/target.h"

namespace sluice::http {
namespace {

using ::testing::ElementsAre;

constexpr char kForm[] = "application/x-www-form-urlencoded";
constexpr char kMultipart[] = "multipart/form-data; boundary=XX";
constexpr char kGeneric[] = "400 Something went wrong while processing your request.";

Request Post(std::string type, std::string body, std::string target = "/",
             std::string method = "POST") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  EXPECT_TRUE(ParseTarget(request));
  if (!type.empty()) {
    request.headers.Add("content-type", type);
  }
  request.has_body = !body.empty();
  request.body = std::move(body);
  return request;
}

// The values as sorted JSON, or "status message".
std::string Read(const Request& request) {
  const auto body = ReadBody(request);
  if (!body.ok()) {
    const Response response = ErrorResponse(body.status());
    const std::size_t at = response.body.find("\"message\":\"") + 11;
    return std::to_string(response.status) + " " +
           response.body.substr(at, response.body.find('"', at) - at);
  }
  std::string out;
  AppendJsonValue(out, body->values);
  for (const UploadedFile& file : body->files) {
    out += " " + file.key + ":" + file.filename + ":" + file.content_type + ":";
    out += file.content.Head(1U << 20U).value_or("?");
  }
  return out;
}

std::string Part(const std::string& disposition, const std::string& body) {
  return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n";
}

TEST(ReadBody, ByContentType) {
  EXPECT_EQ(Read(Post("application/json; charset=utf-8", "{\"a\":1}")), "{\"a\":1}");
  EXPECT_EQ(Read(Post("application/jsonX", "{\"a\":1}")), "{\"a\":1}");
  EXPECT_EQ(Read(Post("Application/JSON", "{}")), "400 Unsupported Content-Type.");
  EXPECT_EQ(Read(Post("", "{}")), "400 Unsupported Content-Type.");
  EXPECT_EQ(Read(Post("text/plain", "t")), "400 Unsupported Content-Type.");
  EXPECT_EQ(Read(Post("text/xml", "<a/>")), kGeneric);
  EXPECT_EQ(Read(Post("text/plain", "")), "{}");
  EXPECT_EQ(Read(Post("", "")), "{}");
}

TEST(ReadBody, Json) {
  EXPECT_EQ(Read(Post("application/json", "null")), "{}");
  EXPECT_EQ(Read(Post("application/json", "{\"t\":\"a\"} trailing", "/?n=3")), "{\"t\":\"a\"}");
  EXPECT_EQ(Read(Post("application/json", "{\"@jsonPayload\":\"{}\"}")),
            "{\"@jsonPayload\":\"{}\"}");
  for (const char* bad : {"[1]", "\"x\"", "1", "true", " ", "{bad", "{\"t\":1e400}"}) {
    EXPECT_EQ(Read(Post("application/json", bad)), kGeneric) << bad;
  }
  Request empty_chunked = Post("application/json", "");
  empty_chunked.has_body = true;
  EXPECT_EQ(Read(empty_chunked), kGeneric);
}

TEST(ReadBody, Urlencoded) {
  EXPECT_EQ(Read(Post(kForm, "t=a+b&n=12&sm=a&sm=c")),
            "{\"n\":12,\"sm\":[\"a\",\"c\"],\"t\":\"a b\"}");
  EXPECT_EQ(Read(Post(kForm, "t=x", "/?n=3&t=y")), "{\"n\":3,\"t\":[\"x\",\"y\"]}");
  EXPECT_EQ(Read(Post(kForm, "t=%zz")), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "a=1;b=2")), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "a=1", "/?b=%zz")), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "a=" + std::string(10U << 20U, 'x'))), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "t=%zz", "/?n=3", "GET")), "{\"n\":3}");
  EXPECT_EQ(Read(Post(kForm, "t=1", "/", "DELETE")), "{}");
}

TEST(ReadBody, JsonPayload) {
  EXPECT_EQ(Read(Post(kForm, "@jsonPayload=%7B%22t%22:%22y%22%7D&t=x&u=1")),
            "{\"t\":\"y\",\"u\":1}");
  EXPECT_EQ(Read(Post(kForm, "t=x&@jsonPayload=null")), "{}");
  EXPECT_EQ(Read(Post(kForm, "@jsonPayload=%7B%22a%22:1%7D&@jsonPayload=%7B%22a%22:2%7D")),
            "{\"a\":2}");
  EXPECT_EQ(Read(Post(kForm, "@jsonPayload=%7Bbad")), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "@jsonPayload=%7B%7Dx")), kGeneric);
  EXPECT_EQ(Read(Post(kForm, "@jsonPayload=[]")), kGeneric);
}

TEST(InferFormValue, OnlyWhatPrintsTheSame) {
  const auto inferred = [](std::string_view text) {
    std::string out;
    AppendJsonValue(out, InferFormValue(text));
    return out;
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"true", "true"},
      {"false", "false"},
      {"True", "\"True\""},
      {"5", "5"},
      {"-1.5", "-1.5"},
      {"0", "0"},
      {"1.50", "\"1.50\""},
      {"0001", "\"0001\""},
      {"1e3", "\"1e3\""},
      {"+1", "\"+1\""},
      {".5", "\".5\""},
      {"", "\"\""},
      {"null", "\"null\""},
      {"[1]", "\"[1]\""},
      {"-", "\"-\""},
      {"1.2.3", "\"1.2.3\""},
      {"5.", "\"5.\""},
      {"-.5", "\"-.5\""},
      {"-0", "-0"},
      {"1-1", "\"1-1\""},
      {"12345678901234567890", "\"12345678901234567890\""},
      {"12345678901234567000", "12345678901234567000"},
  };
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(inferred(text), value) << text;
  }
}

TEST(ReadBody, Multipart) {
  EXPECT_EQ(Read(Post(kMultipart, Part("name=\"t\"", "true") + Part("name=\"n\"", "1.50") +
                                      Part("name=\"n\"", "2") + "--XX--\r\n")),
            "{\"n\":[\"1.50\",2],\"t\":true}");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=t", "x") + "--XX--", "/?n=3")),
            "{\"n\":3,\"t\":\"x\"}");
  EXPECT_EQ(Read(Post(kMultipart,
                      "--XX\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; "
                      "name=\"f\"; filename=\"C:/a/b.txt\"\r\n\r\nline\r\n--XY\r\n\r\n--XX--")),
            "{} f:b.txt:text/plain:line\r\n--XY\r\n");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=\"f\"; filename=\"\"", "x") + "--XX--")),
            "{\"f\":\"x\"}");
  EXPECT_EQ(Read(Post(kMultipart, Part("filename=\"a\"", "x") + Part("name=a", "") + "--XX--")),
            "{\"a\":\"\"}");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=t", "x") +
                                      Part("name=\"@jsonPayload\"", "{\"t\":\"y\"}") + "--XX--")),
            "{\"t\":\"y\"}");
}

TEST(ReadBody, MultipartOddForms) {
  // LF line ends, a preamble, an epilogue.
  EXPECT_EQ(Read(Post(kMultipart,
                      "pre\n--XX\nContent-Disposition: form-data; name=\"a\"\n\n1\n--XX--\nepi")),
            "{\"a\":1}");
  EXPECT_EQ(Read(Post(kMultipart, "--XX--\r\n")), "{}");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=f; filename*=UTF-8''%C3%A9.txt", "x") + "--XX--")),
            "{} f:é.txt::x");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=\"a\\\"b\\c\"", "x") + "--XX--")),
            "{\"a\\\"b\\\\c\":\"x\"}");
  EXPECT_EQ(Read(Post("multipart/form-data; boundary=\"X X\"",
                      "--X X \r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--X X--")),
            "{\"a\":\"\"}");
  // A body that is empty without a line end of its own.
  EXPECT_EQ(Read(Post(kMultipart, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX--")),
            "{\"a\":\"\"}");
}

TEST(ReadBody, MultipartMistakes) {
  const std::string part = Part("name=a", "1");
  EXPECT_EQ(Read(Post("multipart/form-data", part + "--XX--")), kGeneric);
  EXPECT_EQ(Read(Post("multipart/form-data; boundary=", part + "--XX--")), kGeneric);
  EXPECT_EQ(Read(Post("multipart/form-data; boundary=YY", part + "--XX--")), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, part)), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, part + "--XX")), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, "--XX\r\nno colon\r\n\r\n\r\n--XX--")), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, "--XX x" + part.substr(4) + "--XX--")), kGeneric);
  // Of two names none is believed, so the part has none.
  EXPECT_EQ(Read(Post(kMultipart, Part("name=a; name=b", "1") + "--XX--")), "{}");
  EXPECT_EQ(Read(Post(kMultipart, part + "--XX--", "/?a=%")), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, "--XX\r\nX: " + std::string(70000, 'x') + "\r\n\r\n\r\n--XX--")),
            kGeneric);
  std::string many;
  for (int i = 0; i < 1001; ++i) {
    many += part;
  }
  EXPECT_EQ(Read(Post(kMultipart, many + "--XX--")), kGeneric);
  EXPECT_EQ(Read(Post(kMultipart, many.substr(part.size()) + "--XX--")).substr(0, 7), "{\"a\":[1");
  EXPECT_EQ(Read(Post(kMultipart, Part("name=a", std::string(27U << 20U, 'x')) + "--XX--")),
            kGeneric);
}

class Recorder : public PartSink {
 public:
  Status Begin(const PartHead& head) override {
    events.push_back(head.name + ":" + head.filename + ":");
    return absl::OkStatus();
  }
  Status Data(std::string_view bytes) override {
    events.back().append(bytes);
    return absl::OkStatus();
  }
  Status End() override {
    events.back() += ".";
    return absl::OkStatus();
  }
  std::vector<std::string> events;
};

TEST(MultipartParser, AnyCutGivesTheSame) {
  const std::string form = "junk\r\n" + Part("name=a", "") + Part("name=b; filename=c", "\r\n--X") +
                           Part("name=d", "--XXY\r\n--XXZ\r\n") + "--XX--\r\ntail";
  for (std::size_t size = 1; size <= form.size(); ++size) {
    Recorder recorder;
    MultipartParser parser("XX", recorder);
    for (std::size_t at = 0; at < form.size(); at += size) {
      ASSERT_TRUE(parser.Feed(std::string_view(form).substr(at, size)).ok()) << size;
    }
    ASSERT_TRUE(parser.Finish().ok());
    ASSERT_THAT(recorder.events, ElementsAre("a::.", "b:c:\r\n--X.", "d::--XXY\r\n--XXZ\r\n."))
        << size;
  }
}

TEST(MultipartParser, ManyLinesStayLinear) {
  Recorder recorder;
  MultipartParser parser("XX", recorder);
  ASSERT_TRUE(parser.Feed(std::string(8U << 20U, '\n')).ok());
  EXPECT_FALSE(parser.Finish().ok());
}

}  // namespace
}  // namespace sluice::http
