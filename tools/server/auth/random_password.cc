// Tested by tests/server/login_password_test.cc.
#include "tools/server/auth/random_password.h"

#include <array>
#include <cstdio>

#include "tools/server/auth/random_text.h"

namespace sluice::auth {

std::string RandomPasswordHash(int cost) {
  constexpr std::string_view kDigits =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  // 16 and 23 bytes leave bits of their last digit unused.
  constexpr std::string_view kSaltEnds = ".Oeu";
  constexpr std::string_view kHashEnds = ".CGKOSWaeimquy26";
  std::array<char, 8> head{};
  std::snprintf(head.data(), head.size(), "$2a$%02d$", cost);
  return head.data() + RandomText(21, kDigits) + RandomText(1, kSaltEnds) +
         RandomText(30, kDigits) + RandomText(1, kHashEnds);
}

}  // namespace sluice::auth
