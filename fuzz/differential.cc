// Random schema, rows, rule, filter and caller, decided by the bytes: predicate =
// rewritten SQL = plain JOIN + DISTINCT SQL = count (tests/oracle).
//
// An input: a byte for the world, of which a few hundred are kept open, then one
// for each decision about the form of the question. It is asked with several
// values and callers, which follow from the whole.
#include <array>
#include <functional>
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
// A statement is compiled once for all of them.
constexpr int kFillings = 8;

void Compare(OracleWorld& world, const Question& question) {
  std::string details;
  switch (CompareEvaluators(world, question, kJoinsMax, &details)) {
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

}  // namespace

void Differential(std::string_view input) {
  static auto* const worlds = new std::array<std::unique_ptr<OracleWorld>, 256>;
  if (input.empty() || input.size() > kInputBytesMax) return;
  const auto number = static_cast<unsigned char>(input[0]);
  std::unique_ptr<OracleWorld>& world = (*worlds)[number];
  if (world == nullptr) world = std::make_unique<OracleWorld>(20'000 + number);
  world->random().Continue(Choices(std::string(input.substr(1))));
  const Question form = world->MakeForm();
  world->random().Continue(Choices(std::hash<std::string_view>{}(input)));
  for (int i = 0; i < kFillings; ++i) Compare(*world, world->Fill(form));
}

}  // namespace sluice::fuzz
