// Tested by tests/server/logs_test.cc.
#include "tools/server/api/activity.h"

#include <string>

#include "sluice/thread_owned.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/threads/guard.h"

namespace sluice::api {
namespace {

void AppendRow(const LoggedCall& call) {
  struct RowText {
    std::string text;
  };
  const logs::AnswerNote& answer = call.activity->answer();
  // Nobody was answered: the server is being stopped.
  if (answer.status == 0 || call.snapshot == nullptr) return;
  logs::AskerNote asker;
  if (call.auth) {
    asker.collection_name = call.auth->principal.collection_name;
    asker.record_id = call.auth->principal.record_id;
  }
  asker.ip = ClientIp(call);
  const std::optional<store::LogRow> row =
      logs::LogRowOf(logs::NoteOf(call.request, call.activity->begin()), answer, asker,
                     call.snapshot->settings.logs, ThreadOwned<RowText>().text);
  if (row) call.parts.activity->Append(*row);
}

}  // namespace

void Activity::Answer(http::Response response) {
  // Without memory to note it the answer goes out all the same.
  threads::Try([&] { answer_ = logs::NoteOf(response); });
  responder_.Send(std::move(response));
}

// Without memory there is no row.
LoggedCall::~LoggedCall() {
  threads::Try([this] { AppendRow(*this); });
}

}  // namespace sluice::api
