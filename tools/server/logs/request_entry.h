// One answered request as a row of the log (S-92, X-102, X-103).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tools/server/http/message.h"
#include "tools/server/store/log_table.h"
#include "tools/server/store/settings.h"

namespace sluice::logs {

inline constexpr std::int64_t kInfoLevel = 0;
inline constexpr std::int64_t kErrorLevel = 8;

// What of a request is kept while it is answered: handlers may take the rest.
struct RequestNote {
  std::string method;
  std::string target;
  std::string path;
  std::string referer;
  std::string user_agent;
  std::string peer_ip;
  std::chrono::steady_clock::time_point begin;
};
RequestNote NoteOf(const http::Request& request);

// The same of its answer; of a failure the body is kept as well.
struct AnswerNote {
  int status = 0;
  std::string error_body;
  std::chrono::steady_clock::time_point end;
};
AnswerNote NoteOf(const http::Response& response);

// Who asked, as far as rows tell.
struct AskerNote {
  std::string collection_name;  // empty: a guest
  std::string record_id;
  std::string ip;  // behind proxies
};

// Nothing for what is not logged: by the settings, and successes of some routes.
std::optional<store::LogRow> LogRowOf(const RequestNote& request, const AnswerNote& answer,
                                      const AskerNote& asker, const store::LogsSettings& settings);

}  // namespace sluice::logs
