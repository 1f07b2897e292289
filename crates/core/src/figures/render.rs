//! Figures as an aligned table for people and as CSV for machines.
//!
//! Chinese characters take two columns of a terminal, so widths are East Asian widths (UAX #11).

use super::definition::{Definition, Kind, definitions};
use super::{Duration, Exact, FigureRules, Figures, Origin, Question, Rate, Row};
use unicode_width::UnicodeWidthStr;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const NOT_RECORDED: &str = "(not recorded)";

pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The figures for people: the whole, figure by figure, then a table of the groups. Figures of which the
/// cases record nothing are left out and named in the last line.
pub fn to_table(figures: &Figures) -> String {
    let all = definitions(&figures.rules);
    let (shown, silent): (Vec<_>, Vec<_>) = all.iter().partition(|one| speaks(&figures.total, one));
    let mut text = heading(figures);
    text.push_str(&whole(figures, &shown));
    if !figures.rows.is_empty() {
        text.push('\n');
        text.push_str(&groups(figures, &shown));
    }
    let silent: Vec<_> =
        silent.iter().filter(|one| one.kind != Kind::Count).map(|one| one.key.as_str()).collect();
    if !silent.is_empty() {
        text.push_str(&format!("\nnot rated, for want of cases: {}\n", silent.join(", ")));
    }
    text
}

fn speaks(total: &Row, figure: &Definition) -> bool {
    if total.hidden.contains_key(figure.key.as_str()) {
        return true;
    }
    match figure.kind {
        Kind::Count => figure.key == "received" || total.count(&figure.key).is_some_and(|count| count > 0),
        Kind::Rate => total.rate(&figure.key).is_some_and(|rate| rate.denominator > 0),
        Kind::Duration => total.duration(&figure.key).is_some_and(|one| one.n > 0),
        Kind::Score => ["responded", "solved", "satisfied"]
            .iter()
            .all(|key| total.rate(key).is_some_and(|rate| rate.denominator > 0)),
    }
}

/// What was asked, of which state of the journal.
pub(super) fn asked(question: &Question, origin: &Origin) -> String {
    let bound = |end: Option<crate::time::Time>| end.map_or("…".to_owned(), |time| time.to_string());
    let position: Vec<_> = origin.position.iter().map(|(shard, seq)| format!("{shard}:{seq}")).collect();
    let mut text = format!(
        "period {} to {} by {}, as of {}\n",
        bound(question.period.from),
        bound(question.period.to),
        super::Basis::ALL.iter().find(|(_, b)| *b == question.basis).map_or("", |(word, _)| word),
        question.as_of
    );
    if !position.is_empty() {
        text.push_str(&format!("journal {}", position.join(" ")));
        if let Some(edition) = origin.city_edition {
            text.push_str(&format!(", city edition {edition}"));
        }
        if let Some(edition) = &origin.profile_edition {
            text.push_str(&format!(", profile edition {edition}"));
        }
        text.push('\n');
    }
    text
}

fn heading(figures: &Figures) -> String {
    let mut text = asked(&figures.question, &figures.origin);
    if let Some(cell) = figures.smallest_cell {
        text.push_str(&format!("for the public: counts below {cell} are masked, {}\n", super::mask::MEANING));
    }
    text.push('\n');
    text
}

fn whole(figures: &Figures, shown: &[&Definition]) -> String {
    let lines: Vec<(String, String)> = shown
        .iter()
        .map(|one| (format!("{} {}", one.en, one.zh), value(&figures.total, one, figures)))
        .collect();
    let widest = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{}  {value}\n", pad(name, widest))).collect()
}

fn value(row: &Row, figure: &Definition, figures: &Figures) -> String {
    let rules = &figures.rules;
    if let Some(hidden) = row.hidden.get(figure.key.as_str()) {
        return hidden.text(figures.smallest_cell);
    }
    match figure.kind {
        Kind::Count => grouped(row.count(&figure.key).unwrap_or(0)),
        Kind::Rate => rate_text(row.rate(&figure.key).unwrap_or_default(), rules),
        Kind::Duration => row.duration(&figure.key).map_or_else(String::new, |one| duration_text(one, rules)),
        Kind::Score => points(row, rules).unwrap_or_else(|| "not rated".to_owned()),
    }
}

/// The score of a row with as many places as a percentage; none where it is not rated.
pub(super) fn points(row: &Row, rules: &FigureRules) -> Option<String> {
    Some(row.score(rules.weights.as_ref()?)?.in_units(1, rules.percent_places))
}

fn rate_text(rate: Rate, rules: &FigureRules) -> String {
    let Some(percent) = rate.percent(rules.percent_places) else { return "not rated".to_owned() };
    let (low, high) = rate.interval(rules.z(), rules.percent_places).unwrap_or_default();
    format!("{percent} %  {}/{}  [{low}–{high}]", rate.numerator, rate.denominator)
}

fn duration_text(one: &Duration, rules: &FigureRules) -> String {
    let mut text = format!("n {}", grouped(one.n));
    if let Some(mean) = one.mean {
        text.push_str(&format!(", mean {}", human(mean, rules)));
    }
    for (percent, value) in &one.quantiles {
        text.push_str(&format!(", {} {}", quantile_name(*percent), human(*value, rules)));
    }
    text
}

fn quantile_name(percent: u8) -> String {
    if percent == 50 { "median".to_owned() } else { format!("p{percent}") }
}

fn human(value: Exact, rules: &FigureRules) -> String {
    if value.at_least(i64::from(rules.days_from_hours) * HOUR_MS) {
        format!("{} d", value.in_units(DAY_MS, rules.duration_places))
    } else {
        format!("{} h", value.in_units(HOUR_MS, rules.duration_places))
    }
}

fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn groups(figures: &Figures, shown: &[&Definition]) -> String {
    let mut lines = vec![header(figures, shown)];
    lines.extend(figures.rows.iter().map(|row| cells(row, shown, figures)));
    aligned(&lines)
}

/// Lines of as many cells as the first, in columns; the first to the left, the others to the right.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|i| lines.iter().filter_map(|line| line.get(i)).map(|c| width(c)).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate();
        let joined: Vec<_> =
            cells.map(|(i, (cell, w))| if i == 0 { pad(cell, *w) } else { pad_left(cell, *w) }).collect();
        text.push_str(joined.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The table shows the first and the last quantile of a duration; CSV and JSON show them all.
fn edge_quantiles(rules: &FigureRules) -> Vec<u8> {
    let mut edges: Vec<u8> =
        rules.quantiles.first().into_iter().chain(rules.quantiles.last()).copied().collect();
    edges.dedup();
    edges
}

fn header(figures: &Figures, shown: &[&Definition]) -> Vec<String> {
    let mut line = vec![figures.question.by.word().to_owned()];
    for one in shown {
        match one.kind {
            Kind::Duration => line.extend(
                edge_quantiles(&figures.rules).iter().map(|p| format!("{} {}", one.key, quantile_name(*p))),
            ),
            _ => line.push(one.key.clone()),
        }
    }
    line
}

fn cells(row: &Row, shown: &[&Definition], figures: &Figures) -> Vec<String> {
    let rules = &figures.rules;
    let key = row.key.as_deref().unwrap_or(NOT_RECORDED);
    let mut line = vec![row.name.as_ref().map_or(key.to_owned(), |name| format!("{name} ({key})"))];
    for one in shown {
        let hidden = row.hidden.get(one.key.as_str());
        match (one.kind, row.duration(&one.key)) {
            (Kind::Duration, _) if hidden.is_some() => {
                line.extend(edge_quantiles(rules).iter().map(|_| value(row, one, figures)));
            }
            (Kind::Duration, Some(duration)) => line.extend(
                edge_quantiles(rules)
                    .iter()
                    .map(|p| duration.quantile(*p).map_or("–".to_owned(), |value| human(value, rules))),
            ),
            _ => line.push(value(row, one, figures)),
        }
    }
    line
}

/// The figures as CSV: a row per group, then the whole with the key `*`. Durations are in seconds. A rate
/// has five columns, of which percent and bounds are empty when it is not rated.
pub fn to_csv(figures: &Figures) -> String {
    let all = definitions(&figures.rules);
    let mut text = csv_line(&csv_header(figures, &all));
    for row in &figures.rows {
        let key = row.key.as_deref().unwrap_or(NOT_RECORDED);
        text.push_str(&csv_line(&csv_cells(key, row, &all, figures)));
    }
    text.push_str(&csv_line(&csv_cells("*", &figures.total, &all, figures)));
    text
}

fn csv_header(figures: &Figures, all: &[Definition]) -> Vec<String> {
    let mut line = vec![figures.question.by.word().to_owned(), "name".to_owned()];
    for one in all {
        match one.kind {
            Kind::Count | Kind::Score => line.push(one.key.clone()),
            Kind::Rate => line.extend(csv_rate_names(&one.key)),
            Kind::Duration => {
                line.extend(["n", "mean_s"].map(|part| format!("{}.{part}", one.key)));
                line.extend(figures.rules.quantiles.iter().map(|p| format!("{}.p{p}_s", one.key)));
            }
        }
    }
    line
}

pub(super) fn csv_rate_names(key: &str) -> [String; 5] {
    ["numerator", "denominator", "percent", "low", "high"].map(|part| format!("{key}.{part}"))
}

pub(super) fn csv_rate(rate: Rate, rules: &FigureRules) -> [String; 5] {
    let (low, high) = rate.interval(rules.z(), rules.percent_places).unwrap_or_default();
    let percent = rate.percent(rules.percent_places).unwrap_or_default();
    [rate.numerator.to_string(), rate.denominator.to_string(), percent, low, high]
}

fn csv_cells(key: &str, row: &Row, all: &[Definition], figures: &Figures) -> Vec<String> {
    let rules = &figures.rules;
    let mut line = vec![key.to_owned(), row.name.clone().unwrap_or_default()];
    for one in all {
        if let Some(hidden) = row.hidden.get(one.key.as_str()) {
            let columns = match one.kind {
                Kind::Count | Kind::Score => 1,
                Kind::Rate => 5,
                Kind::Duration => 2 + rules.quantiles.len(),
            };
            line.extend(std::iter::repeat_n(hidden.text(figures.smallest_cell), columns));
            continue;
        }
        match one.kind {
            Kind::Count => line.push(row.count(&one.key).unwrap_or(0).to_string()),
            Kind::Score => line.push(points(row, rules).unwrap_or_default()),
            Kind::Rate => line.extend(csv_rate(row.rate(&one.key).unwrap_or_default(), rules)),
            Kind::Duration => {
                let seconds = |value: Option<Exact>| value.map_or_else(String::new, |v| v.in_units(1_000, 3));
                let duration = row.duration(&one.key);
                line.push(duration.map_or(0, |d| d.n).to_string());
                line.push(seconds(duration.and_then(|d| d.mean)));
                line.extend(rules.quantiles.iter().map(|p| seconds(duration.and_then(|d| d.quantile(*p)))));
            }
        }
    }
    line
}

pub(super) fn csv_line(cells: &[String]) -> String {
    let quoted: Vec<String> = cells
        .iter()
        .map(|cell| {
            let plain = !cell.contains([',', '"', '\n', '\r']);
            if plain { cell.clone() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
        })
        .collect();
    format!("{}\n", quoted.join(","))
}
