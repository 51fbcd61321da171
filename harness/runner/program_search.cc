#include "harness/runner/program_search.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSearchVariable = "CRASHWRIGHT_PROGRAMS";

bool is_file(const std::string& path, int access) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), access) == 0;
}

std::vector<std::string> split_path(const char* text) {
  std::vector<std::string> folders;
  std::istringstream parts(text == nullptr ? "" : text);
  for (std::string part; std::getline(parts, part, ':');) {
    if (!part.empty()) folders.push_back(part);
  }
  return folders;
}

// `word` in the first of the places that has it; `word` itself when none does.
std::string find_in(const ProgramPlaces& places, const std::string& word, int access) {
  for (const std::string& folder : places.folders) {
    const std::string path = folder + "/" + word;
    if (is_file(path, access)) return fs::path(path).lexically_normal().string();
  }
  return word;
}

bool is_script(const std::string& word) { return word.ends_with(".py") || word.ends_with(".sh"); }

std::string bound_argument(const ProgramPlaces& places, const std::string& word) {
  if (word.empty() || word.front() == '/' || word.find('/') == std::string::npos) return word;
  return find_in(places, word, is_script(word) ? R_OK : X_OK);
}

std::string bound_program(const ProgramPlaces& places, const std::string& word) {
  if (word.empty() || word.front() == '/') return word;
  if (word.find('/') == std::string::npos && !places.bare_names) return word;
  return find_in(places, word, X_OK);
}

// Words ./x of a text for a shell.
std::string bound_shell_text(const ProgramPlaces& places, const std::string& text) {
  std::string made;
  std::string word;
  for (const char c : text + " ") {
    if (std::strchr(" \t\n;&|()<>\"'", c) == nullptr) {
      word += c;
      continue;
    }
    made += (word.starts_with("./") ? bound_argument(places, word) : word) + c;
    word.clear();
  }
  made.pop_back();
  return made;
}

}  // namespace

ProgramPlaces scenario_places(const std::string& scenario_path) {
  std::error_code none;
  ProgramPlaces places;
  places.bare_names = true;
  const fs::path scenario = fs::absolute(scenario_path, none);
  places.folders.push_back(scenario.parent_path().string());
  for (std::string& folder : split_path(std::getenv(kSearchVariable))) places.folders.push_back(std::move(folder));
  const fs::path self = fs::read_symlink("/proc/self/exe", none);
  places.folders.push_back((self.parent_path() / "foreign").string());
  places.folders.push_back(self.parent_path().string());
  return places;
}

std::vector<std::string> bind_program_words(std::vector<std::string> argv, const ProgramPlaces& places) {
  for (size_t i = 0; i < argv.size(); ++i) {
    if (i == 0) {
      argv[i] = bound_program(places, argv[i]);
    } else if (i == 1 && is_script(argv[i]) && argv[i].front() != '/') {
      argv[i] = find_in(places, argv[i], R_OK);
    } else if (argv[i - 1] == "-c") {
      argv[i] = bound_shell_text(places, argv[i]);
    } else {
      argv[i] = bound_argument(places, argv[i]);
    }
  }
  return argv;
}

std::string find_folder(const std::string& path, const ProgramPlaces& places) {
  std::error_code none;
  if (path.starts_with('/')) return fs::is_directory(path, none) ? path : std::string();
  for (const std::string& folder : places.folders) {
    const fs::path there = fs::path(folder) / path;
    if (fs::is_directory(there, none)) return there.lexically_normal().string();
  }
  return {};
}

bool program_exists(const std::string& word, const ProgramPlaces& places) {
  const std::string bound = bound_program(places, word);
  if (bound.find('/') != std::string::npos) return is_file(bound, X_OK);
  for (const std::string& folder : split_path(std::getenv("PATH"))) {
    if (is_file(folder + "/" + bound, X_OK)) return true;
  }
  return false;
}

}  // namespace crashwright::harness
