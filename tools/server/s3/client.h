// One bucket of S3: its objects are stored, read, listed and removed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/status.h"
#include "tools/server/http/file_content.h"
#include "tools/server/s3/network.h"
#include "tools/server/s3/sign.h"
#include "tools/server/s3/target.h"

namespace sluice::s3 {

struct ClientOptions {
  // Larger contents go in parts of so many bytes (S3 wants 5 MiB at least), a
  // few at the same time. They grow where 10,000 of them are not enough.
  std::uint64_t part_bytes = std::uint64_t{16} << 20U;
  std::size_t parts_at_once = 4;
  std::size_t deletes_at_once = 16;
  // What may wait of a content for who reads it.
  std::size_t stream_bytes = std::size_t{256} << 10U;
  // A broken connection, or an answer of 429, 500, 502, 503 or 504, is tried
  // again, after a while that becomes longer.
  int attempts = 3;
  std::chrono::milliseconds first_delay{100};
  // Told of contents that broke off while they were read, on any thread.
  std::function<void(const Status&)> on_broken;
};

struct ObjectInfo {
  std::uint64_t size = 0;
  std::string content_type;
  std::string etag;
  std::int64_t modified_seconds = 0;  // Unix time
};

struct ObjectAttributes {
  std::string content_type;
  // Names are `x-amz-meta-…`; values any text.
  Pairs metadata;
};

struct ListedObject {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t modified_millis = 0;
};

// A signed request. `key` empty: the bucket itself.
struct ObjectRequest {
  std::string method = "GET";
  std::string key;
  Pairs query;
  Pairs headers;  // names in lower case
  http::FileContent body;
  std::string body_sha256;  // hexadecimal; empty: there is no body
};

// All members may be called from any thread. Those that wait do so no longer
// than the network's limits of silence, and not on the network's thread.
//
// Failures: kNotFound where there is no such object; kInvalidArgument for a key
// that S3 cannot have; else kUnavailable with S3's code and message, or why it
// could not be asked.
class Client : public std::enable_shared_from_this<Client> {
 public:
  // kInvalidArgument for a config that leads nowhere. Sends nothing.
  static StatusOr<std::shared_ptr<const Client>> Make(std::shared_ptr<Network> network,
                                                      const Config& config,
                                                      ClientOptions options = {});

  // Called once, on the network's thread or at once; must not wait.
  using Headed = std::function<void(StatusOr<ObjectInfo>)>;
  void Head(const std::string& key, Headed done) const;
  // What Head told of, to be sent part by part. Breaks off when the object was
  // replaced meanwhile.
  http::FileContent Content(const std::string& key, const ObjectInfo& info) const;

  // These wait.
  Status Put(const std::string& key, const http::FileContent& content,
             const ObjectAttributes& attributes) const;
  StatusOr<ObjectInfo> Head(const std::string& key) const;
  // A copy on this machine, in a file that no folder lists.
  StatusOr<http::FileContent> Fetch(const std::string& key, const std::string& spool_folder) const;
  // No failure when there is none.
  Status Delete(const std::string& key) const;
  // In the order of keys. `top`: without those that have a '/' behind `prefix`.
  enum class Depth : std::uint8_t { kAll, kTop };
  Status List(const std::string& prefix, Depth depth,
              const std::function<void(const ListedObject&)>& each) const;
  // Deletes all whose keys begin so, but those that `keep` (may be empty) says.
  // Goes on after a failure, and tells the first.
  Status DeleteAll(const std::string& prefix,
                   const std::function<bool(std::string_view)>& keep) const;

  const Config& config() const { return config_; }
  const ClientOptions& options() const { return options_; }

  // For contents: one attempt, unjudged.
  Network::Ticket SendOnce(std::shared_ptr<const ObjectRequest> request,
                           std::shared_ptr<BodySink> sink, std::chrono::milliseconds delay,
                           Network::Done done) const;
  Network& network() const { return *network_; }

 private:
  Client(std::shared_ptr<Network> network, Config config, Target target, ClientOptions options);

  WireRequest Sign(const ObjectRequest& request) const;
  // With all its attempts; the answer is of status 2xx.
  void Send(std::shared_ptr<const ObjectRequest> request, Network::Done done,
            int attempt = 1) const;
  StatusOr<WireAnswer> Ask(ObjectRequest request) const;
  Status PutWhole(const std::string& key, const http::FileContent& content, Pairs headers) const;
  Status PutParts(const std::string& key, const http::FileContent& content, Pairs headers) const;
  StatusOr<std::string> SendParts(const std::string& key, const std::string& upload,
                                  const http::FileContent& content) const;

  const std::shared_ptr<Network> network_;
  const Config config_;
  const Target target_;
  const ClientOptions options_;
};

// What an answer of another status than 2xx means.
Status FailureOf(const WireAnswer& answer);
// Whether another attempt may help.
bool MayHelpAgain(const StatusOr<WireAnswer>& answer);

}  // namespace sluice::s3
