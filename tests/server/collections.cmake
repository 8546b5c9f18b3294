# Tests of tools/server/collections.
sluice_test(collections_test
  ${CMAKE_CURRENT_LIST_DIR}/collections_change_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/collections_host_name_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/collections_typed_json_test.cc
  LIBS sluice_collections sluice_folder sluice_sqlite3 Boost::json)
