# Tests of tools/server/records and tools/server/json.
find_package(Boost REQUIRED COMPONENTS json)
sluice_test(records_render_test
  ${CMAKE_CURRENT_LIST_DIR}/json_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_answer_limits_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_date_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_excerpt_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_expand_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_field_json_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_json_check_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_number_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_pick_fields_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/records_plan_cost_test.cc
  LIBS sluice_records Boost::json)
