#include "harness/runner/engine_variables.h"

#include <fmt/format.h>

#include "harness/runner/engine_command.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "rca/secret.h"

namespace crashwright::harness {

std::vector<std::string> engine_variables(const CaseContext& context, const std::string& folder, uint32_t number) {
  std::vector<std::string> variables;
  if (context.plan.own_engine) {
    variables = {"CRASHWRIGHT_POSTMORTEM=" + folder, fmt::format("CRASHWRIGHT_INCARNATION={}", number),
                 "PYTHONUNBUFFERED=1"};
  } else if (!context.plan.exploration) {
    variables = engine_environment(context.plan.build, folder);
  }
  for (const std::string& mark : context.marks()) variables.push_back(mark);
  return variables;
}

std::vector<std::string> told_variables(const CaseContext& context) {
  std::vector<std::string> told;
  for (const std::string& one : engine_variables(context, context.folder + "/inc0", 0)) {
    told.push_back(one.find('=') == std::string::npos ? one : rca::mask_secret(one));
  }
  if (!context.plan.exploration) told.push_back(fmt::format("{}=*", postmortem::kControlFdVariable));
  const bool own_core = context.plan.core.value_or(context.run.machine.core) == CoreWay::kSelf;
  if (!context.plan.own_engine && !context.plan.exploration && own_core) {
    told.push_back(fmt::format("{}={}/inc0", postmortem::kOwnCoreVariable, context.folder));
  }
  if (context.plan.own_engine) told.emplace_back("CRASHWRIGHT_ACK_FD=*");
  return told;
}

}  // namespace crashwright::harness
