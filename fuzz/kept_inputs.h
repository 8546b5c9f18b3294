// The inputs that are kept in fuzz/: one a line, escaped as in C.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::fuzz {

// Of `folder`: "corpus" or "findings". Lines that begin with # are comments.
std::vector<std::string> KeptInputs(std::string_view folder, std::string_view target);

// Of a libFuzzer dictionary, without its quotes.
std::vector<std::string> DictionaryOf(std::string_view target);

}  // namespace sluice::fuzz
