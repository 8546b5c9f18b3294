# Tests of tools/server/http and of the tokens of tools/server/auth.
sluice_test(http_message_test "${CMAKE_CURRENT_LIST_DIR}/http_message_test.cc" LIBS sluice_http)
sluice_test(http_json_test "${CMAKE_CURRENT_LIST_DIR}/http_json_test.cc" LIBS sluice_http)
sluice_test(http_api_error_test "${CMAKE_CURRENT_LIST_DIR}/http_api_error_test.cc" LIBS sluice_http)
sluice_test(http_router_test "${CMAKE_CURRENT_LIST_DIR}/http_router_test.cc" LIBS sluice_http)
sluice_test(http_body_test "${CMAKE_CURRENT_LIST_DIR}/http_body_test.cc" LIBS sluice_http)
sluice_test(http_session_test "${CMAKE_CURRENT_LIST_DIR}/http_session_test.cc" LIBS sluice_http)
sluice_test(token_test "${CMAKE_CURRENT_LIST_DIR}/token_test.cc" LIBS sluice_auth)
