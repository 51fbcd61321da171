#include "postmortem/planted_bug.h"

#include <cstdio>
#include <cstring>
#include <set>
#include <span>
#include <string_view>

extern "C" {
extern crashwright::postmortem::PlantedBugSite __start_crashwright_planted_bugs[] __attribute__((weak));
extern crashwright::postmortem::PlantedBugSite __stop_crashwright_planted_bugs[] __attribute__((weak));
}

namespace crashwright::postmortem {
namespace {

const char* g_planted = nullptr;

std::span<const PlantedBugSite> sites() {
  const PlantedBugSite* const begin = __start_crashwright_planted_bugs;
  const PlantedBugSite* const end = __stop_crashwright_planted_bugs;
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

bool plant_bug(const char* name) noexcept {
  for (const PlantedBugSite& site : sites()) {
    if (std::strcmp(site.name, name) == 0) {
      g_planted = site.name;
      return true;
    }
  }
  return false;
}

bool planted_bug_active(const char* name) noexcept {
  return g_planted != nullptr && (g_planted == name || std::strcmp(g_planted, name) == 0);
}

void print_planted_bugs() {
  std::set<std::string_view> names;
  for (const PlantedBugSite& site : sites()) names.insert(site.name);
  for (const std::string_view name : names) std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
}

}  // namespace crashwright::postmortem
