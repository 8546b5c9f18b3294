# Tests of tools/server/login and of logins through the whole server.
sluice_test(login_unit_test
  ${CMAKE_CURRENT_LIST_DIR}/login_unit_test.cc
  LIBS sluice_login sluice_auth sluice_http OpenSSL::Crypto Boost::json)
sluice_test(login_test
  ${CMAKE_CURRENT_LIST_DIR}/dart_forms_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/editions_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/login_app.cc
  ${CMAKE_CURRENT_LIST_DIR}/login_flow_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/login_tokens_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/mail_links_test.cc
  LIBS sluice_server sluice_auth sluice_store OpenSSL::Crypto Boost::json)
