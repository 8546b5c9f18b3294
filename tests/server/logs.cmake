# Tests of tools/server/logs.
sluice_test(logs_test
  ${CMAKE_CURRENT_LIST_DIR}/logs_test.cc
  LIBS sluice_logs sluice_records sluice_store)
