#include "harness/runner/case_description.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "harness/runner/files.h"

namespace crashwright::harness {

Status write_description(const CaseContext& context) {
  const RunOptions& options = context.run.options;
  if (auto made = make_folder(context.folder); !made) return made;
  if (auto put = write_file(context.folder + "/scenario.yaml", context.plan.scenario_text); !put) return put;
  if (auto put = write_file(context.folder + "/plan.json", plan_to_json(context.plan)); !put) return put;
  const std::string script = context.folder + "/repro.sh";
  if (auto put = write_file(script, repro_script(context.plan, options.crashwright, options.engine)); !put) return put;
  if (::chmod(script.c_str(), 0755) != 0) return fail_errno(errno, script);
  return {};
}

CaseFinished describe_case(const CaseContext& context) {
  const Plan& plan = context.plan;
  const RunOptions& options = context.run.options;
  CaseFinished finished;
  finished.case_id = plan.id;
  finished.name = plan.name;
  finished.build = build_name(plan.build);
  finished.why = plan.why;
  finished.folder = plan.id;
  finished.seed = plan.seed;
  finished.scenario_path = plan.scenario_path;
  // A case of a sweep or of a matrix has no file of its own but the one in its folder.
  const bool own_file = plan.scenario_path.empty() || plan.resolved;
  const std::string scenario = own_file ? context.folder + "/scenario.yaml" : plan.scenario_path;
  finished.repro = repro_command(plan, scenario, options.crashwright, options.engine);
  // Programs that stand beside the file that it came from are found by the script alone.
  if ((plan.exploration || plan.own_engine) && own_file) finished.repro = context.folder + "/repro.sh";
  return finished;
}

}  // namespace crashwright::harness
