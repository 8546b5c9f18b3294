#include "tools/server/auth/password_hash.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/auth/random_text.h"

namespace sluice::auth {
namespace {

using std::string_literals::operator""s;

// Of the fixture's root@example.com, written by the peer.
constexpr std::string_view kPeersHash =
    "$2a$10$BZfzGeBff6RF1u3KBmGVhO/Ks5/4ADEB5xqQCKv6jlh3SljtbisKy";

TEST(PasswordHash, VerifiesWhatThePeerWrote) {
  EXPECT_TRUE(VerifyPassword("correct horse", kPeersHash));
  EXPECT_FALSE(VerifyPassword("correct horsf", kPeersHash));
  EXPECT_FALSE(VerifyPassword("", kPeersHash));
}

TEST(PasswordHash, MakesHashesOfThePeersForm) {
  const auto hash = HashPassword("correct horse", kPasswordCostDefault);
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_THAT(*hash, testing::StartsWith("$2a$10$"));
  EXPECT_EQ(hash->size(), 60);
  EXPECT_TRUE(VerifyPassword("correct horse", *hash));
  EXPECT_FALSE(VerifyPassword("correct horse ", *hash));
  const auto again = HashPassword("correct horse", kPasswordCostDefault);
  ASSERT_TRUE(again.ok());
  EXPECT_NE(*hash, *again) << "the salt is fresh";
}

// From the test vectors of crypt_blowfish: the letters are one
// algorithm.
TEST(PasswordHash, AnyLetterAndCost) {
  for (const char letter : {'a', 'b', 'x', 'y', 'z'}) {
    std::string hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    hash[2] = letter;
    EXPECT_TRUE(VerifyPassword("U*U", hash)) << letter;
    EXPECT_FALSE(VerifyPassword("U*V", hash)) << letter;
  }
  EXPECT_TRUE(VerifyPassword("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"));
  // Bytes above 127 are not negative.
  EXPECT_TRUE(
      VerifyPassword("\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"));
  const auto cheap = HashPassword("otp", 8);
  ASSERT_TRUE(cheap.ok());
  EXPECT_THAT(*cheap, testing::StartsWith("$2a$08$"));
  EXPECT_TRUE(VerifyPassword("otp", *cheap));
}

TEST(PasswordHash, SeventyTwoBytes) {
  EXPECT_FALSE(HashPassword(std::string(73, 'a'), 4).ok());
  EXPECT_FALSE(HashPassword(std::string("pass\0word", 9), 4).ok());
  const std::string full(72, 'a');
  const auto of_72 = HashPassword(full, 4);
  ASSERT_TRUE(of_72.ok());
  EXPECT_TRUE(VerifyPassword(full + "anything", *of_72));
  EXPECT_FALSE(VerifyPassword(std::string(71, 'a'), *of_72));
  const std::string almost(71, 'b');
  const auto of_71 = HashPassword(almost, 4);
  ASSERT_TRUE(of_71.ok());
  EXPECT_TRUE(VerifyPassword(almost + "\0junk"s, *of_71));
  EXPECT_FALSE(VerifyPassword(almost + "x", *of_71));
}

TEST(PasswordHash, ANulIsNoEnd) {
  const auto hash = HashPassword("password123", 4);
  ASSERT_TRUE(hash.ok());
  EXPECT_FALSE(VerifyPassword("password123\0junk"s, *hash));
  EXPECT_FALSE(VerifyPassword("password123\0"s, *hash));
  // bcrypt repeats the password with its NUL, so this one is the same key.
  EXPECT_TRUE(VerifyPassword("password123\0password123"s, *hash));
}

TEST(PasswordHash, WhatIsNoHashMatchesNothing) {
  const std::string good(kPeersHash);
  for (const std::string& bad :
       {""s, "plain"s, good + "x", good.substr(0, 59), "$1" + good.substr(2),
        "$2a$99" + good.substr(6), "$2a$03" + good.substr(6), "$2a$xx" + good.substr(6),
        "$2a$10$!" + good.substr(8), std::string(60, '\0')}) {
    EXPECT_FALSE(VerifyPassword("correct horse", bad)) << bad;
  }
  EXPECT_FALSE(HashPassword("x", 3).ok());
  EXPECT_FALSE(HashPassword("x", 32).ok());
}

TEST(RandomText, HasItsSizeAndAlphabetAndDiffers) {
  std::set<std::string> seen;
  std::set<char> letters;
  for (int i = 0; i < 200; ++i) {
    const std::string text = RandomText(50);
    ASSERT_EQ(text.size(), 50);
    seen.insert(text);
    letters.insert(text.begin(), text.end());
  }
  EXPECT_EQ(seen.size(), 200);
  EXPECT_EQ(letters, std::set<char>(kLettersAndDigits.begin(), kLettersAndDigits.end()));
  EXPECT_EQ(RandomText(0), "");
}

}  // namespace
}  // namespace sluice::auth
