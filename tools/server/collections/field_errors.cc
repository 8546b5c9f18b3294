#include "tools/server/collections/field_errors.h"

#include <algorithm>

#include "tools/server/json/json_text.h"

namespace sluice::collections {
namespace {

void AppendIndented(std::string& out, std::vector<http::ErrorEntry> entries, std::size_t depth) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.key < b.key; });
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append(2 * (depth + 1), ' ');
    json::AppendString(out, entries[i].key);
    out += ": ";
    if (entries[i].children.empty()) {
      json::AppendString(out, entries[i].message);
    } else {
      AppendIndented(out, entries[i].children, depth + 1);
    }
  }
  out += '\n';
  out.append(2 * depth, ' ');
  out += '}';
}

}  // namespace

Mistake Required() { return {"validation_required", "cannot be blank"}; }
Mistake InvalidFormat() { return {"validation_match_invalid", "must be in a valid format"}; }
Mistake NotAllowed() { return {"validation_in_invalid", "must be a valid value"}; }
Mistake Forbidden() { return {"validation_not_in_invalid", "must not be in list"}; }

Mistake LengthOutOfRange(std::int64_t min, std::int64_t max) {
  return {"validation_length_out_of_range",
          "the length must be between " + std::to_string(min) + " and " + std::to_string(max),
          {{"min", min}, {"max", max}}};
}

Mistake TooSmall(std::int64_t threshold) {
  return {"validation_min_greater_equal_than_required",
          "must be no less than " + std::to_string(threshold),
          {{"threshold", threshold}}};
}

Mistake TooLarge(std::int64_t threshold) {
  return {"validation_max_less_equal_than_required",
          "must be no greater than " + std::to_string(threshold),
          {{"threshold", threshold}}};
}

// The entry at the end of the path, new or there already; null when a mistake
// stands in the way.
http::ErrorEntry* FieldErrors::Reach(Path path) {
  std::vector<http::ErrorEntry>* level = &entries_;
  http::ErrorEntry* entry = nullptr;
  for (const std::string_view key : path) {
    if (entry != nullptr) {
      if (!entry->code.empty()) return nullptr;
      level = &entry->children;
    }
    const auto found = std::find_if(level->begin(), level->end(),
                                    [key](const auto& other) { return other.key == key; });
    if (found != level->end()) {
      entry = &*found;
    } else {
      level->push_back({.key = std::string(key)});
      entry = &level->back();
    }
  }
  return entry;
}

void FieldErrors::Add(Path path, Mistake mistake) {
  http::ErrorEntry* entry = Reach(path);
  if (entry == nullptr || !entry->code.empty() || !entry->children.empty()) return;
  entry->code = std::move(mistake.code);
  entry->message = std::move(mistake.message);
  entry->params = std::move(mistake.params);
}

void FieldErrors::AddGroup(Path path, FieldErrors part) {
  if (part.empty()) return;
  http::ErrorEntry* entry = Reach(path);
  if (entry == nullptr || !entry->code.empty()) return;
  for (http::ErrorEntry& child : part.entries_) entry->children.push_back(std::move(child));
}

std::string FieldErrors::ToIndentedJson() const {
  std::string out;
  AppendIndented(out, entries_, 0);
  return out;
}

}  // namespace sluice::collections
