// A data folder for tests that write to it.
#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace sluice {

// A copy of the conformance fixture, gone at the end.
class BlogFolder {
 public:
  BlogFolder() {
    namespace fs = std::filesystem;
    std::string name = (fs::temp_directory_path() / "sluice_blog_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::copy_file(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance/fixtures/blog/data.db",
                  root_ + "/data.db");
    fs::permissions(root_ + "/data.db", fs::perms::owner_write, fs::perm_options::add);
  }
  ~BlogFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  BlogFolder(const BlogFolder&) = delete;
  BlogFolder& operator=(const BlogFolder&) = delete;

  const std::string& path() const { return root_; }

 private:
  std::string root_;
};

}  // namespace sluice
