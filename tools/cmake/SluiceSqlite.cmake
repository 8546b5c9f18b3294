# The target sluice_sqlite3: SQLite 3.53 compiled from the amalgamation with
# the flags of the peer's build (tools/README.md says why), or the system's.
if(SLUICE_SQLITE STREQUAL "system")
  find_package(SQLite3 REQUIRED)
  add_library(sluice_sqlite3 INTERFACE)
  target_link_libraries(sluice_sqlite3 INTERFACE SQLite::SQLite3)
  message(WARNING "SLUICE_SQLITE=system: answers differ from the peer's where SQLite ${SQLite3_VERSION} "
    "prints reals with other digits than 3.53, lacks strftime letters or JSON5.")
  return()
endif()

set(SLUICE_SQLITE_DIR "${PROJECT_SOURCE_DIR}/build/third_party/sqlite3" CACHE PATH "Folder of sqlite3.c and sqlite3.h")
if(NOT EXISTS "${SLUICE_SQLITE_DIR}/sqlite3.c")
  message(STATUS "Fetching the SQLite amalgamation into ${SLUICE_SQLITE_DIR}")
  execute_process(COMMAND "${PROJECT_SOURCE_DIR}/tools/dev/fetch_sqlite.sh" "${SLUICE_SQLITE_DIR}" RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "SQLite could not be fetched; put sqlite3.c and sqlite3.h of SQLite 3.53 into "
      "${SLUICE_SQLITE_DIR}, or configure with -DSLUICE_SQLITE=system (other answers in places).")
  endif()
endif()

add_library(sluice_sqlite3 STATIC "${SLUICE_SQLITE_DIR}/sqlite3.c")
target_include_directories(sluice_sqlite3 SYSTEM PUBLIC "${SLUICE_SQLITE_DIR}")
target_compile_definitions(sluice_sqlite3 PRIVATE
  SQLITE_THREADSAFE=2 SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_ENABLE_MATH_FUNCTIONS SQLITE_ENABLE_STAT4
  SQLITE_ENABLE_FTS5 SQLITE_ENABLE_RTREE SQLITE_LIKE_DOESNT_MATCH_BLOBS SQLITE_SOUNDEX
  SQLITE_ENABLE_GEOPOLY SQLITE_ENABLE_DBSTAT_VTAB SQLITE_DEFAULT_RECURSIVE_TRIGGERS=1
  SQLITE_USE_ALLOCA SQLITE_OMIT_SHARED_CACHE SQLITE_OMIT_DEPRECATED SQLITE_MAX_VARIABLE_NUMBER=32766)
# Third-party code: optimised even in debug builds, not instrumented, no warnings.
target_compile_options(sluice_sqlite3 PRIVATE -O2 -w -fno-sanitize=all)
target_link_libraries(sluice_sqlite3 PUBLIC Threads::Threads ${CMAKE_DL_LIBS} m)
