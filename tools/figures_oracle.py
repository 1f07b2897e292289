#!/usr/bin/env python3
"""Recomputes figures from an export, independently: standard library only, exact fractions.

    figures_oracle.py EXPORT.csv --format FMT [--format FMT] --id COL --opened COL [--due COL] [--closed COL]
                      [--replied COL] [--unit COL] [--encoding ENC]

Prints CSV: unit, received, on-time numerator, denominator, percent (half up, two places), then per duration
the count, mean and quantiles 50/75/90 in seconds (linear, three places, half up). The last row, `*`, is the
whole.
Times are read without a zone: right where the zone of the export has no change of clocks.
A row without an opening that can be read is left out; of rows with the same id the last stands.
"""

import argparse
import csv
import datetime
from fractions import Fraction
import sys


def instant(text, formats):
    for form in formats:
        try:
            return datetime.datetime.strptime(text.strip(), form)
        except ValueError:
            pass
    return None


def half_up(value, places):
    scale = 10**places
    twice = (abs(value) * scale * 2 + 1) / 2
    whole = twice.numerator // twice.denominator
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{whole // scale}.{whole % scale:0{places}d}"


def seconds(later, earlier):
    delta = later - earlier
    return Fraction(delta.days * 86400 + delta.seconds) + Fraction(delta.microseconds, 1000000)


def quantile(ordered, p):
    place = (len(ordered) - 1) * p
    low = place.numerator // place.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def durations(values):
    if not values:
        return ["0", "", "", "", ""]
    ordered = sorted(values)
    quantiles = [quantile(ordered, Fraction(p, 100)) for p in (50, 75, 90)]
    return [str(len(ordered))] + [half_up(v, 3) for v in [sum(ordered) / len(ordered), *quantiles]]


def line(name, cases):
    judged = [c for c in cases if c["due"] and c["closed"]]
    kept = sum(1 for c in judged if c["closed"] <= c["due"])
    percent = half_up(Fraction(100 * kept, len(judged)), 2) if judged else ""
    took = {}
    for end in ("closed", "replied"):
        spans = [seconds(c[end], c["opened"]) for c in cases if c[end]]
        took[end] = durations([span for span in spans if span >= 0])
    return [name, str(len(cases)), str(kept), str(len(judged)), percent, *took["closed"], *took["replied"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export")
    parser.add_argument("--format", action="append", required=True)
    for column in ("id", "opened"):
        parser.add_argument("--" + column, required=True)
    for column in ("due", "closed", "replied", "unit"):
        parser.add_argument("--" + column)
    parser.add_argument("--encoding", default="utf-8-sig")
    args = parser.parse_args()
    cases = {}
    with open(args.export, encoding=args.encoding, newline="") as file:
        for row in csv.DictReader(file):
            case = {}
            for field in ("opened", "due", "closed", "replied"):
                column = getattr(args, field)
                text = row[column] if column else ""
                case[field] = instant(text, args.format) if text and text.strip() else None
            if case["opened"] and row[args.id].strip():
                case["unit"] = row[args.unit].strip() if args.unit else ""
                cases[row[args.id].strip()] = case
    out = csv.writer(sys.stdout, lineterminator="\n")
    units = {}
    for case in cases.values():
        units.setdefault(case["unit"], []).append(case)
    if args.unit:
        for name in sorted(units):
            out.writerow(line(name, units[name]))
    out.writerow(line("*", list(cases.values())))


if __name__ == "__main__":
    main()
