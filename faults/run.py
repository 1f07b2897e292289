"""Breaks the disk under a built program and looks whether anything acknowledged is lost or anything is half.

    run.py [--subject NAME] [--rounds N] [--seed S] [--only SCENARIO[,…]] [--keep]

Owns the scenarios and the table of subjects. A subject takes items, prints `ack N KEY …` for each once it
is durable, can verify its data and can list the keys it holds. The careful subject has to pass every
scenario; each of its wrong variants has to be caught by one, which proves that the checks can fail. See
README.md; the disk model is loss.py.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import check_trace
import loss

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
LAYER = os.path.join(HERE, "build", "faultlayer.so")
SECONDS = 120  # that one run of a subject may take before it counts as hanging
ACK = re.compile(rb"^ack (\S+) (\S+)", re.M)


class Subject:
    """Command lines of one program; `{data}`, `{count}` and `{seed}` are filled in."""

    def __init__(
        self,
        acks,
        verify,
        listing,
        key,
        wrong=(),
        prepare=None,
        count=12,
        journal="-wal",
        compare=None,
        nothing=None,
        shared=None,
    ):
        self.acks, self.verify, self.listing, self.compare = acks, verify, listing, compare
        self.key = re.compile(key, re.M)  # finds the keys in what `listing` prints
        self.shared = shared  # like `acks`, with several items under way at once
        # What `verify` says of a folder that nothing was ever stored in; accepted until the first answer.
        self.nothing = nothing and re.compile(nothing)
        self.wrong, self.prepare, self.count, self.journal = wrong, prepare, count, journal


SMALL = [sys.executable, os.path.join(HERE, "subject", "ledger.py")]
HUYING = [os.environ.get("HUYING_BIN", os.path.join(ROOT, "target", "release", "huying"))]
ACKS = HUYING + ["bench", "acks", "--data", "{data}", "--count", "{count}", "--seed", "{seed}"]
SUBJECTS = {
    "small": Subject(
        acks=SMALL + ["acks", "--data", "{data}", "--count", "{count}", "--seed", "{seed}"],
        verify=SMALL + ["verify", "--data", "{data}"],
        listing=SMALL + ["list", "--data", "{data}"],
        key=rb"^item (\S+)$",
        wrong=("sync-off", "sync-normal", "mode-delete", "early", "file-unsynced", "name-unsynced", "half"),
    ),
    "huying": Subject(
        acks=ACKS,
        shared=ACKS + ["--inflight", "5"],
        verify=HUYING + ["journal", "verify", "--data", "{data}"],
        compare=HUYING + ["journal", "rebuild", "--data", "{data}"],
        listing=HUYING + ["journal", "export", "--data", "{data}"],
        key=rb'"number": ?"([^"]+)"',
        count=40,
        nothing=rb"^error: (.*\n  because: )?ledger .* does not exist",
        journal="ledger.db-wal",  # views can be made anew and are not synced
    ),
}


class Broken(Exception):
    """Something acknowledged is lost, something is half, or the program went wrong in a way it must not."""


class Bench:
    """One subject in one scratch folder, with the acknowledgements it gave."""

    def __init__(self, subject, folder, seed, wrong=""):
        self.subject, self.folder, self.seed, self.wrong = subject, folder, seed, wrong
        self.data, self.state = os.path.join(folder, "data"), os.path.join(folder, "state")
        self.acks = subject.shared or subject.acks
        self.acked = []
        self.runs = 0
        os.makedirs(self.data)
        if subject.prepare:
            self._run(subject.prepare, "prepare", {})

    def _command(self, template, count=0):
        command = [p.format(data=self.data, count=count, seed=self.seed) for p in template]
        return command + (["--wrong", self.wrong] if self.wrong and template is self.acks else [])

    def _run(self, template, what, environment, count=0):
        try:
            command = self._command(template, count)
            return subprocess.run(
                command,
                env=os.environ | environment,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )
        except subprocess.TimeoutExpired as slow:
            raise Broken(f"{what}: still running after {SECONDS} s") from slow

    def layer(self, **faults):
        """The environment that loads the layer, with a state folder of its own."""
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        environment = {
            "LD_PRELOAD": LAYER,
            "FAULT_DIR": self.data,
            "FAULT_STATE": self.state,
            "FAULT_SEED": str(self.seed),
        }
        return environment | {"FAULT_" + k.upper(): str(v) for k, v in faults.items()}

    def take(self, environment=None, count=None, trace=None):
        """Runs the subject to its end, whatever that is, and remembers what it acknowledged."""
        self.runs += 1
        template = self.acks
        if trace:
            strace = ["strace", "-f", "-y", "-xx", "-s", "8000000", "-e", "trace=%desc,%network", "-o", trace]
            command = strace + self._command(template, count or self.subject.count)
            done = subprocess.run(command, timeout=SECONDS, stdin=subprocess.DEVNULL, capture_output=True)
        else:
            done = self._run(template, "acks", environment or {}, count or self.subject.count)
        self.remember(done.stdout)
        return done

    def take_and_kill(self, after, count):
        """Runs the subject and kills it `after` seconds later."""
        child = subprocess.Popen(
            self._command(self.acks, count),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        timer = time.monotonic() + after
        try:
            child.wait(timeout=max(0.0, timer - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        self.remember(child.communicate()[0])
        return child.returncode

    def remember(self, output):
        whole = output[: output.rfind(b"\n") + 1]
        self.acked += [key for _, key in ACK.findall(whole)]

    def inspect(self, what):
        """Reopens without any fault: verified, every acknowledged item there. Returns how many there are."""
        verified = self._run(self.subject.verify, "verify", {})
        nothing = self.subject.nothing
        if verified.returncode and nothing and not self.acked and nothing.search(verified.stderr):
            return 0
        if verified.returncode:
            raise Broken(f"{what}: verify exits {verified.returncode}: {tail(verified)}")
        if self.subject.compare:
            compared = self._run(self.subject.compare, "compare", {})
            if compared.returncode:
                raise Broken(f"{what}: compare exits {compared.returncode}: {tail(compared)}")
        listed = self._run(self.subject.listing, "list", {})
        if listed.returncode:
            raise Broken(f"{what}: list exits {listed.returncode}: {tail(listed)}")
        there = set(self.subject.key.findall(listed.stdout))
        lost = [k.decode() for k in self.acked if k not in there]
        if lost:
            share = f"{len(lost)} of {len(self.acked)}"
            raise Broken(f"{what}: {share} acknowledged items are lost, first {lost[0]}")
        return len(there)

    def go_on(self, what):
        """With the fault gone, the next items are taken as if nothing had been."""
        before = len(self.acked)
        done = self.take(count=3)
        if done.returncode or len(self.acked) != before + 3:
            raise Broken(f"{what}: does not go on afterwards: exits {done.returncode}: {tail(done)}")
        self.inspect(f"{what}, then three more")

    def cut_power(self, policy, known, what):
        """Takes back what a power cut may take back, after the process has died or stopped."""
        disk = loss.Disk(self.data, self.state)
        disk.check(known)
        return f"{what}, {disk.cut_power(policy, self.seed)}"


def tail(done):
    text = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
    return text[:300].replace("\n", "; ") or "(silent)"


def died_well(done, what):
    """A program that cannot write says so on standard error and exits by itself, or copes."""
    if done.returncode < 0:
        raise Broken(f"{what}: died of signal {-done.returncode}: {tail(done)}")
    if done.returncode and not done.stderr.strip():
        raise Broken(f"{what}: exits {done.returncode} without a word")
    if re.search(rb"panicked at|Traceback \(most recent", done.stderr):
        raise Broken(f"{what}: no clear error: {tail(done)}")


# ---- scenarios: each takes a bench and dice, raises Broken, and returns a few words ----


def measured(bench):
    """How many changes and syncs one whole run makes, and how many writes and syncs are among them."""
    probe = Bench(bench.subject, tempfile.mkdtemp(dir=bench.folder), bench.seed, bench.wrong)
    known = loss.inodes(probe.data)
    done = probe.take(probe.layer())
    if done.returncode:
        raise Broken(f"a run without faults exits {done.returncode}: {tail(done)}")
    disk = loss.Disk(probe.data, probe.state)
    disk.check(known)
    counts = disk.counts
    if not counts.get("W") or not probe.acked:
        raise Broken("the layer saw no write: is the binary linked statically?")
    return disk.last_op, counts["W"], counts.get("Y", 0), probe


def kill(bench, dice):
    """SIGKILL at a random moment, again and again on the same data."""
    started = time.monotonic()
    bench.take()
    whole = time.monotonic() - started
    for turn in range(4):
        code = bench.take_and_kill(dice.uniform(0.1, 1.2) * whole, bench.subject.count)
        bench.inspect(f"kill {turn + 1} (exit {code})")
    bench.go_on("kill")
    return f"{len(bench.acked)} acknowledged"


def cut(bench, dice):
    """The power goes in place of the Nth change: unsynced writes, names and truncations are lost or torn."""
    ops = measured(bench)[0]
    said = []
    for turn in range(3):
        at, policy = dice.randint(1, ops), dice.choice(loss.POLICIES)
        known = loss.inodes(bench.data)
        done = bench.take(bench.layer(kill_at=at))
        if done.returncode not in (0, -signal.SIGKILL):
            raise Broken(f"cut at {at}: exits {done.returncode}: {tail(done)}")
        said.append(f"{at}/{policy}")
        bench.inspect(bench.cut_power(policy, known, f"cut at {at} of {ops}"))
    bench.go_on(f"cuts {said}")
    return f"cuts at {' '.join(said)} of {ops}, {len(bench.acked)} acknowledged"


def acked_then_cut(bench, dice):
    """Everything is acknowledged and nothing else was promised: the harshest cut may not touch it."""
    known = loss.inodes(bench.data)
    # It dies before it ends, so that closing the store does not sync what should have been synced.
    at = max(1, measured(bench)[0] - dice.randint(0, 12))
    bench.take(bench.layer(kill_at=at))
    bench.inspect(bench.cut_power("none", known, f"cut near the end, at {at}"))
    return f"{len(bench.acked)} acknowledged"


def full(bench, dice):
    """The disk fills up at growing thresholds; half of the time the power goes too; then there is space."""
    whole = measured(bench)[3].data
    grown = sum(os.path.getsize(os.path.join(p, f)) for p, _, fs in os.walk(whole) for f in fs)
    space = dice.randint(0, grown // 4)
    refused = 0
    for _ in range(4):
        known = loss.inodes(bench.data)
        what = f"full after {space} bytes"
        done = bench.take(bench.layer(space=space))
        died_well(done, what)
        refused += done.returncode != 0
        if dice.random() < 0.5:
            what = bench.cut_power(dice.choice(loss.POLICIES), known, what)
        bench.inspect(what)
        space += dice.randint(grown // 4, 2 * grown)
    bench.go_on("full")
    return f"refused {refused} of 4, {len(bench.acked)} acknowledged"


def once(bench, dice):
    """One write in the middle fails with ENOSPC; later ones would work."""
    at = dice.randint(1, measured(bench)[1])
    known = loss.inodes(bench.data)
    done = bench.take(bench.layer(enospc_at=at))
    died_well(done, f"ENOSPC at write {at}")
    bench.inspect(bench.cut_power(dice.choice(loss.POLICIES), known, f"ENOSPC at write {at}"))
    bench.go_on(f"ENOSPC at write {at}")
    return f"at write {at}, exits {done.returncode}"


def short(bench, dice):
    """Writes are cut short and interrupted, as POSIX allows: nobody may notice."""
    known = loss.inodes(bench.data)
    chances = {"short": dice.randint(10, 60), "eintr": dice.randint(5, 40)}
    done = bench.take(bench.layer(**chances))
    if done.returncode or len(bench.acked) != bench.subject.count:
        raise Broken(f"{chances}: exits {done.returncode}, {len(bench.acked)} acknowledged: {tail(done)}")
    bench.inspect(bench.cut_power(dice.choice(loss.POLICIES), known, f"{chances}"))
    bench.go_on(f"{chances}")
    return f"{chances}"


def sync(bench, dice):
    """A sync fails once, and what was dirty is silently dropped, as Linux does; then the power goes."""
    at = dice.randint(1, measured(bench)[2])
    known = loss.inodes(bench.data)
    done = bench.take(bench.layer(eio_sync_at=at))
    died_well(done, f"EIO at sync {at}")
    bench.inspect(bench.cut_power(dice.choice(loss.POLICIES), known, f"EIO at sync {at}"))
    bench.go_on(f"EIO at sync {at}")
    return f"at sync {at}, exits {done.returncode}"


def trace(bench, _dice):
    """The kernel's own word that each acknowledgement follows the sync of its data."""
    words = []
    for acks in filter(None, (bench.subject.acks, bench.subject.shared)):
        # One at a time nothing may be under way at an answer; with several, only its own data counts.
        quiet, bench.acks, before = acks is bench.subject.acks, acks, len(bench.acked)
        path = os.path.join(bench.folder, "trace")
        done = bench.take(trace=path)
        if done.returncode:
            raise Broken(f"under strace it exits {done.returncode}: {tail(done)}")
        with open(path, encoding="latin-1") as lines:
            findings, seen = check_trace.check(lines, bench.data, quiet, bench.subject.journal)
        if findings or seen != len(bench.acked) - before or not seen:
            raise Broken(f"trace: {len(findings)} findings on {seen} acknowledgements: {findings[:1]}")
        words.append(f"{seen} acknowledgements {'one by one' if quiet else 'sharing commits'}")
    return f"{', '.join(words)}, each after its sync"


SCENARIOS = {f.__name__: f for f in (kill, cut, acked_then_cut, full, once, short, sync, trace)}
ONCE = ("trace",)  # not seeded: one round says it all


def one(subject, name, seed, round_, wrong, keep):
    """Runs one round; returns (passed, words)."""
    folder = tempfile.mkdtemp(prefix="huying-faults-")
    dice = random.Random(f"{name}/{seed}/{round_}")
    try:
        words = SCENARIOS[name](Bench(subject, folder, dice.randint(1, 1 << 30), wrong), dice)
        failed = False
    except (Broken, loss.Bypassed) as found:
        words, failed = f"{type(found).__name__}: {found}", True
    if keep or (failed and not wrong):
        words += f" [{folder}]"
    else:
        shutil.rmtree(folder)
    return not failed, words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", default="small", choices=list(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each scenario")
    parser.add_argument("--round", type=int, help="only this round, to see a failure again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios: " + " ".join(SCENARIOS))
    parser.add_argument("--keep", action="store_true", help="leave the scratch folders")
    args = parser.parse_args()
    if not os.path.exists(LAYER):
        parser.error(f"{LAYER} is missing: run `make -C faults`")
    subject, passed, failed = SUBJECTS[args.subject], 0, 0
    names = [n for n in args.only.split(",") if n]
    for name in names:
        if name not in SCENARIOS:
            parser.error(f"no scenario {name!r}; there are {' '.join(SCENARIOS)}")
        rounds = [args.round] if args.round is not None else range(1 if name in ONCE else args.rounds)
        for round_ in rounds:
            good, words = one(subject, name, args.seed, round_, "", args.keep)
            passed, failed = passed + good, failed + (not good)
            verdict = "ok    " if good else "FAILED"
            print(f"{verdict} {name} --seed {args.seed} --round {round_}: {words}", flush=True)
    # A check that cannot fail is no check: every known mistake has to be found within these rounds.
    for wrong in subject.wrong if args.round is None and len(names) == len(SCENARIOS) else ():
        caught = None
        for round_ in range(max(args.rounds, 12)):
            for name in names:
                good, words = one(subject, name, args.seed, round_, wrong, False)
                if not good:
                    caught = caught or f"{name} --round {round_}: {words}"
            if caught:
                break
        passed, failed = passed + bool(caught), failed + (not caught)
        verdict = "ok    " if caught else "FAILED"
        print(f"{verdict} the mistake {wrong} is found: {caught or 'no'}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
