#include "tools/server/writes/failures.h"

#include <string_view>

namespace sluice::writes {

Status SaveFailure(bool is_new, std::vector<http::ErrorEntry> data) {
  return http::MakeStatus(
      {.status = 400,
       .message = is_new ? "Failed to create record." : "Failed to update record.",
       .data = std::move(data)});
}

http::ErrorEntry Mistake(std::string key, std::string code, std::string message) {
  return {.key = std::move(key), .code = std::move(code), .message = std::move(message)};
}

Status StatementFailure(const Record& record, const Status& status) {
  const bool refused = absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) ||
                       absl::IsUnavailable(status);
  if (!refused) return status;
  constexpr std::string_view kUnique = "UNIQUE constraint failed: ";
  std::string_view text = AsStd(status.message());
  std::vector<http::ErrorEntry> errors;
  const std::size_t at = text.find(kUnique);
  if (at != std::string_view::npos) {
    text.remove_prefix(at + kUnique.size());
    const std::string prefix = record.collection->name + ".";
    // `posts.a, posts.b`; an index over expressions names itself instead.
    while (!text.empty()) {
      const std::size_t comma = text.find(", ");
      std::string_view column = text.substr(0, comma);
      text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 2);
      if (!column.starts_with(prefix)) continue;
      column.remove_prefix(prefix.size());
      column = column.substr(0, column.find_first_of(" ("));
      if (record.collection->FindField(column) == nullptr) continue;
      errors.push_back(
          Mistake(std::string(column), "validation_not_unique", "Value must be unique."));
    }
  }
  return SaveFailure(record.is_new(), std::move(errors));
}

}  // namespace sluice::writes
