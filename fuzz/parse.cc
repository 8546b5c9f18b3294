// Filter, sort, fields and expand: a mistake has its place in the text, and what
// was read, printed, reads the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/target.h"
#include "sluice/ast.h"
#include "sluice/diagnostic.h"
#include "sluice/parser.h"

namespace sluice::fuzz {
namespace {

// Longer texts are refused by their length alone.
constexpr std::size_t kInputBytesMax = 4096;

void CheckDiagnostic(const Status& status, std::string_view text) {
  const auto diagnostic = GetDiagnostic(status);
  if (!diagnostic) Broken("a mistake without a diagnostic", text);
  if (diagnostic->span.begin > diagnostic->span.end || diagnostic->span.end > text.size())
    Broken("a place outside of the text", text);
  if (diagnostic->code.empty() || diagnostic->message.empty()) Broken("an empty message", text);
}

void CheckFilter(std::string_view text) {
  const StatusOr<Ast> ast = ParseFilter(text);
  if (!ast.ok()) return CheckDiagnostic(ast.status(), text);
  Count("filters read");
  const std::string printed = ToFilterText(*ast);
  const StatusOr<Ast> again = ParseFilter(printed, RuleLimits());
  if (!again.ok() || !SameTree(*ast, *again)) Broken("a filter is printed as another", printed);
}

void CheckSort(std::string_view text) {
  const StatusOr<SortList> list = ParseSort(text);
  if (!list.ok()) return CheckDiagnostic(list.status(), text);
  std::string printed;
  for (const SortKey& key : list->keys)
    printed += (printed.empty() ? "" : ",") + std::string(key.descending ? "-" : "+") + key.name;
  const StatusOr<SortList> again = ParseSort(printed);
  if (!again.ok() || again->keys.size() != list->keys.size())
    Broken("a sort is printed as another", printed);
  for (std::size_t i = 0; i < list->keys.size(); ++i) {
    if (again->keys[i].name != list->keys[i].name ||
        again->keys[i].descending != list->keys[i].descending)
      Broken("a sort key is printed as another", printed);
  }
}

void CheckFields(std::string_view text) {
  const StatusOr<FieldList> list = ParseFields(text);
  if (!list.ok()) return CheckDiagnostic(list.status(), text);
  Count("fields read");
  std::string printed;
  for (const FieldPath& path : list->paths) {
    // A modifier may begin inside of brackets; what is then left of them has no
    // spelling of its own.
    if (path.path.find_first_of("()'\"`\\,") != std::string::npos) return;
    // The dot is the one that a name may end with.
    printed += path.path + ".";
    if (path.has_excerpt)
      printed += ":excerpt(" + std::to_string(path.excerpt.max_chars) +
                 (path.excerpt.with_ellipsis ? ",true)" : ")");
    printed += ",";
  }
  const StatusOr<FieldList> again = ParseFields(printed);
  if (!again.ok() || again->paths.size() != list->paths.size())
    Broken("fields are printed as others", printed);
  for (std::size_t i = 0; i < list->paths.size(); ++i) {
    const FieldPath& a = list->paths[i];
    const FieldPath& b = again->paths[i];
    if (a.path != b.path || a.has_excerpt != b.has_excerpt || !(a.excerpt == b.excerpt))
      Broken("a field is printed as another", printed);
  }
}

void CheckExpand(std::string_view text) {
  const ExpandList list = ParseExpand(text);
  const std::size_t segments_max = ParseLimits().expand_segments_max;
  std::string printed;
  bool cut = false;
  for (const auto& path : list.paths) {
    if (path.empty() || path.size() > segments_max) Broken("an expand path of no length", text);
    cut = cut || path.size() == segments_max;
    for (std::size_t i = 0; i < path.size(); ++i) printed += (i > 0 ? "." : "") + path[i];
    printed += ",";
  }
  // Paths that were cut may have become equal.
  if (!cut && ParseExpand(printed).paths != list.paths)
    Broken("expand is printed as another", printed);
}

}  // namespace

void Parse(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  CheckFilter(input);
  CheckSort(input);
  CheckFields(input);
  CheckExpand(input);
}

}  // namespace sluice::fuzz
