# Tests of tools/server/store and of the whole server in one process.
sluice_test(store_test
  ${CMAKE_CURRENT_LIST_DIR}/catalog_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/schema_catalog_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/store_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  LIBS sluice_store sluice_sqlite3)
sluice_test(writer_test
  ${CMAKE_CURRENT_LIST_DIR}/threads_guard_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writer_fault_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writer_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/tsan_suppressions.cc
  LIBS sluice_store sluice_sqlite3)
sluice_test(app_test ${CMAKE_CURRENT_LIST_DIR}/app_test.cc LIBS sluice_server sluice_auth sluice_store Boost::json)

# Many clients at once.
sluice_test(stress_test
  ${CMAKE_CURRENT_LIST_DIR}/stress_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writing_server.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/tsan_suppressions.cc
  LIBS sluice_server sluice_folder sluice_auth sluice_store Boost::json)
sluice_test(write_load_test
  ${CMAKE_CURRENT_LIST_DIR}/write_load_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writing_server.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/tsan_suppressions.cc
  LIBS sluice_server sluice_folder sluice_auth sluice_store Boost::json)
sluice_test(durability_test
  ${CMAKE_CURRENT_LIST_DIR}/durability_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writing_server.cc
  LIBS sluice_server sluice_folder sluice_auth sluice_store Boost::json)
target_compile_definitions(durability_test PRIVATE SLUICE_PROGRAM="$<TARGET_FILE:sluice_cli>")
add_dependencies(durability_test sluice_cli)
