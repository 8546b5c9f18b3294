// Collections for the tests of the statements of record writes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/schema.h"

namespace sluice {

inline Field MakeField(std::string name, FieldType type, std::uint32_t max_select = 0) {
  Field field;
  field.name = std::move(name);
  field.type = type;
  field.max_select = max_select;
  field.primary_key = field.name == "id";
  return field;
}

inline Collection MakeCollection(std::string name, std::vector<Field> fields) {
  Collection collection;
  collection.name = std::move(name);
  collection.fields = std::move(fields);
  return collection;
}

// One field of each kind of column, and a name that wants quoting.
inline Collection Things() {
  return MakeCollection(
      "thi\"ngs",
      {MakeField("id", FieldType::kText), MakeField("num", FieldType::kNumber),
       MakeField("flag", FieldType::kBool), MakeField("js", FieldType::kJson),
       MakeField("one", FieldType::kRelation, 1), MakeField("many", FieldType::kRelation, 5),
       MakeField("geo", FieldType::kGeoPoint)});
}

inline Collection Mfas() {
  return MakeCollection(
      "_mfas", {MakeField("id", FieldType::kText), MakeField("collectionRef", FieldType::kText),
                MakeField("recordRef", FieldType::kText)});
}

}  // namespace sluice
