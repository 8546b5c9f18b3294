// The order of things: the parameters, then older requests with the same key,
// then the write under the caller's rules, then what is answered of it.
#include "follow.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace follow {
namespace {

using sluice::JsonValue;
using sluice::server::Asker;
using sluice::server::Call;
using sluice::server::Refusal;
using sluice::server::Rights;

constexpr std::array kFields = {"follower", "followee"};

std::string ExpandOf(const Call& call) { return std::string(call.Query("expand").value_or("")); }

// Who asks, and under which key.
std::string ScopeOf(const Call& call, std::string_view key) {
  const Asker asker = call.asker();
  const std::string who =
      asker.guest() ? "guest " + call.client_ip() : asker.collection + "/" + asker.id;
  return who + "\n" + std::string(key);
}

void AnswerConflict(const Call& call) {
  call.Answer(409, R"({"message":"A newer request with the same requestKey took its place."})");
}

// The refusal, with the fields at fault in the order of the parameters.
void AnswerRefusal(const Call& call, const Refusal& refusal) {
  JsonValue data = JsonValue::Object();
  for (const char* field : kFields) {
    if (const JsonValue* item = refusal.data.Find(field)) data.members.emplace_back(field, *item);
  }
  const std::string message = sluice::ToJsonText(JsonValue::String(refusal.message));
  std::string body = "{\"message\":" + message +
                     ",\"detail\":{\"code\":" + std::to_string(refusal.status) +
                     ",\"message\":" + message + ",\"data\":{";
  for (const auto& [field, item] : data.members) {
    if (body.back() != '{') body += ',';
    body += "\"" + field + "\":" + sluice::ToJsonText(item);
  }
  call.Answer(refusal.status, body + "}}}");
}

// `token` is hidden, so no rule and no filter reaches it. Its owner gets it here,
// read with the server's rights.
void ShowOwnToken(const Call& call, JsonValue& user) {
  const JsonValue* id = user.Find("id");
  const Asker asker = call.asker();
  if (id == nullptr || asker.collection != "users" || id->string != asker.id) return;
  const auto own = call.View("users", asker.id, {.fields = "token", .rights = Rights::kServer});
  if (!own.ok()) return;
  const auto parsed = sluice::server::ParseJson(*own);
  const JsonValue* token = parsed.ok() ? parsed->Find("token") : nullptr;
  if (token != nullptr) user.members.emplace_back("token", *token);
}

void AnswerRecord(const Call& call, const std::string& record) {
  auto parsed = sluice::server::ParseJson(record);
  if (!parsed.ok()) return call.Refuse(parsed.status());
  for (auto& [name, value] : parsed->members) {
    if (name != "expand") continue;
    for (auto& [field, user] : value.members) ShowOwnToken(call, user);
  }
  call.Answer(200, sluice::ToJsonText(*parsed));
}

bool IsNotUnique(const Refusal& refusal) {
  for (const char* field : kFields) {
    const JsonValue* item = refusal.data.Find(field);
    const JsonValue* code = item == nullptr ? nullptr : item->Find("code");
    if (code != nullptr && code->string == "validation_not_unique") return true;
  }
  return false;
}

// Answers the record of a pair that is there already; false where the caller may
// not see it.
bool AnswerExisting(const Call& call, const Pair& pair) {
  const std::string filter = "follower = " + sluice::server::Quoted(pair.follower) +
                             " && followee = " + sluice::server::Quoted(pair.followee);
  const auto page = call.List("follows", {.filter = filter,
                                          .sort = {},
                                          .expand = ExpandOf(call),
                                          .fields = {},
                                          .per_page = 1,
                                          .skip_total = true});
  if (!page.ok()) return false;
  const auto parsed = sluice::server::ParseJson(*page);
  const JsonValue* items = parsed.ok() ? parsed->Find("items") : nullptr;
  if (items == nullptr || items->items.empty()) return false;
  AnswerRecord(call, sluice::ToJsonText(items->items[0]));
  return true;
}

}  // namespace

void Follow::Run(const Call& call) {
  const Checked checked = CheckParams(call.body());
  if (!checked.pair) return call.Answer(400, checked.problem);
  const std::string key(call.Query("requestKey").value_or(""));
  Create(call, *checked.pair,
         key.empty() ? Requests::Ticket() : requests_.Begin(ScopeOf(call, key)));
}

void Follow::Create(const Call& call, const Pair& pair, const Requests::Ticket& ticket) {
  JsonValue values = JsonValue::Object();
  values.members.emplace_back("follower", JsonValue::String(pair.follower));
  values.members.emplace_back("followee", JsonValue::String(pair.followee));
  call.Create("follows", std::move(values),
              {.expand = ExpandOf(call), .cancellation = ticket.cancellation()},
              // The ticket goes with the outcome.
              [pair, ticket](const Call& same, sluice::StatusOr<std::string> record) {
                if (record.ok()) return AnswerRecord(same, *record);
                if (absl::IsCancelled(record.status())) return AnswerConflict(same);
                const Refusal refusal = sluice::server::RefusalOf(record.status());
                if (IsNotUnique(refusal) && AnswerExisting(same, pair)) return;
                AnswerRefusal(same, refusal);
              });
}

}  // namespace follow
