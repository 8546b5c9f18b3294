// What the endpoints that prove or change an address or a password share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/login/form.h"
#include "tools/server/login/tokens.h"
#include "tools/server/writes/record.h"
#include "tools/server/writes/save.h"

namespace sluice::api {

// How long a mail may take that nobody, or somebody, waits for.
inline constexpr std::chrono::seconds kMailPatience(60);
inline constexpr std::chrono::seconds kWaitedMailPatience(30);

// The address in a body of one: required, at most 255 bytes, an e-mail.
StatusOr<std::string> ReadEmail(const Call& call, std::string_view key);

// The record of an address, and what was current when it was asked for.
struct AddressOwner {
  std::shared_ptr<const store::Snapshot> snapshot;
  std::int64_t now_millis = 0;
  writes::Record record;
};
// Answers 204, and only then looks for the owner of the address and calls `work`
// with it, on a query thread: how long the answer takes does not tell whether
// somebody has that address.
void AnswerThenFind(ServerParts& parts, Call& call, const Collection& collection, std::string email,
                    void (*work)(ServerParts&, const AddressOwner&));

// Nobody knows the password afterwards, and every token is void. The
// record is to be saved without another check.
void SetRandomPassword(writes::Record& record);

// Finds the record of a mailed token; what is wrong with the token goes to
// `mistakes` under `token`.
StatusOr<std::optional<writes::Record>> CheckToken(const Call& call, const Collection& collection,
                                                   const std::string& token, login::TokenKind kind,
                                                   login::Mistakes& mistakes);

// The record of a token as it is now, inside of a write; the token is void when
// its key has changed meanwhile.
StatusOr<writes::Record> CurrentRecord(writes::Scope& scope, const writes::Record& checked);

// `collection id/record id`, for throttles.
std::string ThrottleKey(std::string_view what, const writes::Record& record);

}  // namespace sluice::api
