#!/usr/bin/python3 -S
"""Judges what redis_writer.py left after a power loss.

usage: redis_checker.py integrity    the server starts, its keys have no gap and hold what was written
       redis_checker.py durable      and every key acknowledged is there

As Redis documents it, the end of the append only file is mended first where it has to be: the server drops an
incomplete command by itself (aof-load-truncated), and for a tail of zeros redis-check-aof --fix cuts the file at the
last good command. What that drops counts as lost.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing is left beside this script
from redis_talk import Server, Trouble


def violated(reason):
    print(reason)
    sys.exit(1)


def mend():
    manifest = "appendonlydir/appendonly.aof.manifest"
    if os.path.exists(manifest):
        subprocess.run(["redis-check-aof", "--fix", manifest], input="y\n", text=True, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read_all():
    with Server("--appendonly", "yes", "--save", "") as server:
        last = int(server.ask("GET", "last") or 0)
        for key in range(1, last + 1):
            if server.ask("GET", f"key {key}") != "v" * 150 + str(key):
                violated(f"key {key} of {last} is missing or holds what nobody wrote")
        if int(server.ask("DBSIZE")) != (last + 1 if last else 0):
            violated("keys that nobody wrote")
        return last


def main():
    promise = sys.argv[1]
    with open(os.environ["CRASHWRIGHT_ACKED"], encoding="utf-8") as tokens:
        acknowledged = max([int(token) for token in tokens], default=0)
    try:
        last = read_all()
    except Trouble:
        mend()
        try:
            last = read_all()
        except Trouble as trouble:
            violated(f"the server does not start: {trouble}")
    if promise == "durable" and last < acknowledged:
        violated(f"acknowledged and lost: key {last + 1} of {acknowledged}")


if __name__ == "__main__":
    main()
