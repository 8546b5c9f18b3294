// Requests, their attempts and what they are answered. Tested by
// tests/server/s3_client_test.cc and tests/s3.
#include "tools/server/s3/client.h"

#include <charconv>
#include <condition_variable>
#include <ctime>
#include <future>
#include <mutex>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/http/spool.h"
#include "tools/server/s3/gate.h"
#include "tools/server/s3/object_stream.h"
#include "tools/server/s3/xml.h"

namespace sluice::s3 {
namespace {

constexpr std::size_t kKeyMax = 1024;
constexpr std::size_t kMessageMax = 300;

std::string_view EmptySha256() {
  return "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

template <typename Number>
Number NumberOf(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// `Sun, 06 Nov 1994 08:49:37 GMT`; 0 for anything else.
std::int64_t UnixSeconds(std::string_view http_date) {
  std::tm parts{};
  const std::string copy(http_date);
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return end != nullptr && *end == '\0' ? ::timegm(&parts) : 0;
}

// `2013-09-17T18:07:53.000Z`; 0 for anything else.
std::int64_t UnixMillis(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return 0;
  std::int64_t millis = 0;
  if (*end == '.') {
    std::string digits(end + 1, std::min<std::size_t>(3, std::string_view(end + 1).size()));
    digits.resize(3, '0');
    millis = NumberOf<std::int64_t>(digits);
  }
  return std::int64_t{::timegm(&parts)} * 1000 + millis;
}

ObjectInfo InfoOf(const WireAnswer& answer) {
  ObjectInfo info;
  info.size = NumberOf<std::uint64_t>(answer.Header("content-length"));
  info.content_type = answer.Header("content-type");
  info.etag = answer.Header("etag");
  info.modified_seconds = UnixSeconds(answer.Header("last-modified"));
  return info;
}

bool IsHeaderText(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

Status CheckKey(std::string_view key) {
  return key.empty() || key.size() > kKeyMax ? absl::InvalidArgumentError("not a key of S3")
                                             : absl::OkStatus();
}

}  // namespace

Status FailureOf(const WireAnswer& answer) {
  const std::string code = XmlText(answer.body, "Code");
  std::string message = XmlText(answer.body, "Message");
  // Only what S3 says of itself is told on: another server's page is not.
  if (code.empty()) message.clear();
  while (message.ends_with('.')) message.pop_back();
  const std::string text =
      "S3: " + (code.empty() ? "status " + std::to_string(answer.status) : code) +
      (message.empty() ? "" : ": " + message.substr(0, kMessageMax));
  const bool missing = answer.status == 404 && (code.empty() || code == "NoSuchKey");
  return missing ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

bool MayHelpAgain(const StatusOr<WireAnswer>& answer) {
  if (!answer.ok()) return absl::IsAborted(answer.status());
  const int status = answer->status;
  return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

Client::Client(std::shared_ptr<Network> network, Config config, Target target,
               ClientOptions options)
    : network_(std::move(network)),
      config_(std::move(config)),
      target_(std::move(target)),
      options_(std::move(options)) {}

StatusOr<std::shared_ptr<const Client>> Client::Make(std::shared_ptr<Network> network,
                                                     const Config& config, ClientOptions options) {
  SLUICE_ASSIGN_OR_RETURN(Target target, TargetOf(config));
  for (const std::string* text : {&config.region, &config.access_key}) {
    if (!IsHeaderText(*text))
      return absl::InvalidArgumentError("the S3 region or access key has a line break");
  }
  return std::shared_ptr<const Client>(
      new Client(std::move(network), config, std::move(target), std::move(options)));
}

WireRequest Client::Sign(const ObjectRequest& request) const {
  const std::string date = AmzDate(std::chrono::duration_cast<std::chrono::seconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count());
  SignedParts parts;
  parts.method = request.method;
  parts.path = target_.PathOf(request.key);
  parts.query = request.query;
  parts.payload_sha256 = request.body_sha256.empty() ? EmptySha256() : request.body_sha256;
  parts.headers = request.headers;
  parts.headers.emplace_back("host", target_.host);
  parts.headers.emplace_back("x-amz-content-sha256", parts.payload_sha256);
  parts.headers.emplace_back("x-amz-date", date);
  WireRequest wire;
  wire.method = request.method;
  const std::string query = QueryText(request.query);
  wire.url =
      target_.scheme + "://" + target_.host + parts.path + (query.empty() ? "" : "?" + query);
  for (const auto& [name, value] : parts.headers) wire.headers.push_back(name + ": " + value);
  wire.headers.push_back(
      "Authorization: " +
      Authorization(parts, {config_.access_key, config_.secret, config_.region}, date));
  wire.body = request.body;
  wire.direct = target_.direct;
  return wire;
}

Network::Ticket Client::SendOnce(std::shared_ptr<const ObjectRequest> request,
                                 std::shared_ptr<BodySink> sink, std::chrono::milliseconds delay,
                                 Network::Done done) const {
  return network_->Send([self = shared_from_this(), request] { return self->Sign(*request); },
                        std::move(done), {.sink = std::move(sink), .delay = delay});
}

void Client::Send(std::shared_ptr<const ObjectRequest> request, Network::Done done,
                  int attempt) const {
  const auto delay = options_.first_delay * ((attempt - 1) * (attempt - 1));
  auto shared_done = std::make_shared<Network::Done>(std::move(done));
  SendOnce(request, nullptr, delay,
           [self = shared_from_this(), request, shared_done, attempt](StatusOr<WireAnswer> answer) {
             if (MayHelpAgain(answer) && attempt < self->options_.attempts)
               return self->Send(request, std::move(*shared_done), attempt + 1);
             if (!answer.ok()) {
               return (*shared_done)(
                   absl::UnavailableError("S3: " + std::string(AsStd(answer.status().message()))));
             }
             if (answer->status / 100 != 2) return (*shared_done)(FailureOf(*answer));
             (*shared_done)(std::move(answer));
           });
}

StatusOr<WireAnswer> Client::Ask(ObjectRequest request) const {
  std::promise<StatusOr<WireAnswer>> outcome;
  Send(std::make_shared<const ObjectRequest>(std::move(request)),
       [&outcome](StatusOr<WireAnswer> answer) { outcome.set_value(std::move(answer)); });
  return outcome.get_future().get();
}

void Client::Head(const std::string& key, Headed done) const {
  if (const Status status = CheckKey(key); !status.ok()) return done(absl::NotFoundError("no key"));
  auto request = std::make_shared<ObjectRequest>();
  request->method = "HEAD";
  request->key = key;
  Send(std::move(request), [done = std::move(done)](const StatusOr<WireAnswer>& answer) {
    done(answer.ok() ? StatusOr<ObjectInfo>(InfoOf(*answer)) : answer.status());
  });
}

StatusOr<ObjectInfo> Client::Head(const std::string& key) const {
  std::promise<StatusOr<ObjectInfo>> outcome;
  Head(key, [&outcome](StatusOr<ObjectInfo> info) { outcome.set_value(std::move(info)); });
  return outcome.get_future().get();
}

http::FileContent Client::Content(const std::string& key, const ObjectInfo& info) const {
  return {std::make_shared<const ObjectContent>(shared_from_this(), key, info), info.size};
}

StatusOr<http::FileContent> Client::Fetch(const std::string& key,
                                          const std::string& spool_folder) const {
  SLUICE_ASSIGN_OR_RETURN(const ObjectInfo info, Head(key));
  SLUICE_ASSIGN_OR_RETURN(http::Spool spool, http::Spool::Open(spool_folder));
  if (info.size == 0) return std::move(spool).Finish();
  std::mutex mutex;
  std::condition_variable changed;
  bool news = true;
  const auto stream = Content(key, info).remote()->Read(0, info.size);
  stream->Attach([&] {
    const std::lock_guard lock(mutex);
    news = true;
    changed.notify_one();
  });
  while (true) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&news] { return std::exchange(news, false); });
    }
    auto state = http::ByteStream::State::kOpen;
    for (std::string text; state == http::ByteStream::State::kOpen; text.clear()) {
      state = stream->Take(text);
      if (text.empty()) break;
      SLUICE_RETURN_IF_ERROR(spool.Append(text));
    }
    if (state == http::ByteStream::State::kEnded) return std::move(spool).Finish();
    if (state == http::ByteStream::State::kFailed)
      return absl::UnavailableError("S3: " + key + " could not be read to its end");
  }
}

Status Client::Delete(const std::string& key) const {
  SLUICE_RETURN_IF_ERROR(CheckKey(key));
  const Status status = Ask({.method = "DELETE", .key = key}).status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

Status Client::List(const std::string& prefix, Depth depth,
                    const std::function<void(const ListedObject&)>& each) const {
  std::string token;
  while (true) {
    ObjectRequest request;
    request.query = {{"list-type", "2"}, {"prefix", prefix}};
    if (depth == Depth::kTop) request.query.emplace_back("delimiter", "/");
    if (!token.empty()) request.query.emplace_back("continuation-token", token);
    SLUICE_ASSIGN_OR_RETURN(const WireAnswer answer, Ask(std::move(request)));
    XmlEach(answer.body, "Contents", [&each](std::string_view xml) {
      ListedObject object;
      object.key = XmlText(xml, "Key");
      object.size = NumberOf<std::uint64_t>(XmlText(xml, "Size"));
      object.modified_millis = UnixMillis(XmlText(xml, "LastModified"));
      each(object);
    });
    if (XmlText(answer.body, "IsTruncated") != "true") return absl::OkStatus();
    std::string next = XmlText(answer.body, "NextContinuationToken");
    if (next.empty() || next == token)
      return absl::UnavailableError("S3: a list that goes on does not say where");
    token = std::move(next);
  }
}

Status Client::DeleteAll(const std::string& prefix,
                         const std::function<bool(std::string_view)>& keep) const {
  Gate gate(options_.deletes_at_once);
  const Status listed = List(prefix, Depth::kAll, [&](const ListedObject& object) {
    // A server that does not know prefixes must not cost the whole bucket.
    if (!object.key.starts_with(prefix) || (keep && keep(object.key))) return;
    gate.Enter();
    auto request = std::make_shared<ObjectRequest>();
    request->method = "DELETE";
    request->key = object.key;
    Send(std::move(request), [&gate](const StatusOr<WireAnswer>& answer) {
      gate.Leave(absl::IsNotFound(answer.status()) ? absl::OkStatus() : answer.status());
    });
  });
  const Status deleted = gate.Wait();
  return listed.ok() ? deleted : listed;
}

}  // namespace sluice::s3
