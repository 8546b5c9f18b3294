# -DSLUICE_PCH=ON: the server's libraries and its tests share precompiled
# headers, which makes a cold build two to three times as fast. ccache keeps
# what is compiled with them when CCACHE_SLOPPINESS has pch_defines and
# time_macros.

# All libraries and programs defined in `dir` and below.
function(sluice_targets_below dir out)
  get_property(found DIRECTORY "${dir}" PROPERTY BUILDSYSTEM_TARGETS)
  get_property(folders DIRECTORY "${dir}" PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    sluice_targets_below("${folder}" below)
    list(APPEND found ${below})
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

set(sluice_common_headers
  <algorithm> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <string> <string_view> <utility> <vector>
  <absl/container/flat_hash_map.h> <absl/functional/function_ref.h> <absl/status/statusor.h> <boost/json.hpp>)
file(WRITE "${PROJECT_BINARY_DIR}/pch_library.cc" "")
file(WRITE "${PROJECT_BINARY_DIR}/pch_program.cc" "int main() { return 0; }\n")

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(GTest REQUIRED)

# Libraries and programs are compiled with different flags (-fPIC, -fPIE), and tests with GoogleTest's.
add_library(sluice_pch_library STATIC "${PROJECT_BINARY_DIR}/pch_library.cc")
add_executable(sluice_pch_program "${PROJECT_BINARY_DIR}/pch_program.cc")
target_link_libraries(sluice_pch_library PRIVATE absl::statusor absl::flat_hash_map Boost::json)
target_precompile_headers(sluice_pch_library PRIVATE ${sluice_common_headers})
target_link_libraries(sluice_pch_program PRIVATE absl::statusor absl::flat_hash_map Boost::json GTest::gmock)
target_precompile_headers(sluice_pch_program PRIVATE ${sluice_common_headers} <gmock/gmock.h> <gtest/gtest.h>)

target_precompile_headers(sluice_cli PRIVATE ${sluice_common_headers})

sluice_targets_below("${PROJECT_SOURCE_DIR}/tools" libraries)
foreach(target IN LISTS libraries)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    target_link_libraries(${target} PRIVATE Boost::json)
    target_precompile_headers(${target} REUSE_FROM sluice_pch_library)
  endif()
endforeach()
sluice_targets_below("${PROJECT_SOURCE_DIR}/tests" programs)
sluice_targets_below("${PROJECT_SOURCE_DIR}/fuzz" replays)
list(FILTER replays INCLUDE REGEX "_test$")
list(APPEND programs ${replays})
foreach(target IN LISTS programs)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_link_libraries(${target} PRIVATE Boost::json)
    target_precompile_headers(${target} REUSE_FROM sluice_pch_program)
  endif()
endforeach()
