// One target without feedback: kept inputs, changed piece by piece at random, as
// many a second as the target takes. SLUICE_FUZZ_TARGET names its function.
//
//   parse_random RUNS [SEED] [BYTES_MAX]
#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "fuzz/kept_inputs.h"
#include "fuzz/target.h"

namespace sluice::fuzz {
namespace {

using Pieces = std::vector<std::string>;

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Words, runs of signs, quoted texts, single brackets and blanks: what a change
// leaves whole.
Pieces Split(std::string_view text) {
  Pieces pieces;
  while (!text.empty()) {
    std::size_t length = 1;
    if (IsWord(text[0])) {
      while (length < text.size() && IsWord(text[length])) ++length;
    } else if (text[0] == '\'' || text[0] == '"') {
      const std::size_t end = text.find(text[0], 1);
      length = end == std::string_view::npos ? 1 : end + 1;
    } else if (std::string_view("&|!?~=<>/").find(text[0]) != std::string_view::npos) {
      while (length < text.size() &&
             std::string_view("&|!?~=<>/").find(text[length]) != std::string_view::npos)
        ++length;
    }
    pieces.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

class Mutator {
 public:
  Mutator(std::string_view target, std::uint64_t seed, std::size_t bytes_max)
      : random_(seed), bytes_max_(bytes_max) {
    for (const char* folder : {"corpus", "findings"}) {
      for (const std::string& input : KeptInputs(folder, target)) {
        inputs_.push_back(Split(input));
        for (const std::string& piece : inputs_.back()) all_.push_back(piece);
      }
    }
    for (std::string& word : DictionaryOf(target)) all_.push_back(std::move(word));
    if (inputs_.empty()) std::abort();
  }

  // Valid until the next.
  const std::string& Next() {
    Pieces& pieces = pieces_;
    pieces = inputs_[Pick(inputs_.size())];
    for (std::size_t changes = 1 + Pick(3); changes > 0; --changes) Change(pieces);
    text_.clear();
    for (const std::string& piece : pieces) text_ += piece;
    if (Pick(8) == 0 && !text_.empty()) {
      for (std::size_t changes = 1 + Pick(2); changes > 0; --changes)
        text_[Pick(text_.size())] = static_cast<char>(Pick(256));
    }
    if (text_.size() > bytes_max_) text_.resize(bytes_max_);
    return text_;
  }

 private:
  std::size_t Pick(std::size_t count) {
    return static_cast<std::size_t>((random_() >> 32U) * count >> 32U);
  }
  std::ptrdiff_t Place(const Pieces& pieces) {
    return static_cast<std::ptrdiff_t>(Pick(pieces.size() + 1));
  }

  void Change(Pieces& pieces) {
    const auto at = pieces.begin() + Place(pieces);
    const Pieces& other = inputs_[Pick(inputs_.size())];
    switch (Pick(6)) {
      case 0:
        pieces.insert(at, all_[Pick(all_.size())]);
        return;
      case 1:
        if (at != pieces.end()) *at = all_[Pick(all_.size())];
        return;
      case 2:
        if (at != pieces.end()) pieces.erase(at);
        return;
      case 3:
        if (at != pieces.end()) std::swap(*at, pieces[Pick(pieces.size())]);
        return;
      case 4: {  // the end of another
        pieces.erase(at, pieces.end());
        pieces.insert(pieces.end(), other.begin() + Place(other), other.end());
        return;
      }
      default: {  // a part of another, which may be the same
        const auto from = other.begin() + Place(other);
        const auto most = std::min<std::size_t>(8, static_cast<std::size_t>(other.end() - from));
        pieces.insert(at, from, from + static_cast<std::ptrdiff_t>(Pick(most + 1)));
      }
    }
  }

  std::mt19937_64 random_;
  std::size_t bytes_max_;
  std::vector<Pieces> inputs_;
  Pieces all_;
  Pieces pieces_;
  std::string text_;
};

// What a target that broke was given.
const std::string* current_input = nullptr;

void ShowInput(int signal) {
  static constexpr std::string_view kHead = "\nthe input, to be escaped:\n";
  (void)!write(STDERR_FILENO, kHead.data(), kHead.size());
  (void)!write(STDERR_FILENO, current_input->data(), current_input->size());
  (void)!write(STDERR_FILENO, "\n", 1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::uint64_t Number(int count, char** arguments, int at, std::uint64_t fallback) {
  return at < count ? std::strtoull(arguments[at], nullptr, 10) : fallback;
}

int Run(int count, char** arguments) {
  const std::uint64_t runs = Number(count, arguments, 1, 1'000'000);
  const std::uint64_t seed = Number(count, arguments, 2, 1);
  Mutator mutator(SLUICE_FUZZ_NAME, seed, Number(count, arguments, 3, 256));
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGALRM}) std::signal(signal, &ShowInput);
  for (std::uint64_t run = 0; run < runs; ++run) {
    const std::string& input = mutator.Next();
    current_input = &input;
    if (run % 1024 == 0) alarm(60);  // an input without an end ends the program, too
    SLUICE_FUZZ_TARGET(input);
  }
  std::printf("%s, seed %llu: %llu inputs\n", SLUICE_FUZZ_NAME,
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(runs));
  PrintCounts();
  return 0;
}

}  // namespace
}  // namespace sluice::fuzz

int main(int count, char** arguments) { return sluice::fuzz::Run(count, arguments); }
