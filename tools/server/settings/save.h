// GET and PATCH of the settings (S-111, S-112), and the saving that the command
// line shares with them.
#pragma once

#include <functional>
#include <string>

#include "sluice/status.h"
#include "tools/server/http/message.h"
#include "tools/server/settings/seal.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"
#include "tools/server/store/settings.h"

namespace sluice::settings {

// How stored settings are read with `key`.
store::SettingsOpener OpenerOf(const SealKey& key);

// A change of the settings; its failure is kept.
using Change = std::function<Status(store::Settings&)>;

// What an API request asks for. A body that cannot be read is 400 `An error
// occurred while loading the submitted data.`
StatusOr<Change> ChangeOfRequest(const http::Request& request);

// Reads the settings, changes and checks them, and writes the row; in a
// transaction of the caller's. Settings that Validate refuses are 400 `An error
// occurred while saving the new settings.` with every mistake.
StatusOr<store::Settings> ChangeSettings(store::Connection& connection, const SealKey& key,
                                         const Change& change);

// The body of an answer, with its newline.
std::string AnswerBody(const store::Settings& settings);

}  // namespace sluice::settings
