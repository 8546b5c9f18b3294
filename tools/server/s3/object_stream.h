// The bytes of an object while somebody reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tools/server/http/byte_stream.h"
#include "tools/server/s3/client.h"

namespace sluice::s3 {

// Fetches what its reader has room for, and goes on where a broken connection
// left off, as long as the object is the same.
class ObjectContent : public http::RemoteContent {
 public:
  ObjectContent(std::shared_ptr<const Client> client, std::string key, ObjectInfo info)
      : client_(std::move(client)), key_(std::move(key)), info_(std::move(info)) {}

  std::unique_ptr<http::ByteStream> Read(std::uint64_t offset, std::uint64_t size) const override;

 private:
  const std::shared_ptr<const Client> client_;
  const std::string key_;
  const ObjectInfo info_;
};

}  // namespace sluice::s3
