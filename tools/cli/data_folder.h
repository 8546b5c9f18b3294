// What the commands that change a folder share: its flags, opening it, one
// transaction, and telling a running server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/server/settings/seal.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/snapshot.h"

namespace sluice::cli {

// Adds --dir and --encryptionEnv.
void AddFolderFlags(boost::program_options::options_description& flags);

// A data folder, made when it was not there (S-108), with a connection that
// waits for a server that writes.
class DataFolder {
 public:
  static StatusOr<std::unique_ptr<DataFolder>> Open(const Arguments& arguments);

  store::Connection& connection() { return *connection_; }
  const settings::SealKey& key() const { return key_; }
  const std::string& path() const { return path_; }

  // Collections and settings as they are now.
  StatusOr<std::shared_ptr<const store::Snapshot>> Load();

  // Runs `job` in one transaction; a failure leaves nothing behind.
  Status Transaction(const std::function<Status(store::Connection&)>& job);

  // To a running server: `what` ("collections", "settings") was changed.
  void Announce(std::string_view what) const;

 private:
  DataFolder() = default;

  std::string path_;
  settings::SealKey key_;
  std::unique_ptr<store::Connection> connection_;
};

// Says `Error: …` on standard error; the exit status for it.
int Fail(std::string_view message, int exit_status = kFailed);
int Fail(const Status& status, int exit_status = kFailed);

}  // namespace sluice::cli
