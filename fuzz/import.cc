// Collections of strangers' making: whatever is imported leaves a database that
// opens, or changes nothing.
//
// An input: the JSON list of an import.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "fuzz/target.h"
#include "sluice/mutations.h"
#include "tools/server/collections/changer.h"
#include "tools/server/collections/draft.h"
#include "tools/server/folder/make_folder.h"
#include "tools/server/http/json_text.h"
#include "tools/server/store/connection.h"
#include "tools/server/store/schema_catalog.h"

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInputBytesMax = 8192;
// Views may read as much as they like: a second is enough here.
constexpr std::chrono::seconds kPatience(1);

struct Place {
  Place() {
    std::string pattern = (fs::temp_directory_path() / "sluice-fuzz-XXXXXX").string();
    root = mkdtemp(pattern.data());
    const auto made = folder::EnsureFolder(root + "/pb", settings::SealKey());
    auto opened = store::Connection::Open(root + "/pb/data.db", {.access = store::Access::kWrite});
    if (!made.ok() || !opened.ok()) Broken("no folder", made.status().ToString());
    connection = *std::move(opened);
    snapshot = *store::LoadSnapshot(*connection);
  }

  std::string root;
  std::unique_ptr<store::Connection> connection;
  std::shared_ptr<const store::Snapshot> snapshot;
};

Place& ThePlace() {
  static auto* const place = [] {
    auto* made = new Place;
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(ThePlace().root, ignored);
    });
    return made;
  }();
  return *place;
}

bool Save(collections::Changer& changer, const boost::json::object& body) {
  const boost::json::value* type = body.if_contains("type");
  const bool typed = type != nullptr && type->is_string();
  collections::Draft draft = collections::NewDraft(
      typed ? std::string_view(type->get_string().data(), type->get_string().size()) : "base");
  if (!collections::Decode(draft, body, collections::BodyKind::kJson)) return false;
  if (!changer.Prepare(draft, nullptr).ok()) return false;
  if (!changer.Check(draft, nullptr, false).empty()) return false;
  if (!changer.Save(draft, nullptr).status.ok()) return false;
  const auto loaded = store::MakeCollection(collections::RowOf(draft));
  if (!loaded.ok()) Broken("a collection cannot be loaded", loaded.status().ToString());
  return true;
}

}  // namespace

void Import(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  const auto list = http::ParseJson(input, http::JsonTail::kMustBeBlank);
  if (!list.ok() || !list->is_array()) return;
  Place& place = ThePlace();
  const store::LimitedScope limits(*place.connection, nullptr,
                                   std::chrono::steady_clock::now() + kPatience);
  if (!place.connection->Execute("BEGIN IMMEDIATE").ok()) Broken("no transaction");
  collections::Changer changer(*place.connection, *place.snapshot->schema);
  // As an import: after a mistake nothing stays, and the changer knows what was refused.
  bool saved = !list->get_array().empty();
  for (const boost::json::value& item : list->get_array()) {
    saved = saved && item.is_object() && Save(changer, item.get_object());
    if (saved) Count("collections saved");
  }
  if (saved) {
    changer.UpdateViews();
    for (const auto& collection : changer.schema().collections()) {
      const RowStatement select = SelectRow(*collection, Sqlite());
      if (const auto read = place.connection->Prepare(select.text); !read.ok())
        Broken("a collection cannot be read", select.text + "\n" + read.status().ToString());
    }
  }
  if (place.connection->in_transaction()) (void)place.connection->Execute("ROLLBACK");
}

}  // namespace sluice::fuzz
