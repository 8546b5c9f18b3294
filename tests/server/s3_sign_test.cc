// Signatures by the examples that AWS publishes, where buckets are, and the XML
// of answers.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/s3/sign.h"
#include "tools/server/s3/target.h"
#include "tools/server/s3/xml.h"

namespace sluice::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kEmptyHash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string SignatureOf(const std::string& authorization) {
  return authorization.substr(authorization.rfind('=') + 1);
}

// "Signature Calculations for the Authorization Header" of the S3 API reference.
class S3ExamplesTest : public ::testing::Test {
 protected:
  std::string Sign(const std::string& method, const std::string& path, const Pairs& query,
                   Pairs headers, const std::string& hash = kEmptyHash) {
    headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
    headers.emplace_back("x-amz-content-sha256", hash);
    headers.emplace_back("x-amz-date", "20130524T000000Z");
    return Authorization(
        {method, path, query, headers, hash},
        {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"},
        "20130524T000000Z");
  }
};

TEST_F(S3ExamplesTest, GetObject) {
  EXPECT_EQ(Sign("GET", "/test.txt", {}, {{"range", "bytes=0-9"}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3ExamplesTest, PutObject) {
  const std::string hash = Sha256("Welcome to Amazon S3.");
  EXPECT_EQ(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  EXPECT_EQ(SignatureOf(Sign("PUT", "/" + UriEscape("test$file.text", Escape::kPath), {},
                             {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                             hash)),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3ExamplesTest, QueryWithoutAValue) {
  EXPECT_EQ(SignatureOf(Sign("GET", "/", {{"lifecycle", ""}}, {})),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3ExamplesTest, ListObjectsInAnyOrderOfTheQuery) {
  for (const Pairs& query :
       {Pairs{{"max-keys", "2"}, {"prefix", "J"}}, Pairs{{"prefix", "J"}, {"max-keys", "2"}}}) {
    EXPECT_EQ(SignatureOf(Sign("GET", "/", query, {})),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}

// The Signature Version 4 test suite, of a service that is none.
class SuiteTest : public ::testing::Test {
 protected:
  std::string Sign(const std::string& method, const std::string& path, const Pairs& query,
                   Pairs headers) {
    headers.emplace_back("host", "example.amazonaws.com");
    headers.emplace_back("x-amz-date", "20150830T123600Z");
    return SignatureOf(Authorization(
        {method, path, query, headers, kEmptyHash},
        {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"},
        "20150830T123600Z"));
  }
};

TEST_F(SuiteTest, Vanilla) {
  EXPECT_EQ(Sign("GET", "/", {}, {}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(Sign("POST", "/", {}, {}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST_F(SuiteTest, QueriesAreSorted) {
  EXPECT_EQ(Sign("GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}, {}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(Sign("GET", "/", {{"Param1", "value2"}, {"Param1", "Value1"}}, {}),
            "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1");
  EXPECT_EQ(Sign("GET", "/", {{"Param1", "value2"}, {"Param1", "value1"}}, {}),
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694");
}

TEST_F(SuiteTest, HeadersAreTrimmedAndJoined) {
  EXPECT_EQ(Sign("GET", "/", {}, {{"my-header1", "value1"}, {"my-header2", "\"a   b   c\""}}),
            Sign("GET", "/", {}, {{"my-header2", " \"a b c\" "}, {"my-header1", "\tvalue1 "}}));
  EXPECT_EQ(Sign("GET", "/", {}, {{"a", "1"}, {"a", "2"}}), Sign("GET", "/", {}, {{"a", "1,2"}}));
}

// "Create a signed AWS API request" of the IAM user guide.
TEST(Signing, AnotherService) {
  const SignedParts parts{"GET",
                          "/",
                          {{"Action", "ListUsers"}, {"Version", "2010-05-08"}},
                          {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                           {"host", "iam.amazonaws.com"},
                           {"x-amz-date", "20150830T123600Z"}},
                          kEmptyHash};
  EXPECT_EQ(
      SignatureOf(Authorization(
          parts, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "iam"},
          "20150830T123600Z")),
      "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(Signing, Pieces) {
  EXPECT_EQ(AmzDate(1369353600), "20130524T000000Z");
  EXPECT_EQ(UriEscape("a b+c/d%~é"), "a%20b%2Bc%2Fd%25~%C3%A9");
  EXPECT_EQ(UriEscape("a b/c", Escape::kPath), "a%20b/c");
  EXPECT_EQ(QueryText({{"b", ""}, {"a", "1 2"}}), "a=1%202&b=");
  EXPECT_EQ(Sha256(""), kEmptyHash);
  EXPECT_EQ(*Sha256(http::FileContent(std::string(200000, 'x'))), Sha256(std::string(200000, 'x')));
}

std::string HostAndPath(const Config& config, std::string_view key) {
  const StatusOr<Target> target = TargetOf(config);
  return target.ok() ? target->scheme + "://" + target->host + target->PathOf(key)
                     : std::string(target.status().message());
}

TEST(Target, WhereABucketIs) {
  Config config{.endpoint = "s3.example.com", .bucket = "pics"};
  EXPECT_EQ(HostAndPath(config, "a/b c"), "https://pics.s3.example.com/a/b%20c");
  EXPECT_EQ(HostAndPath(config, ""), "https://pics.s3.example.com/");
  config.force_path_style = true;
  EXPECT_EQ(HostAndPath(config, "a"), "https://s3.example.com/pics/a");
  config.endpoint = "HTTP://LocalHost:9000/base/";
  EXPECT_EQ(HostAndPath(config, "a"), "http://localhost:9000/base/pics/a");
  EXPECT_TRUE(TargetOf(config)->direct);
  config.endpoint = "https://s3.example.com:443";
  EXPECT_EQ(HostAndPath(config, "a"), "https://s3.example.com/pics/a");
  EXPECT_FALSE(TargetOf(config)->direct);
  config.endpoint = "http://[::1]:9000";
  EXPECT_EQ(HostAndPath(config, "a"), "http://[::1]:9000/pics/a");
}

TEST(Target, WhatLeadsNowhere) {
  for (const char* endpoint :
       {"", "ftp://x", "file:///etc/passwd", "http://", "http://user:password@host", "http://a b",
        "http://host/?a=b", "http://host#x", "http://host\r\nX-Evil: 1", "gopher://x"}) {
    EXPECT_FALSE(TargetOf({.endpoint = endpoint, .bucket = "b", .force_path_style = true}).ok())
        << endpoint;
  }
  for (const char* bucket : {"", "a/b", "a?b", "a\r\nb", "ä b"})
    EXPECT_FALSE(TargetOf({.endpoint = "http://host", .bucket = bucket}).ok()) << bucket;
}

TEST(Xml, TextsOfElements) {
  const std::string xml =
      "<?xml version=\"1.0\"?>\n<List xmlns=\"http://s3\"><Name>b</Name><KeyCount>2</KeyCount>"
      "<Contents><Key>a&amp;&lt;b&gt;&#x41;&#66;&apos;&quot;</Key><Size>1</Size></Contents>"
      "<Contents><Key>é</Key><Size> 2</Size><Empty/></Contents></List>";
  EXPECT_EQ(XmlText(xml, "Name"), "b");
  std::vector<std::string> keys;
  XmlEach(xml, "Contents", [&keys](std::string_view one) { keys.push_back(XmlText(one, "Key")); });
  EXPECT_THAT(keys, ElementsAre("a&<b>AB'\"", "é"));
  EXPECT_EQ(XmlText(xml, "Key2"), "");
  EXPECT_EQ(XmlText(xml, "Empty"), "");
  EXPECT_EQ(XmlEscape("<a&\"b'>"), "&lt;a&amp;&quot;b&apos;&gt;");
}

TEST(Xml, WhatIsBroken) {
  for (const char* xml : {"", "<", "<Key", "<Key>", "<Key>a", "<Key>a</Kez>", "</Key>", "<Key a=\"",
                          "<KeyMarker>a</KeyMarker>", "Key", "<Key></Key"})
    EXPECT_EQ(XmlText(xml, "Key"), "") << xml;
  EXPECT_EQ(XmlText("<Key>&nope; & &#xZZ; &#99999999; &amp</Key>", "Key"), "&nope; & &#xZZ;  &amp");
}

}  // namespace
}  // namespace sluice::s3
