// Tested by tests/s3.
#include "tools/server/files/stores.h"

#include "tools/server/files/s3_file_store.h"

namespace sluice::files {

Stores::Stores(FileStorePtr local, std::shared_ptr<s3::Network> network, s3::ClientOptions options,
               std::string spool_folder)
    : local_(std::move(local)),
      network_(std::move(network)),
      options_(std::move(options)),
      spool_folder_(std::move(spool_folder)) {}

FileStorePtr Stores::By(const std::optional<s3::Config>& config) const {
  if (!config) {
    return local_;
  }
  const std::lock_guard lock(mutex_);
  if (!remote_.second || remote_.first != *config) {
    const std::string place = "S3 " + config->endpoint + " " + config->bucket;
    remote_ = {*config, std::make_shared<const S3FileStore>(Bucket(*config), place, spool_folder_)};
  }
  return remote_.second;
}

StatusOr<std::shared_ptr<const s3::Client>> Stores::Bucket(const s3::Config& config) const {
  auto client = s3::Client::Make(network_, config, options_);
  if (!client.ok()) {
    return absl::UnavailableError(client.status().message());
  }
  return client;
}

}  // namespace sluice::files
