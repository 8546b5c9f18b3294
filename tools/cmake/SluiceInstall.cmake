# Installs and exports the core: sluice::grammar, engine, sqlgen, and
# sluice::sluice for all three. PEGTL stays out of it, so find_package(sluice)
# needs abseil only. Tested by tests/install.
include(CMakePackageConfigHelpers)

set(SLUICE_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")

install(TARGETS sluice sluice_grammar sluice_engine sluice_sqlgen EXPORT sluiceTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT core
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT core)
install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION "${SLUICE_PACKAGE_DIR}" COMPONENT core)

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in" "${PROJECT_BINARY_DIR}/sluiceConfig.cmake"
  INSTALL_DESTINATION "${SLUICE_PACKAGE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/sluiceConfig.cmake" "${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake"
  DESTINATION "${SLUICE_PACKAGE_DIR}" COMPONENT core)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT core)

if(TARGET sluice_embed)
  include("${CMAKE_CURRENT_LIST_DIR}/SluiceInstallServer.cmake")
endif()
if(TARGET sluice_cli)
  install(TARGETS sluice_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
endif()
