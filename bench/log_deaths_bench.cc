// How many committed log records deaths take away: 2,000 SIGKILLs, and 500 each of SIGSEGV, abort and OOM kill, of a
// process that logs on three threads without a pause, half of them with a ring that keeps the newest, half with one
// that keeps all.
//
// usage: log_deaths_bench [--sigkills N] [--others N] [--seed S] [--dir FOLDER]
// Samples: lost_in_sigkills, lost_in_sigsegvs, lost_in_aborts, lost_in_oom_kills. The account of each kind goes to
// standard error; ends with 1 when a record was wrong or a death was not the one that was meant.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/flight_deaths.h"
#include "bench/samples.h"

namespace {

using namespace crashwright;
using namespace crashwright::bench;

uint64_t number_after(int argc, char** argv, const char* option, uint64_t standard) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], option) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return standard;
}

const char* text_after(int argc, char** argv, const char* option, const char* standard) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], option) == 0) return argv[i + 1];
  }
  return standard;
}

// False when something else than a loss went wrong.
bool report(DeathCampaign& campaign, Death death, uint64_t count, const char* name, Samples& samples) {
  const auto toll = campaign.run(death, count);
  if (!toll) {
    std::fprintf(stderr, "%s: %s\n", name, toll.error().message.c_str());
    samples.absent(name, toll.error().message);
    return true;
  }
  std::fprintf(stderr,
               "%s: %" PRIu64 " deaths, %" PRIu64 " committed, %" PRIu64 " recovered, %" PRIu64
               " overwritten as meant, %" PRIu64 " in flight, %" PRIu64 " lost, %" PRIu64 " wrong, %" PRIu64
               " deaths unconfirmed\n",
               name, toll->deaths, toll->committed, toll->recovered, toll->overwritten, toll->in_flight, toll->lost,
               toll->wrong, toll->unconfirmed);
  samples.add(name, static_cast<double>(toll->lost));
  return toll->wrong == 0 && toll->unconfirmed == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t sigkills = number_after(argc, argv, "--sigkills", 2000);
  const uint64_t others = number_after(argc, argv, "--others", 500);
  const uint64_t seed = number_after(argc, argv, "--seed", 1);
  std::fprintf(stderr, "seed %" PRIu64 "\n", seed);
  auto campaign = DeathCampaign::make(text_after(argc, argv, "--dir", "/tmp"), seed);
  if (!campaign) {
    std::fprintf(stderr, "%s\n", campaign.error().message.c_str());
    return 10;
  }
  Samples samples;
  bool good = report(**campaign, Death::kSigkill, sigkills, "lost_in_sigkills", samples);
  good = report(**campaign, Death::kSigsegv, others, "lost_in_sigsegvs", samples) && good;
  good = report(**campaign, Death::kAbort, others, "lost_in_aborts", samples) && good;
  good = report(**campaign, Death::kOomKill, others, "lost_in_oom_kills", samples) && good;
  samples.print();
  return good ? 0 : 1;
}
