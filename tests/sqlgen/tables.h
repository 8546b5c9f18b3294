// Tables with an id and a field for each column, as tests of spellings want them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/schema.h"

namespace sluice {

// One value; a relation points at the collection `target`.
inline Field MakeColumn(std::string name, FieldType type = FieldType::kText,
                        std::string target = "") {
  Field field;
  field.id = name;
  field.name = std::move(name);
  field.type = type;
  field.max_select = 1;
  field.collection_id = std::move(target);
  return field;
}

// Everyone may list it.
inline std::shared_ptr<Collection> MakeTable(std::string name, std::vector<Field> fields) {
  auto collection = std::make_shared<Collection>();
  collection->id = name;
  collection->name = std::move(name);
  collection->list_rule = "";
  fields.insert(fields.begin(), MakeColumn("id"));
  collection->fields = std::move(fields);
  return collection;
}

}  // namespace sluice
