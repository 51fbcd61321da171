#!/usr/bin/env python3
"""A small engine in another language: it speaks the plain protocol and links nothing.

usage: engine.py run N | recover | dump | check       in the folder that holds, or will hold, the journal

Each order is a line "NUMBER SIDE QUANTITY CHECKSUM" in orders.journal, synced before it is acknowledged. --unsafe
leaves the sync out, to see it found; --hoard keeps a mebibyte an order, to see it outgrow its container. What it speaks
to the harness is docs/bring-your-own-engine.md.
"""
import json
import os
import sys
import zlib

JOURNAL = "orders.journal"


def line_of(number):
    order = f"{number} {'S' if number % 3 == 0 else 'B'} 100"
    return f"{order} {zlib.crc32(order.encode()):08x}\n"


def intact_lines():
    """The lines up to the first that is torn."""
    try:
        with open(JOURNAL, newline="") as journal:
            lines = journal.readlines()
    except FileNotFoundError:
        return []
    for i, line in enumerate(lines):
        order, _, checksum = line.rstrip("\n").rpartition(" ")
        if not line.endswith("\n") or f"{zlib.crc32(order.encode()):08x}" != checksum:
            return lines[:i]
    return lines


def recover():
    """Cuts a torn tail, so that what is appended stands behind what is intact."""
    if not os.path.exists(JOURNAL):
        return
    with open(JOURNAL, "r+") as journal:
        journal.truncate(sum(map(len, intact_lines())))
        os.fsync(journal.fileno())


def run(orders, safe, hoards):
    recover()
    hoard = []
    acknowledgements = os.fdopen(int(os.environ.get("CRASHWRIGHT_ACK_FD", 1)), "w", buffering=1)
    journal = os.open(JOURNAL, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    folder = os.open(".", os.O_RDONLY)
    os.fsync(folder)  # the journal's name must survive as its content does
    for number in range(len(intact_lines()) + 1, orders + 1):
        line = line_of(number).encode()
        if os.write(journal, line) != len(line):
            return f"order {number} was written in part only"  # and is not acknowledged
        if safe:
            os.fsync(journal)
        if hoards:
            hoard.append(b"x" * (1 << 20))
        acknowledgements.write(f"ack {number}\n")
        print(f"order {number} done", flush=True)


def check():
    lines = intact_lines()
    if lines != [line_of(i + 1) for i in range(len(lines))]:
        print("the journal does not hold the orders in order")
        return 1
    with open(os.environ["CRASHWRIGHT_ACKED"]) as acknowledged:
        lost = [int(token) for token in acknowledged if int(token) > len(lines)]
    if lost:
        print(f"order {lost[0]} was acknowledged and is lost")
    return 1 if lost else 0


def main():
    words = [word for word in sys.argv[1:] if word not in ("--unsafe", "--hoard")]
    if words[:1] == ["run"] and len(words) == 2:
        return run(int(words[1]), "--unsafe" not in sys.argv, "--hoard" in sys.argv)
    if words == ["recover"]:
        return recover()
    if words == ["dump"]:
        return print(json.dumps({"orders": len(intact_lines())}))
    return check() if words == ["check"] else __doc__


if __name__ == "__main__":
    sys.exit(main())
