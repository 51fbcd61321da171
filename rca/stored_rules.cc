// Damage at rest: said in the story whatever the process died of, since the next start has to live with it.
#include "rca/rules.h"
#include "rca/stored_damage.h"

namespace crashwright::rca {

void apply_stored_rules(Investigation& investigation) {
  if (investigation.artefacts.folder.empty()) return;
  for (const std::string& finding : stored_damage(investigation.artefacts.folder)) {
    investigation.report.story.push_back("at rest: " + finding);
  }
}

}  // namespace crashwright::rca
