// Mails as MIME: what goes into headers, what into bodies.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/mail/message.h"

namespace sluice::mail {
namespace {

using std::chrono::system_clock;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Mail Example() {
  return {"Support", "support@example.com", "to@example.com", "Hello", "<p>Hi &amp; bye</p>"};
}

std::string Text(const Mail& mail) { return MimeText(mail, system_clock::time_point()); }

// The header lines, unfolded.
std::string Head(const std::string& mime) {
  std::string head = mime.substr(0, mime.find("\r\n\r\n") + 2);
  for (std::size_t at; (at = head.find("\r\n ")) != std::string::npos;) head.erase(at, 2);
  return head;
}

TEST(MimeText, HasTheHeadersAndPartsOfThePeer) {
  const std::string text = Text(Example());
  EXPECT_THAT(text, HasSubstr("From: Support <support@example.com>\r\n"));
  EXPECT_THAT(text, HasSubstr("To: to@example.com\r\n"));
  EXPECT_THAT(text, HasSubstr("Subject: Hello\r\n"));
  EXPECT_THAT(text, HasSubstr("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
  EXPECT_THAT(text, HasSubstr("MIME-Version: 1.0\r\n"));
  EXPECT_THAT(text, ContainsRegex("Message-ID: <[A-Za-z0-9]+@example.com>\r\n"));
  const std::size_t plain =
      text.find("Content-Type: text/plain; charset=utf-8\r\n\r\nHi & bye\r\n");
  const std::size_t html = text.find("text/html; charset=utf-8\r\n\r\n<p>Hi &amp; bye</p>\r\n");
  EXPECT_NE(plain, std::string::npos);
  EXPECT_NE(html, std::string::npos);
  EXPECT_LT(text.find("multipart/mixed"), text.find("multipart/alternative"));
  EXPECT_LT(plain, html);
}

TEST(MimeText, EveryMailHasAnIdOfItsOwn) { EXPECT_NE(Text(Example()), Text(Example())); }

// nothing in a mail can begin a header.
TEST(MimeText, LineBreaksInHeadersAreDropped) {
  Mail mail = Example();
  mail.subject = "Line\r\nBcc: evil@example.com\nX: y\rZ: z";
  mail.from_name = "A\r\nBcc: evil@example.com";
  mail.to = "to@example.com\r\nBcc: evil@example.com";
  mail.from_address = "from@example.com\r\nBcc: evil@example.com";
  const std::string head = Head(Text(mail));
  EXPECT_THAT(head, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(head, Not(HasSubstr("\nX:")));
  EXPECT_THAT(head, Not(HasSubstr("\rZ:")));
  EXPECT_THAT(head, HasSubstr("Subject: LineBcc: evil@example.comX: yZ: z\r\n"));
}

TEST(MimeText, ASendersNameWithSpecialsIsQuoted) {
  Mail mail = Example();
  mail.from_name = "Smith, \"John\"";
  EXPECT_THAT(Text(mail), HasSubstr("From: \"Smith, \\\"John\\\"\" <support@example.com>\r\n"));
}

TEST(EncodedHeader, PlainTextStays) {
  EXPECT_EQ(EncodedHeader("Verify your B & <i>o</i> email"), "Verify your B & <i>o</i> email");
  EXPECT_EQ(EncodedHeader(""), "");
}

TEST(EncodedHeader, OtherTextBecomesEncodedWords) {
  EXPECT_EQ(EncodedHeader("\xC3\x9Cn_\xC3\xAF=?"), "=?utf-8?q?=C3=9Cn=5F=C3=AF=3D=3F?=");
  EXPECT_EQ(EncodedHeader("a\tb"), "=?utf-8?q?a=09b?=");
}

TEST(EncodedHeader, WhatLooksEncodedIsEncodedAgain) {
  EXPECT_THAT(EncodedHeader("=?utf-8?q?evil?="), Not(HasSubstr("evil?= ")));
  EXPECT_TRUE(EncodedHeader("=?utf-8?q?evil?=").starts_with("=?utf-8?q?=3D=3Futf"));
}

TEST(EncodedHeader, WordsAreShortAndCutNoCharacter) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "\xE6\x9D\xB1 x";  // U+6771
  const std::string encoded = EncodedHeader(text);
  std::size_t begin = 0;
  while (begin < encoded.size()) {
    const std::size_t end = std::min(encoded.find("\r\n ", begin), encoded.size());
    const std::string word = encoded.substr(begin, end - begin);
    EXPECT_LE(word.size(), 75U);
    // Each character is whole: its three bytes are together.
    for (std::size_t at = word.find("=E6"); at != std::string::npos; at = word.find("=E6", at + 1))
      EXPECT_EQ(word.substr(at, 9), "=E6=9D=B1");
    begin = end + 3;
  }
}

TEST(EncodedHeader, NoLineIsLongerThanServersTake) {
  const std::string encoded = EncodedHeader(std::string(5000, 'x'));
  std::size_t begin = 0;
  while (begin < encoded.size()) {
    const std::size_t end = std::min(encoded.find("\r\n", begin), encoded.size());
    EXPECT_LE(end - begin, 998U);
    begin = end + 2;
  }
}

TEST(QuotedPrintable, EncodesWhatMustBe) {
  struct Case {
    std::string text;
    std::string encoded;
  };
  const Case cases[] = {
      {"plain text", "plain text"},
      {"a=b", "a=3Db"},
      {"\xC3\xA9", "=C3=A9"},
      {"one\ntwo\r\nthree\rfour", "one\r\ntwo\r\nthree\r\nfour"},
      {"end \nnext", "end=20\r\nnext"},
      {"tab\t", "tab=09"},
      {".dot\n.dot", "=2Edot\r\n=2Edot"},
      {std::string(1, '\0'), "=00"},
      {"a\tb", "a\tb"},
  };
  for (const Case& one : cases) EXPECT_EQ(QuotedPrintable(one.text), one.encoded) << one.text;
}

TEST(QuotedPrintable, LinesHaveAtMost76Characters) {
  for (const std::string& text : {std::string(500, 'x'), std::string(200, '\xC3'),
                                  std::string(76, 'x'), std::string(75, 'x') + "="}) {
    const std::string encoded = QuotedPrintable(text);
    std::size_t begin = 0;
    while (begin <= encoded.size()) {
      const std::size_t end = std::min(encoded.find("\r\n", begin), encoded.size());
      EXPECT_LE(end - begin, 76U);
      begin = end + 2;
    }
  }
}

TEST(CheckAddress, TakesAddressesOnly) {
  for (const char* good : {"a@b.c", "\xC3\xBC@ex\xC3\xA4mple.com", "\"a\"@b.com"})
    EXPECT_TRUE(CheckAddress(good).ok()) << good;
  // The odd form of A-12 lets line breaks through; a mail server's commands end
  // at them.
  for (const char* bad : {"", "a", "a@b>", "<a@b", "a b@c.d", "\" \r\n \"@b.com", "a\x01@b.c",
                          "a@b.c\r\nRCPT TO:<x@y.z>"})
    EXPECT_FALSE(CheckAddress(bad).ok()) << bad;
}

}  // namespace
}  // namespace sluice::mail
