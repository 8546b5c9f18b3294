# Tests of tools/server/store and of the whole server in one process.
sluice_test(store_test
  ${CMAKE_CURRENT_LIST_DIR}/catalog_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/schema_catalog_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/store_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  LIBS sluice_store sluice_sqlite3)
sluice_test(writer_test
  ${CMAKE_CURRENT_LIST_DIR}/writer_fault_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/writer_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/temp_database.cc
  ${CMAKE_CURRENT_LIST_DIR}/../support/tsan_suppressions.cc
  LIBS sluice_store sluice_sqlite3)
sluice_test(app_test ${CMAKE_CURRENT_LIST_DIR}/app_test.cc LIBS sluice_server sluice_auth sluice_store Boost::json)
