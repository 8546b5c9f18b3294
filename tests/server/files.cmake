# Tests of tools/server/files.
sluice_test(files_name_test "${CMAKE_CURRENT_LIST_DIR}/files_name_test.cc" LIBS sluice_files)
sluice_test(files_mime_test "${CMAKE_CURRENT_LIST_DIR}/files_mime_test.cc" LIBS sluice_files)
sluice_test(files_store_test "${CMAKE_CURRENT_LIST_DIR}/files_store_test.cc" LIBS sluice_files)
sluice_test(files_serve_test "${CMAKE_CURRENT_LIST_DIR}/files_serve_test.cc" LIBS sluice_files)
find_package(PkgConfig REQUIRED)
pkg_check_modules(Vips REQUIRED IMPORTED_TARGET vips)
sluice_test(files_thumb_test "${CMAKE_CURRENT_LIST_DIR}/files_thumb_test.cc"
  LIBS sluice_files PkgConfig::Vips)
sluice_test(files_api_test "${CMAKE_CURRENT_LIST_DIR}/files_api_test.cc"
  LIBS sluice_server sluice_auth sluice_store Boost::json)
