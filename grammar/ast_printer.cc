// ToFilterText, Dump, SameTree and operator names. A tree may be nested as
// deeply as ParseLimits allows, so all three walk with a stack of their own.
// Tested in tests/grammar/ast_printer_test.cc.
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/ast.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 16> kOpTexts = {
    "=", "!=", "~", "!~", ">", ">=", "<", "<=", "?=", "?!=", "?~", "?!~", "?>", "?>=", "?<", "?<=",
};

std::size_t ChildCount(const Node& node) {
  if (const auto* call = std::get_if<Call>(&node.kind)) {
    return call->arguments.size();
  }
  if (const auto* logical = std::get_if<Logical>(&node.kind)) {
    return logical->terms.size();
  }
  return std::holds_alternative<Comparison>(node.kind) ? 2 : 0;
}

NodeId Child(const Node& node, std::size_t i) {
  if (const auto* call = std::get_if<Call>(&node.kind)) {
    return call->arguments[i];
  }
  if (const auto* logical = std::get_if<Logical>(&node.kind)) {
    return logical->terms[i];
  }
  const auto& comparison = std::get<Comparison>(node.kind);
  return i == 0 ? comparison.left : comparison.right;
}

void AppendText(std::string* out, std::string_view text) {
  *out += '\'';
  for (const char c : text) {
    switch (c) {
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\\':
      case '\'':
        *out += '\\';
        [[fallthrough]];
      default:
        *out += c;
    }
  }
  *out += '\'';
}

// The shortest decimal without an exponent, which the language lacks (F-10),
// that reads back as the same double; at most some 350 characters.
void AppendNumber(std::string* out, double value) {
  assert(std::isfinite(value));
  std::array<char, 512> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  assert(error == std::errc());
  out->append(buffer.data(), end);
}

void AppendLeaf(std::string* out, const Ast& ast, const Node& node) {
  if (const auto* text = std::get_if<TextLiteral>(&node.kind)) {
    AppendText(out, text->value);
  } else if (const auto* number = std::get_if<NumberLiteral>(&node.kind)) {
    AppendNumber(out, number->value);
  } else if (std::holds_alternative<Identifier>(node.kind)) {
    *out += ast.Text(node.span);
  }
}

bool IsLogical(const Node& node) { return std::holds_alternative<Logical>(node.kind); }

bool IsAnd(const Node& node) {
  const auto* logical = std::get_if<Logical>(&node.kind);
  return logical != nullptr && logical->op == LogicalOp::kAnd;
}

// Calls style.Before(id, i) before child i of each inner node, style.After(id)
// behind its last child, style.Leaf(node) at each leaf, in reading order.
template <typename Style>
void Walk(const Ast& ast, Style& style) {
  struct Step {
    NodeId node;
    std::size_t next;
  };
  std::vector<Step> steps = {{ast.root(), 0}};
  while (!steps.empty()) {
    Step& step = steps.back();
    const Node& node = ast.node(step.node);
    const std::size_t count = ChildCount(node);
    if (step.next < count) {
      style.Before(step.node, step.next);
      const NodeId child = Child(node, step.next++);
      steps.push_back({child, 0});  // `step` is gone from here on
    } else {
      style.After(step.node);
      steps.pop_back();
    }
  }
}

// The filter language itself.
class FilterStyle {
 public:
  explicit FilterStyle(const Ast& ast) : ast_(ast) {}

  void Before(NodeId id, std::size_t i) {
    const Node& node = ast_.node(id);
    if (const auto* call = std::get_if<Call>(&node.kind)) {
      if (i == 0) {
        out_ += ast_.Text(call->name);
      }
      out_ += i == 0 ? "(" : ", ";
    } else if (const auto* comparison = std::get_if<Comparison>(&node.kind)) {
      if (i == 1) {
        out_ += ' ';
        out_ += ToText(comparison->op);
        out_ += ' ';
      }
    } else {
      BeforeTerm(node, i);
    }
  }

  void After(NodeId id) {
    const Node& node = ast_.node(id);
    if (const auto* call = std::get_if<Call>(&node.kind)) {
      if (call->arguments.empty()) {
        out_ += ast_.Text(call->name);
        out_ += '(';
      }
      out_ += ')';
    } else if (IsLogical(node)) {
      CloseTerm(node, ChildCount(node) - 1);
    } else {
      AppendLeaf(&out_, ast_, node);
    }
  }

  std::string TakeText() { return std::move(out_); }

 private:
  void BeforeTerm(const Node& node, std::size_t i) {
    if (i > 0) {
      CloseTerm(node, i - 1);
      out_ += IsAnd(node) ? " && " : " || ";
    }
    if (IsGroup(node, i)) {
      out_ += '(';
    }
  }

  void CloseTerm(const Node& node, std::size_t i) {
    if (IsGroup(node, i)) {
      out_ += ')';
    }
  }

  // Only the && terms of a || stay together without brackets (F-24).
  bool IsGroup(const Node& node, std::size_t i) const {
    const Node& term = ast_.node(Child(node, i));
    return IsLogical(term) && !(IsAnd(term) && !IsAnd(node));
  }

  const Ast& ast_;
  std::string out_;
};

// Prefix form, everything in brackets.
class DumpStyle {
 public:
  explicit DumpStyle(const Ast& ast) : ast_(ast) {}

  void Before(NodeId id, std::size_t i) {
    if (i == 0) {
      Open(ast_.node(id));
    }
    out_ += ' ';
  }

  void After(NodeId id) {
    const Node& node = ast_.node(id);
    const bool is_call = std::holds_alternative<Call>(node.kind);
    if (is_call && ChildCount(node) == 0) {
      Open(node);
    }
    if (is_call || ChildCount(node) > 0) {
      out_ += ')';
    } else {
      AppendLeaf(&out_, ast_, node);
    }
  }

  std::string TakeText() { return std::move(out_); }

 private:
  void Open(const Node& node) {
    out_ += '(';
    if (const auto* call = std::get_if<Call>(&node.kind)) {
      out_ += "call ";
      out_ += ast_.Text(call->name);
    } else if (const auto* comparison = std::get_if<Comparison>(&node.kind)) {
      out_ += ToText(comparison->op);
    } else {
      out_ += IsAnd(node) ? "and" : "or";
    }
  }

  const Ast& ast_;
  std::string out_;
};

template <typename Style>
std::string Print(const Ast& ast) {
  if (ast.nodes().empty()) {
    return {};
  }
  Style style(ast);
  Walk(ast, style);
  return style.TakeText();
}

// Equality of two nodes, their children apart.
class SameNode {
 public:
  SameNode(const Ast& a, const Node& node_a, const Ast& b, const Node& node_b)
      : a_(a), node_a_(node_a), b_(b), node_b_(node_b) {}

  bool operator()(const TextLiteral& x, const TextLiteral& y) const { return x.value == y.value; }
  bool operator()(const NumberLiteral& x, const NumberLiteral& y) const {
    return x.value == y.value && std::signbit(x.value) == std::signbit(y.value);
  }
  bool operator()(const Identifier&, const Identifier&) const {
    return a_.Text(node_a_.span) == b_.Text(node_b_.span);
  }
  bool operator()(const Call& x, const Call& y) const { return a_.Text(x.name) == b_.Text(y.name); }
  bool operator()(const Comparison& x, const Comparison& y) const { return x.op == y.op; }
  bool operator()(const Logical& x, const Logical& y) const { return x.op == y.op; }
  template <typename X, typename Y>
  bool operator()(const X&, const Y&) const {
    return false;
  }

 private:
  const Ast& a_;
  const Node& node_a_;
  const Ast& b_;
  const Node& node_b_;
};

}  // namespace

std::string_view ToText(CompareOp op) { return kOpTexts[static_cast<std::size_t>(op)]; }

std::string ToFilterText(const Ast& ast) { return Print<FilterStyle>(ast); }

std::string Dump(const Ast& ast) { return Print<DumpStyle>(ast); }

bool SameTree(const Ast& a, const Ast& b) {
  if (a.nodes().empty() || b.nodes().empty()) {
    return a.nodes().empty() && b.nodes().empty();
  }
  std::vector<std::pair<NodeId, NodeId>> pairs = {{a.root(), b.root()}};
  while (!pairs.empty()) {
    const Node& node_a = a.node(pairs.back().first);
    const Node& node_b = b.node(pairs.back().second);
    pairs.pop_back();
    const std::size_t count = ChildCount(node_a);
    if (count != ChildCount(node_b) ||
        !std::visit(SameNode(a, node_a, b, node_b), node_a.kind, node_b.kind)) {
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
      pairs.emplace_back(Child(node_a, i), Child(node_b, i));
    }
  }
  return true;
}

}  // namespace sluice
