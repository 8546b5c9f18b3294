// Builds store, router and server. Tested by tests/server/app_test.cc.
#include "tools/server/app.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include "sluice/binder.h"
#include "sluice/sql.h"
#include "tools/server/api/metrics.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/crons/built_in.h"
#include "tools/server/editions/editor.h"
#include "tools/server/files/local_file_store.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/http/redirect.h"
#include "tools/server/http/server_options.h"
#include "tools/server/settings/save.h"

namespace sluice {

// The parts under a name that app.h need not know.
struct App::Parts : api::ServerParts {
  bool has_superuser = false;
  std::shared_ptr<http::TlsCertificate> certificate;
  std::unique_ptr<http::Server> redirects;
  std::unique_ptr<http::Server> metrics;
};

namespace {

constexpr std::size_t kTransferThreads = 16;
constexpr std::size_t kTransferQueueMax = 256;
constexpr auto kRemovalPatience = std::chrono::milliseconds(1000);

// S-107.
bool HasSuperuser(const store::Snapshot& snapshot, store::Connection& connection) {
  const Collection* superusers = snapshot.schema->Find("_superusers");
  if (superusers == nullptr) return false;
  Query query;
  query.collection = superusers;
  const StatusOr<Plan> plan = Bind(query, *snapshot.schema, {.filter_mode = BindMode::kOpen});
  if (!plan.ok()) return false;
  SelectOptions options;
  options.columns = {"email"};
  StatusOr<store::Statement*> statement =
      connection.Prepare(SelectRows(*plan, Sqlite(), options).text);
  if (!statement.ok()) return false;
  const store::StatementUse use(*statement);
  for (StatusOr<bool> row = use->Step(); row.ok() && *row; row = use->Step()) {
    if (use->Column(0).text != "__pbinstaller@example.com") return true;
  }
  return false;
}

constexpr std::chrono::milliseconds kRedirectDrain{1000};
constexpr std::size_t kMetricsConnectionsMax = 64;
constexpr std::size_t kLoggedTargetMax = 3000;

http::ServerOptions OptionsOf(const ServerConfig& config, const ListenAddress& at) {
  http::ServerOptions options;
  options.address = at.address;
  options.port = at.port;
  options.io_threads = config.io_threads;
  options.reuse_port = config.reuse_port;
  options.connections_max = config.limits.connections_max;
  options.handshake_timeout = config.limits.handshake_timeout;
  options.head_timeout = config.limits.head_timeout;
  options.body_timeout = config.limits.body_timeout;
  options.write_timeout = config.limits.write_timeout;
  options.idle_timeout = config.limits.idle_timeout;
  // On the disk where uploads end up; the system's folder for temporary files
  // may be memory.
  options.spool_folder = config.folder;
  return options;
}

// The certificate of HTTPS; those read later are told to the log.
StatusOr<std::shared_ptr<http::TlsCertificate>> LoadCertificate(const ServerConfig& config,
                                                                const observe::LogSink& log) {
  return http::TlsCertificate::Load(
      {config.tls_certificate_file, config.tls_key_file}, [&log](const Status& status) {
        if (status.ok()) return log.Write(observe::LogLevel::kInfo, "read the certificate again");
        log.Failure(observe::LogLevel::kError, "the old certificate stays", status, "");
      });
}

// Writes a line for each answer.
void LogAnswer(const observe::LogSink& log, const http::AnswerNote& note) {
  const double millis = std::chrono::duration<double, std::milli>(note.latency).count();
  log.Write(observe::LogLevel::kDebug, "request",
            {{"method", note.method.empty() ? "-" : note.method},
             {"url", note.target.empty() ? "-" : note.target.substr(0, kLoggedTargetMax)},
             {"status", std::int64_t{note.status}},
             {"ms", std::round(millis * 1000) / 1000},
             {"bytes", static_cast<std::int64_t>(note.bytes)},
             {"ip", note.peer_ip}});
}

}  // namespace

// Listens everywhere the configuration says; from here on requests are answered.
Status App::Listen(std::shared_ptr<http::Router> router) {
  const ServerConfig& config = parts_->config;
  const ListenAddress plain{config.address, config.port};
  http::ServerOptions options = OptionsOf(config, config.https.value_or(plain));
  options.tls = parts_->certificate;
  if (config.errors != editions::Edition::kPeer)
    options.editor = std::make_shared<editions::Editor>(config.errors);
  const observe::LogSink& log = parts_->log;
  if (log.Writes(observe::LogLevel::kDebug)) {
    options.on_answer = [&log](const http::AnswerNote& note) { LogAnswer(log, note); };
  }
  SLUICE_ASSIGN_OR_RETURN(parts_->server, http::Server::Start(options, std::move(router)));
  if (config.https && config.redirect) {
    http::ServerOptions redirect = OptionsOf(config, plain);
    redirect.io_threads = 1;
    SLUICE_ASSIGN_OR_RETURN(
        parts_->redirects,
        http::Server::Start(redirect, std::make_shared<http::HttpsRedirect>(port())));
  }
  if (config.metrics) {
    http::ServerOptions figures = OptionsOf(config, *config.metrics);
    figures.io_threads = 1;
    figures.connections_max = kMetricsConnectionsMax;
    SLUICE_ASSIGN_OR_RETURN(parts_->metrics,
                            http::Server::Start(figures, api::MetricsRouter(*parts_)));
  }
  return absl::OkStatus();
}

std::vector<std::string> FindHooks(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  const fs::path beside = fs::absolute(folder, error).lexically_normal();
  const fs::path parent =
      beside.filename().empty() ? beside.parent_path().parent_path() : beside.parent_path();
  for (const auto& entry : fs::directory_iterator(parent / "pb_hooks", error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > 6 && (name.ends_with(".pb.js") || name.ends_with(".pb.ts")))
      found.push_back(entry.path().string());
  }
  for (const auto& entry : fs::directory_iterator(parent / "pb_migrations", error)) {
    found.push_back(entry.path().string());
    break;  // one names them all
  }
  return found;
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() {
  // Removals on S3 that are nearly done; the rest is given up, as is all else that
  // waits for it.
  parts_->remover->Drain(kRemovalPatience);
  parts_->remover->DropRemote();
  parts_->s3->Stop();
  parts_->metrics.reset();
  parts_->redirects.reset();
  parts_->server.reset();
  parts_->later.Stop();
  // Refuse what late requests still want of them.
  if (parts_->mailer) parts_->mailer->Stop();
  if (parts_->hashes) parts_->hashes->Stop();
  if (parts_->fetches) parts_->fetches->Stop();
  if (parts_->transfers) parts_->transfers->Stop();
  if (parts_->backups) parts_->backups->Stop();
  if (parts_->crons) parts_->crons->Stop();
  // What the last writes still want of the readers is refused, too.
  parts_->readers->Stop();
  parts_->slow_readers->Stop();
  parts_->writer.reset();
  parts_->readers.reset();
  parts_->slow_readers.reset();
  parts_->backups.reset();
  parts_->realtime.reset();
  parts_->catalog.reset();
}

std::uint16_t App::port() const { return parts_->server->port(); }
bool App::has_superuser() const { return parts_->has_superuser; }
std::uint16_t App::redirect_port() const {
  return parts_->redirects == nullptr ? 0 : parts_->redirects->port();
}

std::uint16_t App::metrics_port() const {
  return parts_->metrics == nullptr ? 0 : parts_->metrics->port();
}

void App::ReloadCertificate() {
  // What came of it is in the log.
  if (parts_->certificate != nullptr) parts_->certificate->Reload().IgnoreError();
}

void App::Stop() {
  const std::chrono::milliseconds drain = parts_->config.drain_timeout;
  parts_->server->Stop(drain);
  if (parts_->redirects) parts_->redirects->Stop(std::min(drain, kRedirectDrain));
}

StatusOr<std::unique_ptr<App>> App::Start(const ServerConfig& config, const Extend& extend) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  parts->log = observe::LogSink(
      observe::LogOptions{config.log_level, config.log_format, config.log_descriptor});
  if (config.https) {
    SLUICE_ASSIGN_OR_RETURN(parts->certificate, LoadCertificate(config, parts->log));
  }
  SLUICE_ASSIGN_OR_RETURN(parts->seal_key,
                          settings::KeyFromEnvironment(config.encryption_environment));
  SLUICE_ASSIGN_OR_RETURN(const bool made, folder::EnsureFolder(config.folder, parts->seal_key));
  if (made) parts->log.Write(observe::LogLevel::kInfo, "made the data folder " + config.folder);
  const std::string path = config.folder + "/data.db";
  store::WriterOptions writing;
  writing.cache_kib = 4096;
  writing.sync_full = config.sync_full;
  SLUICE_ASSIGN_OR_RETURN(parts->writer, store::Writer::Start(path, writing));
  Parts* const raw = parts.get();
  SLUICE_ASSIGN_OR_RETURN(
      parts->catalog,
      store::Catalog::Open(
          config.folder,
          [raw](const Status& status) {
            raw->rate_limiter.Reset();
            if (status.ok())
              return raw->log.Write(
                  observe::LogLevel::kInfo,
                  "collections or settings were changed by another process: reloaded");
            raw->log.Failure(observe::LogLevel::kError,
                             "collections were changed by another process and cannot be loaded; "
                             "the old ones stay",
                             status, "");
          },
          settings::OpenerOf(parts->seal_key),
          {.strict = config.strict, .cost_max = config.cost_max}));
  store::ReaderPoolOptions readers;
  readers.threads = config.query_threads > 0 ? config.query_threads
                                             : std::max<std::size_t>(4, 2 * http::AvailableCores());
  readers.queue_max = config.queue_max;
  readers.cache_kib_total = 4096;
  readers.mmap_bytes = config.mmap_bytes;
  SLUICE_ASSIGN_OR_RETURN(parts->readers, store::ReaderPool::Start(path, readers));
  // What is quick never waits behind what is slow.
  readers.threads = std::max<std::size_t>(2, http::AvailableCores());
  readers.cache_kib_total = 4096;
  readers.nice = 10;
  SLUICE_ASSIGN_OR_RETURN(parts->slow_readers, store::ReaderPool::Start(path, readers));
  store::ConnectionOptions local;
  local.cache_kib = 2048;
  local.mmap_bytes = readers.mmap_bytes;
  parts->local_readers = std::make_unique<store::LocalReaders>(path, local);
  SLUICE_RETURN_IF_ERROR(parts->writer->Run([raw](store::Connection& connection) {
    raw->has_superuser = HasSuperuser(*raw->catalog->current(), connection);
    return absl::OkStatus();
  }));

  parts->s3 = std::make_shared<s3::Network>();
  s3::ClientOptions s3_options;
  s3_options.on_broken = [raw](const Status& status) {
    raw->log.Failure(observe::LogLevel::kError, "a file could not be sent", status, "");
  };
  parts->file_stores = std::make_unique<files::Stores>(
      std::make_shared<const files::LocalFileStore>(
          config.folder + "/storage", files::FileStoreOptions{.flush_folders = config.sync_full}),
      parts->s3, s3_options, config.folder);
  parts->transfers = std::make_unique<oauth2::FetchPool>(
      oauth2::FetchPoolOptions{.threads = kTransferThreads, .queue_max = kTransferQueueMax});
  parts->remover = std::make_unique<files::Remover>([raw](const Status& status) {
    raw->log.Failure(observe::LogLevel::kError, "a file could not be removed", status, "");
  });
  parts->writes = std::make_unique<writes::WriteService>(
      *parts->catalog, *parts->writer, [raw](const std::vector<writes::StoredFile>& files) {
        const files::FileStorePtr store = raw->FilesBy(raw->catalog->current()->settings);
        for (const writes::StoredFile& file : files) {
          raw->remover->Remove({.store = store,
                                .collection_id = file.collection_id,
                                .record_id = file.record_id,
                                .name = file.name,
                                .kept = file.kept});
        }
      });

  SLUICE_ASSIGN_OR_RETURN(parts->activity, logs::ActivityLog::Start(config.folder, {}));
  SLUICE_ASSIGN_OR_RETURN(parts->realtime, realtime::Hub::Start(*parts->catalog, path, {}));
  parts->writes->SetListener([raw](const auto& snapshot, const auto& events) {
    raw->realtime->Publish(snapshot, events);
  });
  parts->backups = std::make_unique<backups::Backups>(
      config.folder, backups::BackupOptions{.on_restore = config.on_restore,
                                            .store = [raw] { return raw->Backups(); }});
  parts->crons =
      std::make_unique<crons::Scheduler>([raw](std::string_view id, const Status& status) {
        raw->log.Failure(observe::LogLevel::kError, id, status, "");
      });
  SLUICE_RETURN_IF_ERROR(crons::AddBuiltInJobs(
      *parts->crons, {config.folder, *parts->catalog, *parts->writes, *parts->activity}));
  parts->hashes = std::make_unique<login::HashPool>();
  parts->fetches = std::make_unique<oauth2::FetchPool>();
  parts->mailer = mail::Mailer::Start({.folder = config.mail_folder});

  auto router = std::make_shared<http::Router>(http::CorsPolicy(config.origins));
  api::AddHealthRoutes(*parts, *router);
  api::AddRecordRoutes(*parts, *router);
  api::AddBatchRoutes(*parts, *router);
  api::AddFileRoutes(*parts, *router);
  api::AddStaticRoutes(*parts, *router);
  api::AddCollectionRoutes(*parts, *router);
  api::AddRealtimeRoutes(*parts, *router);
  api::AddLogRoutes(*parts, *router);
  api::AddCronRoutes(*parts, *router);
  api::AddSqlRoutes(*parts, *router);
  api::AddBackupRoutes(*parts, *router);
  api::AddSettingsRoutes(*parts, *router);
  api::AddAuthRoutes(*parts, *router);
  api::AddOAuth2Routes(*parts, *router);
  if (extend) SLUICE_RETURN_IF_ERROR(extend(*parts, *router));
  std::unique_ptr<App> app(new App(std::move(parts)));
  SLUICE_RETURN_IF_ERROR(app->Listen(std::move(router)));
  app->parts_->crons->Start();
  return app;
}

}  // namespace sluice
