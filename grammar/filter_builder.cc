// The peer keeps four states: left operand, sign, right operand, join. A group
// fits into all of them, which is why `a = (b=1)` means `b=1` and `(a=1)(b=2)`
// is legal; rules of many folders rely on neither, but some on both, so the
// states are here as they are there. Tested in tests/grammar/parser_test.cc.
#include "grammar/filter_builder.h"

#include <algorithm>
#include <charconv>
#include <type_traits>
#include <utility>

namespace sluice {
namespace {

// F-11: round to nearest; what no double can hold is 0.
double NumberValue(std::string_view raw) {
  double value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  return error == std::errc() ? value : 0;
}

bool IsOperand(TokenKind kind) {
  return kind == TokenKind::kIdentifier || kind == TokenKind::kCall || kind == TokenKind::kNumber ||
         kind == TokenKind::kText;
}

bool Fits(Expected expected, TokenKind kind) {
  switch (expected) {
    case Expected::kLeft:
    case Expected::kRight:
      return IsOperand(kind);
    case Expected::kSign:
      return kind == TokenKind::kSign;
    case Expected::kJoin:
      return kind == TokenKind::kJoin;
  }
  return false;
}

// A guess that suits ordinary filters: no second allocation, little waste.
std::size_t NodesFor(std::size_t text_bytes) {
  return std::min<std::size_t>(text_bytes / 4 + 4, 1024);
}

}  // namespace

FilterBuilder::FilterBuilder(std::string_view source, const ParseLimits& limits)
    : source_(source), limits_(limits) {
  nodes_.reserve(NodesFor(source.size()));
  frames_.emplace_back();
}

template <typename Kind>
NodeId FilterBuilder::AddNode(Kind&& kind, Span span) {
  Node& node = nodes_.emplace_back();
  node.kind.emplace<std::decay_t<Kind>>(std::forward<Kind>(kind));
  node.span = span;
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId FilterBuilder::AddOperand(Token&& token) {
  switch (token.kind) {
    case TokenKind::kText:
      return AddNode(TextLiteral{std::move(token.text)}, token.span);
    case TokenKind::kNumber:
      return AddNode(NumberLiteral{NumberValue(token.raw)}, token.span);
    case TokenKind::kCall: {
      const Span name{token.span.begin,
                      token.span.begin + static_cast<std::uint32_t>(token.raw.size())};
      return AddNode(Call{name, std::move(token.arguments)}, token.span);
    }
    default:
      return AddNode(Identifier{}, token.span);
  }
}

Status FilterBuilder::Take(Token&& token) {
  Frame& frame = top();
  if (!Fits(frame.expected, token.kind)) {
    return UnexpectedTokenError(frame.expected, token);
  }
  switch (frame.expected) {
    case Expected::kLeft:
      frame.left = AddOperand(std::move(token));
      frame.expected = Expected::kSign;
      break;
    case Expected::kSign:
      frame.op = token.op;
      frame.expected = Expected::kRight;
      break;
    case Expected::kRight:
      AddComparison(std::move(token));
      break;
    case Expected::kJoin:
      frame.join = token.join;
      frame.node_mark = nodes_.size();
      frame.expected = Expected::kLeft;
      break;
  }
  return absl::OkStatus();
}

void FilterBuilder::AddComparison(Token&& right) {
  const NodeId left = top().left;
  const Span span{nodes_[left].span.begin, right.span.end};
  const NodeId right_node = AddOperand(std::move(right));
  AddItem(AddNode(Comparison{left, top().op, right_node}, span));
  ++comparisons_;
  if (comparisons_ == limits_.comparisons_max + 1) {
    first_beyond_limit_ = span;
  }
}

void FilterBuilder::AddItem(NodeId node) {
  items_.push_back({node, top().join});
  top().expected = Expected::kJoin;
}

Status FilterBuilder::OpenGroup(Span span) {
  if (frames_.size() > limits_.nesting_max) {
    return NestingTooDeepError(span);
  }
  if (top().expected != Expected::kJoin) {
    nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(top().node_mark), nodes_.end());
  }
  Frame inner;
  inner.first_item = items_.size();
  inner.node_mark = nodes_.size();
  frames_.push_back(inner);
  return absl::OkStatus();
}

Status FilterBuilder::CloseGroup(std::uint32_t end) {
  SLUICE_ASSIGN_OR_RETURN(const NodeId node, Reduce(end));
  items_.resize(top().first_item);
  frames_.pop_back();
  AddItem(node);
  return absl::OkStatus();
}

StatusOr<NodeId> FilterBuilder::Reduce(std::uint32_t end) {
  const Frame& frame = top();
  if (frame.expected != Expected::kJoin) {
    const bool nothing_read =
        frame.expected == Expected::kLeft && items_.size() == frame.first_item;
    return nothing_read ? EmptyFilterError({end, end}) : IncompleteFilterError({end, end});
  }
  return Combine(frame.first_item);
}

StatusOr<Ast> FilterBuilder::Finish() && {
  SLUICE_ASSIGN_OR_RETURN(const NodeId root, Reduce(static_cast<std::uint32_t>(source_.size())));
  // The peer counts when it builds the query, so a mistake anywhere in the text
  // comes first.
  if (first_beyond_limit_.has_value()) {
    return TooManyComparisonsError(*first_beyond_limit_);
  }
  return Ast(std::string(source_), std::move(nodes_), root);
}

// `&&` binds tighter than `||` (F-24): each run of terms that && joins becomes
// one term of the ||. The join of the first term means nothing.
NodeId FilterBuilder::Combine(std::size_t first_item) {
  std::vector<NodeId> terms;
  std::size_t run = first_item;
  for (std::size_t i = first_item + 1; i < items_.size(); ++i) {
    if (items_[i].join == LogicalOp::kOr) {
      terms.push_back(CombineRun(run, i));
      run = i;
    }
  }
  const NodeId last = CombineRun(run, items_.size());
  if (terms.empty()) {
    return last;
  }
  terms.push_back(last);
  return AddLogical(LogicalOp::kOr, std::move(terms));
}

NodeId FilterBuilder::CombineRun(std::size_t first, std::size_t last) {
  if (last - first == 1) {
    return items_[first].node;
  }
  std::vector<NodeId> terms;
  terms.reserve(last - first);
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(items_[i].node);
  }
  return AddLogical(LogicalOp::kAnd, std::move(terms));
}

NodeId FilterBuilder::AddLogical(LogicalOp op, std::vector<NodeId> terms) {
  const Span span{nodes_[terms.front()].span.begin, nodes_[terms.back()].span.end};
  return AddNode(Logical{op, std::move(terms)}, span);
}

}  // namespace sluice
