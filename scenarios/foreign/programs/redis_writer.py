#!/usr/bin/python3 -S
"""Sets numbered keys in a redis-server of its own and acknowledges every one that the server acknowledged.

usage: redis_writer.py APPENDFSYNC KEYS    APPENDFSYNC: always, everysec or no; the server keeps an append only file
"""
import sys

sys.dont_write_bytecode = True  # nothing is left beside this script
from redis_talk import Server


def main():
    policy, keys = sys.argv[1], int(sys.argv[2])
    with Server("--appendonly", "yes", "--appendfsync", policy, "--save", "") as server:
        print("ack 0", flush=True)
        for key in range(1, keys + 1):
            # A transaction: both keys or none.
            server.ask("MULTI")
            server.ask("SET", f"key {key}", "v" * 150 + str(key))
            server.ask("SET", "last", str(key))
            server.ask("EXEC")
            print(f"ack {key}", flush=True)


if __name__ == "__main__":
    main()
