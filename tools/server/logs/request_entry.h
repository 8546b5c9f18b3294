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

// What rows tell of a request. Views it.
struct RequestNote {
  std::string_view method;
  std::string_view target;
  std::string_view path;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view peer_ip;
  std::chrono::steady_clock::time_point begin;
};
RequestNote NoteOf(const http::Request& request, std::chrono::steady_clock::time_point begin);

// The same of its answer; of a failure the body is kept as well.
struct AnswerNote {
  int status = 0;
  std::string error_body;
  std::chrono::steady_clock::time_point end;
};
AnswerNote NoteOf(const http::Response& response);

// Who asked, as far as rows tell.
struct AskerNote {
  std::string_view collection_name;  // empty: a guest
  std::string_view record_id;
  std::string ip;  // behind proxies
};

// Nothing for what is not logged: by the settings, and successes of some routes.
// The row views `text`, whose memory may serve any number of rows in turn.
std::optional<store::LogRow> LogRowOf(const RequestNote& request, const AnswerNote& answer,
                                      const AskerNote& asker, const store::LogsSettings& settings,
                                      std::string& text);

}  // namespace sluice::logs
