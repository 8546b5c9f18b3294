# Tests of tools/server/mail.
sluice_test(mail_test
  ${CMAKE_CURRENT_LIST_DIR}/mail_html_text_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/mail_mailer_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/mail_message_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/mail_server.cc
  ${CMAKE_CURRENT_LIST_DIR}/mail_smtp_test.cc
  LIBS sluice_mail sluice_store)
