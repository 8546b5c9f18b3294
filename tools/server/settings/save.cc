// Tested by tests/server/settings_test.cc and the recorded requests.
#include "tools/server/settings/save.h"

#include <chrono>
#include <optional>
#include <utility>

#include "tools/server/http/body.h"
#include "tools/server/settings/form.h"
#include "tools/server/settings/settings_json.h"
#include "tools/server/settings/validate.h"
#include "tools/server/store/system_tables.h"

namespace sluice::settings {
namespace {

Status LoadError() {
  return http::MakeStatus(
      {.status = 400, .message = "An error occurred while loading the submitted data."});
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

store::SettingsOpener OpenerOf(const SealKey& key) {
  return [key](std::string_view stored) { return Open(stored, key); };
}

StatusOr<Change> ChangeOfRequest(const http::Request& request) {
  StatusOr<http::RequestBody> body = http::ReadBody(request);
  if (!body.ok()) return LoadError();
  const bool form =
      !request.headers.Find("Content-Type").value_or("").starts_with("application/json");
  // The peer crashes on it.
  if (!form && Trimmed(request.body) == "null") return LoadError();
  return Change([values = std::move(body->values), form](store::Settings& settings) {
    const Status status = form ? ApplyForm(values, settings)
                               : store::MergeSettings(boost::json::value(values), settings);
    return status.ok() ? status : LoadError();
  });
}

StatusOr<store::Settings> ChangeSettings(store::Connection& connection, const SealKey& key,
                                         const Change& change) {
  store::Settings settings;
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                          store::ReadSettingsRow(connection));
  if (stored) {
    SLUICE_ASSIGN_OR_RETURN(settings, store::ParseSettings(*stored, OpenerOf(key)));
  }
  SLUICE_RETURN_IF_ERROR(change(settings));
  std::vector<http::ErrorEntry> mistakes = Validate(settings);
  if (!mistakes.empty()) {
    return http::MakeStatus({.status = 400,
                             .message = "An error occurred while saving the new settings.",
                             .data = std::move(mistakes)});
  }
  store::SettingsRow row{ToStoredJson(settings), !key.empty(),
                         store::StoredTime(std::chrono::system_clock::now())};
  if (row.encrypted) {
    SLUICE_ASSIGN_OR_RETURN(row.value, Seal(row.value, key));
  }
  SLUICE_RETURN_IF_ERROR(store::WriteSettingsRow(connection, row));
  return settings;
}

std::string AnswerBody(const store::Settings& settings) { return ToPublicJson(settings) + "\n"; }

}  // namespace sluice::settings
