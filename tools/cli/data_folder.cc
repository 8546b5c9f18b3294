#include "tools/cli/data_folder.h"

#include <iostream>

#include "tools/cli/command.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/settings/save.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::cli {

namespace po = boost::program_options;

void AddFolderFlags(po::options_description& flags) {
  flags.add_options()("dir", po::value<std::string>()->default_value("pb_data"),
                      "the data folder; made when it is not there")(
      "encryptionEnv", po::value<std::string>()->default_value(""),
      "environment variable with the 32 byte key of the stored settings");
}

StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(const Arguments& arguments) {
  std::unique_ptr<DataFolder> folder(new DataFolder);
  folder->path_ = arguments.Get<std::string>("dir");
  while (folder->path_.size() > 1 && folder->path_.back() == '/') folder->path_.pop_back();
  SLUICE_ASSIGN_OR_RETURN(
      folder->key_, settings::KeyFromEnvironment(arguments.Get<std::string>("encryptionEnv")));
  SLUICE_RETURN_IF_ERROR(folder::EnsureFolder(folder->path_, folder->key_).status());
  store::ConnectionOptions options;
  options.access = store::Access::kWrite;
  SLUICE_ASSIGN_OR_RETURN(folder->connection_,
                          store::Connection::Open(folder->path_ + "/data.db", options));
  return folder;
}

StatusOr<std::shared_ptr<const store::Snapshot>> DataFolder::Load() {
  return store::LoadSnapshot(*connection_, settings::OpenerOf(key_));
}

Status DataFolder::Transaction(const std::function<Status(store::Connection&)>& job) {
  SLUICE_RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE"));
  Status status = job(*connection_);
  if (status.ok()) status = connection_->Execute("COMMIT");
  if (!status.ok()) (void)connection_->Execute("ROLLBACK");
  return status;
}

void DataFolder::Announce(std::string_view what) const { store::AnnounceChange(path_, what); }

int Fail(std::string_view message, int exit_status) {
  std::cerr << "Error: " << message << "\n";
  return exit_status;
}

int Fail(const Status& status, int exit_status) {
  return Fail(AsStd(status.message()), exit_status);
}

}  // namespace sluice::cli
