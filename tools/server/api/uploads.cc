// Tested by tests/conformance (`files`, `batch`).
#include "tools/server/api/submission.h"
#include "tools/server/files/file_name.h"
#include "tools/server/files/file_store.h"
#include "tools/server/files/mime.h"
#include "tools/server/http/api_error.h"
#include "tools/server/writes/failures.h"

namespace sluice::api {
namespace {

// The file field that a part's key means: `F`, `F+` or `+F`.
bool IsFileKey(const Collection& collection, std::string_view key) {
  const auto is_file_field = [&collection](std::string_view name) {
    const Field* field = collection.FindField(name);
    return field != nullptr && field->type == FieldType::kFile;
  };
  if (is_file_field(key)) return true;
  if (key.size() < 2) return false;
  return (key.back() == '+' && is_file_field(key.substr(0, key.size() - 1))) ||
         (key.front() == '+' && is_file_field(key.substr(1)));
}

// A name that cannot be stored is the client's mistake (S-59), a full disk
// nobody's: it must not look like a limit that waiting helps.
Status PutFailure(const writes::Record& record, const Status& status) {
  if (absl::IsInvalidArgument(status)) return writes::SaveFailure(record.is_new());
  if (absl::IsResourceExhausted(status)) return http::MakeStatus({.status = 507});
  return status;
}

}  // namespace

bool LacksForm(const http::Request& request) {
  return !request.has_body &&
         request.headers.Find("Content-Type").value_or("").starts_with("multipart/form-data");
}

StatusOr<fields::Submission> SubmissionOf(const Collection& collection, JsonValue values,
                                          std::vector<http::UploadedFile> files, FileNames names) {
  fields::Submission submission;
  submission.values = std::move(values);
  for (http::UploadedFile& file : files) {
    if (!IsFileKey(collection, file.key)) continue;
    SLUICE_ASSIGN_OR_RETURN(const std::string head, file.content.Head(files::kSniffedBytes));
    auto upload = std::make_shared<fields::Upload>();
    // To an item of a batch the file already comes under a new name.
    if (names == FileNames::kTwice) file.filename = files::StoredName(file.filename, head);
    upload->name = files::StoredName(file.filename, head);
    upload->detected_mime = files::DetectType(head).mime;
    upload->file = std::move(file);
    std::string key = upload->file.key;
    submission.files.emplace_back(std::move(key), std::move(upload));
  }
  return submission;
}

Status StoreUploads(ServerParts& parts, const writes::Record& record,
                    std::vector<writes::StoredFile>& stored) {
  for (const fields::FieldValue& value : record.values) {
    for (const fields::UploadPtr& upload : value.uploads) {
      const std::string& collection_id = record.collection->id;
      stored.push_back({collection_id, record.id(), upload->name});
      SLUICE_RETURN_IF_ERROR(PutFailure(
          record,
          parts.files->Put(
              {collection_id, stored.back().record_id, upload->name}, upload->file.content,
              {.content_type = upload->detected_mime, .original_name = upload->file.filename})));
    }
  }
  return absl::OkStatus();
}

void RemoveUploads(ServerParts& parts, std::vector<writes::StoredFile>& stored) {
  for (writes::StoredFile& file : stored) {
    parts.remover->Remove({.collection_id = std::move(file.collection_id),
                           .record_id = std::move(file.record_id),
                           .name = std::move(file.name)});
  }
  stored.clear();
}

}  // namespace sluice::api
