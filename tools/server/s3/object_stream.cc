// Tested by tests/server/s3_client_test.cc.
#include "tools/server/s3/object_stream.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace sluice::s3 {
namespace {

// What the reader and the network share.
class Reading : public BodySink, public std::enable_shared_from_this<Reading> {
 public:
  Reading(std::shared_ptr<const Client> client, std::string key, const ObjectInfo& info,
          std::uint64_t offset, std::uint64_t size)
      : client_(std::move(client)),
        key_(std::move(key)),
        etag_(info.etag),
        next_(offset),
        left_(size) {}

  void Begin() {
    auto request = std::make_shared<ObjectRequest>();
    request->key = key_;
    std::chrono::milliseconds delay{0};
    {
      const std::lock_guard lock(mutex_);
      first_ = next_;
      request->headers = {
          {"range", "bytes=" + std::to_string(next_) + "-" + std::to_string(next_ + left_ - 1)}};
      delay = client_->options().first_delay * (failures_ * failures_);
    }
    if (!etag_.empty()) request->headers.emplace_back("if-match", etag_);
    const Network::Ticket ticket = client_->SendOnce(
        std::move(request), shared_from_this(), delay,
        [self = shared_from_this()](StatusOr<WireAnswer> answer) { self->End(answer); });
    const std::lock_guard lock(mutex_);
    // The next attempt may have begun already, on the network's thread.
    ticket_ = std::max(ticket_, ticket);
    if (given_up_) client_->network().Cancel(ticket);
  }

  // On the network's thread.
  bool Put(int status, std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    // A server that does not know ranges sends the whole.
    if (status != 206 && first_ != 0) {
      no_ranges_ = true;
      return true;
    }
    if (!waiting_.empty() && waiting_.size() + bytes.size() > client_->options().stream_bytes) {
      starving_ = true;
      return false;
    }
    bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left_));
    waiting_.append(bytes);
    next_ += bytes.size();
    left_ -= bytes.size();
    failures_ = bytes.empty() ? failures_ : 0;
    if (wake_) wake_();
    return true;
  }

  void End(const StatusOr<WireAnswer>& answer) {
    const bool good = answer.ok() && answer->status / 100 == 2;
    {
      const std::lock_guard lock(mutex_);
      if (given_up_ || left_ == 0) return;
      const bool again = !no_ranges_ && (good || MayHelpAgain(answer)) &&
                         ++failures_ < client_->options().attempts;
      failed_ = !again;
      if (failed_ && wake_) wake_();
    }
    if (!failed_) return Begin();
    const Status status = !answer.ok() ? answer.status()
                          : good       ? absl::UnavailableError("the answer is not what was asked")
                                       : FailureOf(*answer);
    if (client_->options().on_broken) {
      client_->options().on_broken(
          absl::UnavailableError("S3: " + key_ + " broke off: " + std::string(status.message())));
    }
  }

  void Attach(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

  http::ByteStream::State Take(std::string& text) {
    const std::lock_guard lock(mutex_);
    const bool had = !waiting_.empty();
    text.append(waiting_);
    std::string().swap(waiting_);
    if (std::exchange(starving_, false)) client_->network().Resume(ticket_);
    if (left_ == 0) {
      return had ? http::ByteStream::State::kOpen : http::ByteStream::State::kEnded;
    }
    return failed_ && !had ? http::ByteStream::State::kFailed : http::ByteStream::State::kOpen;
  }

  void GiveUp() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    wake_ = nullptr;
    client_->network().Cancel(ticket_);
  }

 private:
  const std::shared_ptr<const Client> client_;
  const std::string key_;
  const std::string etag_;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::string waiting_;
  std::uint64_t next_;       // what comes next
  std::uint64_t left_;       // how much is still to come
  std::uint64_t first_ = 0;  // where this attempt began
  int failures_ = 0;         // since something last came
  Network::Ticket ticket_ = 0;
  bool starving_ = false;
  bool no_ranges_ = false;
  bool failed_ = false;
  bool given_up_ = false;
};

class ObjectStream : public http::ByteStream {
 public:
  explicit ObjectStream(std::shared_ptr<Reading> reading) : reading_(std::move(reading)) {
    reading_->Begin();
  }
  ~ObjectStream() override { reading_->GiveUp(); }
  ObjectStream(const ObjectStream&) = delete;
  ObjectStream& operator=(const ObjectStream&) = delete;

  void Attach(std::function<void()> wake) override { reading_->Attach(std::move(wake)); }
  State Take(std::string& text) override { return reading_->Take(text); }

 private:
  const std::shared_ptr<Reading> reading_;
};

}  // namespace

std::unique_ptr<http::ByteStream> ObjectContent::Read(std::uint64_t offset,
                                                      std::uint64_t size) const {
  return std::make_unique<ObjectStream>(
      std::make_shared<Reading>(client_, key_, info_, offset, size));
}

}  // namespace sluice::s3
