// Tamper evidence: a keyed hash chain over the records of an audit log, kept beside it as `<log>.seal`.
//
// Each record's tag is a keyed BLAKE2b over the tag before it and the record's 128 bytes: who does not have the key can
// change no record, drop none and put none in without breaking the chain from there on. Sealing again goes on behind
// the records that are sealed, after they were verified.
// Threads: one owner. Signal context: no.
// Errors:  kUsage for a key that is too short; kCorrupt for a seal file that is none, and from seal_audit_log() for
//          records that were altered and a log that is damaged or without its beginning: none is ever sealed.
// Format:  audit_seal_format.md
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::verifiers {

struct SealState {
  uint64_t sealed = 0;         // records that the seal covers
  uint64_t records = 0;        // that the log has
  uint64_t first_altered = 0;  // sequence of the first record that is not what was sealed, or is gone; 0: none
  std::string flaw;            // the first damage, or that the beginning is missing; empty: the log is whole
};

// Where the seal of the log at `log_path` stands, however that is spelled: beside its first file, as `<log>.seal`.
[[nodiscard]] Result<std::string> audit_seal_path(const std::string& log_path);
// `key` is the content of the key's file: 16 to 64 bytes count, further ones are folded in.
[[nodiscard]] Result<SealState> verify_audit_seal(const std::string& log_path, const std::string& key);
// How many records the seal at `seal_path` covers; without its key, so that it may be forged.
[[nodiscard]] Result<uint64_t> count_sealed(const std::string& seal_path);
// From sequence 1 on: a log without its beginning is refused.
[[nodiscard]] Result<SealState> seal_audit_log(const std::string& log_path, const std::string& key);

}  // namespace crashwright::verifiers
