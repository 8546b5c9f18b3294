# Tests of tools/server/oauth2, and of logins by other providers through the whole server.
sluice_test(oauth2_unit_test
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_id_token_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_provider.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_providers_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_token_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_user_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_web_client_test.cc
  LIBS sluice_oauth2 sluice_collections sluice_auth sluice_http OpenSSL::Crypto Boost::json)
sluice_test(oauth2_flow_test
  ${CMAKE_CURRENT_LIST_DIR}/login_app.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_flow_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/oauth2_provider.cc
  LIBS sluice_server sluice_auth sluice_store OpenSSL::Crypto Boost::json)
