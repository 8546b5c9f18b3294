// Tested by tests/conformance (`files`, `batch`) and tests/s3.
#include "tools/server/api/uploads.h"

#include <algorithm>
#include <utility>

#include "tools/server/api/submission.h"
#include "tools/server/files/file_name.h"
#include "tools/server/files/file_store.h"
#include "tools/server/files/mime.h"
#include "tools/server/http/api_error.h"
#include "tools/server/threads/guard.h"
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
Status PutFailure(bool new_record, const Status& status) {
  if (absl::IsInvalidArgument(status)) return writes::SaveFailure(new_record);
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

void Uploads::Begin() {
  for (File& file : files_) file.needed = false;
}

Status Uploads::Add(const store::Settings& settings, const writes::Record& record) {
  for (const fields::FieldValue& value : record.values) {
    for (const fields::UploadPtr& upload : value.uploads) {
      const auto same = std::find_if(files_.begin(), files_.end(), [&](const File& file) {
        return file.upload->name == upload->name && file.record_id == record.id() &&
               file.collection_id == record.collection->id;
      });
      if (same != files_.end()) {
        same->needed = true;
        continue;
      }
      File file{.store = parts_.FilesBy(settings),
                .collection_id = record.collection->id,
                .record_id = record.id(),
                .upload = upload,
                .new_record = record.is_new()};
      files_.push_back(std::move(file));
      if (!files_.back().store->is_remote()) SLUICE_RETURN_IF_ERROR(Store(files_.back()));
    }
  }
  return absl::OkStatus();
}

Status Uploads::Store(File& file) {
  parts_.remover->Hold(file.key());
  file.stored = true;
  const http::UploadedFile& content = file.upload->file;
  return PutFailure(file.new_record, file.store->Put(file.key(), content.content,
                                                     {.content_type = file.upload->detected_mime,
                                                      .original_name = content.filename}));
}

bool Uploads::lacks() const {
  return std::any_of(files_.begin(), files_.end(),
                     [](const File& file) { return file.needed && !file.stored; });
}

void Uploads::StoreLacking(std::function<void(Status)> done) {
  if (!lacks()) return done(absl::OkStatus());
  auto shared_done = std::make_shared<std::function<void(Status)>>(std::move(done));
  const bool queued = parts_.transfers->Submit([this, shared_done] {
    Status status;
    for (File& file : files_) {
      if (status.ok() && file.needed && !file.stored) status = Store(file);
    }
    (*shared_done)(status);
  });
  if (!queued) (*shared_done)(ApiStatus(503, "The server is busy, try again later."));
}

void Uploads::Remove(const File& file) {
  if (!file.stored) return;
  parts_.remover->Release(file.key());
  parts_.remover->Remove({.store = file.store,
                          .collection_id = file.collection_id,
                          .record_id = file.record_id,
                          .name = file.upload->name,
                          .folder_too = file.new_record});
}

void Uploads::Keep() {
  for (const File& file : files_) {
    if (!file.needed) {
      Remove(file);
    } else if (file.stored) {
      parts_.remover->Release(file.key());
    }
  }
  files_.clear();
}

void Uploads::TakeBack() {
  for (const File& file : files_) threads::Try([&] { Remove(file); });
  files_.clear();
}

}  // namespace sluice::api
