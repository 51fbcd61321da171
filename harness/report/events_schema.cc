// The schema of a line of events.jsonl, by its versions. events_format.md says what the keys mean.
#include "harness/report/report.h"

namespace crashwright::harness {

const char* events_schema() noexcept {
  return R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "A line of Crashwright's events.jsonl, versions 1 and 2",
  "definitions": {
    "count": {"type": "integer", "minimum": 0},
    "texts": {"type": "array", "items": {"type": "string"}},
    "outcome": {"enum": ["PASS", "FAIL", "INCONCLUSIVE", "SKIPPED", "ERROR"]},
    "shard": {
      "type": "object", "required": ["index", "count", "missing"],
      "properties": {"index": {"$ref": "#/definitions/count"}, "count": {"type": "integer", "minimum": 1},
                     "missing": {"type": "array", "items": {"type": "integer", "minimum": 1}}}
    },
    "verdict": {
      "type": "object", "required": ["promise", "outcome", "summary", "details"],
      "properties": {"promise": {"type": "string"},
                     "outcome": {"enum": ["PASS", "FAIL", "INCONCLUSIVE", "SKIPPED", "ERROR", "NOT_APPLICABLE"]},
                     "summary": {"type": "string"}, "details": {"$ref": "#/definitions/texts"}}
    },
    "fault": {
      "type": "object", "required": ["kind", "point", "state", "confirmed_by", "incarnation", "fired_ns"],
      "properties": {"kind": {"type": "string"}, "point": {"type": "string"},
                     "state": {"enum": ["armed", "fired", "confirmed"]}, "confirmed_by": {"type": "string"},
                     "incarnation": {"$ref": "#/definitions/count"}, "fired_ns": {"$ref": "#/definitions/count"},
                     "file": {"type": "string"}}
    }
  },
  "type": "object",
  "required": ["event"],
  "oneOf": [
    {"properties": {"event": {"const": "run_started"}, "version": {"enum": [1, 2]},
                    "wall_ns": {"$ref": "#/definitions/count"}, "seed": {"$ref": "#/definitions/count"},
                    "cases": {"$ref": "#/definitions/count"}, "jobs": {"$ref": "#/definitions/count"},
                    "program": {"type": "string"}, "engine": {"type": "string"}, "folder": {"type": "string"},
                    "argv": {"$ref": "#/definitions/texts"}, "shard": {"$ref": "#/definitions/shard"}},
     "required": ["version", "wall_ns", "seed", "cases", "jobs", "program", "engine", "folder", "argv"]},
    {"properties": {"event": {"const": "run_note"}, "text": {"type": "string"}}, "required": ["text"]},
    {"properties": {"event": {"const": "case_started"}, "case": {"type": "string"}, "name": {"type": "string"},
                    "build": {"type": "string"}, "seed": {"$ref": "#/definitions/count"},
                    "wall_ns": {"$ref": "#/definitions/count"}, "environment": {"$ref": "#/definitions/texts"}},
     "required": ["case", "name", "build", "seed", "wall_ns"]},
    {"properties": {"event": {"const": "case_note"}, "case": {"type": "string"}, "text": {"type": "string"},
                    "wall_ns": {"$ref": "#/definitions/count"}},
     "required": ["case", "text", "wall_ns"]},
    {"properties": {"event": {"const": "case_finished"}, "case": {"type": "string"}, "name": {"type": "string"},
                    "build": {"type": "string"}, "why": {"type": "string"}, "folder": {"type": "string"},
                    "seed": {"$ref": "#/definitions/count"}, "outcome": {"$ref": "#/definitions/outcome"},
                    "summary": {"type": "string"}, "need": {"type": "string"}, "scenario_path": {"type": "string"},
                    "repro": {"type": "string"}, "machine_lacks": {"type": "boolean"},
                    "verdicts": {"type": "array", "items": {"$ref": "#/definitions/verdict"}},
                    "faults": {"type": "array", "items": {"$ref": "#/definitions/fault"}},
                    "passages": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
                    "duration_ns": {"$ref": "#/definitions/count"},
                    "recovery_time_ns": {"$ref": "#/definitions/count"}, "autopsy": {"type": "object"},
                    "exploration": {"type": "object"}},
     "required": ["case", "name", "build", "why", "folder", "seed", "outcome", "summary", "need", "scenario_path",
                  "repro", "verdicts", "faults", "duration_ns"]},
    {"properties": {"event": {"const": "run_finished"}, "wall_ns": {"$ref": "#/definitions/count"},
                    "duration_ns": {"$ref": "#/definitions/count"}, "interrupted": {"type": "boolean"},
                    "exit_code": {"type": "integer"}, "stopped_by": {"enum": ["", "--for", "--max-fail"]}},
     "required": ["wall_ns", "duration_ns", "interrupted", "exit_code"]}
  ]
}
)json";
}

}  // namespace crashwright::harness
