# Tests of tools/server/files.
sluice_test(files_name_test "${CMAKE_CURRENT_LIST_DIR}/files_name_test.cc" LIBS sluice_files)
sluice_test(files_mime_test "${CMAKE_CURRENT_LIST_DIR}/files_mime_test.cc" LIBS sluice_files)
sluice_test(files_store_test "${CMAKE_CURRENT_LIST_DIR}/files_store_test.cc" LIBS sluice_files)
