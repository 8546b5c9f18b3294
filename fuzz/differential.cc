// Random schema, rows, rule, filter and caller, decided by the bytes: predicate =
// rewritten SQL = plain JOIN + DISTINCT SQL = count (tests/oracle).
//
// An input: a byte for the world, of which a few hundred are kept open, then one
// for each decision about the question.
#include <array>
#include <memory>
#include <string>

#include "fuzz/target.h"
#include "tests/support/oracle.h"

namespace sluice::fuzz {
namespace {

// A question takes fewer decisions than that.
constexpr std::size_t kInputBytesMax = 512;
// Six rows each: the plain form looks at 6^6 combinations.
constexpr std::size_t kJoinsMax = 6;

}  // namespace

void Differential(std::string_view input) {
  static auto* const worlds = new std::array<std::unique_ptr<OracleWorld>, 256>;
  if (input.empty() || input.size() > kInputBytesMax) return;
  const auto number = static_cast<unsigned char>(input[0]);
  std::unique_ptr<OracleWorld>& world = (*worlds)[number];
  if (world == nullptr) world = std::make_unique<OracleWorld>(20'000 + number);
  world->random().Continue(Choices(std::string(input.substr(1))));
  std::string details;
  switch (CompareEvaluators(*world, world->MakeQuestion(), kJoinsMax, &details)) {
    case Verdict::kDiffer:
      Broken("evaluators differ", details);
    case Verdict::kAgree:
      return Count("compared, with rows");
    case Verdict::kEmpty:
      return Count("compared, without rows");
    case Verdict::kRefused:
      return Count("refused");
    case Verdict::kSkipped:
      return Count("too many joins");
    case Verdict::kFailed:
      return Count("failed");
  }
}

}  // namespace sluice::fuzz
