// The body of a batch as items, and what may be wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/request_context.h"
#include "sluice/status.h"
#include "tools/server/http/body.h"
#include "tools/server/http/message.h"
#include "tools/server/store/settings.h"

namespace sluice::api {

struct BatchItem {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  JsonValue body;  // an object, or null
  std::vector<http::UploadedFile> files;
};

// What an item asks for.
enum class BatchAction : std::uint8_t { kCreate, kUpdate, kDelete, kUpsert };
struct BatchTarget {
  BatchAction action = BatchAction::kCreate;
  std::string collection;  // as written: not percent-decoded
  std::string id;          // update, delete
};

// Reads and checks a batch; the status is the answer.
StatusOr<std::vector<BatchItem>> ReadBatch(const http::Request& request,
                                           const store::BatchSettings& settings);

// Nothing for an action that there is not.
std::optional<BatchTarget> TargetOf(const BatchItem& item);

// The request that the item stands for: `outer`'s headers overlaid with its
// own, its own query. Nothing when the url cannot be read.
std::optional<http::Request> RequestOf(const BatchItem& item, const http::Request& outer);

// The values of the item's body as a form with `@jsonPayload` gives them: the
// query's below, and the keys of files gone.
JsonValue ValuesOf(const BatchItem& item, const http::Request& request);

}  // namespace sluice::api
