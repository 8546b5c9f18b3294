// The new files of a write: stored before its rows, taken back when it fails
// (R-90, S-64).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/status.h"
#include "tools/server/api/server_parts.h"
#include "tools/server/fields/field_value.h"
#include "tools/server/writes/record.h"

namespace sluice::api {

// Of one write and all its attempts. One thread at a time.
class Uploads {
 public:
  explicit Uploads(ServerParts& parts) : parts_(parts) {}
  // As TakeBack: what ends without Keep has failed.
  ~Uploads() { TakeBack(); }
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  // A new attempt begins: what is not added again is not needed.
  void Begin();
  // Stores the files of a record that are not stored yet, in the store that
  // `settings` name. Those of a remote store only become lacking: where this is
  // called others wait.
  Status Add(const store::Settings& settings, const writes::Record& record);
  bool lacks() const;
  // Stores what lacks and calls `done`: at once when that is nothing, else on a
  // thread that may wait; the call's connection is not to be used there. Lives
  // until then.
  void StoreLacking(std::function<void(Status)> done);

  // The rows are written: takes back what no attempt needed in the end.
  void Keep();
  // Takes all back. Returns at once.
  void TakeBack();

 private:
  struct File {
    std::shared_ptr<const files::FileStore> store;
    std::string collection_id;
    std::string record_id;
    fields::UploadPtr upload;
    bool new_record = false;
    bool stored = false;  // or begun to be
    bool needed = true;

    files::FileKey key() const { return {collection_id, record_id, upload->name}; }
  };

  Status Store(File& file);
  void Remove(const File& file);

  ServerParts& parts_;
  std::vector<File> files_;
};

}  // namespace sluice::api
