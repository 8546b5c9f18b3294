// The state machine that makes a tree of the tokens of a filter (F-21 to F-24).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "grammar/filter_errors.h"
#include "grammar/filter_token.h"
#include "sluice/ast.h"
#include "sluice/parser.h"
#include "sluice/status.h"

namespace sluice {

// Takes the tokens of one filter in reading order. Open groups are frames on a
// stack of its own, so nesting costs no call stack. After an error it is done.
class FilterBuilder {
 public:
  FilterBuilder(std::string_view source, const ParseLimits& limits);

  // A node for an identifier, number, text or call. Also for the arguments of a
  // call, which are made before the call's own token is taken.
  NodeId AddOperand(Token&& token);

  // Takes an operand, a sign or a join.
  Status Take(Token&& token);

  // A group opens: accepted in every state, and whatever comparison was half
  // read is forgotten (F-22).
  Status OpenGroup(Span span);

  // The innermost open group ends; `end` is where its content ended.
  Status CloseGroup(std::uint32_t end);

  // The text ends. Call once, with every group closed.
  StatusOr<Ast> Finish() &&;

 private:
  // A term of a list with the join that was in force when it was added.
  struct Item {
    NodeId node;
    LogicalOp join;
  };

  // One list of terms: the whole filter, or the content of an open group.
  struct Frame {
    Expected expected = Expected::kLeft;
    LogicalOp join = LogicalOp::kAnd;
    CompareOp op{};
    NodeId left = 0;
    std::size_t first_item = 0;
    std::size_t node_mark = 0;  // nodes from here on belong to a half-read comparison
  };

  template <typename Kind>
  NodeId AddNode(Kind&& kind, Span span);
  void AddItem(NodeId node);
  void AddComparison(Token&& right);
  // Checks that the innermost list is complete and makes one node of it.
  StatusOr<NodeId> Reduce(std::uint32_t end);
  NodeId Combine(std::size_t first_item);
  NodeId CombineRun(std::size_t first, std::size_t last);
  NodeId AddLogical(LogicalOp op, std::vector<NodeId> terms);
  Frame& top() { return frames_.back(); }

  std::string_view source_;
  const ParseLimits& limits_;
  std::vector<Node> nodes_;
  absl::InlinedVector<Frame, 4> frames_;
  absl::InlinedVector<Item, 16> items_;
  std::size_t comparisons_ = 0;
  std::optional<Span> first_beyond_limit_;
};

}  // namespace sluice
