// Buckets of S3 as the settings name them. Private to this folder.
#pragma once

#include "tools/server/s3/target.h"
#include "tools/server/store/settings.h"

namespace sluice::api {

s3::Config BucketOf(const store::S3Settings& settings);

}  // namespace sluice::api
