// What the server is made of, and the ways from a route to a handler. Each
// feature's routes are in a file of their own beside this one.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "tools/server/api/call.h"
#include "tools/server/api/later.h"
#include "tools/server/api/probe_guard.h"
#include "tools/server/backups/backups.h"
#include "tools/server/config.h"
#include "tools/server/crons/scheduler.h"
#include "tools/server/files/remover.h"
#include "tools/server/files/stores.h"
#include "tools/server/http/router.h"
#include "tools/server/http/server.h"
#include "tools/server/login/hash_pool.h"
#include "tools/server/login/throttle.h"
#include "tools/server/logs/activity_log.h"
#include "tools/server/mail/mailer.h"
#include "tools/server/oauth2/apple_names.h"
#include "tools/server/oauth2/fetch_pool.h"
#include "tools/server/observe/log_sink.h"
#include "tools/server/realtime/hub.h"
#include "tools/server/settings/rate_limiter.h"
#include "tools/server/settings/seal.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/local_readers.h"
#include "tools/server/store/reader_pool.h"
#include "tools/server/store/writer.h"
#include "tools/server/writes/service.h"

namespace sluice::api {

// Where the rate limit of a route is asked: before the handler, or by the
// handler once it knows the collection.
enum class RateLimit : std::uint8_t { kBeforeHandler, kByHandler };

// Where a route's handler runs: on a query thread, or at once on the thread that
// has read the request. There it has a millisecond; what turns out to take more
// is begun anew on a thread for slow ones, so it must not have had any effect.
enum class Lane : std::uint8_t { kQueryThread, kAtOnce };

// Members are made in this order and ended in the reverse one. All methods are
// safe from any thread.
struct ServerParts {
  // A handler that answers at once, on a query thread.
  using Handler = StatusOr<http::Response> (*)(ServerParts&, Call&);
  // A handler that answers later, by Answer(), once its status was OK; a
  // failure is answered for it.
  using LaterHandler = std::function<Status(ServerParts&, const CallPtr&)>;

  ServerConfig config;
  observe::LogSink log{observe::LogLevel::kInfo};
  settings::SealKey seal_key;
  settings::RateLimiter rate_limiter;
  ProbeGuard probes;
  // Conversations with S3, and the stores of files that may be there.
  std::shared_ptr<s3::Network> s3;
  std::unique_ptr<files::Stores> file_stores;
  std::unique_ptr<files::Remover> remover;
  std::unique_ptr<logs::ActivityLog> activity;
  std::unique_ptr<store::Catalog> catalog;
  std::unique_ptr<realtime::Hub> realtime;
  std::unique_ptr<store::Writer> writer;
  std::unique_ptr<writes::WriteService> writes;
  std::unique_ptr<store::ReaderPool> readers;
  std::unique_ptr<store::ReaderPool> slow_readers;
  std::unique_ptr<store::LocalReaders> local_readers;
  login::Throttle mail_throttle;
  std::unique_ptr<login::HashPool> hashes;
  oauth2::AppleNames apple_names;
  std::unique_ptr<oauth2::FetchPool> fetches;
  // Threads that wait for S3, apart from those that answer requests.
  std::unique_ptr<oauth2::FetchPool> transfers;
  std::unique_ptr<mail::Mailer> mailer;
  Later later;
  std::unique_ptr<backups::Backups> backups;
  std::unique_ptr<crons::Scheduler> crons;
  std::unique_ptr<http::Server> server;

  // 429 when the caller asked too often; `collection` is null for routes that
  // are of none. The first tag with a rule counts.
  Status LimitRate(const Call& call, const Collection* collection,
                   std::vector<std::string_view> tags);
  // The same of a part of a batch, which stands for `request`.
  Status LimitRate(const Call& call, const Collection* collection,
                   std::vector<std::string_view> tags, const http::Request& request);

  http::Handler OnQueryThread(Handler handler, RateLimit limit = RateLimit::kBeforeHandler,
                              Lane lane = Lane::kQueryThread);
  http::Handler OnQueryThreadLater(LaterHandler handler,
                                   RateLimit limit = RateLimit::kBeforeHandler,
                                   Lane lane = Lane::kQueryThread);

  // Takes the newest snapshot, and the caller by it. False when the call is
  // answered: a superuser from an address that is not listed (S-82). On a query
  // thread.
  bool Begin(Call& call);

  // Goes on with a call on a query thread, with its limits of time and its
  // client's patience. A full queue is answered 503.
  void Resume(const CallPtr& call, std::function<void(ServerParts&, const CallPtr&)> next);
  // The same for a call that has given up in Lane::kAtOnce, on the threads for
  // slow ones. Its rate was limited already.
  void ResumeSlowly(const CallPtr& call, std::function<void(ServerParts&, const CallPtr&)> next);

  // Answers a call on a thread that may wait for S3; the call's connection is not
  // to be used there. 503 when too many wait.
  Status Wait(const CallPtr& call, std::function<StatusOr<http::Response>()> work);

  // Where files of records are, by those settings.
  files::FileStorePtr FilesBy(const store::Settings& settings) const;
  // Where backups are now; null: in the folder.
  backups::BackupStorePtr Backups() const;

  // The answer to a call, with failures logged.
  void Answer(Call& call, StatusOr<http::Response> answer);

 private:
  void ResumeOn(store::ReaderPool& pool, const CallPtr& call,
                std::function<void(ServerParts&, const CallPtr&)> next);
};

// One for each feature; called once at start.
void AddHealthRoutes(ServerParts& parts, http::Router& router);
void AddRecordRoutes(ServerParts& parts, http::Router& router);
void AddBatchRoutes(ServerParts& parts, http::Router& router);
void AddFileRoutes(ServerParts& parts, http::Router& router);
void AddStaticRoutes(ServerParts& parts, http::Router& router);
void AddCollectionRoutes(ServerParts& parts, http::Router& router);
void AddRealtimeRoutes(ServerParts& parts, http::Router& router);
void AddLogRoutes(ServerParts& parts, http::Router& router);
void AddCronRoutes(ServerParts& parts, http::Router& router);
void AddBackupRoutes(ServerParts& parts, http::Router& router);
void AddSqlRoutes(ServerParts& parts, http::Router& router);
void AddSettingsRoutes(ServerParts& parts, http::Router& router);
void AddAuthRoutes(ServerParts& parts, http::Router& router);
void AddOAuth2Routes(ServerParts& parts, http::Router& router);

}  // namespace sluice::api
