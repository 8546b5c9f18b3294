// Random trees through print and parse, and random damage to filters. The seeds
// are fixed, so a failure repeats.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/ast.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"

namespace sluice {
namespace {

constexpr std::string_view kNames[] = {"a", "b.c", "@request.auth.id", "t:lower", "_x", "#y"};
constexpr std::string_view kPieces[] = {"\\",     "'", "\"", "\n", "\\n", "(",  ")",      "//",
                                        "\u00e9", "%", "x",  " ",  "\r",  "\t", "\u6771", "\x01"};

// Builds trees that ParseFilter could have made.
class TreeMaker {
 public:
  explicit TreeMaker(std::uint32_t seed) : random_(seed) {}

  Ast Make() {
    nodes_.clear();
    source_.clear();
    const NodeId root = Condition(3);
    return {source_, nodes_, root};
  }

 private:
  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  template <typename Kind>
  NodeId Add(Kind kind) {
    nodes_.emplace_back().kind.emplace<Kind>(std::move(kind));
    return static_cast<NodeId>(nodes_.size() - 1);
  }

  Span Name(std::string_view name) {
    const auto begin = static_cast<std::uint32_t>(source_.size());
    source_ += name;
    return {begin, static_cast<std::uint32_t>(source_.size())};
  }

  double Number() {
    if (Below(2) == 0) {
      return static_cast<double>(Below(100)) - 50;
    }
    const std::uint64_t bits = (static_cast<std::uint64_t>(random_()) << 32) | random_();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : 0.5;
  }

  NodeId AddIdentifier() {
    const NodeId id = Add(Identifier{});
    nodes_[id].span = Name(kNames[Below(std::size(kNames))]);
    return id;
  }

  NodeId Operand(int call_depth) {
    switch (Below(call_depth > 0 ? 4 : 3)) {
      case 0: {
        std::string text;
        for (std::uint32_t i = Below(6); i > 0; --i) {
          text += kPieces[Below(std::size(kPieces))];
        }
        return Add(TextLiteral{text});
      }
      case 1:
        return Add(NumberLiteral{Number()});
      case 2:
        return AddIdentifier();
      default: {
        Call call;
        for (std::uint32_t i = Below(4); i > 0; --i) {
          call.arguments.push_back(Operand(call_depth - 1));
        }
        call.name = Name("fn");
        return Add(std::move(call));
      }
    }
  }

  NodeId Condition(int depth) {
    if (depth == 0 || Below(3) == 0) {
      const NodeId left = Operand(3);
      const NodeId right = Operand(3);
      return Add(Comparison{left, static_cast<CompareOp>(Below(16)), right});
    }
    Logical logical;
    logical.op = Below(2) == 0 ? LogicalOp::kAnd : LogicalOp::kOr;
    for (std::uint32_t i = 2 + Below(3); i > 0; --i) {
      logical.terms.push_back(Condition(depth - 1));
    }
    return Add(std::move(logical));
  }

  std::mt19937 random_;
  std::vector<Node> nodes_;
  std::string source_;
};

TEST(RandomTrees, SurvivePrintAndParse) {
  TreeMaker maker(20240101);
  for (int i = 0; i < 3000; ++i) {
    const Ast ast = maker.Make();
    const std::string text = ToFilterText(ast);
    const auto again = ParseFilter(text, RuleLimits());
    ASSERT_TRUE(again.ok()) << text << "\n" << again.status();
    ASSERT_TRUE(SameTree(ast, *again)) << text << "\n" << Dump(ast) << "\n" << Dump(*again);
  }
}

// Where the bracket that opens `text` is closed: brackets counted, texts
// skipped, comments not known (F-18, F-19). npos when it is not.
std::size_t ClosingBracket(std::string_view text) {
  std::size_t open = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      i += c == '\\' ? 1 : 0;
      quote = c == quote ? 0 : quote;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++open;
    } else if (c == ')' && --open == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string ResultOf(std::string_view text, std::uint32_t offset) {
  const auto ast = ParseFilter(text, RuleLimits());
  if (ast.ok()) {
    return Dump(*ast);
  }
  const auto diagnostic = GetDiagnostic(ast.status());
  return diagnostic->message + " at " + std::to_string(diagnostic->span.begin - offset) + "-" +
         std::to_string(diagnostic->span.end - offset);
}

// The content of a group is parsed as if it stood alone, however the groups in
// it were counted before.
TEST(RandomGroups, MeanTheirContent) {
  constexpr std::string_view kGroupTokens[] = {"(",  ")", "(", ")",  "a=1", "||",    "//",
                                               "\n", "'", "'", "\"", "\\'", "(a=1)", " "};
  std::mt19937 random(13);
  int compared = 0;
  for (int i = 0; i < 40000; ++i) {
    std::string content;
    for (std::size_t count = random() % 24; count > 0; --count) {
      content += kGroupTokens[random() % std::size(kGroupTokens)];
    }
    const std::string group = "(" + content + ")";
    if (ClosingBracket(group) == group.size() - 1) {
      ASSERT_EQ(ResultOf(group, 1), ResultOf(content, 0)) << group;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000);
}

// Every error of a parser is a diagnostic that lies inside the text.
void ExpectWellFormed(const Status& status, std::string_view text) {
  if (status.ok()) {
    return;
  }
  const auto diagnostic = GetDiagnostic(status);
  ASSERT_TRUE(diagnostic.has_value()) << status;
  EXPECT_LE(diagnostic->span.begin, diagnostic->span.end) << text;
  EXPECT_LE(diagnostic->span.end, text.size()) << text;
  EXPECT_FALSE(diagnostic->code.empty()) << text;
  EXPECT_FALSE(diagnostic->message.empty()) << text;
  EXPECT_FALSE(Render(*diagnostic, text).empty());
}

void ParseEverything(std::string_view text) {
  const auto ast = ParseFilter(text);
  ExpectWellFormed(ast.status(), text);
  if (ast.ok()) {
    const auto again = ParseFilter(ToFilterText(*ast), RuleLimits());
    ASSERT_TRUE(again.ok()) << text << "\n" << ToFilterText(*ast) << "\n" << again.status();
    EXPECT_TRUE(SameTree(*ast, *again)) << text;
  }
  ExpectWellFormed(ParseSort(text).status(), text);
  ExpectWellFormed(ParseFields(text).status(), text);
  for (const auto& path : ParseExpand(text).paths) {
    EXPECT_FALSE(path.empty());
    EXPECT_LE(path.size(), ParseLimits().expand_segments_max);
  }
}

constexpr std::string_view kSeeds[] = {
    "title='x' && views>-1.5 || (a.b:lower ?!~ \"y\\\"z\" && f(1, g('a'), @now,) >= 2) // end",
    "((a=1)(b=2) || c = (d=1))",
    "(a='\\\\' // it's\n) && b='x'",
    "id,title:excerpt(3,true),*,rel.x,'q(,)',expand.a.b",
    "-a,+b, c.d ,@random",
};
constexpr std::string_view kTokens[] = {
    "(",  ")", "'",   "\"", "\\",   "//",     "\n",        "&&", "||", "=", "?!=", "a",
    "f(", ",", "-.5", "1.", "\xC3", "\u00e9", ":excerpt(", ".",  "@",  " ", "`",   "/"};

TEST(RandomDamage, NeverBreaksAParser) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int i = 0; i < 20000; ++i) {
    std::string text(kSeeds[below(std::size(kSeeds))]);
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, kTokens[below(std::size(kTokens))]);
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        case 2:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
        default:
          text.insert(at, text.substr(below(text.size() + 1), below(20)));
          break;
      }
    }
    ParseEverything(text);
    if (HasFatalFailure()) {
      break;
    }
  }
}

TEST(RandomDamage, NeverBreaksAParserFedWithTokens) {
  std::mt19937 random(11);
  for (int i = 0; i < 20000 && !HasFatalFailure(); ++i) {
    std::string text;
    for (std::size_t count = random() % 14; count > 0; --count) {
      text += kTokens[random() % std::size(kTokens)];
    }
    ParseEverything(text);
  }
}

}  // namespace
}  // namespace sluice
