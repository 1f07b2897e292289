"""What a power cut may leave of a folder, from the log of the fault layer.

Owns the model of a disk: a sync of a file makes its bytes and size last, a sync of a folder makes the
names in it last, and nothing else is promised. What was not made to last is decided by a seeded policy,
per 512-byte sector and per folder. Does not know what the files mean. The record format is that of
faultlayer.c; run.py uses this module.

The model of what survives, stricter than any one file system:
- a sector holds one of the versions it had since the last sync of its file, or the one made to last then;
- the size of a file, and which of its truncations happened, is that of one moment since the last sync;
- of the names of a folder, a prefix of the changes survives that reaches at least to the folder's last
  sync;
- after a failed sync of a file, what was dirty is not made to last by a later sync unless it is written
  again.
"""
import bisect
import os
import random
import shutil
import struct

SECTOR = 512
HEADER = struct.Struct("<II5Q2I")
MAGIC = 0x31544C46
POLICIES = ("none", "prefix", "sectors", "pages", "all")


class Bypassed(Exception):
    """The files are not what the log says: something wrote round the layer, so nothing can be concluded."""


def records(path):
    """The whole records of a log; a tail cut by a kill is left out."""
    with open(path, "rb") as log:
        data = log.read()
    at = 0
    while at + HEADER.size <= len(data):
        magic, kind, op, inode, offset, length, old_size, first, second = HEADER.unpack_from(data, at)
        if magic != MAGIC:
            raise Bypassed(f"{path}: no record at byte {at}")
        end = at + HEADER.size + first + second
        if end > len(data):
            return
        middle = at + HEADER.size + first
        texts = data[at + HEADER.size : middle], data[middle:end]
        yield chr(kind), op, inode, offset, length, old_size, *texts
        at = end


class File:
    """The versions of one file since the layer began to watch it."""

    def __init__(self, size):
        self.moments = [(0, size)]  # (op, size after it), oldest first
        self.cuts = []  # ops that made it shorter
        self.sectors = {}  # index -> [(op, bytes)], oldest first; the first is what was there before
        self.lasting = {}  # index -> position in that list which is made to last
        self.lasting_moment = 0
        self.dropped_before = 0  # op of the last failed sync

    def _touch(self, index, old):
        """The versions of a sector, begun with `old` when it is met for the first time."""
        versions = self.sectors.get(index)
        if versions is None:
            versions = self.sectors[index] = [(0, old)]
            self.lasting[index] = 0
        return versions

    def _check_old(self, op, start, old):
        for at in range(0, len(old), SECTOR):
            index, want = start // SECTOR + at // SECTOR, old[at : at + SECTOR]
            known = self.sectors.get(index)
            if known and known[-1][1][: len(want)] != want:
                raise Bypassed(f"op {op}: sector {index} changed between two records")

    def write(self, op, offset, new, old_size, old):
        first, last = offset // SECTOR, (offset + len(new) - 1) // SECTOR
        self._check_old(op, first * SECTOR, old)
        for index in range(first, last + 1):
            base = old[(index - first) * SECTOR : (index - first + 1) * SECTOR].ljust(SECTOR, b"\0")
            versions = self._touch(index, base)
            start = index * SECTOR
            low, high = max(offset, start), min(offset + len(new), start + SECTOR)
            bytes_ = bytearray(versions[-1][1])
            bytes_[low - start : high - start] = new[low - offset : high - offset]
            versions.append((op, bytes(bytes_)))
        self.moments.append((op, max(old_size, offset + len(new))))

    def truncate(self, op, size, old_size, old):
        self.moments.append((op, size))
        if size >= old_size:
            return
        self._check_old(op, size // SECTOR * SECTOR, old)
        self.cuts.append(op)
        for at in range(0, len(old), SECTOR):
            index = size // SECTOR + at // SECTOR
            versions = self._touch(index, old[at : at + SECTOR].ljust(SECTOR, b"\0"))
            keep = max(0, size - index * SECTOR)
            versions.append((op, versions[-1][1][:keep].ljust(SECTOR, b"\0")))

    def synced(self):
        for index, versions in self.sectors.items():
            if versions[-1][0] > self.dropped_before:
                self.lasting[index] = len(versions) - 1
        self.lasting_moment = len(self.moments) - 1

    def sync_failed(self):
        self.dropped_before = self.moments[-1][0]

    def choose(self, policy, dice):
        """(size, {sector: bytes}) that the cut leaves."""
        newest = len(self.moments) - 1
        moment = {"none": self.lasting_moment, "all": newest}.get(policy)
        if moment is None:
            moment = dice.randint(self.lasting_moment, newest)
        op, size = self.moments[moment]
        done = [c for c in self.cuts if c <= op]
        undone = [c for c in self.cuts if c > op]
        page_dice = {}
        left = {}
        for index, versions in self.sectors.items():
            ops = [v[0] for v in versions]
            # A truncation that happened took older bytes along; one that did not, what was written after it.
            low = max(self.lasting[index], bisect.bisect_right(ops, done[-1]) - 1 if done else 0)
            high = bisect.bisect_left(ops, undone[0]) - 1 if undone else len(versions) - 1
            high = max(low, high)
            if policy == "none":
                pick = low
            elif policy == "all":
                pick = high
            elif policy == "prefix":
                pick = min(max(low, bisect.bisect_right(ops, op) - 1), high)
            elif policy == "pages":
                part = page_dice.setdefault(index // 8, dice.random())
                pick = low + min(int(part * (high - low + 1)), high - low)
            else:
                pick = dice.randint(low, high)
            left[index] = versions[pick][1]
        return size, left


class Names:
    """Changes of names in order, each in a folder; which of them last."""

    def __init__(self):
        self.changes = []  # (kind, folder, path, other, inode, replaced)
        self.lasting = {}  # folder -> how many changes are made to last

    def add(self, kind, path, inode, other=None, replaced=0):
        folder = os.path.dirname(other or path)
        self.changes.append((kind, folder, path, other, inode, replaced))

    def synced(self, folder):
        self.lasting[folder] = len(self.changes)

    def lost(self, policy, dice):
        """The changes that the cut takes back, newest first."""
        cuts = {}
        for folder in sorted({c[1] for c in self.changes}):
            low, high = self.lasting.get(folder, 0), len(self.changes)
            cuts[folder] = {"none": low, "all": high}.get(policy, dice.randint(low, high))
        gone = [c for at, c in enumerate(self.changes) if at >= cuts[c[1]]]
        return gone[::-1]


class Disk:
    """The model of the watched folder, built from a log."""

    def __init__(self, root, state):
        self.root, self.state = os.path.realpath(root), os.path.realpath(state)
        self.files, self.names = {}, Names()
        self.last_op, self.counts = 0, {}
        for record in records(os.path.join(state, "log")):
            self._take(*record)

    def _take(self, kind, op, inode, offset, length, old_size, first, second):
        self.last_op = max(self.last_op, op)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "W":
            self.files.setdefault(inode, File(old_size)).write(op, offset, first, old_size, second)
        elif kind == "T":
            self.files.setdefault(inode, File(old_size)).truncate(op, offset, old_size, second)
        elif kind in "YX":
            if kind == "Y" and offset:
                self.names.synced(first.decode())
            elif inode in self.files and not offset:
                file = self.files[inode]
                file.synced() if kind == "Y" else file.sync_failed()
        elif kind == "M":
            raise Bypassed(f"{first.decode()} is mapped for writing; the layer does not see such writes")
        elif kind == "R":
            self.names.add("R", first.decode(), inode, second.decode(), offset)
        else:
            self.names.add(kind, first.decode(), inode)

    def _paths(self):
        """inode -> one path with its bytes: in the folder, or where the layer kept it."""
        found = {}
        for folder in (self.state, self.root):
            for parent, _, files in os.walk(folder):
                for name in files:
                    path = os.path.join(parent, name)
                    found[os.stat(path).st_ino] = path
        return found

    def check(self, known):
        """Every file is explained by the log, and holds what the log says; `known` are inodes from before."""
        paths = self._paths()
        made = {c[4] for c in self.names.changes if c[0] in "CL"}
        for inode, path in paths.items():
            ours = path.startswith(self.root + "/") and not path.endswith("-shm")
            if ours and inode not in known and inode not in made:
                raise Bypassed(f"{path} appeared without a record")
        for inode, file in self.files.items():
            if inode not in paths:
                raise Bypassed(f"inode {inode} was written and is gone without a record")
            with open(paths[inode], "rb") as there:
                for index, versions in file.sectors.items():
                    if versions[-1][0] == self.last_op:
                        continue  # perhaps under way when the process died
                    there.seek(index * SECTOR)
                    if there.read(SECTOR).ljust(SECTOR, b"\0") != versions[-1][1]:
                        raise Bypassed(f"{paths[inode]}: sector {index} is not what was last written")

    def cut_power(self, policy, seed):
        """Makes the folder what a cut may leave. Returns a line that says what was taken."""
        dice = random.Random(f"{policy}/{seed}")
        paths = self._paths()
        for inode, file in sorted(self.files.items()):
            size, left = file.choose(policy, dice)
            with open(paths[inode], "r+b") as there:
                for index, bytes_ in left.items():
                    there.seek(index * SECTOR)
                    there.write(bytes_)
                there.truncate(size)
        gone = self.names.lost(policy, dice)
        for change in gone:
            self._take_back(*change)
        for parent, _, files in os.walk(self.root):
            for name in files:
                if name.endswith("-shm"):
                    self._spoil(os.path.join(parent, name), dice)
        return f"{policy}: {len(self.files)} files written, {len(gone)} name changes taken back"

    def _kept(self, inode):
        return os.path.join(self.state, str(inode))

    def _take_back(self, kind, _folder, path, other, inode, replaced):
        if kind in "CL" and os.path.lexists(path):
            os.unlink(path)
        elif kind == "D":
            shutil.rmtree(path, ignore_errors=True)
        elif kind == "d":
            os.makedirs(path, exist_ok=True)
        elif kind == "U" and os.path.isdir(os.path.dirname(path)) and not os.path.lexists(path):
            os.link(self._kept(inode), path)
        elif kind == "R" and os.path.lexists(other) and os.path.isdir(os.path.dirname(path)):
            os.rename(other, path)
            if replaced and os.path.exists(self._kept(replaced)):
                os.link(self._kept(replaced), other)

    @staticmethod
    def _spoil(path, dice):
        """Shared memory after a cut: gone, or anything."""
        if dice.random() < 0.5:
            os.unlink(path)
        else:
            with open(path, "r+b") as there:
                there.write(dice.randbytes(os.path.getsize(path)))


def inodes(root):
    """The inodes of the files below a folder, to be told from those that appear later."""
    return {os.stat(os.path.join(p, f)).st_ino for p, _, fs in os.walk(root) for f in fs}
