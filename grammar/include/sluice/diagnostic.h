// A user's mistake: what is wrong, and where in the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/ast.h"
#include "sluice/status.h"

namespace sluice {

// Travels as a payload of a kInvalidArgument status. `code` is stable and
// machine-readable (`invalid_identifier`); `message` is the peer's own text
// (F-170), which a client sees when a rule is saved; `hint` may be empty.
struct Diagnostic {
  std::string code;
  Span span;
  std::string message;
  std::string hint;
};

// A kInvalidArgument status whose message is the diagnostic's.
Status MakeError(const Diagnostic& diagnostic);

// The diagnostic that `status` carries; none means that the failure is ours.
std::optional<Diagnostic> GetDiagnostic(const Status& status);

// Three or four lines for a person: message, the line of `source` that holds
// the span, a caret under it, the hint. Columns count code points; a long line
// is cut around the span.
std::string Render(const Diagnostic& diagnostic, std::string_view source);

}  // namespace sluice
