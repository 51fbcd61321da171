#!/usr/bin/python3 -S
"""Small ways to store records in plain files, and what a power loss left of them.

usage: small_stores.py STORE HOW write   writes numbered records, acknowledges each
       small_stores.py STORE HOW check   the newest acknowledged one is there, and nothing is broken

replace  one file, written anew beside it and renamed over it:
         synced | no_file_sync | no_folder_sync
         or exchanged with it (renameat2): exchange | exchange_no_folder_sync
         the folder is not synced, but the file once more behind its rename: then_fsync | then_fdatasync
         or another file that was written to in place: then_fdatasync_elsewhere
publish  each record in a file of its own, which gets its name by a hard link: synced | no_folder_sync
log      records with a checksum, appended; a torn tail is no damage:
         fdatasync | sync_file_range | dsync_no_folder
         by two processes that both append: two_processes | two_processes_one_syncs
         written by one process, synced by another: synced_elsewhere
copy     records of one file copied to another by copy_file_range: synced | unsynced
mirror   files copied as rsync does it, renamed and given the time of the original; one that has size and time of the
         original counts as equal: synced | unsynced
slots    records in two slots in turn, or always in the same one: two | one
flag     records in one file, their count in another: data_first | together
long     records of many pages, each by one write; who reads them believes that a write is whole, or looks at it:
         believed | looked_at
footer   records in whole blocks, and behind them a footer that counts them, in one file; the footer is written back
         first: sync_file_range | fadvise | direct, or once the records are synced: synced
lines    records of one length without a checksum, appended and synced one by one; who reads them believes every whole
         one, or stops at the first that says nothing: believed | looked_at
"""
import ctypes
import mmap
import os
import struct
import sys
import zlib

RECORDS = 4
SLOT_BYTES = 2048


def acknowledge(number):
    os.write(1, b"ack %d\n" % number)  # in one piece: two processes may acknowledge at the same time


def acknowledged():
    with open(os.environ["CRASHWRIGHT_ACKED"]) as tokens:
        return [int(token) for token in tokens]


def violated(text):
    print(text)
    sys.exit(1)


def sync_folder():
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def record(number, filler=700):
    body = struct.pack("<I", number) + bytes([number]) * filler
    return struct.pack("<II", len(body), zlib.crc32(body)) + body


def records(data):
    """Numbers of the whole records, up to the first that is not."""
    found = []
    at = 0
    while at + 8 <= len(data):
        size, checksum = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + 8 + size]
        if size == 0 or len(body) < size or zlib.crc32(body) != checksum:
            break
        found.append(struct.unpack_from("<I", body)[0])
        at += 8 + size
    return found


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def expect_newest(numbers, broken):
    wanted = acknowledged()
    if not wanted:
        return
    if not numbers:
        violated(broken)
    if max(numbers) < wanted[-1]:
        violated(f"acknowledged and lost: {wanted[-1]}")


def write_file(path, number, sync=True):
    with open(path, "wb") as file:
        file.write(record(number))
        file.flush()
        if sync:
            os.fsync(file.fileno())


def exchange(one, other):
    at_working_folder, how = -100, 2
    if ctypes.CDLL(None).renameat2(at_working_folder, one.encode(), at_working_folder, other.encode(), how) != 0:
        sys.exit("renameat2 failed")


def sync_instead_of_folder(how):
    if how == "then_fdatasync_elsewhere":
        file = os.open("other", os.O_WRONLY)
        os.pwrite(file, b"x", 0)
    else:
        file = os.open("file", os.O_WRONLY)
    (os.fsync if how == "then_fsync" else os.fdatasync)(file)
    os.close(file)


def write_replace(how):
    if how.endswith("elsewhere"):
        write_file("other", 0)
    for number in range(1, RECORDS + 1):
        write_file("file.tmp", number, how != "no_file_sync")
        if how.startswith("exchange") and number > 1:
            exchange("file.tmp", "file")
        else:
            os.replace("file.tmp", "file")
        if how.startswith("then_"):
            sync_instead_of_folder(how)
        elif not how.endswith("no_folder_sync"):
            sync_folder()
        acknowledge(number)


def check_replace(_):
    if os.path.exists("file") and not records(content("file")):
        violated("the file is broken")
    expect_newest(records(content("file")), "acknowledged and lost: the file")


def write_publish(how):
    for number in range(1, RECORDS + 1):
        write_file("new", number)
        os.link("new", f"record{number}")
        os.unlink("new")
        if how == "synced":
            sync_folder()
        acknowledge(number)


def check_publish(_):
    for number in acknowledged():
        if records(content(f"record{number}")) != [number]:
            violated(f"acknowledged and lost: {number}")


def in_child(work, *arguments):
    child = os.fork()
    if child == 0:
        work(*arguments)
        os._exit(0)
    return child


def append_from(first, sync, other_ended=None):
    log = os.open("log", os.O_WRONLY | os.O_APPEND)
    for number in range(first, 2 * RECORDS + 1, 2):
        if other_ended is not None and number + 2 > 2 * RECORDS:
            os.read(other_ended, 1)  # so that nobody syncs the last one by chance
        os.write(log, record(number))
        if sync:
            os.fdatasync(log)
        acknowledge(number)


def write_by_processes(how):
    log = os.open("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    sync_folder()
    if how == "synced_elsewhere":
        for number in range(1, RECORDS + 1):
            os.waitpid(in_child(os.write, log, record(number)), 0)
            os.fsync(log)
            acknowledge(number)
        return
    ended, open_until_then = os.pipe()
    children = [in_child(append_from, 1, True)]
    os.close(open_until_then)  # only the first child has it now
    both_sync = how == "two_processes"
    children.append(in_child(append_from, 2, both_sync, None if both_sync else ended))
    if any(os.waitpid(child, 0)[1] != 0 for child in children):
        sys.exit("a writer failed")


def write_log(how):
    if how.startswith("two_processes") or how == "synced_elsewhere":
        return write_by_processes(how)
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
    log = os.open("log", flags | (os.O_DSYNC if how == "dsync_no_folder" else 0), 0o644)
    if how != "dsync_no_folder":
        sync_folder()
    for number in range(1, RECORDS + 1):
        os.write(log, record(number))
        if how == "fdatasync":
            os.fdatasync(log)
        if how == "sync_file_range":
            wait_for_all = 7
            zero = ctypes.c_int64(0)
            if ctypes.CDLL(None).sync_file_range(log, zero, zero, wait_for_all) != 0:
                sys.exit("sync_file_range failed")
        acknowledge(number)


def check_log(how):
    if how.startswith("two_processes"):
        lost = set(acknowledged()) - set(records(content("log")))
        if lost:
            violated(f"acknowledged and lost: {min(lost)}")
        return
    expect_newest(records(content("log")), "acknowledged and lost: the log")


def write_slots(how):
    slots = os.open("slots", os.O_CREAT | os.O_RDWR, 0o644)
    os.pwrite(slots, record(0, 1500).ljust(SLOT_BYTES, b"\0") * 2, 0)
    os.fsync(slots)
    sync_folder()
    for number in range(1, RECORDS + 1):
        place = number % 2 * SLOT_BYTES if how == "two" else 0
        os.pwrite(slots, record(number, 1500).ljust(SLOT_BYTES, b"\0"), place)
        os.fdatasync(slots)
        acknowledge(number)


def check_slots(how):
    data = content("slots")
    halves = [data[:SLOT_BYTES], data[SLOT_BYTES:]] if how == "two" else [data[:SLOT_BYTES]]
    expect_newest([number for half in halves for number in records(half)[:1]], "no slot is whole")


def write_flag(how):
    data = os.open("data", os.O_CREAT | os.O_RDWR, 0o644)
    count = os.open("count", os.O_CREAT | os.O_RDWR, 0o644)
    for file in (data, count):
        os.fsync(file)
    sync_folder()
    for number in range(1, RECORDS + 1):
        os.pwrite(data, record(number), (number - 1) * 1024)
        if how == "data_first":
            os.fsync(data)
        os.pwrite(count, str(number).encode(), 0)
        for file in (data, count):
            os.fsync(file)
        acknowledge(number)


def check_flag(_):
    count = int(content("count").strip(b"\0") or 0)  # a size without its bytes is no count
    data = content("data")
    for number in range(1, count + 1):
        if records(data[(number - 1) * 1024:number * 1024])[:1] != [number]:
            violated(f"a counted record is broken: {number}")
    expect_newest([count], "acknowledged and lost: the count")


def write_copy(how):
    source = os.open("source", os.O_CREAT | os.O_RDWR, 0o644)
    copy = os.open("copy", os.O_CREAT | os.O_RDWR, 0o644)
    for number in range(1, RECORDS + 1):
        os.pwrite(source, record(number), (number - 1) * 1024)
    for file in (source, copy):
        os.fsync(file)
    sync_folder()
    for number in range(1, RECORDS + 1):
        at = (number - 1) * 1024
        os.copy_file_range(source, copy, len(record(number)), at, at)
        if how == "synced":
            os.fdatasync(copy)
        acknowledge(number)


def check_copy(_):
    data = content("copy")
    for number in acknowledged():
        if records(data[(number - 1) * 1024:number * 1024]) != [number]:
            violated(f"acknowledged and lost: {number}")


def original(number):
    return record(number, 6000), 1_000_000_000 + number


def write_mirror(how):
    for number in range(1, RECORDS + 1):
        data, time = original(number)
        with open(".copy", "wb") as file:
            file.write(data)
            file.flush()
            if how == "synced":
                os.fsync(file.fileno())
        os.utime(".copy", (time, time))
        os.rename(".copy", f"file{number}")
    sync_folder()
    acknowledge(RECORDS)


def check_mirror(_):
    for number in range(1, RECORDS + 1):
        data, time = original(number)
        path = f"file{number}"
        if not os.path.exists(path):
            if acknowledged():
                violated(f"acknowledged and lost: {number}")
            continue
        looks_equal = os.stat(path).st_size == len(data) and int(os.stat(path).st_mtime) == time
        if looks_equal and content(path) != data:
            violated("a copy looks equal and is not")


LONG_BYTES = 10 * 4096


def write_long(_):
    log = os.open("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    for number in range(1, RECORDS + 1):
        os.write(log, record(number, LONG_BYTES - 12))
        acknowledge(number)


def check_long(how):
    data = content("log")
    if how == "believed" and len(data) % LONG_BYTES != 0:
        violated("a record is cut short")
    expect_newest(records(data), "acknowledged and lost: the log")


BLOCK_BYTES = 4096


def write_back_first(file, how, at, block):
    if how == "direct":
        direct = os.open("counted", os.O_WRONLY | os.O_DIRECT)
        aligned = mmap.mmap(-1, BLOCK_BYTES)
        aligned[:] = block
        os.lseek(direct, at, os.SEEK_SET)
        os.writev(direct, [aligned])
        os.close(direct)
        return
    os.pwrite(file, block, at)
    if how == "fadvise":
        os.posix_fadvise(file, at, BLOCK_BYTES, os.POSIX_FADV_DONTNEED)
    if how == "sync_file_range":
        begin_and_wait = 7
        ctypes.CDLL(None).sync_file_range(file, ctypes.c_int64(at), ctypes.c_int64(BLOCK_BYTES), begin_and_wait)


def write_footer(how):
    file = os.open("counted", os.O_CREAT | os.O_RDWR, 0o644)
    os.fsync(file)
    sync_folder()
    for number in range(1, RECORDS + 1):
        os.pwrite(file, record(number, BLOCK_BYTES - 12), (number - 1) * BLOCK_BYTES)
    if how == "synced":
        os.fdatasync(file)
    write_back_first(file, how, RECORDS * BLOCK_BYTES, record(RECORDS, 100).ljust(BLOCK_BYTES, b"\0"))
    os.fdatasync(file)
    acknowledge(RECORDS)


def check_footer(_):
    data = content("counted")
    footer = records(data[RECORDS * BLOCK_BYTES:])[:1]
    for number in range(1, footer[0] + 1 if footer else 1):
        if records(data[(number - 1) * BLOCK_BYTES:number * BLOCK_BYTES]) != [number]:
            violated(f"a footer counts a record that is not there: {number}")
    expect_newest(footer, "acknowledged and lost: the footer")


def line(number):
    return b"record %d of a log without checksums\n" % number


def write_lines(_):
    log = os.open("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    sync_folder()
    for number in range(1, RECORDS + 1):
        os.write(log, line(number))
        os.fdatasync(log)
        acknowledge(number)


def check_lines(how):
    data = content("log")
    number = 0
    while len(data) >= (number + 1) * len(line(1)):
        found = data[number * len(line(1)):(number + 1) * len(line(1))]
        if found != line(number + 1):
            if how == "believed":
                violated(f"a whole record is none: {number + 1}")
            break
        number += 1
    expect_newest([number], "acknowledged and lost: the log")


if __name__ == "__main__":
    store, manner, task = sys.argv[1:]
    globals()[f"{task}_{store}"](manner)
