// A view's query, cut into the columns it selects and the tables it names, by
// words and not by grammar: the peer's splitting, refusals included (S-32).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/status.h"

namespace sluice {

// `expression [AS] [alias]` as written, or `table [AS] [alias]`.
struct ViewPart {
  std::string text;
  std::string alias;  // as written, empty where there is none
};

struct ViewQuery {
  std::vector<ViewPart> columns;  // of the first SELECT
  std::vector<ViewPart> tables;
};

// Fails with the peer's text where words do not make such parts.
StatusOr<ViewQuery> ReadViewQuery(std::string_view query);

bool IsSqlSpace(char c);
bool IsSqlQuote(char c);
// The character that ends what `open` began: `]` for `[`, else itself.
char ClosingSqlQuote(char open);
// A name without its quotes, doubled ones inside made single.
std::string UnquoteSqlName(std::string_view name);

}  // namespace sluice
