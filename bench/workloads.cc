#include "bench/workloads.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::bench {
namespace {

// Fields as `name:type`, `*` for several values, `!` for hidden, `>target` for
// a relation.
struct CollectionText {
  std::string_view name;
  CollectionType type;
  std::string_view list_rule;
  std::string_view fields;
  std::string_view indexes;  // separated by `;`
};

constexpr CollectionText kCollections[] = {
    {"users", CollectionType::kAuth, "",
     "name:text avatar:file bio:editor score:number manager:relation>users roles:select* "
     "secretNote:text! created:autodate "
     "updated:autodate id:text password:password! tokenKey:text! email:email emailVisibility:bool "
     "verified:bool",
     "CREATE UNIQUE INDEX `idx_tokenKey` ON `users` (`tokenKey`);CREATE UNIQUE INDEX `idx_email` "
     "ON `users` (`email`) WHERE `email` != ''"},
    {"orgs", CollectionType::kBase, "",
     "id:text name:text owner:relation>users members:relation>users* plan:select settings:json "
     "location:geoPoint site:url "
     "contact:email created:autodate updated:autodate",
     "CREATE UNIQUE INDEX `idx_orgs_name` ON `orgs` (`name`)"},
    {"tags", CollectionType::kBase, "",
     "id:text name:text weight:number parent:relation>tags created:autodate updated:autodate",
     "CREATE UNIQUE INDEX `idx_tags_name` ON `tags` (`name`)"},
    {"posts", CollectionType::kBase,
     "status = 'published' || author = @request.auth.id || org.members.id ?= @request.auth.id",
     "id:text title:text slug:text body:editor author:relation>users org:relation>orgs "
     "tags:relation>tags* status:select labels:select* "
     "views:number rating:number pinned:bool publishedAt:date meta:json cover:file "
     "attachments:file* related:relation>posts* "
     "place:geoPoint internal:text! created:autodate updated:autodate",
     "CREATE INDEX `idx_posts_author` ON `posts` (`author`);CREATE INDEX `idx_posts_status_date` "
     "ON `posts` (`status`, `publishedAt`)"},
    {"comments", CollectionType::kBase, "",
     "id:text post:relation>posts author:relation>users text:text likes:relation>users* "
     "parent:relation>comments created:autodate "
     "updated:autodate",
     "CREATE INDEX `idx_comments_post` ON `comments` (`post`)"},
};

constexpr Workload kWorkloads[] = {
    {"one_term", "posts", "author = '{user}'"},
    {"four_terms", "posts",
     "status = 'published' && views > {number} && title ~ '{word}' && rating < 4"},
    {"four_terms_relations", "posts",
     "status = 'published' && views > {number} && author.name ~ '{word}' && tags.name ?= '{tag}'"},
    {"to_one_path", "posts", "author.manager.name ~ '{word}' && org.plan = 'pro'"},
    {"any_of", "posts", "tags.id ?= '{tag}'"},
    {"all_values", "posts", "tags.name != '{tag}' && org.members.score > {number}"},
    {"back_relation", "posts",
     "comments_via_post.author ?= '{user}' && comments_via_post.text ?~ '{word}'"},
    {"json_and_dates", "posts",
     "meta.words > {number} && created >= @monthStart && labels:each ?= '{word}' && tags:length > "
     "1"},
    {"groups", "posts",
     "(status = 'draft' || (pinned = true && (views > {number} || rating > 3))) && (title ~ "
     "'{word}' || body ~ '{word}' || "
     "author = '{user}')"},
    {"rule", "posts",
     "status = 'published' || author = @request.auth.id || org.members.id ?= @request.auth.id"},
};

constexpr std::array<std::string_view, 20> kWords = {
    "river",  "stone",  "cloud",   "night",  "winter", "summer", "quiet",
    "loud",   "harbor", "lantern", "meadow", "orbit",  "paper",  "quartz",
    "rocket", "silver", "timber",  "velvet", "willow", "yonder"};

// Pieces of `text` between `separator`s; none is empty.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

Field MakeField(std::string_view text) {
  Field field;
  for (; text.back() == '!' || text.back() == '*'; text.remove_suffix(1)) {
    if (text.back() == '!') field.hidden = true;
    if (text.back() == '*') field.max_select = 99;
  }
  const std::size_t colon = text.find(':');
  const std::size_t target = std::min(text.find('>'), text.size());
  field.name = std::string(text.substr(0, colon));
  field.id = "f_" + field.name;
  const std::optional<FieldType> type = ParseFieldType(text.substr(colon + 1, target - colon - 1));
  if (!type) std::abort();
  field.type = *type;
  if (target < text.size()) field.collection_id = "c_" + std::string(text.substr(target + 1));
  return field;
}

std::shared_ptr<const Collection> MakeCollection(const CollectionText& text) {
  auto collection = std::make_shared<Collection>();
  collection->id = "c_" + std::string(text.name);
  collection->name = std::string(text.name);
  collection->type = text.type;
  for (std::string_view field : Split(text.fields, ' '))
    collection->fields.push_back(MakeField(field));
  for (std::string_view index : Split(text.indexes, ';'))
    collection->indexes.push_back(*ParseIndex(index));
  collection->list_rule = std::string(text.list_rule);
  collection->view_rule = collection->list_rule;
  return collection;
}

std::string ValueFor(std::string_view place, Random& random) {
  if (place == "number") return std::to_string(random.OneTo(10'000));
  if (place == "word") return std::string(kWords[random.OneTo(kWords.size()) - 1]);
  if (place == "tag") return MakeId("tag", random.OneTo(100));
  return MakeId(place, random.OneTo(1000));
}

}  // namespace

const Schema& BlogSchema() {
  static const Schema* const kSchema = [] {
    std::vector<std::shared_ptr<const Collection>> collections;
    for (const CollectionText& text : kCollections) collections.push_back(MakeCollection(text));
    return new Schema(std::move(collections));
  }();
  return *kSchema;
}

std::span<const Workload> Workloads() { return kWorkloads; }

const Workload& FindWorkload(std::string_view name) {
  for (const Workload& workload : kWorkloads) {
    if (workload.name == name) return workload;
  }
  std::fprintf(stderr, "no workload is called %.*s\n", static_cast<int>(name.size()), name.data());
  std::abort();
}

std::vector<std::string> MakeTexts(const Workload& workload, std::size_t count) {
  Random random(7);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    std::string_view rest = workload.filter;
    for (std::size_t open; (open = rest.find('{')) != std::string_view::npos;) {
      const std::size_t close = rest.find('}', open);
      text += rest.substr(0, open);
      text += ValueFor(rest.substr(open + 1, close - open - 1), random);
      rest.remove_prefix(close + 1);
    }
    text += rest;
  }
  return texts;
}

std::uint64_t Random::OneTo(std::uint64_t n) {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return (state_ * 0x2545F4914F6CDD1DULL >> 11) % n + 1;
}

std::string MakeId(std::string_view kind, std::uint64_t number) {
  std::string id(kind);
  const std::string digits = std::to_string(number);
  id.append(15 - std::min<std::size_t>(15, kind.size() + digits.size()), '0');
  return id + digits;
}

}  // namespace sluice::bench
