// The script that postgres_functions.sql is, put into the program by CMake.
#pragma once

#include <string_view>

namespace sluice {

extern const std::string_view kPostgresFunctions;

}  // namespace sluice
