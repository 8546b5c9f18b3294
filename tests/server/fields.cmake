# Tests of tools/server/fields.
sluice_test(fields_test
  ${CMAKE_CURRENT_LIST_DIR}/fields_apply_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/fields_rules_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/fields_validate_list_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/fields_validate_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/fields_validate_value_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/fields_value_test.cc
  LIBS sluice_fields Boost::json)
