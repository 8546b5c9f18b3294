// What the thread sanitizer cannot know: Debian's abseil is not built with it,
// so the counting of references inside of a Status that two threads have held
// looks like a race with its destruction.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:absl::*::Status::Unref\n"; }
