#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tools/server/records/excerpt.h"

namespace sluice::records {
namespace {

std::string Excerpted(std::string_view html, std::int64_t chars_max, bool with_ellipsis = false) {
  std::string out;
  const Status status = AppendExcerpt(out, html, {chars_max, with_ellipsis});
  return status.ok() ? out : "error";
}

struct Case {
  std::string_view html;
  std::int64_t chars_max;
  bool with_ellipsis;
  std::string_view want;
};

// The peer's answers.
TEST(Excerpt, ReplaysRecordedAnswers) {
  constexpr std::string_view kHello = "<p>Hello <strong>world</strong></p>";
  constexpr std::string_view kHeading =
      "<h1>Title</h1><p>First&nbsp;paragraph.</p>"
      "<p>Second one, <a href=\"https://example.com\">linked</a>.</p>";
  constexpr std::string_view kList =
      "<ul><li>one</li><li>two</li></ul><script>alert(1)</script><p>after</p>";
  constexpr std::string_view kSpaces = "  spaces   and\nnew\n\nlines ";
  constexpr std::string_view kBreak =
      "<p>naïve café 東京 — dashes</p><img src=x><br>break<br/>again";
  std::string deep;
  for (int i = 0; i < 4; ++i) {
    deep += "<div><p>deep <em>nested <span>text</span></em></p></div>";
  }
  const Case kCases[] = {
      {"naïve stone winter", 5, true, "naïve..."},
      {"naïve stone winter", 5, false, "naïve"},
      {"naïve stone winter", 500, true, "naïve stone winter"},
      {"naïve stone winter", 2, false, "na"},
      {"naïve stone winter", 8, false, "naïve st"},
      {"naïve stone winter", 3, true, "naï..."},
      {kHello, 8, false, "Hello wo"},
      {kHello, 11, true, "Hello world"},
      {kHeading, 200, true, "Title First\u00a0paragraph. Second one, linked."},
      {kHeading, 20, true, "Title First\u00a0paragrap..."},
      {kList, 200, false, "one two after"},
      {kList, 5, true, "one t..."},
      {kSpaces, 200, false, "spaces and new lines"},
      {kBreak, 200, false, "naïve café 東京 — dashes breakagain"},
      {kBreak, 9, true, "naïve caf..."},
      {kBreak, 12, true, "naïve café 東..."},
      {kBreak, 15, true, "naïve café 東京 —..."},
      {deep, 30, true, "deep nested text deep nested t..."},
      {"naïve <b>tag</b> under_score", 9, true, "naïve tag..."},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Excerpted(c.html, c.chars_max, c.with_ellipsis), c.want) << c.html;
  }
}

// F-156 and F-157, compared with Go's parser where it matters.
TEST(Excerpt, FollowsTheRules) {
  const Case kCases[] = {
      {"", 5, true, ""},
      {" \t\n", 5, true, ""},
      {"\u00a0 a \u00a0 b \u2003", 50, true, "a \u00a0 b"},
      {"a\u00a0\u00a0b", 50, true, "a\u00a0\u00a0b"},
      {"a &amp; b &lt;c&gt; &copy;&#x41;&#65; &unknown;", 50, true, "a & b <c> ©AA &unknown;"},
      {"a<br>b", 50, true, "ab"},
      {"a<hr>b", 50, true, "a b"},
      {"a<u>b</u>c", 50, true, "a b c"},
      {"a<x-y>b</x-y>c", 50, true, "a b c"},
      {"a<SPAN>b</SPAN>c", 50, true, "abc"},
      {"a <b> b</b> c", 50, true, "a b c"},
      {"<table><tr><td>a<td>b</table>", 50, true, "a b"},
      {"a<!-- b -->c", 50, true, "ac"},
      {"<!doctype html><title>t</title>a", 50, true, "a"},
      {"a<style>b</style><script>c</script><template>d</template>e", 50, true, "ae"},
      {"a<svg><text>b</text></svg><picture>c</picture><dialog>d</dialog>e", 50, true, "ae"},
      {"a<form>b</form>c<select><option>d</select>e<textarea>f</textarea>g", 50, true, "aceg"},
      {"<form><div>a</div>b</form>c", 50, true, "c"},
      {"a<button>b</button>c", 50, true, "ac"},
      {"a<noscript><p>b</p></noscript>c", 50, true, "a <p>b</p> c"},
      {"<noscript><p>b</p></noscript>c", 50, true, "c"},
      {"a<isindex>b</isindex>c<menuitem>d</menuitem>e", 50, true, "a b c d e"},
      {"<p>абв</p><p>где</p>", 5, true, "абв"},  // F-157
      {"<p>abc</p>def<b>ghi</b>", 1, true, "a..."},
      {"<p>a</p>b<i>c</i>d", 1, false, "a"},
      {"abc <b>def</b>", 4, true, "abc..."},
      {"<p>a\r\nb", 50, false, "a b"},
      {std::string_view("a\0b", 3), 50, false, "ab"},
      {"<p>unclosed <b>tags <i>here", 50, true, "unclosed tags here"},
      {"x < y <", 50, true, "x < y <"},
      {"😀😀😀", 2, true, "😀😀..."},
      {"<b>😀😀😀</b>", 3, true, "😀😀😀"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Excerpted(c.html, c.chars_max, c.with_ellipsis), c.want) << c.html;
  }
}

std::string Repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (; count > 0; --count) {
    out += text;
  }
  return out;
}

TEST(Excerpt, FailsWhereThePeersParserDoes) {
  EXPECT_EQ(Excerpted(Repeated("<div>", 510) + "x", 9), "x");  // with html and body: 512
  EXPECT_EQ(Excerpted(Repeated("<div>", 511) + "x", 9), "error");
}

TEST(Excerpt, SurvivesHostileHtml) {
  EXPECT_EQ(Excerpted(Repeated("<div>", 20000) + "x", 9), "error");
  EXPECT_EQ(Excerpted(Repeated("<p>some text</p>", 50000), 9, true), "some text...");
  // An assertion of the parser fails.
  EXPECT_EQ(Excerpted("<template><thead><svg><foreignObject><![CDATA[x]]>a", 9), "error");
  EXPECT_EQ(Excerpted("<b>fine</b>", 9), "fine");
}

TEST(Excerpt, SurvivesRandomHtmlInSeveralThreads) {
  const auto work = [](unsigned seed) {
    constexpr const char* kParts[] = {"<p>",
                                      "</p>",
                                      "<b>",
                                      "</b>",
                                      "<table>",
                                      "</table>",
                                      "<td>",
                                      "<tr>",
                                      "<svg>",
                                      "<math>",
                                      "<form>",
                                      "</form>",
                                      "<template>",
                                      "</template>",
                                      "<select>",
                                      "<option>",
                                      "<foreignObject>",
                                      "<![CDATA[x]]>",
                                      "<!-- c -->",
                                      "</br>",
                                      "<a href='x'>",
                                      "</a>",
                                      "<frameset>",
                                      "<body>",
                                      "<html>",
                                      "<head>",
                                      "<li>",
                                      "<ul>",
                                      "</ul>",
                                      "<script>",
                                      "</script>",
                                      "<textarea>",
                                      "<noscript>",
                                      "&amp;",
                                      "&#0;",
                                      "&#x1F600;",
                                      "text ",
                                      "é",
                                      "<",
                                      "</",
                                      "<!",
                                      "\"",
                                      "<caption>",
                                      "<col>",
                                      "<tbody>",
                                      "<h1>",
                                      "<nobr>",
                                      "<button>"};
    std::mt19937 random(seed);
    for (int i = 0; i < 3000; ++i) {
      std::string html;
      for (std::size_t count = random() % 30; count-- > 0;) {
        html += kParts[random() % std::size(kParts)];
      }
      Excerpted(html, 1 + static_cast<std::int64_t>(random() % 30), true);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    threads.emplace_back(work, seed);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// Paragraphs are collected without a parser. A comment in front of them makes
// no difference but that it needs one.
TEST(Excerpt, ParagraphsAreReadAsTheParserReadsThem) {
  const std::string_view kTexts[] = {
      "<p>one</p><p>two</p>",
      "<p></p><p> a  b\n\tc </p>",
      "<p>one</p> <p>two</p>",
      "<p>one<p>two</p>",
      "<p>a <b>b</b></p>",
      "<p>a</p>b",
      "<P>a</P>",
      "<p>a &amp; b</p>",
      "<p>a > b</p><p>\"'</p>",
      "<p class=x>a</p>",
      "<p>a</p ><p>b</p>",
      "<p>a",
      "<p>more words than blocks of sixteen bytes</p><p>have room for</p>",
      "<p>  led by blanks, one two three four</p>\n<p>x</p>",
      "<p>a letter beyond ASCII, but late: \u00e9</p>",
      "<p>an entity, and late as well: &amp;</p>",
      "<p>a control character in a block\x0b of its own</p>",
      "<p>a delete in a block of sixteen\x7f bytes</p>",
      "<p>blanks to the end of the last one          </p><p>     </p>",
      "<p>ab</p><p>                                 </p>",
      "<p>lines\nand\ttabs\nin a block of sixteen</p>",
  };
  for (const std::string_view text : kTexts) {
    for (std::int64_t chars = 0; chars < 80; ++chars) {
      EXPECT_EQ(Excerpted(text, chars, true), Excerpted("<!---->" + std::string(text), chars, true))
          << text << ", " << chars;
    }
  }
}

}  // namespace
}  // namespace sluice::records
