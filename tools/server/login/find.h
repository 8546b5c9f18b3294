// Records by what somebody types to log in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"
#include "tools/server/writes/record.h"

namespace sluice::login {

// The record whose `field` is `value`: in the letter case of the field's unique
// index. kInternal where the field has no such index.
StatusOr<std::optional<writes::Record>> FindByUnique(store::Connection& connection,
                                                     const Collection& collection,
                                                     std::string_view field,
                                                     std::string_view value);

// By the address; where its index is gone, in the letter case as written.
StatusOr<std::optional<writes::Record>> FindByEmail(store::Connection& connection,
                                                    const Collection& collection,
                                                    std::string_view email);

// By `field` alone, or when it is empty by all identity fields: the address
// first, the others in their order. The first that is found counts.
StatusOr<std::optional<writes::Record>> FindByIdentity(store::Connection& connection,
                                                       const Collection& collection,
                                                       const store::AuthOptions& options,
                                                       std::string_view field,
                                                       std::string_view identity);

// The password hash of any record; empty when there is none.
StatusOr<std::string> AnyPasswordHash(store::Connection& connection, const Schema& schema,
                                      const Collection& collection);

}  // namespace sluice::login
