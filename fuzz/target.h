// The targets: each takes one input of a stranger through the code that a server
// would take it through, and aborts where what must hold does not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::fuzz {

using Target = void (*)(std::string_view input);

void Parse(std::string_view input);
void Lower(std::string_view input);
void Differential(std::string_view input);
void Http(std::string_view input);
void Multipart(std::string_view input);
void Json(std::string_view input);
void Token(std::string_view input);
void Files(std::string_view input);
void OAuth2(std::string_view input);
void Import(std::string_view input);

struct NamedTarget {
  std::string_view name;
  Target run;
};

// Those that this program was built with.
std::span<const NamedTarget> AllTargets();

// Ends the program: what was broken, and by what.
[[noreturn]] void Broken(std::string_view what, std::string_view details = {});

// Counts what an input led to; programs print the counts when they end.
void Count(const char* what);
void PrintCounts();

}  // namespace sluice::fuzz
