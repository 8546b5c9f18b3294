// Thumbs: the arithmetic of S-69, decoders and encoders, limits, the pool.
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tools/server/files/local_file_store.h"
#include "tools/server/files/mime.h"
#include "tools/server/files/thumb.h"
#include "tools/server/files/thumb_pool.h"

#include "vips/vips.h"

namespace sluice::files {
namespace {

namespace fs = std::filesystem;

TEST(ThumbSize, Forms) {
  EXPECT_TRUE(ParseThumbSize("100x100"));
  EXPECT_EQ(ParseThumbSize("0x50")->height, 50U);
  EXPECT_EQ(ParseThumbSize("60x30t")->fit, ThumbFit::kTop);
  EXPECT_EQ(ParseThumbSize("60x30b")->fit, ThumbFit::kBottom);
  EXPECT_EQ(ParseThumbSize("60x30f")->fit, ThumbFit::kInside);
  for (const char* bad : {"", "x", "100", "100x", "x100", "0x0", "0x0f", "-1x2", "1x2x", "1x2ff",
                          "1 x2", "100000x1", "1X2", "99999999999x1", "../1x1"}) {
    EXPECT_FALSE(ParseThumbSize(bad)) << bad;
  }
}

TEST(ThumbSize, Geometry) {
  struct Case {
    std::uint32_t width;
    std::uint32_t height;
    const char* size;
    const char* result;
  };
  // From S-69 and the recorded answers.
  const std::vector<Case> cases = {
      {300, 200, "600x600", "600x600"},  {300, 200, "60x30f", "45x30"},
      {300, 200, "600x600f", "300x200"}, {300, 200, "0x50", "75x50"},
      {300, 200, "50x0", "50x33"},       {300, 200, "1000x0", "1000x667"},
      {300, 200, "0x1000", "1500x1000"}, {300, 200, "7x90", "7x90"},
      {300, 200, "1x1", "1x1"},          {80, 60, "50x50f", "50x37"},
      {20, 90, "50x50f", "11x50"},       {20, 90, "0x30", "7x30"},
      {64, 48, "0x50", "67x50"},         {1, 5000, "0x3", "1x3"},
      {5000, 1, "3x3f", "3x1"},
  };
  for (const Case& c : cases) {
    const ThumbGeometry out = GeometryOf(*ParseThumbSize(c.size), c.width, c.height);
    EXPECT_EQ(std::to_string(out.cut_width) + "x" + std::to_string(out.cut_height), c.result)
        << c.width << "x" << c.height << " " << c.size;
    EXPECT_LE(out.left + out.cut_width, out.width);
    EXPECT_LE(out.top + out.cut_height, out.height);
  }
  EXPECT_EQ(GeometryOf(*ParseThumbSize("60x30t"), 300, 200).top, 0U);
  EXPECT_EQ(GeometryOf(*ParseThumbSize("60x30"), 300, 200).top, 5U);
  EXPECT_EQ(GeometryOf(*ParseThumbSize("60x30b"), 300, 200).top, 10U);
}

// A picture: its left third red, the rest blue.
std::string Picture(const std::string& format, int width, int height, int orientation = 0,
                    bool interlace = false) {
  EXPECT_EQ(vips_init("test"), 0);
  VipsImage* black = nullptr;
  VipsImage* image = nullptr;
  const double blue[] = {0, 0, 250};
  const double factor[] = {0, 0, 0};
  EXPECT_EQ(vips_black(&black, width, height, "bands", 3, nullptr), 0);
  VipsImage* plain = nullptr;
  EXPECT_EQ(vips_linear(black, &plain, factor, blue, 3, "uchar", TRUE, nullptr), 0);
  image = vips_image_copy_memory(plain);
  double red[] = {250, 0, 0};
  EXPECT_EQ(vips_draw_rect(image, red, 3, 0, 0, width / 3, height, "fill", TRUE, nullptr), 0);
  image->Type = VIPS_INTERPRETATION_sRGB;
  if (orientation != 0) {
    vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
  }
  void* bytes = nullptr;
  std::size_t size = 0;
  const std::string options = format == ".gif" ? format
                              : interlace      ? format + "[interlace]"
                                               : format;
  EXPECT_EQ(vips_image_write_to_buffer(image, options.c_str(), &bytes, &size, nullptr), 0)
      << vips_error_buffer();
  std::string text(static_cast<const char*>(bytes), size);
  g_free(bytes);
  g_object_unref(image);
  g_object_unref(plain);
  g_object_unref(black);
  return text;
}

// "type WxH", and the colours of its first and last pixel.
std::string Describe(const std::string& bytes) {
  VipsImage* image = vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr);
  if (image == nullptr) {
    return "no picture";
  }
  const auto colour = [image](int x, int y) {
    double* bands = nullptr;
    int count = 0;
    if (vips_getpoint(image, &bands, &count, x, y, nullptr) != 0 || count < 3) {
      return std::string("?");
    }
    const std::string name = bands[0] > bands[2] ? "red" : "blue";
    g_free(bands);
    return name;
  };
  const int width = vips_image_get_width(image);
  const int height = vips_image_get_height(image);
  std::string out = std::string(DetectType(bytes).mime) + " " + std::to_string(width) + "x" +
                    std::to_string(height) + " " + colour(0, 0) + " " +
                    colour(width - 1, height - 1);
  g_object_unref(image);
  return out;
}

std::string ThumbOf(const std::string& picture, const std::string& size) {
  const StatusOr<Thumb> thumb = MakeThumb(http::FileContent(picture), *ParseThumbSize(size));
  return thumb.ok() ? Describe(thumb->bytes) : std::string(thumb.status().message());
}

TEST(MakeThumb, Formats) {
  EXPECT_EQ(ThumbOf(Picture(".png", 300, 200), "60x60f"), "image/png 60x40 red blue");
  EXPECT_EQ(ThumbOf(Picture(".jpg", 300, 200), "60x60f"), "image/jpeg 60x40 red blue");
  EXPECT_EQ(ThumbOf(Picture(".gif", 300, 200), "60x60f"), "image/gif 60x40 red blue");
  EXPECT_EQ(ThumbOf(Picture(".webp", 300, 200), "60x60f"), "image/png 60x40 red blue");
  EXPECT_EQ(ThumbOf(Picture(".png", 300, 200, 0, true), "0x50"), "image/png 75x50 red blue");
  EXPECT_EQ(ThumbOf(Picture(".jpg", 300, 200, 0, true), "50x0"), "image/jpeg 50x33 red blue");
  EXPECT_EQ(ThumbOf(Picture(".jpg", 3000, 2000), "31x21"), "image/jpeg 31x21 red blue");
  EXPECT_EQ(ThumbOf(Picture(".png", 300, 200), "600x600"), "image/png 600x600 red blue");
  EXPECT_EQ(ThumbOf(Picture(".png", 1, 1), "7x90"), "image/png 7x90 blue blue");
  EXPECT_EQ(ThumbOf(Picture(".png", 3000, 1), "1x1"), "image/png 1x1 blue blue");
}

TEST(MakeThumb, TurnedPictures) {
  // 6: the top is at the right; so the red part of the stored left is up.
  const std::string turned = Picture(".jpg", 300, 200, 6);
  EXPECT_EQ(ThumbOf(turned, "0x50"), "image/jpeg 33x50 red blue");
  EXPECT_EQ(ThumbOf(turned, "50x0"), "image/jpeg 50x75 red blue");
  EXPECT_EQ(ThumbOf(turned, "60x20t"), "image/jpeg 60x20 red red");
  EXPECT_EQ(ThumbOf(turned, "60x20b"), "image/jpeg 60x20 blue blue");
  EXPECT_EQ(ThumbOf(Picture(".jpg", 300, 200, 3), "60x60f"), "image/jpeg 60x40 blue red");
}

TEST(MakeThumb, WhatIsNoPicture) {
  const std::string png = Picture(".png", 300, 200);
  for (const std::string& bad :
       {std::string(), std::string("words"), png.substr(0, 40), png.substr(0, png.size() / 2),
        std::string("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"),
        std::string("%PDF-1.4 "), std::string("II*\0aaaaaaaa", 12), "GIF89a" + png,
        "\xff\xd8\xff" + png}) {
    EXPECT_THAT(ThumbOf(bad, "9x9"), ::testing::StartsWith("no thumb: ")) << bad.substr(0, 20);
  }
}

TEST(MakeThumb, HugePicturesAreNotDecoded) {
  // A head that promises 60000 x 60000 pixels; so many were never sent.
  std::string bomb = Picture(".png", 300, 200);
  for (const std::size_t at : {16U, 20U}) {
    bomb.replace(at, 4, std::string("\0\0\xea\x60", 4));
  }
  EXPECT_THAT(ThumbOf(bomb, "9x9"), ::testing::StartsWith("no thumb: "));
  bomb = Picture(".jpg", 300, 200);
  bomb.replace(bomb.find("\xff\xc0") + 5, 4, "\xea\x60\xea\x60");
  EXPECT_EQ(ThumbOf(bomb, "9x9"), "no thumb: too many pixels");
  EXPECT_EQ(ThumbOf(Picture(".png", 300, 200), "99999x99999"), "no thumb: too large a thumb");
}

TEST(MakeThumb, DamagedAnywhere) {
  for (const char* format : {".png", ".jpg", ".gif", ".webp"}) {
    const std::string good = Picture(format, 40, 30);
    for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 97) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x5a);
      ThumbOf(bad, "9x9");  // whatever it is, it ends and holds
      ThumbOf(good.substr(0, at), "9x9");
    }
  }
}

class ThumbPoolTest : public ::testing::Test {
 protected:
  static fs::path MakeFolder() {
    std::string name = (fs::temp_directory_path() / "sluice_thumbs_XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  ThumbRequest Request(const std::string& name, const std::string& size) const {
    return {store_, "c", "r", name, size, *ParseThumbSize(size)};
  }

  const fs::path folder_ = MakeFolder();
  const std::shared_ptr<const LocalFileStore> store_ =
      std::make_shared<const LocalFileStore>(folder_.string(), FileStoreOptions{.flush = false});
};

TEST_F(ThumbPoolTest, MadeOnceForAll) {
  ASSERT_TRUE(store_
                  ->Put({"c", "r", "a.png"}, http::FileContent(Picture(".png", 900, 600)),
                        {"image/png", "a"})
                  .ok());
  std::atomic<int> made = 0;
  {
    std::promise<void> all;
    ThumbPool pool({.threads = 2});
    for (int i = 0; i < 50; ++i) {
      pool.Make(Request("a.png", i % 2 == 0 ? "90x60" : "30x20"),
                [&, i](const StatusOr<StoredContent>& stored) {
                  EXPECT_TRUE(stored.ok()) << stored.status();
                  EXPECT_EQ(Describe(*stored->content.Head(1U << 20U)),
                            i % 2 == 0 ? "image/png 90x60 red blue" : "image/png 30x20 red blue");
                  if (++made == 50) {
                    all.set_value();
                  }
                });
    }
    all.get_future().wait();
  }
  EXPECT_EQ(made, 50);
  EXPECT_EQ(store_->OpenThumb({"c", "r", "a.png"}, "30x20")->content_type, "image/png");
}

TEST_F(ThumbPoolTest, FailuresAndEndings) {
  ASSERT_TRUE(store_->Put({"c", "r", "bad.png"}, http::FileContent("no"), {"image/png", "b"}).ok());
  ASSERT_TRUE(store_
                  ->Put({"c", "r", "a.png"}, http::FileContent(Picture(".png", 900, 600)),
                        {"image/png", "a"})
                  .ok());
  std::atomic<int> told = 0;
  {
    ThumbPool pool({.threads = 1, .queue_max = 5});
    for (const char* name : {"bad.png", "none.png", "bad.png"}) {
      std::promise<Status> done;
      pool.Make(Request(name, "9x9"), [&done](const StatusOr<StoredContent>& stored) {
        done.set_value(stored.status());
      });
      EXPECT_FALSE(done.get_future().get().ok());
    }
    for (int i = 1; i <= 100; ++i) {
      pool.Make(Request("a.png", std::to_string(i) + "x9"),
                [&told](const StatusOr<StoredContent>&) { ++told; });
    }
  }
  EXPECT_EQ(told, 100);
}

// Throws what it is told to.
class ThrowingStore : public LocalFileStore {
 public:
  ThrowingStore(const std::string& root, bool exception)
      : LocalFileStore(root, FileStoreOptions{.flush = false}), exception_(exception) {}
  StatusOr<http::FileContent> Fetch(const FileKey&) const override {
    if (exception_) throw std::bad_alloc();
    throw 1;
  }

 private:
  const bool exception_;
};

TEST_F(ThumbPoolTest, WhatThrowsIsAFailureOfItsOwn) {
  ASSERT_TRUE(
      store_
          ->Put({"c", "r", "a.png"}, http::FileContent(Picture(".png", 90, 60)), {"image/png", "a"})
          .ok());
  ThumbPool pool({.threads = 1});
  const auto make = [&](const ThumbRequest& request) {
    std::promise<Status> done;
    pool.Make(request, [&done](const StatusOr<StoredContent>& stored) {
      done.set_value(stored.status());
      throw std::bad_alloc();
    });
    return done.get_future().get();
  };
  for (const bool exception : {true, false}) {
    ThumbRequest request = Request("a.png", exception ? "8x8" : "7x7");
    request.store = std::make_shared<const ThrowingStore>(folder_.string(), exception);
    const Status failure = make(request);
    EXPECT_TRUE(absl::IsInternal(failure));
    EXPECT_EQ(failure.message().empty(), !exception) << failure;
  }
  EXPECT_TRUE(make(Request("a.png", "9x9")).ok());
}

}  // namespace
}  // namespace sluice::files
