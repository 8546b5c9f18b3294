// The rows of `_superusers`, for the command line: without rules and hooks. All
// calls belong into a transaction of the caller's.
#pragma once

#include <optional>
#include <string>

#include "sluice/status.h"
#include "tools/server/store/connection.h"

namespace sluice::store {

struct SuperuserRow {
  std::string id;
  std::string email;
  std::string password;  // a hash
  std::string token_key;
};

// By exact address.
StatusOr<std::optional<SuperuserRow>> FindSuperuser(Connection& connection,
                                                    const std::string& email);

// How many there are beside the one of that id and the peer's installer.
StatusOr<std::int64_t> CountOtherSuperusers(Connection& connection, const std::string& id);

// The row is verified, and takes the installer's place (S-107).
Status InsertSuperuser(Connection& connection, const SuperuserRow& row, const std::string& now);

// Replaces hash and token key of `row.id`, and ends what hangs on the old ones
//
Status ChangeSuperuserPassword(Connection& connection, const SuperuserRow& row,
                               const std::string& now);

// With all that other system tables hold about it.
Status DeleteSuperuser(Connection& connection, const std::string& id);

struct OtpRow {
  std::string id;
  std::string collection_id;
  std::string record_id;
  std::string password;  // a hash
};
Status InsertOtp(Connection& connection, const OtpRow& row, const std::string& now);

}  // namespace sluice::store
