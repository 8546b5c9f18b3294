#include "tests/faults/request_kinds.h"

#include <memory>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "gtest/gtest.h"

namespace sluice::faults {
namespace {

constexpr char kNotes[] = "/api/collections/notes/records";

// Any bytes on a connection of their own; the status is 0 when it broke.
ApiAnswer AskRaw(std::uint16_t port, const std::string& bytes) {
  http::Client client(port, kPatienceMillis);
  if (!client.Send(bytes)) return {};
  const std::string answer = client.ReadAnswer();
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string::npos) return {client.timed_out() ? kNoAnswer : 0, ""};
  return {std::atoi(answer.c_str() + 9), answer.substr(head + 4)};
}

class Requests {
 public:
  Requests(const std::string& token, Owed& owed) : token_(token), owed_(owed) {}

  ApiAnswer Ask(std::uint16_t port, const char* method, const std::string& target,
                const std::string& body = "") {
    ApiClient client(port, token_, kPatienceMillis);
    ApiAnswer answer = client.Ask(method, target, body);
    if (client.timed_out()) answer.status = kNoAnswer;
    return answer;
  }

  ApiAnswer Create(std::uint16_t port) {
    const std::string title = NextTitle();
    const ApiAnswer answer = Ask(port, "POST", kNotes, "{\"title\":\"" + title + "\",\"size\":7}");
    if (answer.status == 200) owed_.titles[TextIn(answer.body, "id")] = title;
    return answer;
  }
  void MakeOne(ApiClient& client) {
    const std::string title = NextTitle();
    one_ = TextIn(client.Ask("POST", kNotes, "{\"title\":\"" + title + "\"}").body, "id");
    owed_.titles[one_] = title;
  }
  ApiAnswer Update(std::uint16_t port) {
    const std::string title = NextTitle();
    const ApiAnswer answer =
        Ask(port, "PATCH", kNotes + ("/" + one_), "{\"title\":\"" + title + "\"}");
    if (answer.status == 200) owed_.titles[one_] = title;
    // Without an answer, or with one of ours that something failed, both may be.
    if (answer.status != 200) owed_.unsure.insert(one_);
    return answer;
  }
  ApiAnswer Delete(std::uint16_t port) {
    owed_.titles.erase(one_);
    const ApiAnswer answer = Ask(port, "DELETE", kNotes + ("/" + one_));
    if (answer.status == 204) owed_.deleted.insert(one_);
    return answer;
  }
  ApiAnswer Batch(std::uint16_t port) {
    const std::string title = NextTitle();
    const std::string one = std::string("{\"method\":\"POST\",\"url\":\"") + kNotes +
                            "\",\"body\":{\"title\":\"" + title + "\"}}";
    const ApiAnswer answer =
        Ask(port, "POST", "/api/batch", "{\"requests\":[" + one + "," + one + "]}");
    if (answer.status != 200) return answer;
    std::size_t at = 0;
    while ((at = answer.body.find("\"id\":\"", at)) != std::string::npos) {
      owed_.titles[answer.body.substr(at + 6, 15)] = title;
      ++at;
    }
    return answer;
  }
  ApiAnswer Upload(std::uint16_t port) {
    const std::string title = NextTitle();
    std::string body = "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n" + title +
                       "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; "
                       "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n" +
                       std::string(20'000, 'x') + "\r\n--b--\r\n";
    const ApiAnswer answer = AskRaw(
        port, std::string("POST ") + kNotes + " HTTP/1.1\r\nHost: a\r\nAuthorization: " + token_ +
                  "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
    if (answer.status == 200) {
      owed_.titles[TextIn(answer.body, "id")] = title;
      file_ = TextIn(answer.body, "id") + "/" + TextIn(answer.body, "file");
    }
    return answer;
  }
  ApiAnswer Download(std::uint16_t port) {
    const ApiAnswer answer = Ask(port, "GET", "/api/files/notes/" + file_);
    if (answer.status == 200) {
      EXPECT_EQ(answer.body, std::string(20'000, 'x'));
    }
    return answer;
  }
  // A stream that was opened is closed again by us.
  ApiAnswer Realtime(std::uint16_t port) {
    http::Client stream(port, kPatienceMillis);
    if (!stream.Send("GET /api/realtime HTTP/1.1\r\nHost: a\r\n\r\n")) return {};
    std::string said = stream.TakeSome();
    if (!said.empty() && !said.starts_with("HTTP/1.1 200"))
      return {std::atoi(said.c_str() + 9), said};
    while (said.find("clientId") == std::string::npos) {
      const std::string more = stream.TakeSome();
      if (more.empty() && stream.timed_out()) return {kNoAnswer, said};
      if (more.empty()) return {said.empty() ? 0 : std::atoi(said.c_str() + 9), said};
      said += more;
    }
    return Ask(
        port, "POST", "/api/realtime",
        "{\"clientId\":\"" + TextIn(said, "clientId") + "\",\"subscriptions\":[\"notes/*\"]}");
  }

 private:
  std::string NextTitle() { return "title " + std::to_string(next_++); }

  const std::string& token_;
  Owed& owed_;
  int next_ = 0;
  std::string one_;
  std::string file_;
};

}  // namespace

std::vector<RequestKind> AllRequests(const std::string& token, Owed& owed) {
  const auto r = std::make_shared<Requests>(token, owed);
  const auto nothing = [](ApiClient&) {};
  const auto one = [r](ApiClient& client) { r->MakeOne(client); };
  const auto get = [r](const char* target) {
    return [r, target](std::uint16_t port) { return r->Ask(port, "GET", target); };
  };
  const auto ask = [r](const char* method, const char* target, const char* body) {
    return [=](std::uint16_t port) { return r->Ask(port, method, target, body); };
  };
  return {
      {"list", nothing,
       get("/api/collections/notes/records?perPage=20&sort=-title&expand=next&filter="
           "title~%22title%22%26%26size%3E%3D0%26%26next.title!=%22x%22")},
      {"view", nothing, get("/api/collections/notes/records/note00000000001?expand=next")},
      {"create", nothing, [r](std::uint16_t port) { return r->Create(port); }},
      {"update", one, [r](std::uint16_t port) { return r->Update(port); }},
      {"delete", one, [r](std::uint16_t port) { return r->Delete(port); }},
      {"batch", nothing, [r](std::uint16_t port) { return r->Batch(port); }},
      {"upload", nothing, [r](std::uint16_t port) { return r->Upload(port); }},
      {"download", nothing, [r](std::uint16_t port) { return r->Download(port); }},
      {"realtime", nothing, [r](std::uint16_t port) { return r->Realtime(port); }},
      {"collections", nothing, get("/api/collections?perPage=5")},
      {"change collection", nothing,
       ask("PATCH", "/api/collections/other", R"({"listRule":"@request.auth.id != ''"})")},
      {"import collections", nothing,
       ask("PUT", "/api/collections/import",
           R"({"collections":[{"name":"imported","type":"base","fields":[]}]})")},
      {"truncate collection", nothing, ask("DELETE", "/api/collections/other/truncate", "")},
      {"query of a view", nothing,
       ask("POST", "/api/collections/meta/dry-run-view", R"({"query":"SELECT id FROM notes"})")},
      {"settings", nothing, get("/api/settings")},
      {"change settings", nothing,
       ask("PATCH", "/api/settings", R"({"meta":{"appName":"faults"}})")},
      {"sql", nothing, ask("POST", "/api/sql", R"({"query":"SELECT count(*) FROM notes"})")},
      {"logs", nothing, get("/api/logs?perPage=3")},
      {"crons", nothing, get("/api/crons")},
      {"run a cron", nothing, ask("POST", "/api/crons/__pbLogsCleanup__", "")},
      {"backup", [](ApiClient& client) { client.Ask("DELETE", "/api/backups/one.zip"); },
       ask("POST", "/api/backups", R"({"name":"one.zip"})"), false},
      {"backups", nothing, get("/api/backups")},
      {"file token", nothing, ask("POST", "/api/files/token", "")},
      {"ways to sign in", nothing, get("/api/collections/users/auth-methods")},
      {"refresh", nothing, ask("POST", "/api/collections/_superusers/auth-refresh", "")},
      {"impersonate", nothing,
       ask("POST", "/api/collections/_superusers/impersonate/superuser000000", "{}")},
      {"password reset", nothing,
       ask("POST", "/api/collections/users/request-password-reset",
           R"({"email":"nobody@example.com"})")},
      {"sign in", nothing,
       ask("POST", "/api/collections/_superusers/auth-with-password",
           R"({"identity":"nobody@example.com","password":"1234567890"})")},
  };
}

void MakeCollections(ApiClient& client) {
  EXPECT_EQ(client.Ask("PATCH", "/api/settings", R"({"batch":{"enabled":true}})").status, 200);
  const ApiAnswer notes = client.Ask("POST", "/api/collections",
                                     R"({"name":"notes","type":"base","listRule":"","fields":[
        {"name":"title","type":"text"},{"name":"size","type":"number"},
        {"name":"file","type":"file","maxSelect":1}]})");
  EXPECT_EQ(notes.status, 200) << notes.body;
  // A relation to itself needs its id.
  boost::json::value made = boost::json::parse(notes.body);
  boost::json::object change;
  change["fields"] = made.at("fields");
  change["fields"].as_array().push_back(
      {{"name", "next"}, {"type", "relation"}, {"maxSelect", 1}, {"collectionId", made.at("id")}});
  const ApiAnswer changed =
      client.Ask("PATCH", "/api/collections/notes", boost::json::serialize(change));
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(client.Ask("POST", "/api/collections", R"({"name":"other","type":"base"})").status,
            200);
  for (int i = 1; i <= 30; ++i) {
    char id[32];
    std::snprintf(id, sizeof id, "note%011d", i);
    EXPECT_EQ(client
                  .Ask("POST", kNotes,
                       std::string("{\"id\":\"") + id + "\",\"title\":\"title\",\"size\":3," +
                           "\"next\":\"" + (i > 1 ? "note00000000001" : "") + "\"}")
                  .status,
              200);
  }
}

void CheckOwed(const WrittenFolder& folder, const Owed& owed) {
  EXPECT_EQ(folder.Ask("PRAGMA integrity_check"), "ok");
  for (const auto& [id, title] : owed.titles) {
    const std::string stored = folder.Ask("SELECT title FROM notes WHERE id = '" + id + "'");
    if (owed.unsure.count(id) > 0) {
      EXPECT_NE(stored, "none") << id;
    } else {
      EXPECT_EQ(stored, title) << id;
    }
  }
  for (const std::string& id : owed.deleted)
    EXPECT_EQ(folder.Ask("SELECT count(*) FROM notes WHERE id = '" + id + "'"), "0") << id;
}

}  // namespace sluice::faults
