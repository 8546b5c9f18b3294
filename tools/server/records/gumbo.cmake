# The target sluice_gumbo: the HTML parser behind excerpts.
# The parser asserts what some hostile HTML violates. Its archive is copied with
# that call renamed, so that excerpt.cc gives up on the text and not on the
# process; nobody else's assertions are touched.
find_path(SLUICE_GUMBO_INCLUDE_DIR gumbo.h REQUIRED)
find_library(SLUICE_GUMBO_ARCHIVE libgumbo.a)

if(SLUICE_GUMBO_ARCHIVE AND CMAKE_OBJCOPY)
  set(guarded "${CMAKE_CURRENT_BINARY_DIR}/libgumbo_guarded.a")
  add_custom_command(OUTPUT "${guarded}"
    COMMAND "${CMAKE_OBJCOPY}" --redefine-sym __assert_fail=sluice_gumbo_assert_fail
            "${SLUICE_GUMBO_ARCHIVE}" "${guarded}"
    DEPENDS "${SLUICE_GUMBO_ARCHIVE}" VERBATIM)
  add_custom_target(sluice_gumbo_guarded DEPENDS "${guarded}")
  add_library(sluice_gumbo STATIC IMPORTED)
  set_target_properties(sluice_gumbo PROPERTIES IMPORTED_LOCATION "${guarded}")
  add_dependencies(sluice_gumbo sluice_gumbo_guarded)
else()
  message(WARNING "No libgumbo.a or no objcopy: some hostile HTML in an excerpt will end the process.")
  find_library(SLUICE_GUMBO_LIBRARY gumbo REQUIRED)
  add_library(sluice_gumbo UNKNOWN IMPORTED)
  set_target_properties(sluice_gumbo PROPERTIES IMPORTED_LOCATION "${SLUICE_GUMBO_LIBRARY}")
endif()
set_target_properties(sluice_gumbo PROPERTIES
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${SLUICE_GUMBO_INCLUDE_DIR}")
