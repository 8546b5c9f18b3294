# Tests of tools/server/settings, tools/server/folder, the passwords, and the
# commands that change a folder.
find_package(Boost REQUIRED COMPONENTS json)
sluice_test(password_hash_test
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_test.cc
  LIBS sluice_auth)
sluice_test(settings_test
  ${CMAKE_CURRENT_LIST_DIR}/rate_limiter_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/settings_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/settings_checks_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/settings_seal_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  LIBS sluice_settings sluice_store sluice_sqlite3 Boost::json)
sluice_test(folder_test
  ${CMAKE_CURRENT_LIST_DIR}/folder_test.cc
  LIBS sluice_folder sluice_settings sluice_store Boost::json)
sluice_test(odd_values_test
  ${CMAKE_CURRENT_LIST_DIR}/odd_values_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  LIBS sluice_store sluice_sqlite3)
sluice_test(cli_test ${CMAKE_CURRENT_LIST_DIR}/cli_test.cc LIBS sluice_server sluice_auth sluice_store)
target_compile_definitions(cli_test PRIVATE SLUICE_PROGRAM="$<TARGET_FILE:sluice_cli>")
add_dependencies(cli_test sluice_cli)
sluice_test(cli_why_test ${CMAKE_CURRENT_LIST_DIR}/cli_why_test.cc LIBS sluice_records sluice_store Boost::json)
target_compile_definitions(cli_why_test PRIVATE SLUICE_PROGRAM="$<TARGET_FILE:sluice_cli>")
add_dependencies(cli_why_test sluice_cli)
sluice_test(cli_audit_test ${CMAKE_CURRENT_LIST_DIR}/cli_audit_test.cc LIBS sluice_store Boost::json)
target_compile_definitions(cli_audit_test PRIVATE SLUICE_PROGRAM="$<TARGET_FILE:sluice_cli>")
add_dependencies(cli_audit_test sluice_cli)
sluice_test(cli_advise_test ${CMAKE_CURRENT_LIST_DIR}/cli_advise_test.cc LIBS sluice_logs sluice_store Boost::json)
target_compile_definitions(cli_advise_test PRIVATE SLUICE_PROGRAM="$<TARGET_FILE:sluice_cli>")
add_dependencies(cli_advise_test sluice_cli)
