"""Tests of the fault tools themselves: the disk model, and the judge of traces, each on small samples.

    python3 -m unittest discover -s faults
"""
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

import check_trace
import loss


def record(kind, op, inode, offset=0, length=0, old_size=0, first=b"", second=b""):
    fields = loss.MAGIC, ord(kind), op, inode, offset, length, old_size, len(first), len(second)
    return loss.HEADER.pack(*fields) + first + second


def choices(file, policy):
    """Every outcome that 200 seeds bring about, as bytes of the file."""
    found = set()
    for seed in range(200):
        size, left = file.choose(policy, random.Random(seed))
        whole = bytearray(max([size] + [(i + 1) * loss.SECTOR for i in left]))
        for index, bytes_ in left.items():
            whole[index * loss.SECTOR : (index + 1) * loss.SECTOR] = bytes_
        found.add(bytes(whole[:size]))
    return found


class Model(unittest.TestCase):
    def test_what_is_synced_stays_and_the_rest_may_go(self):
        file = loss.File(0)
        file.write(1, 0, b"a" * 600, 0, b"")
        file.synced()
        file.write(2, 0, b"b" * 600, 600, b"a" * 600)
        self.assertEqual(choices(file, "none"), {b"a" * 600})
        self.assertEqual(choices(file, "all"), {b"b" * 600})
        torn = {b"a" * 512 + b"b" * 88, b"b" * 512 + b"a" * 88}
        self.assertEqual(choices(file, "sectors"), torn | {b"a" * 600, b"b" * 600})
        self.assertEqual(choices(file, "prefix"), {b"a" * 600, b"b" * 600})

    def test_a_failed_sync_drops_what_was_dirty_until_it_is_written_again(self):
        file = loss.File(0)
        file.write(1, 0, b"a" * 512, 0, b"")
        file.sync_failed()
        file.synced()
        self.assertEqual(choices(file, "none"), {bytes(512)})
        file.write(2, 0, b"b" * 512, 512, b"a" * 512)
        file.synced()
        self.assertEqual(choices(file, "none"), {b"b" * 512})

    def test_bytes_behind_a_truncation_do_not_come_back_with_it(self):
        file = loss.File(512)
        file.truncate(1, 0, 512, b"a" * 512)
        file.write(2, 0, b"b" * 512, 0, b"")
        old, new = b"a" * 512, b"b" * 512
        self.assertEqual(choices(file, "sectors"), {old, b"", bytes(512), new})

    def test_names_last_from_the_sync_of_their_folder(self):
        names = loss.Names()
        names.add("C", "/d/a", 1)
        names.add("C", "/e/a", 2)
        names.synced("/d")
        names.add("R", "/d/a", 1, "/d/b")
        lost = [c[2] for c in names.lost("none", random.Random(1))]
        self.assertEqual(lost, ["/d/a", "/e/a"])
        self.assertEqual(names.lost("all", random.Random(1)), [])


class Folder(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.data, self.state = (os.path.join(self.scratch.name, n) for n in ("data", "state"))
        os.mkdir(self.data)
        os.mkdir(self.state)
        self.file = os.path.join(self.data, "a")

    def disk(self, *parts):
        with open(os.path.join(self.state, "log"), "wb") as log:
            log.write(b"".join(parts))
        return loss.Disk(self.data, self.state)

    def written(self, content):
        with open(self.file, "wb") as there:
            there.write(content)
        return os.stat(self.file).st_ino

    def test_a_write_round_the_layer_is_noticed(self):
        inode = self.written(b"other")
        made = record("C", 1, inode, first=self.file.encode())
        wrote = record("W", 2, inode, 0, 5, 0, b"bytes")
        later = record("Y", 3, inode)
        with self.assertRaises(loss.Bypassed):
            self.disk(made, wrote, later).check(set())
        with self.assertRaises(loss.Bypassed):
            self.disk(record("Y", 1, inode)).check(set())  # nobody made it
        with self.assertRaises(loss.Bypassed):
            self.disk(record("M", 1, inode, first=b"a"))
        self.written(b"bytes")
        self.disk(made, wrote, later).check(set())

    def test_an_unsynced_file_goes_and_a_rename_is_taken_back(self):
        inode = self.written(b"new")
        os.rename(self.file, os.path.join(self.data, "b"))
        with open(os.path.join(self.state, "77"), "wb") as kept:
            kept.write(b"old")
        target = os.path.join(self.data, "b")
        moved = record("R", 1, inode, 77, first=self.file.encode(), second=target.encode())
        self.disk(moved).cut_power("none", 1)
        with open(self.file, "rb") as back, open(target, "rb") as kept:
            self.assertEqual((back.read(), kept.read()), (b"new", b"old"))

    def test_a_cut_tail_of_the_log_is_left_out(self):
        whole = record("Y", 1, 5)
        self.assertEqual(self.disk(whole, whole[:20]).counts, {"Y": 1})
        with self.assertRaises(loss.Bypassed):
            self.disk(whole, struct.pack("<I", 7) + whole)


class Layer(unittest.TestCase):
    """The interposer itself, under a process of a few lines."""

    PRELUDE = """
import errno, os, sys
data, refill = sys.argv[1:]
def put(fd, bytes_):
    try:
        return os.write(fd, bytes_)
    except OSError as error:
        return errno.errorcode[error.errno]
fd = os.open(data + "/a", os.O_RDWR | os.O_CREAT)
"""

    def under(self, code, **faults):
        with tempfile.TemporaryDirectory() as scratch:
            data, state, refill = (os.path.join(scratch, n) for n in ("data", "state", "refill"))
            os.mkdir(data)
            os.mkdir(state)
            layer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "build", "faultlayer.so")
            faults |= {"dir": data, "state": state, "refill": refill}
            environment = {"FAULT_" + name.upper(): str(value) for name, value in faults.items()}
            environment["LD_PRELOAD"] = layer
            done = subprocess.run([sys.executable, "-c", self.PRELUDE + code, data, refill], text=True,
                                  env=os.environ | environment, capture_output=True, timeout=60)
            if not faults.get("kill_at"):
                loss.Disk(data, state).check(set())
            return done.stdout.split() if done.returncode == 0 else [done.returncode, done.stderr]

    def test_space_runs_out_and_comes_back(self):
        code = "print(put(fd, b'x' * 80), put(fd, b'x' * 80), put(fd, b'x'))\n"
        code += "print(os.pwrite(fd, b'y' * 100, 0)); open(refill, 'w').close(); print(put(fd, b'x' * 80))"
        self.assertEqual(self.under(code, space=100), ["80", "20", "ENOSPC", "100", "80"])

    def test_one_write_fails(self):
        code = "print(put(fd, b'x'), put(fd, b'x'), put(fd, b'x'))"
        self.assertEqual(self.under(code, enospc_at=2), ["1", "ENOSPC", "1"])

    def test_writes_are_cut_short_and_nothing_else_is_touched(self):
        code = "print(sum(put(fd, b'x' * 100) < 100 for _ in range(50))); o = os.open(refill, 65, 384)\n"
        code += "print(sum(put(o, b'x' * 100) < 100 for _ in range(50)))"
        self.assertEqual(self.under(code, short=100), ["50", "0"])

    def test_a_sync_fails_once(self):
        code = "put(fd, b'x')\nfor _ in range(3):\n    try:\n        os.fdatasync(fd); print('ok')\n"
        code += "    except OSError as error:\n        print(errno.errorcode[error.errno])"
        self.assertEqual(self.under(code, eio_sync_at=2), ["ok", "EIO", "ok"])

    def test_it_dies_in_place_of_a_change(self):
        self.assertEqual(self.under("put(fd, b'x'); print('alive')", kill_at=2)[0], -9)
        self.assertEqual(self.under("put(fd, b'x'); print('alive')", kill_at=3), ["alive"])

    def test_ways_round_write_are_closed_or_noted(self):
        code = "b = os.open(data + '/b', 66)\ntry:\n    os.copy_file_range(fd, b, 10)\n"
        code += "except OSError as error:\n    print(errno.errorcode[error.errno])"
        self.assertEqual(self.under(code), ["EXDEV"])
        with self.assertRaises(loss.Bypassed):
            self.under("import mmap; put(fd, b'x' * 4096); mmap.mmap(fd, 4096)")


def hexed(text):
    return "".join(f"\\x{b:02x}" for b in text.encode())


class Trace(unittest.TestCase):
    WAL = f"5<{hexed('/d/ledger.db-wal')}>"
    DB = f"4<{hexed('/d/ledger.db')}>"
    OUT = f"1<{hexed('pipe:[7]')}>"

    def judge(self, *lines):
        return check_trace.check([f"10 {line}\n" for line in lines], "/d", quiet=False)[0]

    def write(self, text="row C-1 row", offset=32):
        return f'pwrite64({self.WAL}, "{hexed(text)}", {len(text)}, {offset}) = {len(text)}'

    def ack(self):
        return f'write({self.OUT}, "{hexed("ack 1 C-1" + chr(10))}", 10) = 10'

    def sync(self, result="0"):
        return f"fdatasync({self.WAL}) = {result}"

    def test_order(self):
        self.assertEqual(self.judge(self.write(), self.sync(), self.ack()), [])
        self.assertEqual(len(self.judge(self.write(), self.ack(), self.sync())), 1)
        self.assertEqual(len(self.judge(self.sync(), self.write(), self.ack())), 1)
        self.assertEqual(len(self.judge(self.sync(), self.ack())), 1)
        self.assertEqual(len(self.judge(self.write(), self.sync("-1 EIO"), self.ack())), 1)
        other = f"fdatasync({self.DB}) = 0"
        self.assertEqual(len(self.judge(self.write(), other, self.ack())), 1)

    def test_a_sync_that_another_thread_began_too_early_or_ended_too_late(self):
        begun = f"fdatasync({self.WAL} <unfinished ...>"
        ended = "<... fdatasync resumed>) = 0"
        self.assertEqual(self.judge(self.write(), begun, ended, self.ack()), [])
        self.assertEqual(len(self.judge(begun, self.write(), ended, self.ack())), 1)
        self.assertEqual(len(self.judge(self.write(), begun, self.ack(), ended)), 1)

    def test_quiet_and_reset(self):
        lines = [f"10 {line}\n" for line in (self.write(), self.sync(), self.write("more"), self.ack())]
        self.assertEqual(check_trace.check(lines, "/d", quiet=False)[0], [])
        self.assertEqual(len(check_trace.check(lines, "/d", quiet=True)[0]), 1)
        page = f'pwrite64({self.DB}, "{hexed("page")}", 4, 0) = 4'
        header = self.write("head", 0)
        self.assertEqual(len(self.judge(header, page, header)), 1)
        self.assertEqual(self.judge(header, page, f"fsync({self.DB}) = 0", header), [])

    def test_a_trace_that_cuts_strings_proves_nothing(self):
        with self.assertRaises(SystemExit):
            self.judge(f'pwrite64({self.WAL}, "{hexed("row")}"..., 300, 32) = 300')


if __name__ == "__main__":
    unittest.main()
