#!/usr/bin/env python3
"""The outside judge of the calendar and the clocks.

    python3 -m venv venv && venv/bin/pip install chinesecalendar==1.11.0 lunardate==0.3.0
    venv/bin/python tools/calendar_oracle.py            check everything, exit 1 on any difference
    venv/bin/python tools/calendar_oracle.py --write    write the fixtures first

It knows the Chinese calendar only from the package chinesecalendar, zones only from Python's zoneinfo, and
counts deadlines by walking minute after minute and day after day. It shares nothing with the Rust code but
the fixtures:

    crates/core/tests/fixtures/china_days.csv        every day of 2024-2026 and what it is
    crates/core/tests/fixtures/worked_deadlines.csv  worked deadlines, each with the sentence of its rule
"""

import csv
import datetime as dt
import pathlib
import re
import sys
import tomllib
from zoneinfo import ZoneInfo

import chinese_calendar as cc
from chinese_calendar import constants
from lunardate import LunarDate

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "crates/core/tests/fixtures"
DAYS = FIXTURES / "china_days.csv"
WORKED = FIXTURES / "worked_deadlines.csv"
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
UTC = dt.timezone.utc


def kind(date):
    if date in constants.holidays:
        return "holiday"
    if date in constants.workdays:
        return "makeup"
    return "weekend" if date.weekday() >= 5 else "workday"


def span(first, last):
    while first <= last:
        yield first
        first += DAY


def package_days():
    return [(d, kind(d)) for d in span(dt.date(2024, 1, 1), dt.date(2026, 12, 31))]


def file_kind(table, date):
    for year in table["year"].values():
        if any(h["from"] <= date <= h["to"] for h in year.get("holidays", [])):
            return "holiday"
        if any(m["date"] == date for m in year.get("make_up", [])):
            return "makeup"
    names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    return "weekend" if names[date.weekday()] in table["weekend"] else "workday"


def check_city(table):
    """Every day of the published years against the package, and 2027's statutory days against the moon."""
    wrong = []
    for date, expected in package_days():
        if file_kind(table, date) != expected:
            wrong.append(f"{date}: calendar.toml says {file_kind(table, date)}, chinesecalendar {expected}")
    new_year, dragon, moon = (LunarDate(2027, m, d).to_solar_date() for m, d in ((1, 1), (5, 5), (8, 15)))
    expected = {
        dt.date(2027, 1, 1),
        dt.date(2027, 4, 5),
        dt.date(2027, 5, 1),
        dt.date(2027, 5, 2),
        dragon,
        moon,
    }
    expected |= {new_year + n * DAY for n in range(-1, 3)} | {dt.date(2027, 10, n) for n in (1, 2, 3)}
    listed = {d for h in table["year"]["2027"]["holidays"] for d in span(h["from"], h["to"])}
    wrong += [f"2027: {d} differs from the statutory days" for d in sorted(listed ^ expected)]
    return wrong


class City:
    def __init__(self, table, works):
        self.zone, self.table, self.works = ZoneInfo(table["zone"]), table, works
        self.published = {int(y) for y, t in table["year"].items() if t["published"]}
        self.touched = set()

    def at(self, date, minute):
        """The first instant at which the clock shows the reading or later, found by walking minutes."""
        civil = dt.datetime.combine(date, dt.time()) + minute * MINUTE
        at = dt.datetime.combine(civil.date(), civil.time(), UTC) - dt.timedelta(hours=15)
        while at.astimezone(self.zone).replace(tzinfo=None) < civil:
            at += MINUTE
        return at

    def local(self, at):
        return at.astimezone(self.zone).replace(tzinfo=None)

    def worked(self, date):
        self.touched.add(date.year)
        return self.works(date)

    def windows(self, hours, date):
        for text in hours["windows"]:
            a, b = (int(p[:2]) * 60 + int(p[3:]) for p in text.split("-"))
            yield self.at(date, a), self.at(date, b if b > a else b + 1440)

    def working(self, hours, at):
        """Whether the minute that begins at `at` is worked: some window of today or last night holds it."""
        today = self.local(at).date()
        for date in (today - DAY, today):
            if hours.get("days") == "every" or self.worked_quietly(date, today):
                if any(a <= at < b for a, b in self.cached(hours, date)):
                    return True
        return False

    def worked_quietly(self, date, today):
        return self.worked(date) if date == today else self.works(date)

    def cached(self, hours, date):
        cache = hours.setdefault("cache", {})
        if date not in cache:
            cache[date] = list(self.windows(hours, date))
        return cache[date]


def read_limit(text):
    if text.startswith("{"):
        return tomllib.loads("x = " + text)["x"]
    return {"amount": text}


def due(city, hours, start, text):
    """The due of one limit, by walking."""
    limit = read_limit(text)
    amount, rule, end = limit["amount"], limit.get("start", "at-once"), limit.get("end")
    begin, first_counts = start, False
    today = city.local(start).date()
    if rule == "next-working-moment":
        while not city.working(hours, begin):
            begin += MINUTE
    elif rule == "next-working-day":
        date = today + DAY
        while not city.worked(date):
            date += DAY
        begin, first_counts = min(a for a, _ in city.cached(hours, date)), True
    elif rule == "next-day":
        begin, first_counts = city.at(today + DAY, 0), True
    today = city.local(begin).date()
    reading = int((city.local(begin) - dt.datetime.combine(today, dt.time())) / MINUTE)
    if m := re.fullmatch(r"same day until (\d\d):(\d\d) then (\d+) h", amount):
        late = reading > int(m[1]) * 60 + int(m[2])
        return begin + dt.timedelta(hours=int(m[3])) if late else city.at(today, 1440)
    if m := re.fullmatch(r"by (\S+)(?: (\d\d):(\d\d))?", amount):
        date = dt.date.fromisoformat(m[1])
        return city.at(date, int(m[2]) * 60 + int(m[3]) if m[2] else 1440)
    number, unit = amount.split(" ", 1)
    if unit in ("h", "min", "continuous days"):
        return (
            begin + float(number) * {"h": dt.timedelta(hours=1), "min": MINUTE, "continuous days": DAY}[unit]
        )
    if unit == "working hours":
        left, at = round(float(number) * 60), begin
        while left:
            left -= city.working(hours, at)
            at += MINUTE
        return at
    left = int(number)
    if unit == "working days":
        date = today if first_counts else today + DAY
        if end == "same-time" and not city.worked(today):
            reading = 0
            while not city.worked(date):
                date += DAY
            date += DAY
        while True:
            left -= city.worked(date)
            if not left:
                break
            date += DAY
        return city.at(date, reading) if end == "same-time" else max(b for _, b in city.cached(hours, date))
    assert unit == "days", amount
    date = today + left * DAY - (DAY if first_counts else dt.timedelta())
    step = {"next-working-day": DAY, "previous-working-day": -DAY}.get(limit.get("roll"))
    while step and not city.worked(date):
        date += step
    return city.at(date, 1440)


def worked_rows(tables):
    for row in csv.DictReader(WORKED.open(encoding="utf-8")):
        table = tables[row["calendar"]]
        if row["calendar"] == "chengdu":
            works = lambda d: (
                cc.is_workday(d) if d.year <= 2026 else file_kind(table, d) in ("workday", "makeup")
            )
        else:
            works = lambda d: file_kind(table, d) == "workday"
        city = City(table, works)
        hours = table["hours"][row["hours"] or table["default_hours"]]
        start = dt.datetime.fromisoformat(row["start"]).replace(tzinfo=city.zone).astimezone(UTC)
        answer = due(city, hours, start, row["limit"])
        provisional = any(year not in city.published for year in city.touched)
        yield row, city.local(answer).strftime("%Y-%m-%d %H:%M"), str(provisional).lower()


def main():
    write = "--write" in sys.argv[1:]
    tables = {
        "chengdu": tomllib.loads((ROOT / "data/chengdu/calendar.toml").read_text(encoding="utf-8")),
        "newyork": tomllib.loads((FIXTURES / "new_york_calendar.toml").read_text(encoding="utf-8")),
    }
    answers = list(worked_rows(tables))
    if write:
        lines = ["date,kind"] + [f"{d},{k}" for d, k in package_days()]
        DAYS.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with WORKED.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(answers[0][0]), lineterminator="\n")
            writer.writeheader()
            for row, answer, provisional in answers:
                writer.writerow(row | {"due": answer, "provisional": provisional})
    wrong = check_city(tables["chengdu"])
    fixture = [
        (dt.date.fromisoformat(r["date"]), r["kind"]) for r in csv.DictReader(DAYS.open(encoding="utf-8"))
    ]
    if fixture != package_days():
        wrong.append(f"{DAYS.name} differs from chinesecalendar")
    if not write:
        for row, answer, provisional in answers:
            if (row["due"], row["provisional"]) != (answer, provisional):
                wrong.append(
                    f"{row['start']} + {row['limit']}: {row['due']} {row['provisional']}, "
                    f"walking gives {answer} {provisional}"
                )
    print("\n".join(wrong) or f"{len(fixture)} days and {len(answers)} worked deadlines agree")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
