#include "tests/support/postgres_server.h"

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <libpq-fe.h>

namespace sluice {
namespace {

constexpr int kStartTries = 600;
constexpr std::chrono::milliseconds kStartPause{50};

std::string Program(const std::string& name) {
  return std::string(SLUICE_POSTGRES_BINDIR) + "/" + name;
}

std::string Connect(const std::string& folder) {
  return "host=" + folder + " user=sluice dbname=postgres";
}

// In the child: what the server does is written to `log`.
[[noreturn]] void Become(const std::vector<std::string>& command, const std::string& log,
                         const passwd* user) {
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  if (user != nullptr) {
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
      _exit(126);
  }
  // No server outlives a test that crashed.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  std::vector<char*> arguments;
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& log, const passwd* user) {
  const pid_t pid = fork();
  if (pid == 0) Become(command, log, user);
  return pid;
}

}  // namespace

StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start() {
  const passwd* user = nullptr;
  if (geteuid() == 0) {
    user = getpwnam("postgres");
    if (user == nullptr)
      return absl::FailedPreconditionError("there is no user `postgres` to run the server as");
  }
  std::string folder = (std::filesystem::temp_directory_path() / "sluice-pg-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return absl::InternalError("no temporary folder");
  std::unique_ptr<PostgresServer> server(new PostgresServer);
  server->folder_ = folder;
  if (user != nullptr && chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
    return absl::InternalError("chown");
  const std::string log = folder + "/log";
  const std::string data = folder + "/data";
  const pid_t init = Spawn({Program("initdb"), "-D", data, "-U", "sluice", "-A", "trust", "-E",
                            "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                           log, user);
  int result = 0;
  if (waitpid(init, &result, 0) != init || result != 0)
    return absl::InternalError("initdb failed, see " + log);
  server->pid_ = Spawn({Program("postgres"), "-D", data, "-k", folder, "-h", "", "-F", "-c",
                        "full_page_writes=off", "-c", "shared_buffers=16MB", "-c",
                        "max_connections=10", "-c", "jit=off", "-c", "timezone=UTC"},
                       log, user);
  for (int i = 0; i < kStartTries; ++i) {
    if (PQping(Connect(folder).c_str()) == PQPING_OK) return server;
    if (waitpid(server->pid_, &result, WNOHANG) == server->pid_) {
      server->pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(kStartPause);
  }
  return absl::InternalError("the server did not start, see " + log);
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) {
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresServer& server) {
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(PQconnectdb(Connect(server.folder()).c_str())));
  if (PQstatus(connection->connection_) != CONNECTION_OK)
    return absl::InternalError(PQerrorMessage(connection->connection_));
  SLUICE_RETURN_IF_ERROR(connection->Execute("SET client_min_messages = warning"));
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

Status PostgresConnection::Execute(const std::string& sql) {
  PGresult* result = PQexec(connection_, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  PQclear(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return absl::OkStatus();
  return absl::InternalError(PQerrorMessage(connection_));
}

StatusOr<std::vector<std::vector<PostgresConnection::Cell>>> PostgresConnection::Query(
    const std::string& sql, const std::vector<Cell>& parameters) {
  PGresult* prepared = PQprepare(connection_, "", sql.c_str(), 0, nullptr);
  const bool fits = PQresultStatus(prepared) == PGRES_COMMAND_OK;
  PQclear(prepared);
  if (!fits) return absl::InternalError(PQerrorMessage(connection_));
  std::vector<const char*> values;
  for (const Cell& cell : parameters) values.push_back(cell ? cell->c_str() : nullptr);
  PGresult* result = PQexecPrepared(connection_, "", static_cast<int>(values.size()), values.data(),
                                    nullptr, nullptr, 0);
  const ExecStatusType status = PQresultStatus(result);
  std::vector<std::vector<Cell>> rows;
  for (int i = 0; i < PQntuples(result); ++i) {
    std::vector<Cell> row;
    for (int j = 0; j < PQnfields(result); ++j) {
      row.push_back(PQgetisnull(result, i, j) ? Cell() : Cell(PQgetvalue(result, i, j)));
    }
    rows.push_back(std::move(row));
  }
  PQclear(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    return absl::InternalError(PQerrorMessage(connection_));
  return rows;
}

}  // namespace sluice
