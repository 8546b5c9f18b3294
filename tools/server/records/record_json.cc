// Tested by tests/server/records_record_json_test.cc.
#include "tools/server/records/record_json.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sluice/parser.h"
#include "sluice/strings.h"
#include "sluice/thread_owned.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/field_json.h"
#include "tools/server/store/per_collection.h"

namespace sluice::records {
namespace {

// What a column's value is to the field decoders.
StoredValue Stored(const ValueView& value) {
  switch (value.storage) {
    case StorageClass::kNull:
      return StoredValue::Null();
    case StorageClass::kInteger:
      return StoredValue::Integer(value.integer);
    case StorageClass::kReal:
      return StoredValue::Real(value.real);
    case StorageClass::kText:
      return StoredValue::Text(value.text);
  }
  return StoredValue::Null();
}

// never sent of an auth record, not even to a superuser.
bool IsSecret(const Collection& collection, const Field& field) {
  return collection.is_auth() && (field.name == "password" || field.name == "tokenKey");
}

// A record without it is as well rendered, and picked from, as one with it: a
// geoPoint may be unreadable, JSON may hold numbers that are none.
bool MayBeLeftOut(const Collection& collection, const Field& field) {
  if (field.name == "id" || field.type == FieldType::kJson || field.type == FieldType::kGeoPoint)
    return false;
  return !collection.is_auth() || (field.name != "email" && field.name != "emailVisibility");
}

// A field that is in no index, nor the row id's alias. As long as a statement
// reads one, no index covers it, so rows without a sort come in the order in
// which they come when all columns are read, which clients have seen. None of
// a view: what it selects from has indexes, too.
const Field* FieldOfNoIndex(const Collection& collection) {
  if (collection.is_view()) return nullptr;
  const auto indexed = [&collection](const Field& field) {
    return field.name == "id" || IsSecret(collection, field) ||
           std::any_of(collection.indexes.begin(), collection.indexes.end(),
                       [&field](const Index& index) {
                         return std::any_of(index.columns.begin(), index.columns.end(),
                                            [&field](const std::string& column) {
                                              return EqualsIgnoreCase(column, field.name);
                                            });
                       });
  };
  const auto& fields = collection.fields;
  const auto found = std::find_if_not(fields.begin(), fields.end(), indexed);
  return found == fields.end() ? nullptr : &*found;
}

std::string KeyOf(std::string_view name) {
  std::string key;
  json::AppendString(key, name);
  return key + ":";
}

}  // namespace

bool Picks(const FieldList& fields, std::string_view key) {
  return std::any_of(fields.paths.begin(), fields.paths.end(), [key](const FieldPath& field) {
    const std::string_view path = field.path;
    return path == "*" ||
           (path.starts_with(key) && (path.size() == key.size() || path[key.size()] == '.'));
  });
}

RecordShape::RecordShape(const Collection& collection, bool all_fields, const FieldList* picked,
                         CollectionKeys keys)
    : collection_(&collection) {
  const Field* const uncovered = picked == nullptr ? nullptr : FieldOfNoIndex(collection);
  if (uncovered == nullptr) picked = nullptr;
  std::vector<std::pair<std::string_view, Member>> members;
  const auto add_column = [this](std::string_view name) {
    columns_.push_back(name);
    return static_cast<int>(columns_.size() - 1);
  };
  for (const Field& field : collection.fields) {
    if (IsSecret(collection, field)) continue;
    const bool wanted =
        picked == nullptr || Picks(*picked, field.name) || !MayBeLeftOut(collection, field);
    const bool visible = (all_fields || !field.hidden) && wanted;
    // Relations are what an expansion starts from.
    const bool expands = picked == nullptr || Picks(*picked, "expand");
    const bool needed =
        visible || (expands && field.type == FieldType::kRelation) || &field == uncovered;
    if (!needed) continue;
    const int column = add_column(field.name);
    if (!visible) continue;
    Member member;
    member.key = KeyOf(field.name);
    member.field = &field;
    member.column = column;
    member.email = collection.is_auth() && field.name == "email";
    members.emplace_back(field.name, std::move(member));
  }
  const bool at = keys == CollectionKeys::kAt;
  const auto add_fixed = [&members](std::string_view name, std::string_view value) {
    Member member;
    member.key = KeyOf(name);
    json::AppendString(member.fixed, value);
    members.emplace_back(name, std::move(member));
  };
  add_fixed(at ? "@collectionId" : "collectionId", collection.id);
  add_fixed(at ? "@collectionName" : "collectionName", collection.name);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [name, member] : members) {
    if (name < "expand") expand_at_ = members_.size() + 1;
    members_.push_back(std::move(member));
  }
  if (collection.is_auth() && ColumnOf("emailVisibility") < 0) add_column("emailVisibility");
  id_column_ = ColumnOf("id");
  email_visibility_column_ = ColumnOf("emailVisibility");
}

const RecordShape& RecordShape::Of(const std::shared_ptr<const Schema>& schema,
                                   const Collection& collection, bool all_fields,
                                   CollectionKeys keys) {
  return store::KeptOf<RecordShape>(schema, std::tuple(&collection, all_fields, keys), [&] {
    return RecordShape(collection, all_fields, nullptr, keys);
  });
}

const RecordShape& RecordShape::OfPicked(const std::shared_ptr<const Schema>& schema,
                                         const Collection& collection, bool all_fields,
                                         std::string_view fields) {
  constexpr std::size_t kPickedMax = 64;
  struct Kept {
    std::shared_ptr<const Schema> schema;  // kept alive, so that its address stays its own
    StringMap<std::unique_ptr<const RecordShape>> shapes;
  };
  const StatusOr<FieldList> list = ParseFields(fields);
  if (!list.ok() || list->paths.empty()) return Of(schema, collection, all_fields);
  std::string key = collection.id + (all_fields ? " all " : " ");
  key += fields;
  Kept& kept = ThreadOwned<Kept>();
  const bool full = kept.shapes.size() >= kPickedMax && !kept.shapes.contains(key);
  if (kept.schema != schema || full) kept = Kept{schema, {}};
  std::unique_ptr<const RecordShape>& shape = kept.shapes[key];
  if (shape == nullptr) shape = std::make_unique<const RecordShape>(collection, all_fields, &*list);
  return *shape;
}

int RecordShape::ColumnOf(std::string_view field) const {
  const auto found = std::find(columns_.begin(), columns_.end(), field);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

class RecordWriter {
 public:
  // `append` writes a member's value behind its key.
  template <typename Append>
  static Status Write(std::string& out, const RecordShape& shape, const Append& append,
                      EmailMode email, Insertions* places) {
    const std::size_t begin = out.size();
    out += '{';
    for (std::size_t i = 0; i < shape.members_.size(); ++i) {
      const RecordShape::Member& member = shape.members_[i];
      if (places != nullptr && i == shape.expand_at_) places->expand_at = out.size();
      if (member.email && places != nullptr) places->email_at = out.size();
      if (member.email && email == EmailMode::kHide) continue;
      out += member.key;
      if (member.field == nullptr) {
        out += member.fixed;
      } else if (Status status = append(out, member); !status.ok()) {
        out.resize(begin);
        return status;
      }
      out += ',';
    }
    out.back() = '}';
    return absl::OkStatus();
  }

  static Status Rows(std::string& out, const RecordShape& shape, const store::Statement& row,
                     EmailMode email, Insertions* places) {
    const auto append = [&row](std::string& text, const RecordShape::Member& member) {
      return AppendColumn(text, member, row);
    };
    return Write(out, shape, append, email, places);
  }

  static Status Values(std::string& out, const RecordShape& shape, AppendValue value,
                       EmailMode email, Insertions* places) {
    const auto append = [&value](std::string& text, const RecordShape::Member& member) {
      return value(text, *member.field);
    };
    return Write(out, shape, append, email, places);
  }

  static Status Email(std::string& out, const RecordShape& shape, const store::Statement& row) {
    for (const RecordShape::Member& member : shape.members_) {
      if (!member.email) continue;
      out += member.key;
      SLUICE_RETURN_IF_ERROR(AppendColumn(out, member, row));
      out += ',';
    }
    return absl::OkStatus();
  }

 private:
  static Status AppendColumn(std::string& out, const RecordShape::Member& member,
                             const store::Statement& row) {
    const Status status = AppendFieldJson(out, *member.field, Stored(row.Column(member.column)));
    if (status.ok() || !absl::IsOutOfRange(status)) return status;
    // JSON spells no infinity: null, where the peer sends nothing at all (S-42).
    out += "null";
    return absl::OkStatus();
  }
};

Status AppendRecord(std::string& out, const RecordShape& shape, const store::Statement& row,
                    EmailMode email, Insertions* places) {
  return RecordWriter::Rows(out, shape, row, email, places);
}

Status AppendRecord(std::string& out, const RecordShape& shape, AppendValue append, EmailMode email,
                    Insertions* places) {
  return RecordWriter::Values(out, shape, append, email, places);
}

Status AppendEmail(std::string& out, const RecordShape& shape, const store::Statement& row) {
  return RecordWriter::Email(out, shape, row);
}

}  // namespace sluice::records
