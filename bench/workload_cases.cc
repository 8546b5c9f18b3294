#include "bench/workload_cases.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "bench/workloads.h"

namespace sluice::bench {
namespace {

// What the rule of posts leaves a guest: a draft shows when it has no author, no
// org, an org without members, or a member that is not there.
constexpr std::string_view kGuestSees =
    "(p.status='published' OR p.author='' OR EXISTS (SELECT 1 FROM (SELECT 1) LEFT JOIN orgs o ON "
    "o.id=p.org LEFT JOIN json_each(o.members) m LEFT JOIN users u ON u.id=m.value WHERE u.id IS "
    "NULL))";
// And a user, whose id is ?2.
constexpr std::string_view kUserSees =
    "(p.status='published' OR p.author=?2 OR EXISTS (SELECT 1 FROM orgs o, "
    "json_each(o.members) m WHERE o.id=p.org AND m.value=?2))";

constexpr WorkloadCase kCases[] = {
    {"view", "posts", "{post}", false, "", "", "", "", "", "", false, &kPosts, "post",
     "WHERE p.id=?1 AND {guest} LIMIT ?2 OFFSET ?3", ""},
    {"view-expand", "posts", "{post}", false, "", "", "author,org", "", "", "", false, &kPosts,
     "post", "WHERE p.id=?1 AND {guest} LIMIT ?2 OFFSET ?3", ""},
    {"list-first-page", "posts", "", false, "", "", "", "", "{page}", "", true, &kPosts, "",
     "WHERE {guest} LIMIT ?1 OFFSET ?2",
     "SELECT (SELECT count(*) FROM posts WHERE status='published')+(SELECT count(*) FROM posts p "
     "WHERE p._rowid_ IN (SELECT _rowid_ FROM posts WHERE status IS NOT 'published') AND {guest})"},
    {"list-skip-total", "posts", "", false, "", "", "", "", "{page}", "", false, &kPosts, "",
     "WHERE {guest} LIMIT ?1 OFFSET ?2", ""},
    {"list-by-author", "posts", "", false, "author='{user}'", "-created", "", "", "", "", false,
     &kPosts, "user", "WHERE p.author=?1 AND {guest} ORDER BY p.created DESC LIMIT ?2 OFFSET ?3",
     ""},
    {"list-indexed-page", "posts", "", false, "status='published'", "-publishedAt", "", "",
     "{page}", "", false, &kPosts, "",
     "WHERE p.status='published' ORDER BY p.publishedAt DESC LIMIT ?1 OFFSET ?2", ""},
    {"list-scan-like", "posts", "", false, "title~'{word} {word2}'&&views>{views}", "", "", "", "",
     "", false, &kPosts, "words,views",
     "WHERE p.views>?2 AND p.title LIKE '%'||?1||'%' AND {guest} LIMIT ?3 OFFSET ?4", ""},
    {"list-any-of", "posts", "", false, "tags.id?='{tag}'", "", "", "", "", "", false, &kPosts,
     "tag", "WHERE instr(p.tags,?1)>0 AND {guest} LIMIT ?2 OFFSET ?3", ""},
    {"list-all-of", "tags", "", false, "weight>{weight}&&name!~'{word}'", "", "", "", "", "", true,
     &kTags, "weight,word", "WHERE p.weight>?1 AND p.name NOT LIKE '%'||?2||'%' LIMIT ?3 OFFSET ?4",
     "SELECT count(*) FROM tags p WHERE p.weight>?1 AND p.name NOT LIKE '%'||?2||'%'"},
    {"list-back-relation", "posts", "", true, "comments_via_post.author?='{user}'", "", "", "", "",
     "", false, &kPosts, "user,me",
     "WHERE p.id IN (SELECT c.post FROM comments c WHERE c.author=?1) AND {user} LIMIT ?3 OFFSET "
     "?4",
     ""},
    {"list-relation-path", "comments", "", true,
     "post.author.name~'{word}'&&post.status='published'", "", "", "", "", "", false, &kComments,
     "word",
     "JOIN posts q ON q.id=p.post WHERE q.status='published' AND (SELECT u.name FROM users u WHERE "
     "u.id=q.author) LIKE '%'||?1||'%' LIMIT ?2 OFFSET ?3",
     ""},
    {"list-relation-path-any-rows", "comments", "", true,
     "post.author.name~'{word}'&&post.status='published'", "", "", "", "", "", false, &kComments,
     "word",
     "JOIN posts q ON q.id=p.post JOIN users u ON u.id=q.author WHERE "
     "q.status='published' AND u.name LIKE '%'||?1||'%' LIMIT ?2 OFFSET ?3",
     "", true},
    {"list-expand-deep", "comments", "", true, "post='{post}'", "", "author,post.author,post.org",
     "", "", "", false, &kComments, "post", "WHERE p.post=?1 LIMIT ?2 OFFSET ?3", ""},
    {"list-back-expand", "posts", "", true, "author='{user}'", "", "comments_via_post.author", "",
     "", "", false, &kPosts, "user,me", "WHERE p.author=?1 AND {user} LIMIT ?3 OFFSET ?4", ""},
    {"list-fields-excerpt", "posts", "", false, "", "", "author",
     "id,title,body:excerpt(80,true),expand.author.name", "{page}", "", false, &kPostExcerpts, "",
     "WHERE {guest} LIMIT ?1 OFFSET ?2", ""},
    {"list-with-rule-user", "posts", "", true, "", "-created", "", "", "{page}", "", false, &kPosts,
     "me,me",
     "WHERE p._rowid_ IN (SELECT p._rowid_ FROM posts p WHERE ?1=?2 AND {user} ORDER BY p.created "
     "DESC LIMIT ?3 OFFSET ?4) ORDER BY p.created DESC",
     ""},
    {"list-deep-page", "posts", "", false, "", "id", "", "", "{deep}", "", false, &kPosts, "",
     "WHERE {guest} ORDER BY p.id LIMIT ?1 OFFSET ?2", ""},
    {"count-filtered", "posts", "", false, "views>{views}", "", "", "", "", "1", true, &kPosts,
     "views", "WHERE p.views>?1 AND {guest} LIMIT ?2 OFFSET ?3",
     "SELECT count(*) FROM posts p WHERE p.views>?1 AND {guest}"},
    {"list-500", "posts", "", false, "", "", "", "", "{page}", "500", false, &kPosts, "",
     "WHERE {guest} LIMIT ?1 OFFSET ?2", ""},
    {"view-stats-view", "people", "", true, "", "", "", "", "{page}", "", false, &kPeople, "",
     "LIMIT ?1 OFFSET ?2", ""},
};

constexpr std::string_view kWords[] = {"river",  "stone",  "cloud",  "night",  "winter",
                                       "summer", "quiet",  "loud",   "harbor", "lantern",
                                       "meadow", "orbit",  "paper",  "quartz", "rocket",
                                       "silver", "timber", "velvet", "willow", "yonder"};

// A value for each name, drawn as the load script does.
struct Draw {
  std::vector<std::pair<std::string_view, std::string>> values;

  const std::string& Of(std::string_view name) const {
    for (const auto& [known, value] : values) {
      if (known == name) return value;
    }
    return values.front().second;
  }

  std::string Put(std::string_view text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
      if (end == std::string_view::npos) {
        out += text[i++];
      } else {
        out += Of(text.substr(i + 1, end - i - 1));
        i = end + 1;
      }
    }
    return out;
  }
};

Draw MakeDraw(Random& random, std::uint64_t posts) {
  const std::uint64_t users = std::max<std::uint64_t>(posts / 10, 10);
  const auto word = [&random] { return std::string(kWords[random.OneTo(std::size(kWords)) - 1]); };
  Draw draw;
  const std::string first = word();
  const std::string second = word();
  // Every tenth post is a draft.
  draw.values = {{"post", MakeId("post", (random.OneTo(posts / 10) - 1) * 10 + random.OneTo(9))},
                 {"user", MakeId("user", random.OneTo(users))},
                 {"tag", MakeId("tag", random.OneTo(100))},
                 {"me", std::to_string(random.OneTo(std::min<std::uint64_t>(500, users)))},
                 {"word", first},
                 {"word2", second},
                 {"words", first + " " + second},
                 {"views", std::to_string(3999 + random.OneTo(5501))},
                 {"weight", std::to_string(random.OneTo(90))},
                 {"page", std::to_string(random.OneTo(20))}};
  const auto last = static_cast<std::int64_t>(posts * 9 / 10 / 30 / 2);
  const std::int64_t deep = last - static_cast<std::int64_t>(random.OneTo(201)) + 1;
  draw.values.emplace_back("deep", std::to_string(std::max<std::int64_t>(1, deep)));
  return draw;
}

std::int64_t Number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Spelled(std::string_view text) {
  std::string out(text);
  for (const auto& [mark, condition] :
       {std::pair{std::string_view("{guest}"), kGuestSees}, {"{user}", kUserSees}}) {
    if (const std::size_t at = out.find(mark); at != std::string::npos)
      out.replace(at, mark.size(), condition);
  }
  return out;
}

constexpr int kAuthorOfPost = 1, kOrgOfPost = 8, kIdOfPost = 5;
constexpr int kAuthorOfComment = 0, kPostOfComment = 5;

void AddExpands(Floor& floor, const WorkloadCase& one, FloorQuery& query) {
  const auto by_id = [&floor](const FloorTable& table) {
    return floor.Prepare(table, "WHERE p.id=?1", "", false);
  };
  if (one.expand == "author,org") {
    query.expands.push_back({"\"author\":", kAuthorOfPost, true, by_id(kUsers)});
    query.expands.push_back({"\"org\":", kOrgOfPost, true, by_id(kOrgs)});
  } else if (one.expand == "author,post.author,post.org") {
    FloorQuery post = floor.Prepare(kPosts, Spelled("WHERE p.id=?1 AND {user}"), "", false);
    post.expands.push_back({"\"author\":", kAuthorOfPost, true, by_id(kUsers)});
    // Of posts as a guest or a user sees them: `internal` is not selected.
    post.expands.push_back({"\"org\":", kOrgOfPost, true, by_id(kOrgs)});
    query.expands.push_back({"\"author\":", kAuthorOfComment, true, by_id(kUsers)});
    query.expands.push_back({"\"post\":", kPostOfComment, true, std::move(post)});
  } else if (one.expand == "comments_via_post.author") {
    FloorQuery comments = floor.Prepare(kComments, "WHERE p.post=?1 LIMIT 1000", "", false);
    comments.expands.push_back({"\"author\":", kAuthorOfComment, true, by_id(kUsers)});
    query.expands.push_back({"\"comments_via_post\":", kIdOfPost, false, std::move(comments)});
  } else if (one.expand == "author") {
    query.expands.push_back({"\"author\":", 3, true, by_id(kNames)});
  }
}

}  // namespace

std::span<const WorkloadCase> WorkloadCases() { return kCases; }

std::vector<WorkloadAsk> MakeAsks(const WorkloadCase& one, std::uint64_t posts, std::size_t count) {
  Random random(11);
  std::vector<WorkloadAsk> asks(count);
  for (WorkloadAsk& ask : asks) {
    const Draw draw = MakeDraw(random, posts);
    ask.id = draw.Put(one.id);
    ask.filter = draw.Put(one.filter);
    ask.page_text = draw.Put(one.page);
    ask.page = ask.page_text.empty() ? 1 : Number(ask.page_text);
    ask.me = static_cast<std::uint32_t>(Number(draw.Of("me")));
    for (std::string_view rest = one.params; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      ask.texts.push_back(name == "me" ? MakeId("user", ask.me) : draw.Of(name));
    }
    std::size_t i = 0;
    for (std::string_view rest = one.params; !rest.empty(); ++i) {
      const std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      const bool number = name == "views" || name == "weight";
      ask.params.push_back(number ? FloorValue{{}, Number(ask.texts[i])}
                                  : FloorValue{ask.texts[i], 0});
    }
  }
  return asks;
}

FloorQuery PrepareFloor(Floor& floor, const WorkloadCase& one) {
  FloorQuery query =
      floor.Prepare(*one.table, Spelled(one.tail), Spelled(one.count), one.id.empty());
  AddExpands(floor, one, query);
  return query;
}

}  // namespace sluice::bench
