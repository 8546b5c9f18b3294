// Tested by tests/server/logs_test.cc.
#include "tools/server/api/activity.h"

#include <utility>

#include "tools/server/api/server_parts.h"
#include "tools/server/threads/guard.h"

namespace sluice::api {
namespace {

class NotingSink : public http::AnswerSink {
 public:
  NotingSink(std::shared_ptr<Activity> activity, http::Responder responder)
      : activity_(std::move(activity)), responder_(std::move(responder)) {}

  void Answer(http::Response response) override {
    // Without memory to note it the answer goes out all the same.
    threads::Try([&] { activity_->answer = logs::NoteOf(response); });
    responder_.Send(std::move(response));
  }

 private:
  const std::shared_ptr<Activity> activity_;
  http::Responder responder_;
};

}  // namespace

http::Responder Noting(std::shared_ptr<Activity> activity, http::Responder responder) {
  return http::Responder(std::make_shared<NotingSink>(std::move(activity), std::move(responder)));
}

namespace {

void AppendRow(ServerParts& parts, const Call& call, const Activity& activity) {
  // Nobody was answered: the server is being stopped.
  if (activity.answer.status == 0 || call.snapshot == nullptr) return;
  logs::AskerNote asker;
  if (call.auth) {
    asker.collection_name = call.auth->principal.collection_name;
    asker.record_id = call.auth->principal.record_id;
  }
  asker.ip = ClientIp(call);
  std::optional<store::LogRow> row =
      logs::LogRowOf(activity.request, activity.answer, asker, call.snapshot->settings.logs);
  if (row) parts.activity->Append(*std::move(row));
}

}  // namespace

// Called where a call ends, from a destructor: without memory there is no row.
void LogCall(ServerParts& parts, const Call& call, const Activity& activity) {
  threads::Try([&] { AppendRow(parts, call, activity); });
}

}  // namespace sluice::api
