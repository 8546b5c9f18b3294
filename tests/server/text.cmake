# Tests of tools/server/text.
sluice_test(text_test
  ${CMAKE_CURRENT_LIST_DIR}/text_address_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/text_pattern_test.cc
  LIBS sluice_text)
