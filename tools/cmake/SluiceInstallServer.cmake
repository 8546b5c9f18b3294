# Installs the server as a library: sluice::server, one archive of everything
# that is compiled into it, with the headers of tools/server/include. Its
# component is `server`; it needs `core`. Tested by tests/install.

# The static libraries defined in `dir` and below.
function(sluice_archives_below dir out)
  get_property(all DIRECTORY "${dir}" PROPERTY BUILDSYSTEM_TARGETS)
  set(found)
  foreach(target IN LISTS all)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY "${dir}" PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    sluice_archives_below("${folder}" below)
    list(APPEND found ${below})
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

sluice_archives_below("${PROJECT_SOURCE_DIR}/tools" archives)
set(SLUICE_SERVER_LIBRARIES)
get_target_property(sqlite sluice_sqlite3 TYPE)
if(sqlite STREQUAL "STATIC_LIBRARY")
  list(APPEND archives sluice_sqlite3)
else()
  list(APPEND SLUICE_SERVER_LIBRARIES sqlite3)
endif()
set(script "create ${PROJECT_BINARY_DIR}/libsluice_server_all.a\n")
foreach(archive IN LISTS archives)
  string(APPEND script "addlib $<TARGET_FILE:${archive}>\n")
endforeach()
set(inputs ${archives})
if(TARGET sluice_gumbo_guarded)
  set(gumbo "${PROJECT_BINARY_DIR}/tools/server/records/libgumbo_guarded.a")
  string(APPEND script "addlib ${gumbo}\n")
  list(APPEND inputs sluice_gumbo_guarded)
else()
  list(APPEND SLUICE_SERVER_LIBRARIES gumbo)
endif()
string(APPEND script "save\nend\n")
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/libsluice_server_all.mri" CONTENT "${script}")
add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/libsluice_server_all.a"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${PROJECT_BINARY_DIR}/libsluice_server_all.a"
  COMMAND "${CMAKE_AR}" -M < "${PROJECT_BINARY_DIR}/libsluice_server_all.mri"
  DEPENDS ${inputs} "${PROJECT_BINARY_DIR}/libsluice_server_all.mri" COMMENT "Putting the server into one archive")
add_custom_target(sluice_server_archive ALL DEPENDS "${PROJECT_BINARY_DIR}/libsluice_server_all.a")

install(FILES "${PROJECT_BINARY_DIR}/libsluice_server_all.a" RENAME libsluice_server.a
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT server)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/tools/server/include/sluice" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT server FILES_MATCHING PATTERN "*.h")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sluiceServer.cmake.in" "${PROJECT_BINARY_DIR}/sluiceServer.cmake"
  INSTALL_DESTINATION "${SLUICE_PACKAGE_DIR}" PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
install(FILES "${PROJECT_BINARY_DIR}/sluiceServer.cmake" DESTINATION "${SLUICE_PACKAGE_DIR}" COMPONENT server)
