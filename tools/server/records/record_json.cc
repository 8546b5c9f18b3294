// Tested by tests/server/records_record_json_test.cc.
#include "tools/server/records/record_json.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <tuple>
#include <utility>

#include "sluice/strings.h"
#include "sluice/thread_owned.h"
#include "tools/server/json/json_text.h"
#include "tools/server/records/field_json.h"
#include "tools/server/records/put_field.h"
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

// Texts are copied by blocks of that size, the last one beyond the end.
constexpr std::size_t kBlockBytes = 16;

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

std::optional<FieldList> PickedBelow(const FieldList& fields, std::string_view key) {
  FieldList below;
  bool all = fields.paths.empty();
  for (const FieldPath& field : fields.paths) {
    const std::string_view path = field.path;
    if (path == key) return FieldList{};
    if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.')
      below.paths.push_back({std::string(path.substr(key.size() + 1))});
    all = all || path == "*";
  }
  if (!below.paths.empty() || all) return below;
  return std::nullopt;
}

RecordShape::RecordShape(const Collection& collection, bool all_fields, const FieldList* picked,
                         CollectionKeys keys)
    : collection_(&collection) {
  const Field* const uncovered = picked == nullptr ? nullptr : FieldOfNoIndex(collection);
  if (uncovered == nullptr) picked = nullptr;
  struct Part {
    std::string_view name;
    std::string value;  // the same in every record
    const Field* field = nullptr;
    int column = -1;
  };
  std::vector<Part> parts;
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
    if (field.type == FieldType::kRelation) relations_.emplace_back(field.name, column);
    if (visible) parts.push_back({field.name, {}, &field, column});
  }
  const bool at = keys == CollectionKeys::kAt;
  const auto add_fixed = [&parts](std::string_view name, std::string_view value) {
    std::string text;
    json::AppendString(text, value);
    parts.push_back({name, std::move(text)});
  };
  add_fixed(at ? "@collectionId" : "collectionId", collection.id);
  add_fixed(at ? "@collectionName" : "collectionName", collection.name);
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.name < b.name; });
  std::string lead = "{";
  for (const Part& part : parts) {
    const bool email = collection.is_auth() && part.name == "email";
    const bool behind_expand = part.name >= "expand" && expand_at_ == 0;
    // Where something may be put in or left out, a member begins.
    if (lead.size() > 1 && (email || behind_expand)) {
      AddMember(lead, nullptr, -1, false);
      lead.clear();
    }
    if (behind_expand) expand_at_ = members_.size();
    if (lead != "{") lead += ',';
    lead += KeyOf(part.name) + part.value;
    if (part.field == nullptr) continue;
    AddMember(lead, part.field, part.column, email);
    lead.clear();
  }
  if (!lead.empty()) AddMember(lead, nullptr, -1, false);
  leads_.append(kBlockBytes, '\0');
  if (collection.is_auth() && ColumnOf("emailVisibility") < 0) add_column("emailVisibility");
  id_column_ = ColumnOf("id");
  email_visibility_column_ = ColumnOf("emailVisibility");
}

std::uint64_t RecordShape::NextSerial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void RecordShape::AddMember(std::string_view lead, const Field* field, int column, bool email) {
  members_.push_back({leads_.size(), lead.size(), field, column, email});
  leads_ += lead;
}

const RecordShape& RecordShape::Of(const std::shared_ptr<const Schema>& schema,
                                   const Collection& collection, bool all_fields,
                                   CollectionKeys keys) {
  return store::KeptOf<RecordShape>(schema, std::tuple(&collection, all_fields, keys), [&] {
    return RecordShape(collection, all_fields, nullptr, keys);
  });
}

std::shared_ptr<const RecordShape> RecordShape::OfPicked(
    const std::shared_ptr<const Schema>& schema, const Collection& collection, bool all_fields,
    const FieldList& picked) {
  constexpr std::size_t kPickedMax = 64;
  struct Kept {
    std::shared_ptr<const Schema> schema;  // kept alive, so that its address stays its own
    StringMap<std::shared_ptr<const RecordShape>> shapes;
  };
  if (picked.paths.empty()) {
    // Kept by the thread, as is the schema that it points into.
    return {std::shared_ptr<const void>(), &Of(schema, collection, all_fields)};
  }
  std::string key = collection.id + (all_fields ? " all" : "");
  for (const FieldPath& field : picked.paths) (key += '\n') += field.path;
  Kept& kept = ThreadOwned<Kept>();
  const bool full = kept.shapes.size() >= kPickedMax && !kept.shapes.contains(key);
  if (kept.schema != schema || full) kept = Kept{schema, {}};
  std::shared_ptr<const RecordShape>& shape = kept.shapes[key];
  if (shape == nullptr)
    shape = std::make_shared<const RecordShape>(collection, all_fields, &picked);
  return shape;
}

int RecordShape::ColumnOf(std::string_view field) const {
  const auto found = std::find(columns_.begin(), columns_.end(), field);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

namespace {

// The end of a string, of which the last pieces wait on the stack: what a
// record consists of is short, and a string asks for room each time.
class BufferedEnd {
 public:
  explicit BufferedEnd(std::string& out) : out_(out) {}

  // Behind which `bytes` can be written; null when that is more than waits here.
  char* Room(std::size_t bytes) {
    if (bytes > sizeof buffer_) return nullptr;
    if (bytes > static_cast<std::size_t>(buffer_ + sizeof buffer_ - at_)) Flush();
    return at_;
  }
  void SetEnd(char* at) { at_ = at; }

  // There are kBlockBytes more behind `text`.
  void AddBlocks(std::string_view text) {
    char* const room = Room(text.size() + kBlockBytes);
    if (room == nullptr) {
      Flush() += text;
      return;
    }
    for (std::size_t i = 0; i < text.size(); i += kBlockBytes)
      std::memcpy(room + i, text.data() + i, kBlockBytes);
    at_ = room + text.size();
  }

  // The string, with everything in it.
  std::string& Flush() {
    out_.append(buffer_, at_);
    at_ = buffer_;
    return out_;
  }

  std::size_t size() const { return out_.size() + static_cast<std::size_t>(at_ - buffer_); }

 private:
  std::string& out_;
  char* at_ = buffer_;
  char buffer_[8192];
};

}  // namespace

class RecordWriter {
 public:
  // `append` writes a member's value behind its key.
  template <typename Append>
  static Status Write(std::string& text, const RecordShape& shape, const Append& append,
                      EmailMode email, Insertions* places) {
    const std::size_t begin = text.size();
    BufferedEnd out(text);
    for (std::size_t i = 0; i < shape.members_.size(); ++i) {
      const RecordShape::Member& member = shape.members_[i];
      // Behind the comma that the next member begins with; `id` always follows.
      if (places != nullptr && i == shape.expand_at_) places->expand_at = out.size() + 1;
      if (member.email && places != nullptr) places->email_at = out.size() + 1;
      if (member.email && email == EmailMode::kHide) continue;
      out.AddBlocks(shape.Lead(member));
      if (member.field == nullptr) continue;
      if (Status status = append(out, member); !status.ok()) {
        out.Flush().resize(begin);
        return status;
      }
    }
    out.Flush() += '}';
    return absl::OkStatus();
  }

  static Status Rows(std::string& out, const RecordShape& shape, const store::Statement& row,
                     EmailMode email, Insertions* places) {
    const auto append = [&row](BufferedEnd& text, const RecordShape::Member& member) {
      const ValueView value = row.Column(member.column);
      if (char* const room = text.Room(PlainFieldRoom(value))) {
        if (char* const end = PutPlainField(room, *member.field, value)) {
          text.SetEnd(end);
          return absl::OkStatus();
        }
      }
      return AppendColumn(text.Flush(), member, value);
    };
    return Write(out, shape, append, email, places);
  }

  static Status Values(std::string& out, const RecordShape& shape, AppendValue value,
                       EmailMode email, Insertions* places) {
    const auto append = [&value](BufferedEnd& text, const RecordShape::Member& member) {
      return value(text.Flush(), *member.field);
    };
    return Write(out, shape, append, email, places);
  }

  static Status Email(std::string& out, const RecordShape& shape, const store::Statement& row) {
    for (const RecordShape::Member& member : shape.members_) {
      if (!member.email) continue;
      out += shape.Lead(member).substr(1);  // without the comma
      SLUICE_RETURN_IF_ERROR(AppendColumn(out, member, row.Column(member.column)));
      out += ',';
    }
    return absl::OkStatus();
  }

 private:
  static Status AppendColumn(std::string& out, const RecordShape::Member& member,
                             const ValueView& value) {
    const Status status = AppendFieldJson(out, *member.field, Stored(value));
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
