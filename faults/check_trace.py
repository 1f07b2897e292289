"""Proves from a system-call trace that every acknowledgement follows the sync that covers its data.

    strace -f -y -xx -s 70000 -e trace=%desc,%network -o TRACE COMMAND
    check_trace.py TRACE --data DIR [--quiet] [--journal NAME]

Knows nothing of the program but this: it writes lines `ack N KEY …` to its standard output (or a socket),
and KEY stands in clear in what it writes to the journal. The trace is made by the kernel's word, not by
ours.

The rules, each a finding with the line of the trace when broken:
- covered: some write to a journal file (below DIR, its name ending in NAME, by default -wal) that holds
  KEY ended before a sync of that file began, and that sync ended well before the acknowledgement began;
- reset: the header of the journal is rewritten (a write at offset 0 that is not its first) only when
  every earlier write to the database beside it is covered by a sync;
- quiet (with --quiet, for a program that takes one item at a time): when an acknowledgement begins, no
  write to a journal file is without a sync.
"""
import argparse
import os
import re
import sys

SYNCS = {"fsync", "fdatasync"}
WRITES = {"write", "pwrite64", "writev", "pwritev", "pwritev2"}
SENDS = {"write", "writev", "send", "sendto", "sendmsg"}
CALL = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)$", re.S)
RESUMED = re.compile(r"^(?:(\d+) +)?<\.\.\. (\w+) resumed>(.*)$", re.S)
DESCRIPTOR = re.compile(r"^(\d+)(?:<((?:\\.|[^>])*)>)?")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
ACK = re.compile(rb"(?:^|\n)ack (\S+) (\S+)")


class Call:
    """One call: when it began and ended (lines of the trace), on which file, with which bytes."""

    def __init__(self, name, begun, ended, arguments, result):
        self.name, self.begun, self.ended = name, begun, ended
        match = DESCRIPTOR.match(arguments)
        self.fd = int(match[1]) if match else -1
        self.path = plain(match[2]) if match and match[2] else ""
        strings = STRING.findall(arguments)
        if any(cut for _, cut in strings) and name in WRITES:
            raise SystemExit(f"line {begun}: the trace cuts strings short; trace with a larger -s")
        self.data = b"".join(bytes.fromhex(text.replace("\\x", "")) for text, _ in strings)
        self.failed = not re.match(r"\d+", result)
        tail = re.search(r", (\d+)\)?\s*$", arguments) if name.startswith("pwrite") else None
        self.offset = int(tail[1]) if tail else None


def plain(path):
    """strace -xx writes paths in hex too."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), path)


def calls(lines):
    """The calls of a trace, in the order in which they ended; those that never ended come last, as failed."""
    waiting = {}
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        resumed = RESUMED.match(line)
        if resumed:
            name, begun, arguments = waiting.pop(resumed[1], (resumed[2], number, ""))
            arguments, _, result = (arguments + resumed[3]).rpartition(" = ")
            yield Call(name, begun, number, arguments, result)
            continue
        match = CALL.match(line)
        if not match:
            continue
        if line.endswith("<unfinished ...>"):
            waiting[match[1]] = (match[2], number, match[3][: -len("<unfinished ...>")].rstrip())
            continue
        arguments, _, result = match[3].rpartition(" = ")
        yield Call(match[2], number, number, arguments, result)
    for name, begun, arguments in waiting.values():
        yield Call(name, begun, float("inf"), arguments, "?")


def outstanding(writes, syncs, moment):
    """The first write begun before `moment` that no good sync, begun after it and ended before, covers."""
    for write in writes:
        if write.begun < moment:
            if not any(s.begun > write.ended and s.ended < moment and not s.failed for s in syncs):
                return write
    return None


def check(trace, data, quiet, journal="-wal"):
    """Findings, and how many acknowledgements were seen."""
    data = os.path.realpath(data)
    everything = sorted(calls(trace), key=lambda c: c.begun)
    below = [c for c in everything if c.path.startswith(data + os.sep) or c.path == data]
    writes, syncs = {}, {}
    for call in below:
        if call.name in WRITES:
            writes.setdefault(call.path, []).append(call)
        elif call.name in SYNCS:
            syncs.setdefault(call.path, []).append(call)
    journals = [p for p in writes if p.endswith(journal)]
    findings, seen = [], 0
    for call in everything:
        if call.name not in SENDS or call in below:
            continue
        for number, key in ACK.findall(call.data):
            seen += 1
            findings += covered(call, number.decode(), key, journals, writes, syncs)
            if quiet:
                findings += still(call, number.decode(), journals, writes, syncs)
    for path in journals:
        findings += reset(path, writes, syncs)
    return findings, seen


def covered(ack, number, key, journals, writes, syncs):
    done = [(j, w) for j in journals for w in writes[j] if w.ended < ack.begun and not w.failed]
    holding = [(j, w) for j, w in done if key in w.data]
    if not holding:
        return [f"line {ack.begun}: ack {number} begins; no write to a journal held {key.decode()} before"]
    for journal, write in holding:
        if outstanding([write], syncs.get(journal, []), ack.begun) is None:
            return []
    first = f"the write of {key.decode()} (line {holding[0][1].begun})"
    return [f"line {ack.begun}: ack {number} begins; {first} is not synced"]


def still(ack, number, journals, writes, syncs):
    for journal in journals:
        write = outstanding(writes[journal], syncs.get(journal, []), ack.begun)
        if write:
            name = os.path.basename(journal)
            return [f"line {ack.begun}: ack {number} begins, and line {write.begun} to {name} is not synced"]
    return []


def reset(journal, writes, syncs):
    database = journal[: -len("-wal")]
    findings = []
    for call in [w for w in writes[journal] if w.offset == 0][1:]:
        write = outstanding(writes.get(database, []), syncs.get(database, []), call.begun)
        if write:
            unsynced = f"line {write.begun} to the database is not synced"
            findings.append(f"line {call.begun}: the journal restarts, and {unsynced}")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace")
    parser.add_argument("--data", required=True)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--journal", default="-wal", help="how the names of the journals that count end")
    args = parser.parse_args()
    with open(args.trace, encoding="latin-1") as trace:
        findings, seen = check(trace, args.data, args.quiet, args.journal)
    for finding in findings[:20]:
        print(finding)
    if not seen:
        print("no acknowledgement in the trace: nothing is proved")
    print(f"{seen} acknowledgements, {len(findings)} findings")
    return 1 if findings or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
