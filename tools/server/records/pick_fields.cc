// The body becomes a flat tree of views, which is printed while the paths are
// matched: what is not picked is never decoded. Tested by
// tests/server/records_pick_fields_test.cc.
#include "tools/server/records/pick_fields.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tools/server/json/json_text.h"
#include "tools/server/records/excerpt.h"
#include "tools/server/records/json_check.h"
#include "tools/server/records/json_walk.h"
#include "tools/server/records/number_text.h"

namespace sluice::records {
namespace {

using NodeId = std::uint32_t;

struct Node {
  enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kLiteral };

  Kind kind = Kind::kLiteral;
  bool escaped = false;   // kString: `text` has escapes or bytes beyond ASCII
  bool special = false;   // kString: or what has to be escaped
  std::string_view key;   // decoded; of a member
  std::string_view text;  // kString without quotes, kLiteral
  double number = 0;      // kNumber
  NodeId end = 0;         // after the last node below this one
};

// Nodes in the order of the text: children follow their parent.
struct Tree {
  std::vector<Node> nodes;
  std::deque<std::string> decoded_keys;
};

class TreeBuilder : public JsonHandler {
 public:
  explicit TreeBuilder(Tree& tree) : tree_(tree) {}
  bool in_range() const { return in_range_; }

  void BeginObject() { Open(Node::Kind::kObject); }
  void BeginArray() { Open(Node::Kind::kArray); }
  void EndObject() { Close(); }
  void EndArray() { Close(); }
  void Key(const JsonString& key) {
    key_ = key.raw;
    if (key.escaped || key.special) {
      AppendDecodedString(tree_.decoded_keys.emplace_back(), key.raw);
      key_ = tree_.decoded_keys.back();
    }
  }
  void String(const JsonString& text) {
    Node& node = Add(Node::Kind::kString);
    node.text = text.raw;
    node.escaped = text.escaped;
    node.special = text.special;
  }
  void Number(std::string_view spelling) {
    const std::optional<double> number = ParseNumberText(spelling);
    in_range_ = in_range_ && number.has_value();
    Add(Node::Kind::kNumber).number = number.value_or(0);
  }
  void Literal(std::string_view word) { Add(Node::Kind::kLiteral).text = word; }

 private:
  Node& Add(Node::Kind kind) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.key = key_;
    node.end = static_cast<NodeId>(tree_.nodes.size());
    return node;
  }
  void Open(Node::Kind kind) {
    Add(kind);
    open_.push_back(static_cast<NodeId>(tree_.nodes.size() - 1));
  }
  void Close() {
    tree_.nodes[open_.back()].end = static_cast<NodeId>(tree_.nodes.size());
    open_.pop_back();
  }

  Tree& tree_;
  std::string_view key_;
  std::vector<NodeId> open_;
  bool in_range_ = true;
};

// The rest of a path below some value.
struct Rest {
  std::string_view path;
  const Excerpt* excerpt;  // or null
};

// What applies to one value: the rests [begin, end) of the printer's stack, or
// everything below it.
struct Scope {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool all = true;
  const Excerpt* excerpt = nullptr;  // of a whole value
};

// What remains of `path` below the member `key`; nothing when it leads
// elsewhere, empty when it ends there (F-148, F-149).
std::optional<std::string_view> Below(std::string_view path, std::string_view key) {
  if (!path.starts_with(key)) {
    return std::nullopt;
  }
  path.remove_prefix(key.size());
  if (path.empty()) {
    return path;
  }
  if (path[0] != '.') {
    return std::nullopt;
  }
  return path.substr(1);
}

class Printer {
 public:
  Printer(const Tree& tree, std::string& out) : nodes_(tree.nodes), out_(out) {}

  Status Print(const FieldList& fields, bool list_envelope) {
    for (const FieldPath& path : fields.paths) {
      rests_.push_back({path.path, path.has_excerpt ? &path.excerpt : nullptr});
    }
    const Scope picked{0, rests_.size(), rests_.empty(), nullptr};
    envelope_items_ = list_envelope;
    items_ = picked;
    SLUICE_RETURN_IF_ERROR(Value(0, list_envelope ? Scope{} : picked, rests_.size()));
    while (!places_.empty()) {
      SLUICE_RETURN_IF_ERROR(Step());
    }
    return absl::OkStatus();
  }

 private:
  // A container that is being printed.
  struct Place {
    bool object = false;
    bool first = true;
    Scope scope;
    NodeId next = 0;  // arrays: the next element
    NodeId end = 0;
    std::size_t members_begin = 0;  // objects: what is left of members_
    std::size_t members_next = 0;
    std::size_t rests_before = 0;  // what to cut rests_ to at the end
  };

  Status Step() {
    Place& place = places_.back();
    return place.object ? NextMember(place) : NextElement(place);
  }

  Status NextElement(Place& place) {
    if (place.next == place.end) {
      out_ += ']';
      Leave(place);
      return absl::OkStatus();
    }
    const NodeId id = place.next;
    if (!place.scope.all && nodes_[id].kind != Node::Kind::kObject) {
      return absl::InvalidArgumentError("fields: an array of objects holds something else");
    }
    out_ += place.first ? "" : ",";
    place.first = false;
    place.next = nodes_[id].end;
    return Value(id, place.scope, rests_.size());
  }

  Status NextMember(Place& place) {
    if (place.members_next == members_.size()) {
      out_ += '}';
      members_.resize(place.members_begin);
      Leave(place);
      return absl::OkStatus();
    }
    const NodeId id = members_[place.members_next++];
    const Node& node = nodes_[id];
    const std::size_t rests_before = rests_.size();
    Scope scope;
    if (envelope_items_ && places_.size() == 1) {
      scope = node.key == "items" ? items_ : Scope{};
    } else if (!place.scope.all && !Select(place.scope, node.key, scope)) {
      return absl::OkStatus();
    }
    out_ += place.first ? "" : ",";
    place.first = false;
    json::AppendString(out_, node.key);
    out_ += ':';
    return Value(id, scope, rests_before);
  }

  void Leave(const Place& place) {
    rests_.resize(place.rests_before);
    places_.pop_back();
  }

  // Finds what of `scope` applies to the member `key`; false drops it.
  bool Select(const Scope& scope, std::string_view key, Scope& below) {
    const std::size_t begin = rests_.size();
    std::optional<Rest> wildcard;
    for (std::size_t i = scope.end; i-- > scope.begin;) {
      const Rest rest = rests_[i];
      const std::optional<std::string_view> path = Below(rest.path, key);
      if (path && path->empty()) {  // The last of equal paths counts.
        rests_.resize(begin);
        below.excerpt = rest.excerpt;
        return true;
      }
      if (path) {
        rests_.push_back({*path, rest.excerpt});
      } else if (rest.path == "*" && !wildcard) {
        wildcard = rest;
      }
    }
    if (rests_.size() == begin) {
      below.excerpt = wildcard ? wildcard->excerpt : nullptr;
      return wildcard.has_value();
    }
    std::reverse(rests_.begin() + static_cast<std::ptrdiff_t>(begin), rests_.end());
    below = {begin, rests_.size(), false, nullptr};
    return true;
  }

  // Prints a scalar or enters a container. `rests_` is cut to `rests_before`
  // when the value is done.
  Status Value(NodeId id, Scope scope, std::size_t rests_before) {
    const Node& node = nodes_[id];
    switch (node.kind) {
      case Node::Kind::kArray:
        EnterArray(id, scope, rests_before);
        return absl::OkStatus();
      case Node::Kind::kObject:
        EnterObject(id, scope, rests_before);
        return absl::OkStatus();
      case Node::Kind::kLiteral:
        out_ += node.text;
        break;
      case Node::Kind::kNumber:
        json::AppendNumber(out_, node.number);
        break;
      case Node::Kind::kString:
        SLUICE_RETURN_IF_ERROR(String(node, scope.excerpt));
        break;
    }
    rests_.resize(rests_before);
    return absl::OkStatus();
  }

  Status String(const Node& node, const Excerpt* excerpt) {
    if (excerpt == nullptr && !node.escaped && !node.special) {
      out_ += '"';
      out_ += node.text;
      out_ += '"';
      return absl::OkStatus();
    }
    std::string_view text = node.text;
    if (node.escaped) {
      decoded_.clear();
      AppendDecodedString(decoded_, text);
      text = decoded_;
    }
    if (excerpt == nullptr) {
      json::AppendString(out_, text);
      return absl::OkStatus();
    }
    excerpt_.clear();
    SLUICE_RETURN_IF_ERROR(AppendExcerpt(excerpt_, text, *excerpt));
    json::AppendString(out_, excerpt_);
    return absl::OkStatus();
  }

  void EnterArray(NodeId id, const Scope& scope, std::size_t rests_before) {
    out_ += '[';
    Place place;
    place.scope = scope;
    place.next = id + 1;
    place.end = nodes_[id].end;
    place.rests_before = rests_before;
    const bool objects = place.next != place.end && nodes_[id + 1].kind == Node::Kind::kObject;
    if (!objects) {
      place.scope = {};
    }
    place.scope.excerpt = nullptr;
    places_.push_back(place);
  }

  void EnterObject(NodeId id, const Scope& scope, std::size_t rests_before) {
    out_ += '{';
    Place place;
    place.object = true;
    place.scope = scope;
    place.scope.excerpt = nullptr;
    place.members_begin = members_.size();
    place.members_next = members_.size();
    place.rests_before = rests_before;
    for (NodeId child = id + 1; child != nodes_[id].end; child = nodes_[child].end) {
      members_.push_back(child);
    }
    SortMembers(place.members_begin);
    places_.push_back(place);
  }

  // By key; of equal ones the last stays.
  void SortMembers(std::size_t begin) {
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto by_key = [this](NodeId a, NodeId b) { return nodes_[a].key < nodes_[b].key; };
    const auto not_after = [this](NodeId a, NodeId b) { return nodes_[a].key >= nodes_[b].key; };
    if (std::adjacent_find(first, members_.end(), not_after) == members_.end()) {
      return;  // As our own encoder writes them.
    }
    std::stable_sort(first, members_.end(), by_key);
    const auto same_key = [this](NodeId a, NodeId b) { return nodes_[a].key == nodes_[b].key; };
    const auto kept = std::unique(std::make_reverse_iterator(members_.end()),
                                  std::make_reverse_iterator(first), same_key);
    members_.erase(first, kept.base());
  }

  const std::vector<Node>& nodes_;
  std::string& out_;
  std::vector<Place> places_;
  std::vector<NodeId> members_;
  std::vector<Rest> rests_;
  bool envelope_items_ = false;
  Scope items_;
  std::string decoded_;
  std::string excerpt_;
};

}  // namespace

StatusOr<std::string> PickFields(std::string_view json_body, const FieldList& fields,
                                 bool list_envelope) {
  Tree tree;
  tree.nodes.reserve(json_body.size() / 16 + 4);
  TreeBuilder builder(tree);
  if (!WalkJson(json_body, builder) || !builder.in_range()) {
    return absl::InvalidArgumentError("fields: the response is no JSON text to pick from");
  }
  std::string out;
  out.reserve(json_body.size() / 2);
  SLUICE_RETURN_IF_ERROR(Printer(tree, out).Print(fields, list_envelope));
  return out;
}

}  // namespace sluice::records
