#include "harness/runner/engine_answers.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness/runner/files.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

// The four questions, by their names in the file.
constexpr struct {
  const char* name;
  std::optional<HelperEnd> AfterDeath::*answer;
} kQuestions[] = {{"recover", &AfterDeath::recovery},
                  {"dump_state", &AfterDeath::first_dump},
                  {"dump_state_again", &AfterDeath::second_dump},
                  {"check", &AfterDeath::check}};

std::string path_of_answers(const std::string& folder) { return folder + "/answers.json"; }

// The folder may be moved as a whole: what lies in it is named from it.
std::string below(const std::string& folder, const std::string& path) {
  return path.rfind(folder + "/", 0) == 0 ? path.substr(folder.size() + 1) : path;
}

Json end_to_json(const std::string& folder, const HelperEnd& end) {
  return {{"command", end.command},
          {"in_time", end.in_time},
          {"wait_status", end.wait_status},
          {"ended_ns", end.ended_ns},
          {"output", below(folder, end.output_path)}};
}

HelperEnd end_from_json(const std::string& folder, const Json& object) {
  HelperEnd end;
  end.command = object.at("command");
  end.in_time = object.at("in_time");
  end.wait_status = object.at("wait_status");
  end.ended_ns = object.at("ended_ns");
  const std::string output = object.at("output");
  end.output_path = output.rfind('/', 0) == 0 ? output : folder + "/" + output;
  read_output(end);
  return end;
}

Json death_to_json(const std::string& folder, const AfterDeath& death) {
  Json object = {{"acknowledged", death.acknowledged}, {"finished", death.finished}};
  for (const auto& question : kQuestions) {
    const std::optional<HelperEnd>& answer = death.*question.answer;
    if (answer) object[question.name] = end_to_json(folder, *answer);
  }
  return object;
}

AfterDeath death_from_json(const std::string& folder, const Json& object) {
  AfterDeath death;
  death.acknowledged = object.at("acknowledged");
  death.finished = object.at("finished");
  for (const auto& question : kQuestions) {
    if (const auto found = object.find(question.name); found != object.end()) {
      death.*question.answer = end_from_json(folder, *found);
    }
  }
  return death;
}

// Every question that the engine has a program for was answered after each death.
bool is_whole(const EngineAnswers& answers) {
  for (const AfterDeath& death : answers.deaths) {
    if (answers.recovers != death.recovery.has_value() || answers.checks != death.check.has_value()) return false;
    if (answers.dumps_state != (death.first_dump && death.second_dump)) return false;
  }
  return true;
}

}  // namespace

EngineAnswers answers_of(const ForeignEngine& engine) {
  return {!engine.recover.empty(), !engine.dump_state.empty(), !engine.check.empty(), engine.acknowledges, {}};
}

Status write_answers(const std::string& folder, const EngineAnswers& answers) {
  Json deaths = Json::array();
  for (const AfterDeath& death : answers.deaths) deaths.push_back(death_to_json(folder, death));
  const Json document = {
      {"version", kVersion},      {"recovers", answers.recovers},         {"dumps_state", answers.dumps_state},
      {"checks", answers.checks}, {"acknowledges", answers.acknowledges}, {"deaths", deaths}};
  return write_file(path_of_answers(folder), document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<EngineAnswers> read_answers(const std::string& folder) {
  const std::string path = path_of_answers(folder);
  if (!file_exists(path)) {
    return fail(ErrorKind::kUsage, path + ": not there, so nothing says what the engine's own programs answered",
                "the case is of an earlier version, or was cut short: run it again");
  }
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  try {
    const Json document = Json::parse(*text);
    if (const int version = document.at("version"); version != kVersion) {
      return fail(ErrorKind::kCorrupt, path + ": version " + std::to_string(version) + ", this program reads 1");
    }
    EngineAnswers answers;
    answers.recovers = document.at("recovers");
    answers.dumps_state = document.at("dumps_state");
    answers.checks = document.at("checks");
    answers.acknowledges = document.at("acknowledges");
    for (const Json& death : document.at("deaths")) answers.deaths.push_back(death_from_json(folder, death));
    if (!is_whole(answers)) return fail(ErrorKind::kCorrupt, path + ": an answer is missing");
    return answers;
  } catch (const Json::exception& trouble) {
    return fail(ErrorKind::kCorrupt, path + ": " + trouble.what());
  }
}

}  // namespace crashwright::harness
