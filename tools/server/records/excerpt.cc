// Gumbo parses, an explicit walk collects. Gumbo has no limits of its own: its
// time grows with nesting times length, unclosed formatting elements multiply,
// and it frees its tree by recursion. So it allocates from an arena that knows
// how much memory and time a parse may take, and that is freed as a whole. It
// also asserts what it should not; CMakeLists.txt leads its assertions here.
// Tested by tests/server/records_excerpt_test.cc.
#include "tools/server/records/excerpt.h"

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include <gumbo.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "sluice/strings.h"
#include "tools/server/json/json_text.h"

namespace sluice::records {
namespace {

// Open elements that the peer's HTML parser accepts.
constexpr std::size_t kNestingMax = 512;
// What one parse may take, far more than honest texts of megabytes do.
constexpr double kCpuSecondsMax = 2;
constexpr std::size_t kArenaBytesMax = 512U << 20;

constexpr std::string_view kExcluded[] = {
    "head",    "style",  "script",   "iframe", "embed", "applet",   "object", "svg",    "img",
    "picture", "dialog", "template", "button", "form",  "textarea", "input",  "select", "option"};
constexpr std::string_view kInline[] = {
    "a", "abbr",  "acronym", "b",     "bdo",  "big",    "br",     "button", "cite", "code", "em",
    "i", "label", "q",       "small", "span", "strong", "strike", "sub",    "sup",  "time"};
template <std::size_t kCount>
bool Contains(const std::string_view (&set)[kCount], std::string_view name) {
  return std::find(std::begin(set), std::end(set), name) != std::end(set);
}

bool IsHtmlSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// What Unicode calls white space (F-157: the final trim).
bool IsUnicodeSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::size_t CodePointLength(char lead) {
  const auto c = static_cast<unsigned char>(lead);
  return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

std::string_view TrimUnicode(std::string_view text) {
  while (!text.empty()) {
    const json::CodePoint point = json::DecodeCodePoint(text);
    if (!IsUnicodeSpace(point.value)) {
      break;
    }
    text.remove_prefix(point.length);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
      --begin;
    }
    if (!IsUnicodeSpace(json::DecodeCodePoint(text.substr(begin)).value)) {
      break;
    }
    text = text.substr(0, begin);
  }
  return text;
}

// The text that the walk collects.
class Buffer {
 public:
  explicit Buffer(std::int64_t chars_max) : chars_max_(chars_max) {}

  // Enough to cut from; the two more are for blanks that are trimmed (F-157).
  bool full() const { return static_cast<std::int64_t>(text_.size()) - 2 > chars_max_; }

  void AddText(std::string_view text) { AddWords(text, false); }

  // The same of plain ASCII, of which no more is taken than the cut will show: a
  // word at the end is not trimmed.
  void AddAscii(std::string_view text) { AddWords(text, true); }

  void AddSpace() {
    if (!spaced_) {
      text_ += ' ';
      spaced_ = true;
    }
  }

  void AppendCut(std::string& out, bool with_ellipsis) const {
    const std::string_view text = TrimUnicode(text_);
    std::size_t end = 0;
    for (std::int64_t chars = 0; chars < chars_max_ && end < text.size(); ++chars) {
      end += CodePointLength(text[end]);
    }
    out += TrimUnicode(text.substr(0, end));
    if (end < text.size() && with_ellipsis) {
      out += "...";
    }
  }

 private:
  void AddWords(std::string_view text, bool until_full) {
    for (std::size_t i = 0; i < text.size();) {
      if (IsHtmlSpace(text[i])) {
        AddSpace();
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < text.size() && !IsHtmlSpace(text[end])) {
        ++end;
      }
      text_ += text.substr(i, end - i);
      spaced_ = false;
      i = end;
      if (until_full && full()) return;
    }
  }

  std::int64_t chars_max_;
  std::string text_;
  bool spaced_ = false;
};

// Seconds that this thread has computed; what others do does not count.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Memory for one parse, given back only at the end. Where a limit is reached,
// Take jumps out of the parser, which is C and owns nothing but this memory.
class Arena {
 public:
  static void* Allocate(void* self, std::size_t bytes) {
    return static_cast<Arena*>(self)->Take(bytes);
  }
  static void Free(void* /*self*/, void* /*memory*/) {}

  std::jmp_buf give_up;

 private:
  void* Take(std::size_t bytes) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    bytes = (bytes + kAlign - 1) / kAlign * kAlign;
    if (bytes > block_left_) {
      AddBlock(bytes);
    }
    // Every slow loop of the parser is one over allocations.
    if (++takes_ % 1024 == 0 && CpuSeconds() > deadline_) {
      std::longjmp(give_up, 1);
    }
    void* const memory = next_;
    next_ += bytes;
    block_left_ -= bytes;
    return memory;
  }

  void AddBlock(std::size_t bytes) {
    constexpr std::size_t kFirstBytes = 16 * 1024;
    constexpr std::size_t kLaterBytes = 1024 * 1024;
    block_left_ = std::max(bytes, blocks_.empty() ? kFirstBytes : kLaterBytes);
    if (block_left_ > kArenaBytesMax - bytes_) {
      std::longjmp(give_up, 1);
    }
    bytes_ += block_left_;
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_left_));
    next_ = blocks_.back().get();
  }

  const double deadline_ = CpuSeconds() + kCpuSecondsMax;
  std::size_t takes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t block_left_ = 0;
  std::byte* next_ = nullptr;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

// What is said in place of some tags so that the parser, which is older than
// the peer's and knows no scripts, builds the tree that the peer does:
//  - <noscript> holds text, not elements; <noframes> has the rules wanted here
//  - <isindex> and <menuitem> are elements like any unknown one
//  - text before </form> belongs into the form: a comment ends it in time
struct Mend {
  std::string_view tag;
  std::string_view replacement;
};
constexpr Mend kMends[] = {
    {"<noscript", "<noframes"},   {"</noscript", "</noframes"}, {"<isindex", "<x-isindex"},
    {"</isindex", "</x-isindex"}, {"<menuitem", "<x-menuitem"}, {"</menuitem", "</x-menuitem"},
    {"</form", "<!----></form"},
};

std::string MendTags(std::string_view html) {
  std::string out;
  out.reserve(html.size() + 64);
  std::size_t copied = 0;
  for (std::size_t i = html.find('<'); i != std::string_view::npos; i = html.find('<', i + 1)) {
    for (const Mend& mend : kMends) {
      if (EqualsIgnoreCase(html.substr(i, mend.tag.size()), mend.tag)) {
        out += html.substr(copied, i - copied);
        out += mend.replacement;
        copied = i + mend.tag.size();
        break;
      }
    }
  }
  out += html.substr(copied);
  return out;
}

// Where this thread's parse is given up, while there is one.
thread_local std::jmp_buf* t_give_up = nullptr;

// Parses `html`, which the tree views, into `arena`; null when it gave up.
const GumboOutput* Parse(std::string_view html, Arena& arena) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::Allocate;
  options.deallocator = &Arena::Free;
  options.userdata = &arena;
  options.max_errors = 0;
  t_give_up = &arena.give_up;
  if (setjmp(arena.give_up) != 0) {
    t_give_up = nullptr;
    return nullptr;
  }
  const GumboOutput* const tree = gumbo_parse_with_options(&options, html.data(), html.size());
  t_give_up = nullptr;
  return tree;
}

bool IsElement(const GumboNode& node) {
  return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}

const GumboVector* Children(const GumboNode& node) {
  if (node.type == GUMBO_NODE_DOCUMENT) {
    return &node.v.document.children;
  }
  return IsElement(node) ? &node.v.element.children : nullptr;
}

std::string ElementName(const GumboElement& element) {
  if (element.tag != GUMBO_TAG_UNKNOWN) {
    return gumbo_normalized_tagname(element.tag);
  }
  GumboStringPiece tag = element.original_tag;
  gumbo_tag_from_original_text(&tag);
  return LowerAscii(std::string_view(tag.data, tag.length));
}

enum class Flow { kExcluded, kInline, kBlock };

Flow FlowOf(const GumboElement& element) {
  const std::string name = ElementName(element);
  if (Contains(kExcluded, name)) {
    return Flow::kExcluded;
  }
  return Contains(kInline, name) ? Flow::kInline : Flow::kBlock;
}

// Collects the text below the document; false for a tree that is too deep.
class Walk {
 public:
  explicit Walk(Buffer& buffer) : buffer_(buffer) {}

  bool Run(const GumboNode& document) {
    Enter(document, false);
    while (!open_.empty()) {
      Place& place = open_.back();
      if (place.next == place.children->length) {
        const bool block = place.block;
        open_.pop_back();
        EndBlock(block);
        continue;
      }
      const auto* child = static_cast<const GumboNode*>(place.children->data[place.next++]);
      if (!Child(*child)) {
        return false;
      }
    }
    return true;
  }

 private:
  struct Place {
    const GumboVector* children;
    unsigned next;
    bool block;
  };

  bool Child(const GumboNode& node) {
    if (!IsElement(node)) {
      if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
          node.type == GUMBO_NODE_CDATA) {
        buffer_.AddText(node.v.text.text);
      }
      return true;
    }
    const Flow flow = FlowOf(node.v.element);
    if (flow == Flow::kExcluded) {
      return true;
    }
    if (flow == Flow::kBlock) {
      buffer_.AddSpace();
    }
    return Enter(node, flow == Flow::kBlock);
  }

  bool Enter(const GumboNode& node, bool block) {
    if (buffer_.full()) {
      EndBlock(block);
      return true;
    }
    open_.push_back({Children(node), 0, block});
    return open_.size() <= kNestingMax + 1;  // the document is none of them
  }

  void EndBlock(bool block) {
    if (block) {
      buffer_.AddSpace();
    }
  }

  Buffer& buffer_;
  std::vector<Place> open_;
};

}  // namespace

// What the parser calls in place of the C library's __assert_fail.
extern "C" [[noreturn]] void sluice_gumbo_assert_fail(const char* /*assertion*/,
                                                      const char* /*file*/, unsigned /*line*/,
                                                      const char* /*function*/) {
  if (t_give_up != nullptr) {
    std::longjmp(*t_give_up, 1);
  }
  std::abort();
}

// Printable ASCII, line feeds and tabs; no `&`.
static bool IsPlainAscii(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto equals = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
    const __m128i blank = _mm_or_si128(equals('\n'), equals('\t'));
    // Signed: bytes from 0x80 up are low, too.
    const __m128i low = _mm_andnot_si128(blank, _mm_cmplt_epi8(block, _mm_set1_epi8(0x20)));
    const __m128i stops = _mm_or_si128(low, _mm_or_si128(equals('&'), equals('\x7F')));
    if (_mm_movemask_epi8(stops) != 0) return false;
  }
#endif
  return std::all_of(
      p, end, [](char c) { return (c >= 0x20 && c < 0x7F && c != '&') || c == '\n' || c == '\t'; });
}

// Paragraphs one after the other and nothing else, `<p>text</p><p>text</p>`, of
// plain ASCII: what editors mostly write. False, and `buffer` of no use, for
// all other HTML.
static bool CollectParagraphs(std::string_view html, Buffer& buffer) {
  constexpr std::string_view kOpen = "<p>";
  constexpr std::string_view kClose = "</p>";
  if (!html.starts_with(kOpen)) return false;
  if (!IsPlainAscii(html)) return false;
  buffer.AddSpace();
  while (!html.empty()) {
    if (!html.starts_with(kOpen)) return false;
    html.remove_prefix(kOpen.size());
    const std::size_t end = html.find('<');
    if (end == std::string_view::npos || !html.substr(end).starts_with(kClose)) return false;
    buffer.AddSpace();
    if (!buffer.full()) buffer.AddAscii(html.substr(0, end));
    buffer.AddSpace();
    html.remove_prefix(end + kClose.size());
  }
  return true;
}

Status AppendExcerpt(std::string& out, std::string_view html, const Excerpt& excerpt) {
  Buffer buffer(excerpt.max_chars);
  // A text without markup is one text node in the body.
  constexpr std::string_view kMarkup("<&\0", 3);
  if (html.find_first_of(kMarkup) == std::string_view::npos) {
    buffer.AddSpace();
    buffer.AddText(html);
    buffer.AppendCut(out, excerpt.with_ellipsis);
    return absl::OkStatus();
  }
  if (Buffer paragraphs(excerpt.max_chars);
      excerpt.max_chars > 0 && CollectParagraphs(html, paragraphs)) {
    paragraphs.AppendCut(out, excerpt.with_ellipsis);
    return absl::OkStatus();
  }
  const std::string source = MendTags(html);
  Arena arena;
  const GumboOutput* const tree = Parse(source, arena);
  if (tree == nullptr || !Walk(buffer).Run(*tree->document)) {
    return absl::ResourceExhaustedError("excerpt: the HTML is nested too deep or too large");
  }
  buffer.AppendCut(out, excerpt.with_ellipsis);
  return absl::OkStatus();
}

}  // namespace sluice::records
