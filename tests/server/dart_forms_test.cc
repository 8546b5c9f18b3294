// What the Dart SDK puts on the wire, as its package `http` writes it: forms with
// lower-case part headers and a boundary of its own, all values in one
// `@jsonPayload`, files of a batch as `requests[N].field`.
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/server/http_client.h"
#include "tests/server/login_app.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kBoundary[] =
    "dart-http-boundary-d+J.aZ_0-9fQ3hGmWpLxTk7uVbYcE1sRnOi2q5jA8.zK+w_x-7";

struct File {
  std::string field;
  std::string name;
  std::string content;
};

class DartForms : public LoginAppTest {
 protected:
  DartForms() {
    Start();
    superuser_ = Superuser();
  }

  LoginAnswer Form(std::string_view method, std::string_view path, const std::string& payload,
                   const std::vector<File>& files) const {
    const std::string begin = "--" + std::string(kBoundary) + "\r\n";
    std::string body = begin +
                       "content-disposition: form-data; name=\"@jsonPayload\"\r\n"
                       "content-type: text/plain; charset=utf-8\r\n"
                       "content-transfer-encoding: binary\r\n\r\n" +
                       payload + "\r\n";
    for (const File& file : files) {
      body += begin;
      body += "content-type: application/octet-stream\r\n";
      body += "content-disposition: form-data; name=\"" + file.field + "\"; filename=\"" +
              file.name + "\"\r\n\r\n" + file.content + "\r\n";
    }
    body += "--" + std::string(kBoundary) + "--\r\n";
    http::Client client(app_->port());
    client.Send(std::string(method) + " " + std::string(path) +
                " HTTP/1.1\r\nhost: a\r\nuser-agent: Dart/3.5 (dart:io)\r\n"
                "accept-language: en-US\r\nauthorization: " +
                superuser_ + "\r\ncontent-type: multipart/form-data; boundary=" + kBoundary +
                "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = client.ReadAnswer();
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    return {std::atoi(answer.c_str() + 9), answer.substr(end + 4)};
  }

  // The file that a record holds, as it is served.
  std::string Served(const boost::json::object& record, const char* field, std::size_t n) const {
    const std::string name(record.at(field).as_array().at(n).as_string());
    return Send("GET", "/api/files/posts/" + std::string(record.at("id").as_string()) + "/" + name,
                {}, superuser_)
        .body;
  }

  std::string superuser_;
};

constexpr char kPost[] =
    R"({"title":"From Dart","author":"user00000000001","status":"published","views":7,)"
    R"("pinned":true,"meta":{"a":[1,null]},"tags":["tag000000000001","tag000000000002"]})";

TEST_F(DartForms, ARecordWithFiles) {
  const LoginAnswer made =
      Form("POST", "/api/collections/posts/records", kPost,
           {{"attachments", "one.txt", "one"}, {"attachments", "two.txt", "two"}});
  ASSERT_EQ(made.status, 200) << made.body;
  const boost::json::object record = boost::json::parse(made.body).as_object();
  EXPECT_EQ(record.at("views").as_int64(), 7);
  EXPECT_EQ(record.at("pinned").as_bool(), true);
  EXPECT_EQ(boost::json::serialize(record.at("meta")), R"({"a":[1,null]})");
  EXPECT_EQ(record.at("tags").as_array().size(), 2U);
  EXPECT_EQ(Served(record, "attachments", 0), "one");
  EXPECT_EQ(Served(record, "attachments", 1), "two");
}

TEST_F(DartForms, AnUpdateThatAddsAndRemovesFiles) {
  const LoginAnswer made =
      Form("POST", "/api/collections/posts/records", kPost, {{"attachments", "one.txt", "one"}});
  const boost::json::object record = boost::json::parse(made.body).as_object();
  const std::string id(record.at("id").as_string());
  const std::string name(record.at("attachments").as_array().at(0).as_string());
  const LoginAnswer changed =
      Form("PATCH", "/api/collections/posts/records/" + id,
           R"({"views+":3,"attachments-":[")" + name + R"("],"tags+":"tag000000000003"})",
           {{"attachments+", "two.txt", "two"}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  const boost::json::object now = boost::json::parse(changed.body).as_object();
  EXPECT_EQ(now.at("views").as_int64(), 10);
  EXPECT_EQ(now.at("tags").as_array().size(), 3U);
  ASSERT_EQ(now.at("attachments").as_array().size(), 1U);
  EXPECT_EQ(Served(now, "attachments", 0), "two");
}

// Both spellings of a file's place, and modifiers.
TEST_F(DartForms, ABatchWithFiles) {
  const std::string post(kPost);
  const LoginAnswer done =
      Form("POST", "/api/batch",
           R"({"requests":[{"method":"POST","url":"/api/collections/posts/records","headers":{},)"
           R"("body":)" +
               post + R"(},{"method":"PUT","url":"/api/collections/posts/records?expand=author",)" +
               R"("body":{"id":"dartpost0000001",)" + post.substr(1) +
               R"(},{"method":"PATCH","url":"/api/collections/posts/records/dartpost0000001",)"
               R"("body":{"views+":1}},)"
               R"({"method":"DELETE","url":"/api/collections/tags/records/tag000000000012"}]})",
           {{"requests[0].attachments", "one.txt", "one"},
            {"requests[0].attachments", "two.txt", "two"},
            {"requests[1].attachments", "three.txt", "three"},
            {"requests[2].attachments+", "four.txt", "four"},
            {"requests.2.attachments+", "five.txt", "five"}});
  ASSERT_EQ(done.status, 200) << done.body;
  const boost::json::array results = boost::json::parse(done.body).as_array();
  ASSERT_EQ(results.size(), 4U);
  const auto& first = results[0].at("body").as_object();
  EXPECT_EQ(Served(first, "attachments", 0), "one");
  EXPECT_EQ(Served(first, "attachments", 1), "two");
  EXPECT_EQ(results[1].at("body").at("expand").at("author").at("id").as_string(),
            "user00000000001");
  const auto& third = results[2].at("body").as_object();
  EXPECT_EQ(third.at("views").as_int64(), 8);
  ASSERT_EQ(third.at("attachments").as_array().size(), 3U);
  EXPECT_EQ(Served(third, "attachments", 0), "three");
  EXPECT_EQ(Served(third, "attachments", 1), "four");
  EXPECT_EQ(Served(third, "attachments", 2), "five");
  EXPECT_EQ(results[3].at("status").as_int64(), 204);
}

TEST_F(DartForms, ABatchThatFailsKeepsNoFile) {
  const LoginAnswer failed =
      Form("POST", "/api/batch",
           R"({"requests":[{"method":"POST","url":"/api/collections/posts/records","body":)" +
               std::string(kPost) +
               R"(},{"method":"POST","url":"/api/collections/tags/records","body":{}}]})",
           {{"requests[0].attachments", "one.txt", "one"}});
  EXPECT_EQ(failed.status, 400);
  EXPECT_THAT(failed.body, HasSubstr(R"({"requests":{"1":{"code":"batch_request_failed")"));
  EXPECT_EQ(TextOf("SELECT count(*) FROM posts WHERE title = 'From Dart'"), "0");
}

// Lists in a query come as repeated parameters; the first one counts.
TEST_F(DartForms, Queries) {
  const std::string tags = "/api/collections/tags/records?page=1&perPage=1&skipTotal=true";
  EXPECT_THAT(Send("GET", tags + "&expand=parent&expand=other&fields=id", {}, superuser_).body,
              StartsWith(R"({"items":[{"id":")"));
}

}  // namespace
}  // namespace sluice
