#!/usr/bin/python3 -S
"""Writes numbered rows into two SQLite databases in one transaction each, or judges what a power loss left of them.

usage: two_databases.py write ROWS    acknowledges every commit
       two_databases.py check         both are intact and hold the same rows, those acknowledged among them
"""
import os
import sqlite3
import sys


def connect():
    database = sqlite3.connect("one.db", isolation_level=None)
    database.execute("ATTACH 'two.db' AS two")
    return database


def write(rows):
    database = connect()
    for name in ("main", "two"):
        database.execute(f"PRAGMA {name}.journal_mode=DELETE")
        database.execute(f"PRAGMA {name}.synchronous=EXTRA")
    database.execute("BEGIN")
    for name in ("main", "two"):
        database.execute(f"CREATE TABLE {name}.entry(id INTEGER PRIMARY KEY, filler TEXT)")
    database.execute("COMMIT")
    print("ack 0", flush=True)
    for row in range(1, rows + 1):
        database.execute("BEGIN")
        for name in ("main", "two"):
            database.execute(f"INSERT INTO {name}.entry VALUES(?, ?)", (row, "v" * 700))
        database.execute("COMMIT")
        print(f"ack {row}", flush=True)


def violated(reason):
    print(reason)
    sys.exit(1)


def check():
    with open(os.environ["CRASHWRIGHT_ACKED"], encoding="utf-8") as tokens:
        acknowledged = max((int(token) for token in tokens), default=-1)
    database = connect()
    last = {}
    for name in ("main", "two"):
        (intact,) = database.execute(f"PRAGMA {name}.integrity_check").fetchone()
        if intact != "ok":
            violated(f"{name}: {intact}")
        (tables,) = database.execute(f"SELECT count(*) FROM {name}.sqlite_master").fetchone()
        rows = database.execute(f"SELECT coalesce(max(id), 0) FROM {name}.entry").fetchone() if tables else (-1,)
        last[name] = rows[0]
    if last["main"] != last["two"]:
        violated(f"one database ends at row {last['main']}, the other at {last['two']}")
    if last["main"] < acknowledged:
        violated(f"acknowledged and lost: row {acknowledged}")


if __name__ == "__main__":
    try:
        write(int(sys.argv[2])) if sys.argv[1] == "write" else check()
    except sqlite3.Error as error:
        violated(str(error))
