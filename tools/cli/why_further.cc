// Tested by tests/server/cli_why_test.cc.
#include "tools/cli/why_further.h"

#include "boost/json/parse.hpp"

#include "tools/server/http/api_error.h"
#include "tools/server/writes/record.h"
#include "tools/server/writes/rules.h"

namespace sluice::cli {
namespace {

namespace bj = boost::json;

// by the row's flag, as the caller's own, or by the manage rule.
StatusOr<bool> ShowsEmail(const records::Caller& caller, const Collection& collection,
                          const std::string& id) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<writes::Record> record,
                          writes::FindRecord(caller.connection, collection, id));
  const AuthRecord* auth = caller.request.auth;
  if (!record || record->Get("emailVisibility").boolean) return true;
  if (auth != nullptr && auth->collection == &collection && auth->id == id) return true;
  const store::ParsedRule& manage = caller.snapshot.RulesOf(collection).manage;
  if (manage.locked || manage.open()) return false;
  return writes::HoldsOnStored(caller, manage, *record);
}

}  // namespace

StatusOr<std::vector<WhyField>> NotShown(const records::Caller& caller,
                                         const Collection& collection, const std::string& id) {
  std::vector<WhyField> fields;
  for (const Field& field : collection.fields) {
    if (collection.is_auth() && (field.name == "password" || field.name == "tokenKey")) {
      fields.push_back({field.name, "is never shown"});
    } else if (field.hidden && !caller.superuser) {
      fields.push_back({field.name, "is a hidden field"});
    }
  }
  if (!collection.is_auth() || caller.superuser) return fields;
  SLUICE_ASSIGN_OR_RETURN(const bool shows_email, ShowsEmail(caller, collection, id));
  if (!shows_email) {
    fields.push_back({"email",
                      "emailVisibility is false, it is not the caller's own record, and no "
                      "manageRule holds"});
  }
  return fields;
}

void NoteRefusal(const Status& status, WhyReport& report) {
  if (status.ok()) return;
  const http::Response answer = http::ErrorResponse(status);
  report.allowed = false;
  report.status = answer.status;
  boost::system::error_code error;
  const bj::value body = bj::parse(answer.body, error);
  if (error || !body.is_object()) return;
  report.because += ", but: " + std::string(body.at("message").as_string());
  for (const auto& [field, mistake] : body.at("data").as_object()) {
    const bj::value* message =
        mistake.is_object() ? mistake.get_object().if_contains("message") : nullptr;
    report.mistakes.push_back({std::string(field), message != nullptr && message->is_string()
                                                       ? std::string(message->get_string())
                                                       : "is not valid"});
  }
}

}  // namespace sluice::cli
