// Tested by tests/server/s3_client_test.cc.
#include "tools/server/s3/network.h"

#include <algorithm>
#include <cstdlib>
#include <curl/curl.h>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/threads/guard.h"

namespace sluice::s3 {
namespace {

constexpr std::size_t kHeaderBytesMax = 65536;
constexpr long kBufferBytes = 65536;
constexpr long kConnectionsKept = 64;
// How many silent spans a whole request may take that neither sends nor
// receives a file.
constexpr int kSpansMax = 2;
constexpr auto kIdlePoll = std::chrono::milliseconds(10'000);

Status Stopped() { return absl::UnavailableError("the server is being stopped"); }

bool MayHelpAgain(CURLcode code) {
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_FAIL_REWIND:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct Network::Multi {
  CURLM* handle = curl_multi_init();
  ~Multi() { curl_multi_cleanup(handle); }
};

struct Network::Transfer {
  Ticket ticket = 0;
  Make make;
  Done done;
  SendOptions options;
  Clock::time_point due;

  CURL* curl = nullptr;
  CURLM* multi = nullptr;  // it was given to
  curl_slist* headers = nullptr;
  WireRequest request;
  WireAnswer answer;
  std::uint64_t sent = 0;
  std::size_t header_bytes = 0;
  bool paused = false;
  bool too_long = false;
  char error[CURL_ERROR_SIZE] = "";

  ~Transfer() { Release(); }

  void Release() {
    if (curl != nullptr) {
      if (multi != nullptr) curl_multi_remove_handle(multi, curl);
      curl_easy_cleanup(curl);
      curl = nullptr;
    }
    curl_slist_free_all(headers);
    headers = nullptr;
  }

  static std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* target) {
    auto& self = *static_cast<Transfer*>(target);
    const std::string_view line(data, size);
    self.header_bytes += size;
    if (self.header_bytes > kHeaderBytesMax) return 0;
    if (line.starts_with("HTTP/")) self.answer.headers.clear();
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return size;
    const std::size_t begin = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    const std::size_t end = line.find_last_not_of(" \t\r\n") + 1;
    self.answer.headers[LowerAscii(line.substr(0, colon))] =
        end > begin ? line.substr(begin, end - begin) : std::string_view();
    return size;
  }

  static std::size_t OnBody(char* data, std::size_t, std::size_t size, void* target) {
    auto& self = *static_cast<Transfer*>(target);
    long status = 0;
    curl_easy_getinfo(self.curl, CURLINFO_RESPONSE_CODE, &status);
    if (self.options.sink && status / 100 == 2) {
      self.paused = !self.options.sink->Put(static_cast<int>(status), {data, size});
      return self.paused ? CURL_WRITEFUNC_PAUSE : size;
    }
    if (self.answer.body.size() + size > self.options.body_bytes_max) {
      self.too_long = true;
      return 0;
    }
    self.answer.body.append(data, size);
    return size;
  }

  static std::size_t OnRead(char* data, std::size_t, std::size_t size, void* target) {
    auto& self = *static_cast<Transfer*>(target);
    const auto filled = self.request.body.ReadAt(self.sent, {data, size});
    if (!filled.ok()) return CURL_READFUNC_ABORT;
    self.sent += *filled;
    return *filled;
  }

  // What a callback gives, or `failed` when it threw: libcurl is C, which no
  // exception may pass.
  template <auto callback, std::size_t failed>
  static std::size_t Caught(char* data, std::size_t one, std::size_t size, void* target) {
    std::size_t result = failed;
    threads::Try([&] { result = callback(data, one, size, target); });
    return result;
  }

  static int OnSeek(void* target, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(target)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  void SetUp(const NetworkOptions& times);
  void SetUpMethod();
  Status Failure(CURLcode code) const;
};

void Network::Transfer::SetUpMethod() {
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, (&Caught<&OnRead, CURL_READFUNC_ABORT>));
    curl_easy_setopt(curl, CURLOPT_READDATA, this);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, &OnSeek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, this);
  }
}

void Network::Transfer::SetUp(const NetworkOptions& times) {
  curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // No redirect is followed: a signature is for one host.
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  if (request.direct) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  // OpenSSL's variable, which libcurl does not read; then nobody else is trusted.
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  for (const std::string& line : request.headers)
    headers = curl_slist_append(headers, line.c_str());
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  const auto stall = static_cast<long>(std::max<std::int64_t>(1, times.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(times.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall);
  if (!options.sink && request.body.empty())
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(times.connect_timeout.count()) + kSpansMax * stall * 1000);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, (&Caught<&OnHeader, 0>));
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, (&Caught<&OnBody, 0>));
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  SetUpMethod();
}

Status Network::Transfer::Failure(CURLcode code) const {
  if (too_long) return absl::UnavailableError("the answer is too long");
  const std::string text = *error != '\0' ? error : curl_easy_strerror(code);
  return MayHelpAgain(code) ? absl::AbortedError(text) : absl::UnavailableError(text);
}

Network::Network(const NetworkOptions& options)
    : options_(options), multi_(std::make_unique<Multi>()) {
  curl_multi_setopt(multi_->handle, CURLMOPT_MAXCONNECTS, kConnectionsKept);
}

Network::~Network() { Stop(); }

void Network::Wake() { curl_multi_wakeup(multi_->handle); }

Network::Ticket Network::Send(Make make, Done done, SendOptions options) {
  auto transfer = std::make_unique<Transfer>();
  transfer->make = std::move(make);
  transfer->options = std::move(options);
  transfer->due = Clock::now() + transfer->options.delay;
  Status refused;
  Ticket ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refused = Stopped();
    } else if (count_ >= options_.transfers_max) {
      refused = absl::UnavailableError("too many requests to S3 are under way");
    } else {
      ++count_;
      ticket = transfer->ticket = ++last_ticket_;
      transfer->done = std::move(done);
      sent_.push_back(std::move(transfer));
      // Only those who use S3 have the thread.
      if (!thread_.joinable())
        thread_ = std::thread([this] { threads::RunLasting([this] { Run(); }); });
    }
  }
  if (!refused.ok()) {
    done(refused);
  } else {
    Wake();
  }
  return ticket;
}

void Network::Resume(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  resumed_.push_back(ticket);
  Wake();
}

void Network::Cancel(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  cancelled_.push_back(ticket);
  Wake();
}

void Network::Stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
    Wake();
  }
  if (thread.joinable()) thread.join();
}

void Network::Run() {
  while (TakeCommands()) {
    const Clock::time_point next = BeginDue();
    int running = 0;
    curl_multi_perform(multi_->handle, &running);
    FinishEnded();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    const auto bounded = std::clamp(wait, std::chrono::milliseconds(0), kIdlePoll);
    curl_multi_poll(multi_->handle, nullptr, 0, static_cast<int>(bounded.count()), nullptr);
  }
  EndAll();
}

// False when the thread is to end.
bool Network::TakeCommands() {
  std::vector<std::unique_ptr<Transfer>> sent;
  std::vector<Ticket> resumed;
  std::vector<Ticket> cancelled;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    sent.swap(sent_);
    resumed.swap(resumed_);
    cancelled.swap(cancelled_);
    stopping = stopping_;
  }
  for (auto& transfer : sent) {
    const Ticket ticket = transfer->ticket;
    if (threads::Try([&] { transfers_.try_emplace(ticket); })) {
      transfers_.find(ticket)->second = std::move(transfer);
    } else {
      End(*transfer, Status(absl::StatusCode::kInternal, ""));
    }
  }
  for (const Ticket ticket : cancelled) {
    if (transfers_.erase(ticket) > 0) {
      const std::lock_guard lock(mutex_);
      --count_;
    }
  }
  for (const Ticket ticket : resumed) {
    const auto found = transfers_.find(ticket);
    if (found == transfers_.end() || !found->second->paused) continue;
    found->second->paused = false;
    curl_easy_pause(found->second->curl, CURLPAUSE_CONT);
  }
  return !stopping;
}

// Begins what is due; says when to look again.
Network::Clock::time_point Network::BeginDue() {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = now + kIdlePoll;
  for (auto& [ticket, transfer] : transfers_) {
    if (transfer->curl != nullptr) continue;
    if (transfer->due > now) {
      next = std::min(next, transfer->due);
    } else {
      Begin(*transfer);
    }
  }
  return next;
}

void Network::Begin(Transfer& transfer) {
  transfer.curl = curl_easy_init();
  if (transfer.curl == nullptr) return;  // tried again
  const bool ready = threads::Try([&] {
    transfer.request = transfer.make();
    transfer.SetUp(options_);
  });
  if (ready && curl_multi_add_handle(multi_->handle, transfer.curl) == CURLM_OK) {
    transfer.multi = multi_->handle;
  } else {
    transfer.Release();
  }
}

void Network::FinishEnded() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_->handle, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* target = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &target);
    const auto found = transfers_.find(reinterpret_cast<Transfer*>(target)->ticket);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    long status = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = static_cast<int>(status);
    // A server may refuse what it has not read to the end, and close.
    const bool answered = code == CURLE_OK || (MayHelpAgain(code) && status >= 400);
    StatusOr<WireAnswer> outcome = Status(absl::StatusCode::kInternal, "");
    threads::Try([&] {
      outcome =
          answered ? StatusOr<WireAnswer>(std::move(transfer->answer)) : transfer->Failure(code);
    });
    End(*transfer, std::move(outcome));
  }
}

void Network::End(const Transfer& transfer, StatusOr<WireAnswer> outcome) {
  {
    const std::lock_guard lock(mutex_);
    --count_;
  }
  // Somebody may wait for it: what fails on its way there is told once more.
  if (!threads::Try([&] { transfer.done(std::move(outcome)); }))
    threads::Try([&] { transfer.done(Status(absl::StatusCode::kInternal, "")); });
}

void Network::EndAll() {
  auto transfers = std::move(transfers_);
  transfers_.clear();
  for (auto& [ticket, transfer] : transfers) End(*transfer, Stopped());
  // What came in the last moment.
  std::vector<std::unique_ptr<Transfer>> sent;
  {
    const std::lock_guard lock(mutex_);
    sent.swap(sent_);
  }
  for (auto& transfer : sent) End(*transfer, Stopped());
}

}  // namespace sluice::s3
