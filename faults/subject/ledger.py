"""A small ledger with acknowledgements, to prove the fault layer on before it judges the product.

    ledger.py acks   --data DIR --count N --seed S [--wrong HOW]   take N items, `ack N KEY` after each
    ledger.py verify --data DIR                                    exit 0 when nothing is half
    ledger.py list   --data DIR                                    `item KEY` a line

An item is two rows and a staged file, in one transaction of SQLite (WAL, synchronous=FULL). `--wrong`
makes one well-known mistake; the driver must find every one of them.
"""
import argparse
import hashlib
import os
import random
import sqlite3
import sys

WRONG = {
    "": "nothing: the careful one",
    "sync-off": "synchronous=OFF: no sync at all",
    "sync-normal": "synchronous=NORMAL: in WAL mode a commit is not synced",
    "mode-delete": "DELETE mode, where synchronous=FULL does not make the last commit last",
    "early": "acknowledges before it commits",
    "file-unsynced": "renames the staged file without syncing its bytes",
    "name-unsynced": "does not sync the folder of the staged file",
    "half": "two transactions for the two rows of an item",
}


def body(seed, n):
    dice = random.Random(f"{seed}/{n}")
    return dice.randbytes(dice.randint(20, 3000)).hex()


def connect(data, wrong=""):
    db = sqlite3.connect(os.path.join(data, "ledger.db"), isolation_level=None)
    # Asked for WAL on a disk that fails, SQLite may stay in DELETE mode without an error, and there FULL does
    # not sync the folder after it deletes its journal: a power cut brings the journal back, which undoes the
    # last commit.
    wanted = "DELETE" if wrong == "mode-delete" else "WAL"
    answer = db.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
    if answer != "wal" and wrong != "mode-delete":
        raise sqlite3.OperationalError(f"the journal mode is {answer}, not wal")
    mode = {"sync-off": "OFF", "sync-normal": "NORMAL"}.get(wrong, "FULL")
    db.execute(f"PRAGMA synchronous={mode}")
    db.execute("PRAGMA wal_autocheckpoint=15")
    db.execute("CREATE TABLE IF NOT EXISTS item (n INTEGER PRIMARY KEY, key TEXT UNIQUE, body TEXT)")
    db.execute("CREATE TABLE IF NOT EXISTS leaf (n INTEGER PRIMARY KEY, digest TEXT)")
    return db


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def stage(data, name, content, wrong):
    folder = os.path.join(data, "files")
    fd = os.open(os.path.join(folder, name + ".part"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    if wrong != "file-unsynced":
        os.fsync(fd)
    os.close(fd)
    os.rename(os.path.join(folder, name + ".part"), os.path.join(folder, name))
    if wrong != "name-unsynced":
        sync_folder(folder)


def acks(data, count, seed, wrong):
    if not os.path.isdir(os.path.join(data, "files")):
        os.makedirs(os.path.join(data, "files"), exist_ok=True)
    sync_folder(data)
    db = connect(data, wrong)
    # SQLite syncs the folder when it makes a file there, and does not say so when that sync fails.
    sync_folder(data)
    start = db.execute("SELECT coalesce(max(n), 0) FROM item").fetchone()[0]
    for n in range(start + 1, start + count + 1):
        key, text = f"C-{seed}-{n:06}", body(seed, n)
        digest = hashlib.sha256(text.encode()).hexdigest()
        stage(data, key, digest.encode(), wrong)
        if wrong == "early":
            print(f"ack {n} {key}", flush=True)
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO item VALUES (?, ?, ?)", (n, key, text))
        if wrong == "half":
            db.execute("COMMIT")
            db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO leaf VALUES (?, ?)", (n, digest))
        db.execute("COMMIT")
        if wrong != "early":
            print(f"ack {n} {key}", flush=True)


def verify(data):
    if not os.path.exists(os.path.join(data, "ledger.db")):
        return []
    db = connect(data)
    faults = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    digests = dict(db.execute("SELECT n, digest FROM leaf"))
    for n, key, text in db.execute("SELECT n, key, body FROM item"):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digests.pop(n, None) != digest:
            faults.append(f"item {n}: no leaf with its digest")
        try:
            held = open(os.path.join(data, "files", key)).read()
        except OSError as error:
            held = str(error)
        if held != digest:
            faults.append(f"item {n}: its staged file holds {held!r}")
    return faults + [f"leaf {n} without an item" for n in digests]


def listing(data):
    if not os.path.exists(os.path.join(data, "ledger.db")):
        return []
    return [row[0] for row in connect(data).execute("SELECT key FROM item ORDER BY n")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["acks", "verify", "list"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", default="", choices=list(WRONG))
    args = parser.parse_args()
    try:
        if args.verb == "acks":
            acks(args.data, args.count, args.seed, args.wrong)
        elif args.verb == "list":
            for key in listing(args.data):
                print(f"item {key}")
        else:
            faults = verify(args.data)
            for fault in faults:
                print(fault, file=sys.stderr)
            return 1 if faults else 0
    except (OSError, sqlite3.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
