# Tests of tools/server/settings, tools/server/folder and the passwords.
find_package(Boost REQUIRED COMPONENTS json)
sluice_test(password_hash_test
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_test.cc
  LIBS sluice_auth)
