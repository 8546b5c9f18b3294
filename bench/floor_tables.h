// The collections of make_folder.py's blog as the floor knows them by heart: in
// the order of the answer, each column with the keys that stand before it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::bench {

enum class FloorKind : std::uint8_t {
  kText,
  kRawJson,
  kIds,
  kNumber,
  kBool,
  kEmail,
  kExcerpt,
  kUnseen
};

struct FloorColumn {
  const char* name;  // of the column
  const char* key;   // with what stands before it in a record
  FloorKind kind;
  bool hidden = false;  // only a superuser sees it
};

inline constexpr FloorColumn kPostColumns[] = {
    {"attachments", "{\"attachments\":", FloorKind::kRawJson},
    {"author", ",\"author\":", FloorKind::kText},
    {"body", ",\"body\":", FloorKind::kText},
    {"cover",
     ",\"collectionId\":\"c_posts\",\"collectionName\":\"posts\",\"cover\":", FloorKind::kText},
    {"created", ",\"created\":", FloorKind::kText},
    {"id", ",\"id\":", FloorKind::kText},
    {"internal", ",\"internal\":", FloorKind::kText, true},
    {"labels", ",\"labels\":", FloorKind::kRawJson},
    {"meta", ",\"meta\":", FloorKind::kRawJson},
    {"org", ",\"org\":", FloorKind::kText},
    {"pinned", ",\"pinned\":", FloorKind::kBool},
    {"place", ",\"place\":", FloorKind::kRawJson},
    {"publishedAt", ",\"publishedAt\":", FloorKind::kText},
    {"rating", ",\"rating\":", FloorKind::kNumber},
    {"related", ",\"related\":", FloorKind::kRawJson},
    {"slug", ",\"slug\":", FloorKind::kText},
    {"status", ",\"status\":", FloorKind::kText},
    {"tags", ",\"tags\":", FloorKind::kRawJson},
    {"title", ",\"title\":", FloorKind::kText},
    {"updated", ",\"updated\":", FloorKind::kText},
    {"views", ",\"views\":", FloorKind::kNumber},
};

inline constexpr FloorColumn kUserColumns[] = {
    {"avatar", "{\"avatar\":", FloorKind::kText},
    {"bio", ",\"bio\":", FloorKind::kText},
    {"created", ",\"collectionId\":\"_pb_users_auth_\",\"collectionName\":\"users\",\"created\":",
     FloorKind::kText},
    {"email", ",\"email\":", FloorKind::kEmail},
    {"emailVisibility", ",\"emailVisibility\":", FloorKind::kBool},
    {"id", ",\"id\":", FloorKind::kText},
    {"manager", ",\"manager\":", FloorKind::kText},
    {"name", ",\"name\":", FloorKind::kText},
    {"roles", ",\"roles\":", FloorKind::kRawJson},
    {"score", ",\"score\":", FloorKind::kNumber},
    {"updated", ",\"updated\":", FloorKind::kText},
    {"verified", ",\"verified\":", FloorKind::kBool},
};

inline constexpr FloorColumn kOrgColumns[] = {
    {"contact",
     "{\"collectionId\":\"c_orgs\",\"collectionName\":\"orgs\",\"contact\":", FloorKind::kText},
    {"created", ",\"created\":", FloorKind::kText},
    {"id", ",\"id\":", FloorKind::kText},
    {"location", ",\"location\":", FloorKind::kRawJson},
    {"members", ",\"members\":", FloorKind::kIds},
    {"name", ",\"name\":", FloorKind::kText},
    {"owner", ",\"owner\":", FloorKind::kText},
    {"plan", ",\"plan\":", FloorKind::kText},
    {"settings", ",\"settings\":", FloorKind::kRawJson},
    {"site", ",\"site\":", FloorKind::kText},
    {"updated", ",\"updated\":", FloorKind::kText},
};

inline constexpr FloorColumn kCommentColumns[] = {
    {"author", "{\"author\":", FloorKind::kText},
    {"created", ",\"collectionId\":\"c_comments\",\"collectionName\":\"comments\",\"created\":",
     FloorKind::kText},
    {"id", ",\"id\":", FloorKind::kText},
    {"likes", ",\"likes\":", FloorKind::kIds},
    {"parent", ",\"parent\":", FloorKind::kText},
    {"post", ",\"post\":", FloorKind::kText},
    {"text", ",\"text\":", FloorKind::kText},
    {"updated", ",\"updated\":", FloorKind::kText},
};

inline constexpr FloorColumn kTagColumns[] = {
    {"created",
     "{\"collectionId\":\"c_tags\",\"collectionName\":\"tags\",\"created\":", FloorKind::kText},
    {"id", ",\"id\":", FloorKind::kText},
    {"name", ",\"name\":", FloorKind::kText},
    {"parent", ",\"parent\":", FloorKind::kText},
    {"updated", ",\"updated\":", FloorKind::kText},
    {"weight", ",\"weight\":", FloorKind::kNumber},
};

inline constexpr FloorColumn kPeopleColumns[] = {
    {"created",
     "{\"collectionId\":\"c_people\",\"collectionName\":\"people\",\"created\":", FloorKind::kText},
    {"email", ",\"email\":", FloorKind::kText},
    {"id", ",\"id\":", FloorKind::kText},
    {"name", ",\"name\":", FloorKind::kText},
    {"roles", ",\"roles\":", FloorKind::kRawJson},
    {"verified", ",\"verified\":", FloorKind::kBool},
};

// fields=id,title,body:excerpt(80,true),expand.author.name
inline constexpr FloorColumn kPostExcerptColumns[] = {
    {"body", "{\"body\":", FloorKind::kExcerpt},
    {"id", ",\"id\":", FloorKind::kText},
    {"title", ",\"title\":", FloorKind::kText},
    {"author", "", FloorKind::kUnseen},
};
inline constexpr FloorColumn kNameColumns[] = {{"name", "{\"name\":", FloorKind::kText}};

struct FloorTable {
  std::string_view from;  // with the alias `p`
  std::span<const FloorColumn> columns;
  int expand_before;  // the column before which `expand` stands
};

inline constexpr FloorTable kPosts{"posts p", kPostColumns, 5};
inline constexpr FloorTable kUsers{"users p", kUserColumns, 5};
inline constexpr FloorTable kOrgs{"orgs p", kOrgColumns, 2};
inline constexpr FloorTable kComments{"comments p", kCommentColumns, 2};
inline constexpr FloorTable kTags{"tags p", kTagColumns, 1};
inline constexpr FloorTable kPeople{"users p", kPeopleColumns, 2};
inline constexpr FloorTable kPostExcerpts{"posts p", kPostExcerptColumns, 1};
inline constexpr FloorTable kNames{"users p", kNameColumns, 1};

}  // namespace sluice::bench
