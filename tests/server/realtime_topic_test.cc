#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/realtime/topic.h"

namespace sluice::realtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Topic, WithoutOptions) {
  for (const char* text : {"tags/*", "tags", "@oauth2", "", "a/b/c", "tags/*#x", "%"}) {
    const Topic topic = ParseTopic(text);
    EXPECT_EQ(topic.base, text);
    EXPECT_THAT(topic.query, IsEmpty());
    EXPECT_THAT(topic.headers, IsEmpty());
  }
}

TEST(Topic, OptionsAreTexts) {
  const Topic topic = ParseTopic(
      "tags/*?x=1&options=%7B%22query%22%3A%7B%22a%22%3A1%2C%22b%22%3Atrue%2C%22c%22%3A%22x%22%2C"
      "%22d%22%3Anull%2C%22e%22%3A%5B1%2C2%5D%7D%2C%22headers%22%3A%7B%22X-Foo-Bar%22%3A1.5%7D%7D"
      "&options=%7B%7D");
  EXPECT_EQ(topic.base, "tags/*");
  EXPECT_THAT(topic.query, ElementsAre(Pair("a", "1"), Pair("b", "true"), Pair("c", "x"),
                                       Pair("d", ""), Pair("e", "[1,2]")));
  EXPECT_THAT(topic.headers, ElementsAre(Pair("x_foo_bar", "1.5")));
  EXPECT_EQ(topic.Query("c"), "x");
  EXPECT_EQ(topic.Query("nope"), "");
}

TEST(Topic, OptionsThatAreNoneAreNotThere) {
  for (const char* text :
       {"tags/*?", "tags/*?options", "tags/*?options=", "tags/*?options=%7B", "tags/*?options=[]",
        "tags/*?options=%zz", "tags/*?options=%7B%22query%22%3A1%7D", "tags/*?options=1"}) {
    const Topic topic = ParseTopic(text);
    EXPECT_EQ(topic.base, "tags/*") << text;
    EXPECT_THAT(topic.query, IsEmpty()) << text;
  }
}

TEST(Topic, NestingDoesNotOverflow) {
  const Topic topic = ParseTopic("a?options={\"query\":{\"a\":" + std::string(100000, '[') + "}}");
  EXPECT_THAT(topic.query, IsEmpty());
}

}  // namespace
}  // namespace sluice::realtime
