#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/settings/seal.h"

namespace sluice::settings {
namespace {

const SealKey kKey{"NAME", "0123456789abcdef0123456789abcdef"};

TEST(Seal, OpensWhatItSealed) {
  for (const std::size_t size : {0, 1, 2, 3, 16, 1000}) {
    const std::string text(size, 'x');
    for (const std::size_t key_size : {16, 24, 32}) {
      const SealKey key{"NAME", std::string(key_size, 'k')};
      const auto sealed = Seal(text, key);
      ASSERT_TRUE(sealed.ok());
      const auto opened = Open(*sealed, key);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ(*opened, text);
    }
  }
}

// Made with another implementation of AES-256-GCM: nonce 000102…0b, the text
// `{"a":1}`.
TEST(Seal, OpensWhatAnotherProgramSealed) {
  const auto opened = Open("AAECAwQFBgcICQoLVsfaXuMpr4SIRLIEJ3MpglCX8LUkaec=", kKey);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, R"({"a":1})");
}

TEST(Seal, NoncesAreFresh) { EXPECT_NE(*Seal("x", kKey), *Seal("x", kKey)); }

TEST(Seal, AnyChangeIsNoticed) {
  const std::string sealed = *Seal(R"({"a":1})", kKey);
  for (std::size_t i = 0; i < sealed.size() - 1; ++i) {
    std::string changed = sealed;
    // These two differ in the high bit: the low ones of the last letter say nothing.
    changed[i] = changed[i] == 'A' ? 'g' : 'A';
    EXPECT_FALSE(Open(changed, kKey).ok()) << i;
  }
}

TEST(Seal, SaysWhichKeyIsMissing) {
  const auto opened = Open(*Seal("x", kKey), SealKey{"OTHER", ""});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().message(),
            "invalid settings db data or missing encryption key \"OTHER\"");
  for (const char* bad : {"", "x", "====", "{\"a\":1", "AAAA", "\xff\xff\xff\xff"})
    EXPECT_FALSE(Open(bad, kKey).ok()) << bad;
  EXPECT_FALSE(Seal("x", SealKey{}).ok());
}

TEST(KeyFromEnvironment, HasTheRightLength) {
  setenv("SLUICE_TEST_KEY", "0123456789abcdef0123456789abcdef", 1);
  EXPECT_EQ(KeyFromEnvironment("SLUICE_TEST_KEY")->bytes.size(), 32);
  setenv("SLUICE_TEST_KEY", "short", 1);
  const auto key = KeyFromEnvironment("SLUICE_TEST_KEY");
  ASSERT_FALSE(key.ok());
  EXPECT_THAT(std::string(key.status().message()), testing::HasSubstr("5 bytes"));
  setenv("SLUICE_TEST_KEY", "", 1);
  EXPECT_TRUE(KeyFromEnvironment("SLUICE_TEST_KEY")->empty());
  unsetenv("SLUICE_TEST_KEY");
  EXPECT_TRUE(KeyFromEnvironment("SLUICE_TEST_KEY")->empty());
  EXPECT_TRUE(KeyFromEnvironment("")->empty());
}

}  // namespace
}  // namespace sluice::settings
