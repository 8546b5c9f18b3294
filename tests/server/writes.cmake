# Tests of record writes, through the whole server.
sluice_test(writes_test
  ${CMAKE_CURRENT_LIST_DIR}/login_app.cc
  ${CMAKE_CURRENT_LIST_DIR}/writes_test.cc
  LIBS sluice_server sluice_auth sluice_store OpenSSL::Crypto Boost::json)
