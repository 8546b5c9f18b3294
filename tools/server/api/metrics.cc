// Tested by tests/operate/test_metrics.py.
#include "tools/server/api/metrics.h"

#include <filesystem>

#include "tools/server/api/server_parts.h"
#include "tools/server/observe/exposition.h"

namespace sluice::api {
namespace {

using observe::Exposition;

double Number(std::uint64_t value) { return static_cast<double>(value); }

void ExposeRequests(const http::Traffic& traffic, const std::vector<http::RouteName>& names,
                    Exposition& out) {
  const auto for_each = [&](const auto& visit) {
    for (std::size_t i = 0; i < traffic.routes.size(); ++i) {
      const bool is_route = i > 0 && i <= names.size();
      visit(traffic.routes[i], is_route ? names[i - 1].method : "other",
            is_route ? names[i - 1].pattern : "other");
    }
  };
  out.Counter("sluice_http_requests_total",
              "Answers by route and status; the route other: no route, or no HTTP.");
  for_each(
      [&](const http::RouteTraffic& route, const std::string& method, const std::string& pattern) {
        for (std::size_t i = 0; i < route.statuses.size(); ++i) {
          if (route.statuses[i] == 0) continue;
          const bool counted = i < http::kCountedStatuses.size();
          out.Sample(Number(route.statuses[i]),
                     {{"method", method},
                      {"route", pattern},
                      {"status", counted ? std::to_string(http::kCountedStatuses[i]) : "other"}});
        }
      });
  out.Histogram("sluice_http_request_duration_seconds",
                "Time from a complete request to the beginning of its answer.");
  for_each(
      [&](const http::RouteTraffic& route, const std::string& method, const std::string& pattern) {
        std::uint64_t count = 0;
        for (const std::uint64_t step : route.latencies) count += step;
        if (count == 0) return;
        out.Steps(http::kLatencySteps, route.latencies, Number(route.latency_micros) / 1e6,
                  {{"method", method}, {"route", pattern}});
      });
}

void ExposeConnections(const http::Traffic& traffic, const http::ServerOptions& options,
                       Exposition& out) {
  out.Gauge("sluice_http_connections", "Open connections, idle ones included.");
  out.Sample(Number(traffic.connections));
  out.Gauge("sluice_http_connections_max", "Connections that are allowed.");
  out.Sample(Number(options.connections_max));
  out.Counter("sluice_http_connections_accepted_total", "Connections that were served.");
  out.Sample(Number(traffic.accepted));
  out.Counter("sluice_http_connections_refused_total", "Connections beyond the limit.");
  out.Sample(Number(traffic.refused));
  out.Counter("sluice_http_timeouts_total", "Connections closed, by what took too long.");
  for (std::size_t i = 0; i < traffic.timeouts.size(); ++i) {
    out.Sample(Number(traffic.timeouts[i]), {{"what", http::kTimeoutNames[i]}});
  }
  out.Counter("sluice_http_received_bytes_total", "Bytes of requests, without those of TLS.");
  out.Sample(Number(traffic.bytes_in));
  out.Counter("sluice_http_sent_bytes_total", "Bytes of answers, without those of TLS.");
  out.Sample(Number(traffic.bytes_out));
  out.Gauge("sluice_http_body_bytes", "Bodies of requests held in memory.");
  out.Sample(Number(traffic.buffered_bytes));
  out.Counter("sluice_tls_handshakes_total", "Handshakes of TLS by how they ended.");
  out.Sample(Number(traffic.handshakes), {{"result", "ok"}});
  out.Sample(Number(traffic.handshakes_failed), {{"result", "failed"}});
}

void ExposeQueues(ServerParts& parts, Exposition& out) {
  // TODO: those of the query threads and of the writer, and hits and misses of their statements,
  // once the store counts them.
  out.Gauge(
      "sluice_queue_depth",
      "What waits: passwords to be hashed, mails, requests to other servers, rows of the log, "
      "events for subscribers.");
  out.Sample(Number(parts.hashes->waiting()), {{"queue", "passwords"}});
  out.Sample(Number(parts.mailer->waiting()), {{"queue", "mails"}});
  out.Sample(Number(parts.fetches->waiting()), {{"queue", "fetches"}});
  out.Sample(Number(parts.activity->waiting()), {{"queue", "log"}});
  out.Sample(Number(parts.realtime->waiting()), {{"queue", "events"}});
}

void ExposeStore(ServerParts& parts, Exposition& out) {
  const store::WriterCounts writes = parts.writer->counts();
  out.Counter("sluice_writer_jobs_total", "Writes that ended, done or undone.");
  out.Sample(Number(writes.jobs));
  out.Counter("sluice_writer_groups_total", "Commits; writes that waited together share one.");
  out.Sample(Number(writes.commits));
  out.Counter("sluice_writer_repeated_total", "Writes done again as another one undid them.");
  out.Sample(Number(writes.repeated));
  out.Gauge("sluice_database_bytes", "Sizes of the files of the data folder's databases.");
  for (const char* name : {"data.db", "data.db-wal", "auxiliary.db", "auxiliary.db-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(parts.config.folder + "/" + name, error);
    out.Sample(error ? 0 : Number(size), {{"file", name}});
  }
}

void ExposeOthers(ServerParts& parts, Exposition& out) {
  out.Gauge("sluice_realtime_subscribers", "Clients connected to /api/realtime.");
  out.Sample(Number(parts.realtime->clients()));
  out.Counter("sluice_realtime_evaluations_total", "Rules and filters asked for subscribers.");
  out.Sample(Number(parts.realtime->evaluations()));
  out.Counter("sluice_log_rows_dropped_total", "Rows of the request log that found no room.");
  out.Sample(Number(parts.activity->dropped()));
  out.Counter("sluice_log_lines_lost_total", "Lines for the operator that could not be written.");
  out.Sample(Number(parts.log.lost()));
  out.Gauge("sluice_build_info", "Versions.");
  out.Sample(1, {{"version", SLUICE_VERSION}, {"sqlite", store::SqliteVersion()}});
}

}  // namespace

std::shared_ptr<http::Router> MetricsRouter(ServerParts& parts) {
  auto router = std::make_shared<http::Router>(http::CorsPolicy({}));
  router->Add("GET", "/metrics", [&parts](const http::Request&, http::Responder responder) {
    Exposition out;
    const http::Traffic traffic = parts.server->traffic();
    ExposeRequests(traffic, parts.server->routes(), out);
    ExposeConnections(traffic, parts.server->options(), out);
    ExposeQueues(parts, out);
    ExposeStore(parts, out);
    ExposeOthers(parts, out);
    observe::ExposeProcess(out);
    http::Response response;
    response.common_headers = http::CommonHeaders::kNone;
    response.headers.Add("Content-Type", observe::kExpositionType);
    response.body = std::move(out).Take();
    responder.Send(std::move(response));
  });
  return router;
}

}  // namespace sluice::api
