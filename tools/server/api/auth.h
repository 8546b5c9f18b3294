// The handlers of the auth endpoints, by file.
#pragma once

#include "sluice/status.h"
#include "tools/server/api/server_parts.h"

namespace sluice::api {

// auth_otp.cc
Status RequestOtp(ServerParts& parts, const CallPtr& call);
Status WithOtp(ServerParts& parts, const CallPtr& call);

// auth_verification.cc
Status RequestVerification(ServerParts& parts, const CallPtr& call);
Status ConfirmVerification(ServerParts& parts, const CallPtr& call);

// auth_password_reset.cc
Status RequestPasswordReset(ServerParts& parts, const CallPtr& call);
Status ConfirmPasswordReset(ServerParts& parts, const CallPtr& call);

// auth_email_change.cc
Status RequestEmailChange(ServerParts& parts, const CallPtr& call);
Status ConfirmEmailChange(ServerParts& parts, const CallPtr& call);

// settings_tests.cc
Status SendTestMail(ServerParts& parts, const CallPtr& call);
StatusOr<http::Response> GenerateAppleSecret(ServerParts& parts, Call& call);

// storage.cc
Status TestS3(ServerParts& parts, const CallPtr& call);

}  // namespace sluice::api
