// Selects, relations and files.
// Tested by tests/server/fields_validate_list_test.cc.
#include <algorithm>
#include <string>
#include <utility>

#include "sluice/strings.h"
#include "tools/server/fields/checks.h"
#include "tools/server/files/mime.h"

namespace sluice::fields {
namespace {

bool Contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::int64_t Count(const std::vector<std::string>& list) {
  return static_cast<std::int64_t>(list.size());
}

http::ErrorEntry TooManyValues(std::int64_t max_select) {
  return {.code = "validation_too_many_values",
          .message = "Select no more than {{.maxSelect}}.",
          .params = {{"maxSelect", max_select}}};
}

// The names that are neither uploads of this request nor stored already.
boost::json::array UnknownNames(const Subject& subject) {
  constexpr std::size_t kNameBytesMax = 250;
  boost::json::array unknown;
  for (const std::string& name : subject.value.list) {
    const auto& uploads = subject.value.uploads;
    const bool known =
        (subject.before != nullptr && Contains(subject.before->list, name)) ||
        std::any_of(uploads.begin(), uploads.end(),
                    [&name](const UploadPtr& upload) { return upload->name == name; });
    if (!known) unknown.emplace_back(name.substr(0, kNameBytesMax));
  }
  return unknown;
}

bool HasMimeOf(const Upload& upload, const std::vector<std::string>& mimes) {
  return std::any_of(mimes.begin(), mimes.end(), [&upload](const std::string& mime) {
    return files::IsMimeType(upload.detected_mime, mime);
  });
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

Mistake CheckUpload(const Upload& upload, const FieldOptions& options) {
  constexpr std::size_t kNameBytesMax = 300;
  if (upload.file.content.size() > static_cast<std::uint64_t>(options.max_size)) {
    std::string name = upload.file.filename;
    if (name.size() > kNameBytesMax) name = name.substr(0, kNameBytesMax) + "...";
    return http::ErrorEntry{
        .code = "validation_file_size_limit",
        .message =
            "Failed to upload {{.file}} - the maximum allowed file size is {{.maxSize}} bytes.",
        .params = {{"file", name}, {"maxSize", options.max_size}}};
  }
  if (!options.mime_types.empty() && !HasMimeOf(upload, options.mime_types)) {
    return http::ErrorEntry{.code = "validation_invalid_mime_type",
                            .message = "\"" + upload.name + "\" mime type must be one of: " +
                                       Joined(options.mime_types) + "."};
  }
  return std::nullopt;
}

}  // namespace

Mistake CheckSelect(const Subject& subject) {
  const std::vector<std::string>& list = subject.value.list;
  const FieldOptions& options = subject.options;
  if (list.empty()) return BlankIfRequired(subject);
  if (Count(list) > options.max_select) return TooManyValues(options.max_select);
  for (const std::string& value : list) {
    if (Contains(options.values, value)) continue;
    return http::ErrorEntry{.code = "validation_invalid_value",
                            .message = "Invalid value {{.value}}.",
                            .params = {{"value", value}}};
  }
  return std::nullopt;
}

StatusOr<Mistake> CheckRelation(const Subject& subject, Lookups& lookups) {
  const std::vector<std::string>& list = subject.value.list;
  const FieldOptions& options = subject.options;
  if (list.empty()) return BlankIfRequired(subject);
  if (Count(list) < options.min_select) {
    return Mistake(http::ErrorEntry{.code = "validation_not_enough_values",
                                    .message = "Select at least {{.minSelect}}.",
                                    .params = {{"minSelect", options.min_select}}});
  }
  if (Count(list) > options.max_select) return Mistake(TooManyValues(options.max_select));
  const Collection* target = lookups.FindCollection(subject.field.collection_id);
  if (target == nullptr) {
    return Mistake(
        http::ErrorEntry{.code = "validation_missing_rel_collection",
                         .message = "Relation connection is missing or cannot be accessed."});
  }
  SLUICE_ASSIGN_OR_RETURN(const bool all, lookups.HasAll(*target, list));
  if (all) return Mistake();
  return Mistake(
      http::ErrorEntry{.code = "validation_missing_rel_records",
                       .message = "Failed to find all relation records with the provided ids."});
}

Mistake CheckFile(const Subject& subject) {
  const FieldValue& value = subject.value;
  const FieldOptions& options = subject.options;
  if (value.list.empty()) return BlankIfRequired(subject);
  boost::json::array unknown = UnknownNames(subject);
  if (!unknown.empty()) {
    return http::ErrorEntry{.code = "validation_invalid_file",
                            .message = "Invalid new files: {{.invalidFiles}}.",
                            .params = {{"invalidFiles", std::move(unknown)}}};
  }
  if (Count(value.list) > options.max_select) {
    return http::ErrorEntry{.code = "validation_too_many_files",
                            .message = "The maximum allowed files is {{.maxSelect}}.",
                            .params = {{"maxSelect", options.max_select}}};
  }
  for (const UploadPtr& upload : value.uploads) {
    if (Mistake mistake = CheckUpload(*upload, options)) return mistake;
  }
  return std::nullopt;
}

}  // namespace sluice::fields
