# Tests of tools/server/s3 that need no S3; those that do are in tests/s3.
sluice_test(s3_sign_test ${CMAKE_CURRENT_LIST_DIR}/s3_sign_test.cc LIBS sluice_s3)
sluice_test(s3_client_test ${CMAKE_CURRENT_LIST_DIR}/s3_client_test.cc LIBS sluice_s3)
