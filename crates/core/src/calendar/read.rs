//! Reads `calendar.toml` and names every fault by its line and key path.
//!
//! Owns the form of the file (documented in `docs/clocks.md`). A file with errors gives no calendar; warnings
//! alone do not stop it. Next: `index.rs`.

use super::hours::windows_flaw;
use super::*;
use std::collections::HashMap;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'a> = Spanned<DeValue<'a>>;

impl Calendar {
    /// Reads the text of a calendar file. `file_name` is only used to address faults. No calendar comes
    /// back when any fault is an error.
    pub fn read(file_name: &str, text: &str) -> (Option<Self>, Vec<Fault>) {
        let mut reader = Reader::new(file_name, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in errors {
                let at = error.span().map_or(0, |span| span.start);
                reader.fault_at(at, "", error.message().to_owned(), "a TOML document");
            }
            return (None, reader.faults);
        }
        let calendar = reader.calendar(root.get_ref());
        let broken = reader.faults.iter().any(|f| f.severity == Severity::Error);
        (calendar.filter(|_| !broken), reader.faults)
    }
}

struct Reader<'t> {
    file: String,
    text: &'t str,
    faults: Vec<Fault>,
    /// The line of every key path seen, so that later checks can be addressed too.
    lines: HashMap<String, u32>,
}

impl<'t> Reader<'t> {
    fn new(file: &str, text: &'t str) -> Self {
        Self { file: file.to_owned(), text, faults: Vec::new(), lines: HashMap::new() }
    }

    fn line(&self, offset: usize) -> u32 {
        let before = self.text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count();
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    fn fault_at(&mut self, offset: usize, field: &str, problem: String, accepted: &str) {
        let line = self.line(offset);
        self.push(Severity::Error, line, field.to_owned(), problem, accepted.to_owned());
    }

    fn push(&mut self, severity: Severity, line: u32, field: String, problem: String, accepted: String) {
        self.faults.push(Fault { severity, file: self.file.clone(), line, field, problem, accepted });
    }

    /// The line of a key path, or of the nearest key above it.
    fn line_of(&self, path: &str) -> u32 {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None => return 0,
            }
        }
    }

    fn missing(&mut self, path: &str, key: &str, accepted: &str) {
        let line = self.line_of(path);
        let field = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        self.push(Severity::Error, line, field, format!("`{key}` is missing"), accepted.to_owned());
    }

    /// The table at `path`, its keys noted; a key outside `known` is a fault (an empty `known` accepts all).
    fn table<'v, 'a>(&mut self, path: &str, value: &'v Value<'a>, known: &[&str]) -> Option<&'v DeTable<'a>> {
        self.note(path, value);
        let Some(table) = value.get_ref().as_table() else {
            let problem = format!("a {} instead of a table", value.get_ref().type_str());
            self.fault_at(value.span().start, path, problem, "a table");
            return None;
        };
        self.keys(path, table, known);
        Some(table)
    }

    fn keys(&mut self, path: &str, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.is_empty() && !known.contains(&key.get_ref().as_ref())) {
            let field = join(path, key.get_ref());
            let accepted = known.join(", ");
            self.fault_at(key.span().start, &field, format!("unknown key `{}`", key.get_ref()), &accepted);
        }
    }

    fn note(&mut self, path: &str, value: &Value<'_>) {
        let line = self.line(value.span().start);
        self.lines.insert(path.to_owned(), line);
    }

    /// The elements of an array with their paths; empty when the key is absent.
    fn array<'v, 'a>(
        &mut self,
        path: &str,
        table: &'v DeTable<'a>,
        key: &str,
    ) -> Vec<(String, &'v Value<'a>)> {
        let path = join(path, key);
        let Some(value) = table.get(key) else { return Vec::new() };
        self.note(&path, value);
        let Some(items) = value.get_ref().as_array() else {
            let problem = format!("a {} instead of an array", value.get_ref().type_str());
            self.fault_at(value.span().start, &path, problem, "an array");
            return Vec::new();
        };
        items.iter().enumerate().map(|(i, item)| (format!("{path}[{i}]"), item)).collect()
    }

    /// A text (or TOML date) read by `read`; a fault and `None` when it is absent or cannot be read.
    fn item<T>(
        &mut self,
        path: &str,
        value: &Value<'_>,
        accepted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.note(path, value);
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            other => {
                let problem = format!("a {} instead of a text", other.type_str());
                self.fault_at(value.span().start, path, problem, accepted);
                return None;
            }
        };
        let found = read(&text);
        if found.is_none() {
            self.fault_at(value.span().start, path, format!("`{text}` is not accepted"), accepted);
        }
        found
    }

    fn key<T>(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        key: &str,
        accepted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        match table.get(key) {
            Some(value) => self.item(&join(path, key), value, accepted, read),
            None => {
                self.missing(path, key, accepted);
                None
            }
        }
    }

    fn calendar(&mut self, root: &DeTable<'_>) -> Option<Calendar> {
        self.keys("", root, &["zone", "weekend", "default_hours", "hours", "year"]);
        let zone = self.key("", root, "zone", "an IANA zone such as Asia/Shanghai", |text| {
            TimeZone::get(text).ok().map(|zone| (zone, text.to_owned()))
        });
        if !root.contains_key("weekend") {
            self.missing("", "weekend", "an array of days, such as [\"saturday\", \"sunday\"]");
        }
        let days = self.array("", root, "weekend");
        let weekend: Vec<Weekday> =
            days.iter().filter_map(|(path, value)| self.item(path, value, WEEKDAYS, weekday)).collect();
        let hours = self.all_hours(root);
        let default = self.default_hours(root, &hours);
        let years = self.years(root);
        let mut found = Vec::new();
        let listed = check_years(&years, &weekend, &mut |field, problem, accepted, severity| {
            found.push((severity, field, problem, accepted));
        });
        // Without the weekend as meant, every make-up day would look needless.
        found.retain(|(severity, ..)| *severity == Severity::Error || weekend.len() == days.len());
        for (severity, field, problem, accepted) in found {
            let line = self.line_of(&field);
            self.push(severity, line, field, problem, accepted);
        }
        if self.faults.iter().any(|f| f.severity == Severity::Error) {
            return None;
        }
        let (zone, zone_name) = zone?;
        Some(Calendar::build(
            Parts { zone, zone_name, weekend, years, hours, default_hours: default? },
            listed,
        ))
    }

    fn default_hours(&mut self, root: &DeTable<'_>, hours: &[(HoursId, HoursTable)]) -> Option<usize> {
        let names: Vec<&str> = hours.iter().map(|(id, _)| id.as_str()).collect();
        let accepted = format!("a table of hours: {}", names.join(", "));
        self.key("", root, "default_hours", &accepted, |text| names.iter().position(|name| *name == text))
    }

    fn all_hours(&mut self, root: &DeTable<'_>) -> Vec<(HoursId, HoursTable)> {
        let mut all = Vec::new();
        let Some(value) = root.get("hours") else {
            self.missing("", "hours", "a table [hours.NAME] for each table of working hours");
            return all;
        };
        let Some(tables) = self.table("hours", value, &[]) else { return all };
        if tables.len() > MAX_HOURS {
            let problem = format!("{} tables", tables.len());
            self.fault_at(value.span().start, "hours", problem, "at most 64 tables of hours");
            return all;
        }
        for (name, value) in tables {
            let path = join("hours", name.get_ref());
            match HoursId::new(name.get_ref()) {
                Ok(id) => all.extend(self.hours(&path, value).map(|table| (id, table))),
                Err(bad) => self.fault_at(name.span().start, &path, bad.to_string(), "another name"),
            }
        }
        all
    }

    fn hours(&mut self, path: &str, value: &Value<'_>) -> Option<HoursTable> {
        let table = self.table(path, value, &["name", "days", "windows", "seasons"])?;
        let name = self.key(path, table, "name", "what people call these hours", some_text);
        let days = match table.get("days") {
            None => Some(DaysWorked::Working),
            Some(value) => self.item(&join(path, "days"), value, "working or every", |text| match text {
                "working" => Some(DaysWorked::Working),
                "every" => Some(DaysWorked::Every),
                _ => None,
            }),
        };
        let windows = self.windows(path, value, table);
        let mut seasons = Vec::new();
        for (path, value) in self.array(path, table, "seasons") {
            seasons.extend(self.season(&path, value));
        }
        Some(HoursTable { name: name?, days: days?, windows, seasons })
    }

    fn season(&mut self, path: &str, value: &Value<'_>) -> Option<Season> {
        let table = self.table(path, value, &["from", "to", "windows"])?;
        let from = self.key(path, table, "from", "a day of the year as MM-DD", MonthDay::parse);
        let to = self.key(path, table, "to", "a day of the year as MM-DD", MonthDay::parse);
        let windows = self.windows(path, value, table);
        Some(Season { from: from?, to: to?, windows })
    }

    fn windows(&mut self, path: &str, at: &Value<'_>, table: &DeTable<'_>) -> Vec<Window> {
        let accepted = "HH:MM-HH:MM, such as 08:00-12:00, 00:00-24:00 or 22:00-06:00";
        let items = self.array(path, table, "windows");
        let mut windows: Vec<Window> = items
            .iter()
            .filter_map(|(path, value)| self.item(path, value, accepted, |text| Window::from_str(text).ok()))
            .collect();
        windows.sort_unstable();
        if windows.len() == items.len()
            && let Some(problem) = windows_flaw(&windows)
        {
            let offset = table.get("windows").map_or(at.span().start, |value| value.span().start);
            let accepted = "1 to 12 windows a day, none over another, the hours after midnight included";
            self.fault_at(offset, &join(path, "windows"), problem, accepted);
        }
        windows
    }

    fn years(&mut self, root: &DeTable<'_>) -> BTreeMap<i16, YearTable> {
        let mut years = BTreeMap::new();
        let Some(value) = root.get("year") else {
            self.missing("", "year", "a table [year.YYYY] for each year known");
            return years;
        };
        let Some(tables) = self.table("year", value, &[]) else { return years };
        if tables.is_empty() {
            self.fault_at(value.span().start, "year", "no year is listed".into(), "at least one year");
        }
        for (name, value) in tables {
            let path = join("year", name.get_ref());
            let year = name.get_ref().parse::<i16>().ok().filter(|y| (FIRST_YEAR..=LAST_YEAR).contains(y));
            match year {
                Some(year) => {
                    // A year that could not be read whole is not checked further: its gaps would only echo.
                    let before = self.faults.len();
                    let table = self.year(&path, value).filter(|_| self.faults.len() == before);
                    years.extend(table.map(|table| (year, table)));
                }
                None => {
                    let accepted = format!("a year from {FIRST_YEAR} to {LAST_YEAR}");
                    let problem = format!("`{}` is no year", name.get_ref());
                    self.fault_at(name.span().start, &path, problem, &accepted);
                }
            }
        }
        years
    }

    fn year(&mut self, path: &str, value: &Value<'_>) -> Option<YearTable> {
        let table = self.table(path, value, &["published", "source", "holidays", "make_up"])?;
        let published = table.get("published").and_then(|v| v.get_ref().as_bool());
        if published.is_none() {
            let offset = table.get("published").map_or(value.span().start, |v| v.span().start);
            let problem = "`published` is missing or no truth value".to_owned();
            self.fault_at(offset, &join(path, "published"), problem, "true or false");
        }
        let source = match table.get("source") {
            Some(value) => self.item(&join(path, "source"), value, "the notice's number", some_text),
            None => Some(String::new()),
        };
        let mut holidays = Vec::new();
        for (path, value) in self.array(path, table, "holidays") {
            holidays.extend(self.holiday(&path, value));
        }
        let mut make_up = Vec::new();
        for (path, value) in self.array(path, table, "make_up") {
            make_up.extend(self.make_up(&path, value));
        }
        Some(YearTable { published: published?, source: source?, holidays, make_up })
    }

    fn holiday(&mut self, path: &str, value: &Value<'_>) -> Option<Holiday> {
        let table = self.table(path, value, &["name", "from", "to"])?;
        let name = self.key(path, table, "name", "the holiday's name", some_text);
        let from = self.key(path, table, "from", DATE, |text| text.parse().ok());
        let to = self.key(path, table, "to", DATE, |text| text.parse().ok());
        Some(Holiday { name: name?, from: from?, to: to? })
    }

    fn make_up(&mut self, path: &str, value: &Value<'_>) -> Option<MakeUp> {
        let table = self.table(path, value, &["date", "for"])?;
        let date = self.key(path, table, "date", DATE, |text| text.parse().ok());
        let of = self.key(path, table, "for", "the name of a holiday", some_text);
        Some(MakeUp { date: date?, of: of? })
    }
}

const DATE: &str = "a date as YYYY-MM-DD";
const WEEKDAYS: &str = "monday, tuesday, wednesday, thursday, friday, saturday or sunday";

fn some_text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
