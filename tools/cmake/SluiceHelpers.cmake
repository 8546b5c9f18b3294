# Helper functions of this project's CMake files.

# sluice_check_sources(DIR dir FILES ...): fails the configure step when a .cc
# file below `dir` is not in the list, so that none is forgotten.
function(sluice_check_sources)
  cmake_parse_arguments(arg "" "DIR" "FILES;EXCLUDE" ${ARGN})
  file(GLOB found RELATIVE "${arg_DIR}" CONFIGURE_DEPENDS "${arg_DIR}/*.cc")
  foreach(file IN LISTS found)
    if(NOT file IN_LIST arg_FILES AND NOT file IN_LIST arg_EXCLUDE)
      message(FATAL_ERROR "${arg_DIR}/${file} is not listed in its CMakeLists.txt")
    endif()
  endforeach()
endfunction()

# sluice_library(NAME sources...): a static library of the core, alias
# sluice::<name>, with its public headers under include/ as a file set.
function(sluice_library name)
  add_library(sluice_${name} STATIC ${ARGN})
  add_library(sluice::${name} ALIAS sluice_${name})
  set_target_properties(sluice_${name} PROPERTIES EXPORT_NAME ${name})
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/sluice/*.h")
  target_sources(sluice_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_include_directories(sluice_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_features(sluice_${name} PUBLIC cxx_std_20)
  sluice_check_sources(DIR "${CMAKE_CURRENT_SOURCE_DIR}" FILES ${ARGN})
endfunction()

# sluice_test(NAME sources... [LIBS targets...]): one GoogleTest program whose
# cases are one ctest test each program (fast to start, and sanitizers count).
function(sluice_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "LIBS;ENV" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SLUICE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${arg_ENV}")
endfunction()
