# Tests of tools/server/backups, and of store/backup.h.
find_package(LibArchive REQUIRED)
sluice_test(backups_test
  ${CMAKE_CURRENT_LIST_DIR}/backups_test.cc
  LIBS sluice_backups sluice_store sluice_http LibArchive::LibArchive)
