// The parsed form of a filter: a tree that knows no schema.
//
// A tree is a flat vector of nodes that one Ast owns. Children always have
// smaller ids than their parents, so a loop over ids visits every child before
// its parent, and nothing recurses on hostile nesting. After Parse returns, a
// tree never changes; it is safe to read from several threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice {

using NodeId = std::uint32_t;

// Half-open byte range of the text that a node was read from.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// The sixteen operators of F-13. The `kAny` forms are those with a question
// mark: they never add the all-values condition (F-56).
enum class CompareOp : std::uint8_t {
  kEqual,
  kNotEqual,
  kLike,
  kNotLike,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kAnyEqual,
  kAnyNotEqual,
  kAnyLike,
  kAnyNotLike,
  kAnyGreater,
  kAnyGreaterEqual,
  kAnyLess,
  kAnyLessEqual,
};

// True of the forms with a question mark.
constexpr bool IsAny(CompareOp op) { return op >= CompareOp::kAnyEqual; }

// The same operator without its question mark.
constexpr CompareOp WithoutAny(CompareOp op) {
  return IsAny(op) ? static_cast<CompareOp>(static_cast<int>(op) - 8) : op;
}

// The operator as it is written, `?!~` for kAnyNotLike.
std::string_view ToText(CompareOp op);

enum class LogicalOp : std::uint8_t { kAnd, kOr };

// A quoted text, unescaped (F-12); valid UTF-8 (F-8).
struct TextLiteral {
  std::string value;
};

// A number (F-10, F-11).
struct NumberLiteral {
  double value = 0;
};

// A name as written, `@request.auth.id` or `tags.name:lower`; its text is the
// node's span of the source.
struct Identifier {};

// A call; the function's name is the source text of `name`.
struct Call {
  Span name;
  std::vector<NodeId> arguments;
};

struct Comparison {
  NodeId left = 0;
  CompareOp op = CompareOp::kEqual;
  NodeId right = 0;
};

// n-ary, at least two terms. A term that is itself Logical was a group in the
// source, or it is a run of `&&` inside a `||`, which binds less (F-24). A group
// of one comparison is that comparison.
struct Logical {
  LogicalOp op = LogicalOp::kAnd;
  std::vector<NodeId> terms;
};

struct Node {
  std::variant<TextLiteral, NumberLiteral, Identifier, Call, Comparison, Logical> kind;
  Span span;
};

// A parsed filter. Its root is always a Comparison or a Logical. Every node is
// reachable from the root: operands that a group displaced (F-22) are not here.
class Ast {
 public:
  Ast() = default;
  Ast(std::string source, std::vector<Node> nodes, NodeId root)
      : source_(std::move(source)), nodes_(std::move(nodes)), root_(root) {}

  const std::string& source() const { return source_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  NodeId root() const { return root_; }

  // The source bytes of `span`. Valid as long as this Ast stays where it is.
  std::string_view Text(Span span) const {
    return std::string_view(source_).substr(span.begin, span.end - span.begin);
  }

 private:
  std::string source_;
  std::vector<Node> nodes_;
  NodeId root_ = 0;
};

// A filter text that parses to an equal tree (spans and number spelling apart),
// given limits that suit its length. Numbers must be finite.
std::string ToFilterText(const Ast& ast);

// An unambiguous form for tests and people: `(and (= title 'x') (> views 3))`.
std::string Dump(const Ast& ast);

// Equality up to spans and to the spelling of numbers and quotes.
bool SameTree(const Ast& a, const Ast& b);

// One key of a sort list (F-132). `name` should be an identifier, `@random` or
// `@rowid`; whether it is, and means anything, is the binder's to say. Here it
// is only not empty, without its sign and without spaces around it.
struct SortKey {
  std::string name;
  bool descending = false;
  Span span;
};

// A list of sort keys, in order; empty when nothing was asked for.
struct SortList {
  std::vector<SortKey> keys;
};

// excerpt(max, withEllipsis) of one picked path (F-155).
struct Excerpt {
  std::int64_t max_chars = 0;
  bool with_ellipsis = false;
  friend bool operator==(const Excerpt&, const Excerpt&) = default;
};

// One path of a `fields` list (F-147 to F-155): `path` without its modifier
// and without a trailing dot.
struct FieldPath {
  std::string path;
  bool has_excerpt = false;
  Excerpt excerpt;
  Span span;
};

// Empty means: nothing is picked, the response stays whole. No path is there
// twice; of several modifiers of one path the last has won (F-148).
struct FieldList {
  std::vector<FieldPath> paths;
};

// The paths of an `expand` parameter after F-158: spaces removed, duplicates
// and prefixes of longer paths dropped; each path is its segments, at most
// six of which are followed (F-160).
struct ExpandList {
  std::vector<std::vector<std::string>> paths;
};

}  // namespace sluice
