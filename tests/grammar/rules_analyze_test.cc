// No rule can loop without reading: PEGTL's own analysis of every top rule.
#include <gtest/gtest.h>
#include <tao/pegtl/contrib/analyze.hpp>

#include "grammar/filter_rules.h"
#include "grammar/list_rules.h"

namespace sluice {
namespace {

template <typename Rule>
std::size_t Problems() {
  return tao::pegtl::analyze<Rule>();
}

TEST(Rules, OfFiltersAlwaysProgress) {
  EXPECT_EQ(Problems<rules::Blanks>(), 0U);
  EXPECT_EQ(Problems<rules::Token>(), 0U);
  EXPECT_EQ(Problems<rules::ArgumentToken>(), 0U);
  EXPECT_EQ(Problems<rules::GroupPiece>(), 0U);
}

TEST(Rules, OfListsAlwaysProgress) {
  EXPECT_EQ(Problems<rules::PlainList>(), 0U);
  EXPECT_EQ(Problems<rules::FieldPiece>(), 0U);
  EXPECT_EQ(Problems<rules::ModifierPiece>(), 0U);
}

}  // namespace
}  // namespace sluice
