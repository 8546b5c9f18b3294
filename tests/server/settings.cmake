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
