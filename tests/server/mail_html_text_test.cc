// The text part of mails, from their HTML, and templates.
#include <chrono>
#include <string>

#include "gtest/gtest.h"

#include "tools/server/mail/html_text.h"
#include "tools/server/mail/template.h"

namespace sluice::mail {
namespace {

struct Case {
  std::string html;
  std::string text;
};

TEST(TextOfHtml, FollowsTheRecordedMail) {
  EXPECT_EQ(
      TextOfHtml("<h1>One</h1>\n\n<p>a   b<br>c<br/>d &amp; e</p><ul><li>first</li><li>second "
                 "<b>bold</b></li></ul><a href='https://x.test/?a=1&b=2'>link</a><a "
                 "href=\"https://y.test\"></a><style>p{}</style><script>1</script><div>in<div>side"
                 "</div></div><img src=x alt=y><table><tr><td>1</td><td>2</td></tr></table>end"),
      "One\r\na b\r\nc\r\nd & e\r\n- first\r\n- second "
      "bold[link](https://x.test/?a=1&b=2)[LINK](https://y.test)\r\nin\r\nside\r\n1\r\n2end");
}

TEST(TextOfHtml, OddTexts) {
  const Case cases[] = {
      {"", ""},
      {"   ", ""},
      {"a < b > c", "a < b > c"},
      {"x <unclosed", "x"},
      {"x <a href='never", "x"},
      {"x <!-- hidden --> y", "x y"},
      {"x <!-- never closed", "x"},
      {"<!DOCTYPE html><p>x", "x"},
      {"<script>if (a < b) '</p>'</script>y", "y"},
      {"<style>never closed", ""},
      {"<form><div>a</div><form>b</form>c</form>d", "d"},
      {"<P>A</P><P>B</P>", "A\r\nB"},
      {"a<br><br>b", "a\r\n\r\nb"},
      {"<a href=plain>x</a>", "[x](plain)"},
      {"<a>x</a>", "[x]()"},
      {"<a href=1>x", "[x](1)"},
      {"<a href=1>x<a href=2>y</a>", "[x](1)[y](2)"},
      {"<a href=1> x </a>", "[x](1)"},
      {"&lt;p&gt; &#65;&#x42; &nope; &amp", "<p> AB &nope; &amp"},
      {"&#0;&#xD800;&#99999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD&#99999999999;"},
      {"<li>a<li>b", "- a\r\n- b"},
      {"\xC3\xA9 \xE6\x9D\xB1", "\xC3\xA9 \xE6\x9D\xB1"},
      {"<title>t</title><head><b>h</b></head>x", "x"},
  };
  for (const Case& one : cases) EXPECT_EQ(TextOfHtml(one.html), one.text) << one.html;
}

// Whatever a template holds, its text takes no more than linear time.
TEST(TextOfHtml, HostileTextsAreFast) {
  for (const std::string_view piece :
       {"<", "<a", "<a ", "<form>", "<script><", "</", "&", "<!--", "<p a=\"", "<svg><a"}) {
    std::string html;
    for (int i = 0; i < 200000; ++i) html += piece;
    const auto start = std::chrono::steady_clock::now();
    TextOfHtml(html);
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::seconds(5)) << piece;
  }
}

TEST(EscapedHtml, EscapesTheFive) {
  EXPECT_EQ(EscapedHtml("<a href=\"x\">'&'</a>"),
            "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(Filled, PutsValuesInOnce) {
  const auto values = [](std::string_view name) -> std::optional<std::string> {
    if (name == "A") return "{B}";
    if (name == "B") return "b";
    if (name == "RECORD:x") return "";
    return std::nullopt;
  };
  const Case cases[] = {
      {"{A} {B}", "{B} b"},  // what was put in is not looked at again
      {"{RECORD:x}|{RECORD:y}", "|{RECORD:y}"},
      {"{{B}}", "{b}"},
      {"{ B }{", "{ B }{"},
      {"}{B}{}", "}b{}"},
      {"{{.x}} {{range}} {B", "{{.x}} {{range}} {B"},
      {"", ""},
  };
  for (const Case& one : cases) EXPECT_EQ(Filled(one.html, values), one.text) << one.html;
}

TEST(Filled, ATextOfBracesIsFast) {
  const std::string text(1000000, '{');
  EXPECT_EQ(Filled(text, [](std::string_view) { return std::nullopt; }), text);
}

TEST(Page, TakesTheBodyAsItIs) {
  const std::string body = "<h1>One</h1>\n\n<p>a   b {{x}}";
  EXPECT_NE(Page(body).find(body), std::string::npos);
  EXPECT_EQ(TextOfHtml(Page("<p>only this</p>")), "only this");
}

}  // namespace
}  // namespace sluice::mail
