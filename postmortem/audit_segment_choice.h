// Which files make up a log, where a folder and its archive hold more than one answer.
//
// Threads: one. Signal context: no. Errors: none; a file that cannot be read counts as different, its trouble is told
//          when it is read for its content.
// Two files for one segment: moving a segment into the archive leaves one, copying it there leaves two. The same bytes
//          are taken once, with a remark; different ones are unusable, and both paths named.
// Two logs: what most of the intact heads name is the log. A segment with another log id in its head is unusable, and
//          both ids named: no crash puts it there. Where two sides are equally many the first file decides, and the
//          account says that it may be the stranger.
#pragma once

#include "postmortem/audit_segments.h"

namespace crashwright::postmortem {

// `segments.files` are sorted by number; afterwards each number is there once.
void join_duplicates(AuditSegments& segments);
// Sets `segments.log_id`.
void name_strangers(AuditSegments& segments);

}  // namespace crashwright::postmortem
