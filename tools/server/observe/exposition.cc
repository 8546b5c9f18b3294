// Tested by tests/operate/test_metrics.py.
#include "tools/server/observe/exposition.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/server/json/json_text.h"

namespace sluice::observe {
namespace {

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text;
  json::AppendNumber(text, value);
  return text;
}

std::string FileText(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Entries of a folder without `.` and `..`.
double CountEntries(const char* path) {
  DIR* const folder = opendir(path);
  if (folder == nullptr) return 0;
  double count = -2;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// When the system started, in seconds since 1970.
double BootSeconds() {
  const std::string text = FileText("/proc/stat");
  const std::size_t at = text.find("\nbtime ");
  return at == text.npos ? 0 : std::strtod(text.c_str() + at + 7, nullptr);
}

}  // namespace

void Exposition::Family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ");
  AppendEscaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::Line(std::string_view suffix, Labels labels, std::string_view le, double value) {
  text_.append(family_).append(suffix);
  const char* separator = "{";
  const auto add = [&](std::string_view name, std::string_view text) {
    text_.append(separator).append(name).append("=\"");
    AppendEscaped(text_, text, true);
    text_ += '"';
    separator = ",";
  };
  for (const auto& [name, text] : labels) add(name, text);
  if (!le.empty()) add("le", le);
  if (*separator == ',') text_ += '}';
  text_.append(" ").append(NumberText(value)).append("\n");
}

void Exposition::Sample(double value, Labels labels) { Line("", labels, "", value); }

void Exposition::Steps(std::span<const double> steps, std::span<const std::uint64_t> counts,
                       double sum, Labels labels) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    Line("_bucket", labels, i < steps.size() ? NumberText(steps[i]) : "+Inf",
         static_cast<double>(so_far));
  }
  Line("_sum", labels, "", sum);
  Line("_count", labels, "", static_cast<double>(so_far));
}

void ExposeProcess(Exposition& out) {
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  double virtual_pages = 0;
  double resident_pages = 0;
  std::istringstream(FileText("/proc/self/statm")) >> virtual_pages >> resident_pages;
  out.Gauge("process_resident_memory_bytes", "Memory in use.");
  out.Sample(resident_pages * page);
  out.Gauge("process_virtual_memory_bytes", "Address space in use, mapped files included.");
  out.Sample(virtual_pages * page);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.Counter("process_cpu_seconds_total", "Time of all processors taken, of user and system.");
  out.Sample(static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  out.Gauge("process_open_fds", "Open files and sockets.");
  out.Sample(CountEntries("/proc/self/fd"));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  out.Gauge("process_max_fds", "Open files and sockets that are allowed.");
  out.Sample(limit.rlim_cur == RLIM_INFINITY ? INFINITY : static_cast<double>(limit.rlim_cur));
  out.Gauge("process_threads", "Threads.");
  out.Sample(CountEntries("/proc/self/task"));
  // The 22nd word; the second is a name in parentheses, which may hold blanks.
  const std::string stat = FileText("/proc/self/stat");
  std::istringstream words(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string word;
  for (int i = 3; i <= 22; ++i) words >> word;
  out.Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  out.Sample(BootSeconds() +
             std::strtod(word.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace sluice::observe
