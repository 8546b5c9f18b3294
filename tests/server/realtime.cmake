# Tests of tools/server/realtime and of the answers without an end below it.
sluice_test(realtime_stream_test
  ${CMAKE_CURRENT_LIST_DIR}/realtime_stream_test.cc
  LIBS sluice_http)
sluice_test(realtime_hub_test
  ${CMAKE_CURRENT_LIST_DIR}/realtime_hub_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/realtime_topic_test.cc
  LIBS sluice_realtime sluice_writes sluice_store)
sluice_test(realtime_app_test
  ${CMAKE_CURRENT_LIST_DIR}/realtime_app_test.cc
  LIBS sluice_server sluice_auth sluice_store Boost::json)
