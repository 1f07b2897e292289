//! The calendar made ready for arithmetic: days as instants, working days as lists, windows as running sums.
//!
//! Built once per edition of the calendar; every question after that is a few array reads. A civil day runs
//! from the first instant of its date to the first instant of the next date. The reading `m` of a date is
//! the first instant at which the city's clock shows `m` **or later**: a reading skipped in spring is the
//! moment of the jump, a reading shown twice in autumn is its first showing. Next: `../clock/mod.rs`, which
//! asks the questions.

use super::hours::{DaysWorked, HoursTable};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Milliseconds in a civil day without a change of the clock.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// Milliseconds in a minute.
pub(crate) const MINUTE_MS: i64 = 60_000;

/// The instant, in ms, of the first moment at which clocks in `zone` show `civil` or later.
pub(super) fn reading(zone: &TimeZone, civil: DateTime) -> i64 {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let with = |offset: jiff::tz::Offset| offset.to_timestamp(civil).ok();
    let found = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => with(offset),
        AmbiguousOffset::Fold { before, .. } => with(before),
        AmbiguousOffset::Gap { after, .. } => {
            with(after).and_then(|early| zone.following(early).next().map(|jump| jump.timestamp()))
        }
    };
    let end = if civil.year() < 1970 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    found.unwrap_or(end).as_millisecond()
}

/// The days of the covered years, counted from 0 at 1 January of the first.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    pub(crate) zone: TimeZone,
    first: Date,
    /// The instant each day begins; one more than there are days.
    pub(crate) starts: Vec<i64>,
    /// Working days before each day; one more than there are days.
    before: Vec<u32>,
    /// The working days in order.
    working: Vec<u32>,
    /// For each year its first day and whether its notice is published.
    years: Vec<(usize, bool)>,
}

impl Days {
    pub(super) fn build(
        zone: &TimeZone,
        years: std::ops::RangeInclusive<i16>,
        works: impl Fn(Date) -> bool,
        published: impl Fn(i16) -> bool,
    ) -> Self {
        let first = Date::constant(*years.start(), 1, 1);
        let end = Date::constant(*years.end() + 1, 1, 1);
        let mut days = Self {
            zone: zone.clone(),
            first,
            starts: vec![reading(zone, first.to_datetime(jiff::civil::Time::midnight()))],
            before: vec![0],
            working: Vec::new(),
            years: Vec::new(),
        };
        for (i, date) in first.series(jiff::Span::new().days(1)).take_while(|d| *d < end).enumerate() {
            if date.month() == 1 && date.day() == 1 {
                days.years.push((i, published(date.year())));
            }
            let next = date.saturating_add(jiff::Span::new().days(1));
            let until = reading(zone, next.to_datetime(jiff::civil::Time::midnight()));
            // A date that a zone skipped altogether has no length and is worked by nobody.
            if until > days.starts[i] && works(date) {
                days.working.push(i as u32);
            }
            days.starts.push(until);
            days.before.push(days.working.len() as u32);
        }
        days
    }

    /// How many days are covered.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The date of a day.
    pub(crate) fn date(&self, day: usize) -> Date {
        let days = i64::try_from(day).unwrap_or(i64::MAX);
        jiff::Span::new().try_days(days).map_or(Date::MAX, |span| self.first.saturating_add(span))
    }

    /// The day of a date, when covered.
    pub(crate) fn of_date(&self, date: Date) -> Option<usize> {
        let days = (date - self.first).get_days();
        usize::try_from(days).ok().filter(|day| *day < self.len())
    }

    /// The day that holds the instant `ms`, when covered.
    pub(crate) fn of(&self, ms: i64) -> Option<usize> {
        if ms < self.starts[0] || ms >= self.starts[self.len()] {
            return None;
        }
        let guess = usize::try_from((ms - self.starts[0]) / DAY_MS).unwrap_or(0);
        let mut day = guess.min(self.len() - 1);
        while self.starts[day] > ms {
            day -= 1;
        }
        while self.starts[day + 1] <= ms {
            day += 1;
        }
        Some(day)
    }

    /// Whether a day is worked.
    pub(crate) fn works(&self, day: usize) -> bool {
        self.before[day + 1] > self.before[day]
    }

    /// The `n`th working day after `day`, n from 1; the `n`th before it when `n` is negative; for 0 `day`
    /// itself if it is worked, else the next that is.
    pub(crate) fn nth(&self, day: usize, n: i64) -> Option<usize> {
        let base = if n > 0 { self.before[day + 1] } else { self.before[day] };
        let place = if n > 0 { i64::from(base) + n - 1 } else { i64::from(base) + n };
        usize::try_from(place).ok().and_then(|at| self.working.get(at)).map(|day| *day as usize)
    }

    /// Whether any day from `from` to `to` lies in a year whose notice is not published.
    pub(crate) fn unpublished(&self, from: usize, to: usize) -> bool {
        let (a, b) = (self.year_of(from.min(to)), self.year_of(from.max(to)));
        self.years[a..=b].iter().any(|(_, published)| !published)
    }

    fn year_of(&self, day: usize) -> usize {
        let mut year = (day / 366).min(self.years.len() - 1);
        while year + 1 < self.years.len() && self.years[year + 1].0 <= day {
            year += 1;
        }
        year
    }

    /// The instant at which the clock shows `ms` after 00:00 on `day`; a value above 24 h lies on the next
    /// day.
    pub(crate) fn at(&self, day: usize, ms: i64) -> i64 {
        if ms >= DAY_MS && day + 1 < self.len() {
            return if ms == DAY_MS { self.starts[day + 1] } else { self.at(day + 1, ms - DAY_MS) };
        }
        let (from, to) = (self.starts[day], self.starts[day + 1]);
        if to - from == DAY_MS || ms == 0 || ms >= DAY_MS {
            return from + ms;
        }
        let time = jiff::civil::Time::midnight().saturating_add(jiff::SignedDuration::from_millis(ms));
        reading(&self.zone, self.date(day).to_datetime(time)).clamp(from, to)
    }

    /// What the clock shows at the instant `ms` of `day`, in ms after 00:00.
    pub(crate) fn clock(&self, day: usize, ms: i64) -> i64 {
        let (from, to) = (self.starts[day], self.starts[day + 1]);
        if to - from == DAY_MS {
            return ms - from;
        }
        let civil = self.zone.to_datetime(crate::time::Time(ms).timestamp());
        if civil.date() > self.date(day) {
            return DAY_MS;
        }
        if civil.date() < self.date(day) {
            return 0;
        }
        civil.time().duration_since(jiff::civil::Time::midnight()).as_millis() as i64
    }
}

/// One unbroken stretch of working time.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: i64,
    to: i64,
    /// Working ms before `from`.
    before: i64,
}

/// The working time of one table of hours over the covered years.
#[derive(Debug, Clone)]
pub(crate) struct Shifts {
    stretches: Vec<Stretch>,
    /// For each day the first stretch that ends after the day begins.
    first: Vec<u32>,
    /// For each day the instants its first window begins and its last one ends; the same instant when it
    /// has none.
    bounds: Vec<(i64, i64)>,
    /// Whether the table looks at the calendar's working days at all.
    pub(crate) sensitive: bool,
}

impl Shifts {
    pub(super) fn build(table: &HoursTable, days: &Days, sensitive: bool) -> Self {
        let mut shifts = Self { stretches: Vec::new(), first: Vec::new(), bounds: Vec::new(), sensitive };
        for day in 0..days.len() {
            let (from, to) = (days.starts[day], days.starts[day + 1]);
            let open = to > from && (!sensitive || days.works(day));
            let mut bounds = (from, from);
            for window in if open { table.windows_on(days.date(day)) } else { &[] } {
                let begin = days.at(day, i64::from(window.from) * MINUTE_MS);
                let end = days.at(day, i64::from(window.to) * MINUTE_MS);
                if end > begin {
                    bounds =
                        (if bounds.0 == bounds.1 { begin } else { bounds.0.min(begin) }, bounds.1.max(end));
                    shifts.push(begin, end);
                }
            }
            shifts.bounds.push(bounds);
        }
        let mut next = 0;
        for day in 0..days.len() {
            while shifts.stretches.get(next).is_some_and(|s| s.to <= days.starts[day]) {
                next += 1;
            }
            shifts.first.push(next as u32);
        }
        shifts
    }

    /// Adds a window; one that touches or overlaps the stretch before it lengthens that stretch.
    fn push(&mut self, from: i64, to: i64) {
        match self.stretches.last_mut() {
            Some(last) if from <= last.to => last.to = last.to.max(to),
            last => {
                let before = last.map_or(0, |s| s.before + (s.to - s.from));
                self.stretches.push(Stretch { from, to, before });
            }
        }
    }

    /// Whether nobody ever works.
    pub(crate) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    fn next_stretch(&self, day: usize, ms: i64) -> usize {
        let mut i = self.first[day] as usize;
        while self.stretches.get(i).is_some_and(|s| s.to <= ms) {
            i += 1;
        }
        i
    }

    /// Working ms before the instant `ms`, which lies on `day`.
    pub(crate) fn worked(&self, day: usize, ms: i64) -> i64 {
        let i = self.next_stretch(day, ms);
        match self.stretches.get(i) {
            Some(s) => s.before + (ms - s.from).max(0),
            None => self.stretches.last().map_or(0, |s| s.before + (s.to - s.from)),
        }
    }

    /// The earliest instant by which `worked` ms have been worked, and the beginning of the next stretch if
    /// that instant ends one (the instant itself otherwise). None when the covered years hold less.
    pub(crate) fn when(&self, worked: i64) -> Option<(i64, i64)> {
        let i = self.stretches.partition_point(|s| s.before + (s.to - s.from) < worked);
        let s = self.stretches.get(i).filter(|_| worked > 0)?;
        let at = s.from + (worked - s.before);
        let until = if at == s.to { self.stretches.get(i + 1).map_or(at, |next| next.from) } else { at };
        Some((at, until))
    }

    /// The first working moment at or after the instant `ms` of `day`.
    pub(crate) fn next_moment(&self, day: usize, ms: i64) -> Option<i64> {
        self.stretches.get(self.next_stretch(day, ms)).map(|s| s.from.max(ms))
    }

    /// When the first window of a day begins, if it has one.
    pub(crate) fn begins(&self, day: usize) -> Option<i64> {
        let (from, to) = self.bounds[day];
        (to > from).then_some(from)
    }

    /// When the last window of a day ends, if it has one. A night shift ends on the next date.
    pub(crate) fn ends(&self, day: usize) -> Option<i64> {
        let (from, to) = self.bounds[day];
        (to > from).then_some(to)
    }
}

/// Both ways to count one table: as it works, and on working days only (for limits in working days).
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    own: Shifts,
    on_working_days: Option<Shifts>,
}

impl Counted {
    pub(super) fn build(table: &HoursTable, days: &Days) -> Self {
        let every = table.days == DaysWorked::Every;
        Self {
            own: Shifts::build(table, days, !every),
            on_working_days: every.then(|| Shifts::build(table, days, true)),
        }
    }

    /// The shifts to count by; `working_days` leaves out what a table of every day works on days off.
    pub(crate) fn shifts(&self, working_days: bool) -> &Shifts {
        match &self.on_working_days {
            Some(shifts) if working_days => shifts,
            _ => &self.own,
        }
    }
}
