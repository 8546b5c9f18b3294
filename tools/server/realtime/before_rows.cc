// Tested by tests/server/realtime_hub_test.cc.
#include "tools/server/realtime/before_rows.h"

#include <algorithm>

namespace sluice::realtime {
namespace {

// Of one column compared with a text that has no affinity. Relations, the only
// columns that paths look through, are texts.
bool Equals(const ValueView& column, std::string_view text) {
  return column.storage == StorageClass::kText && column.text == text;
}

}  // namespace

ValueView OldRecord::Get(const Field& field) const {
  const auto position = static_cast<std::size_t>(&field - record_.collection->fields.data());
  return position < record_.columns.size() ? record_.columns[position].view() : ValueView::Null();
}

BeforeRows::BeforeRows(RowSource& stored, const std::vector<writes::Event>& events)
    : stored_(stored) {
  for (const writes::Event& event : events) {
    Old old;
    if (!event.record.is_new() && event.action != writes::Action::kCreate)
      old = std::make_shared<OldRecord>(event.record);
    // Of several events of one record the first knows how it was.
    old_[event.record.collection->id].emplace(event.record.id(), std::move(old));
  }
}

void BeforeRows::PutBack(const Collection& collection, Rows& rows, const Field* field,
                         std::string_view value) const {
  const auto touched = old_.find(collection.id);
  const Field* id = collection.FindField("id");
  if (touched == old_.end() || id == nullptr) return;
  const auto is_touched = [&](const std::shared_ptr<const RecordView>& row) {
    return touched->second.contains(row->Get(*id).text);
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), is_touched), rows.end());
  for (const auto& [key, old] : touched->second) {
    if (old != nullptr && (field == nullptr || Equals(old->Get(*field), value)))
      rows.push_back(old);
  }
}

StatusOr<RowSource::Rows> BeforeRows::FindById(const Collection& collection, std::string_view id) {
  const auto touched = old_.find(collection.id);
  if (touched != old_.end()) {
    const auto found = touched->second.find(id);
    if (found != touched->second.end())
      return found->second == nullptr ? Rows() : Rows{found->second};
  }
  return stored_.FindById(collection, id);
}

StatusOr<RowSource::Rows> BeforeRows::FindByField(const Collection& collection, const Field& field,
                                                  std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(Rows rows, stored_.FindByField(collection, field, value));
  PutBack(collection, rows, &field, value);
  return rows;
}

StatusOr<RowSource::Rows> BeforeRows::All(const Collection& collection) {
  SLUICE_ASSIGN_OR_RETURN(Rows rows, stored_.All(collection));
  PutBack(collection, rows, nullptr, "");
  return rows;
}

Status BeforeRows::ShowIn(store::OldRows& shown, const Schema& schema) const {
  for (const auto& [collection_id, records] : old_) {
    const Collection* collection = schema.FindById(collection_id);
    if (collection == nullptr || collection->is_view()) continue;
    std::vector<store::OldRow> rows;
    for (const auto& [id, old] : records)
      rows.push_back({id, old == nullptr ? nullptr : &old->columns()});
    SLUICE_RETURN_IF_ERROR(shown.Add(*collection, rows));
  }
  return absl::OkStatus();
}

}  // namespace sluice::realtime
