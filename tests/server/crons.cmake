# Tests of tools/server/crons, and of store/raw_sql.h.
sluice_test(crons_test
  ${CMAKE_CURRENT_LIST_DIR}/crons_test.cc
  LIBS sluice_crons sluice_logs sluice_writes sluice_store)
