//! `huying figures`: the question from the command line, the answer as table, JSON or CSV.

use crate::Outcome;
use clap::ValueEnum;
use compact_str::CompactString;
use huying_core::figures::{
    Basis, By, Figures, Period, definitions_json, definitions_text, to_csv, to_json, to_table,
    whistle_definitions, whistle_definitions_text,
};
use huying_core::time::Time;
use huying_engine::Settings;
use huying_engine::figures::{Question, Reading, name_of};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::process::ExitCode;

/// Counts, rates with their denominators, and durations of the cases in a data folder; docs/figures.md
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The data folder; a server may be running on it
    #[arg(long)]
    data: PathBuf,
    /// First day or instant of the period, such as 2024-05-01 or 2024-05-01T08:00:00Z; a day is the city's
    #[arg(long)]
    from: Option<String>,
    /// First day or instant after the period
    #[arg(long)]
    to: Option<String>,
    /// A row for each of these
    #[arg(long, value_parser = by, default_value = "none")]
    by: By,
    /// With `--by place`: lift places to this level of the city, such as district
    #[arg(long)]
    level: Option<CompactString>,
    /// Which time of a case must fall in the period: opened, due or closed
    #[arg(long, visible_alias = "on", value_parser = basis, default_value = "opened")]
    basis: Basis,
    /// The day or instant at which open cases are judged overdue; now without it
    #[arg(long)]
    as_of: Option<String>,
    /// For the public: counts below the profile's `smallest_cell`, and what would give them away, are masked
    #[arg(long)]
    public: bool,
    /// What the cases cost by the profile's `[cost]`, whole or `--by unit` or `--by matter`, instead
    #[arg(long, conflicts_with = "public")]
    cost: bool,
    /// Both sides of whistles instead: how departments came, whether conveners were right to call, and the
    /// control charts of how often they do
    #[arg(long, conflicts_with_all = ["public", "cost", "by", "level"])]
    whistles: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print what each figure means instead
    #[arg(long)]
    definitions: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

fn by(word: &str) -> Result<By, String> {
    pick(&By::ALL, word)
}

fn basis(word: &str) -> Result<Basis, String> {
    pick(&Basis::ALL, word)
}

fn pick<T: Copy>(all: &[(&str, T)], word: &str) -> Result<T, String> {
    let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
    let found = all.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    found.ok_or_else(|| format!("accepted: {}", words.join(", ")))
}

pub(crate) fn run(args: Args) -> Outcome {
    let reading = Reading::open(&args.data, Settings::default())?;
    if args.definitions {
        let rules = reading.rules().figures.clone();
        match (args.format, args.whistles) {
            (Format::Json, true) => println!("{}", serde_json::to_string_pretty(&whistle_definitions())?),
            (Format::Json, false) => println!("{}", serde_json::to_string_pretty(&definitions_json(&rules))?),
            (_, true) => print!("{}", whistle_definitions_text()),
            (_, false) => print!("{}", definitions_text(&rules)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let zone = TimeZone::get(&reading.rules().city.about.zone)?;
    if args.level.is_some() && args.by != By::Place {
        return Err("--level lifts places; accepted: --by place --level LEVEL".into());
    }
    let at = |name: &str, text: &Option<String>| text.as_deref().map(|t| instant(name, t, &zone)).transpose();
    let question = Question {
        by: args.by,
        basis: args.basis,
        period: Period { from: at("from", &args.from)?, to: at("to", &args.to)? },
        as_of: at("as-of", &args.as_of)?,
        level: args.level,
        ..Question::default()
    };
    if args.cost {
        return print_cost(&reading, &question, args.format);
    }
    if args.whistles {
        let sheet = reading.whistles(&question)?;
        match args.format {
            Format::Table => print!("{}", sheet.to_table()),
            Format::Json => println!("{}", serde_json::to_string_pretty(&sheet.to_json())?),
            Format::Csv => print!("{}", sheet.to_csv()),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut figures = reading.collect(&question)?;
    if args.public {
        figures = figures.for_the_public(reading.rules().profile.settings.smallest_cell);
    }
    print(&figures, args.format)
}

fn print_cost(reading: &Reading, question: &Question, format: Format) -> Outcome {
    if !matches!(question.by, By::None | By::Unit | By::Matter) {
        return Err(
            "--cost has rows for units and matters; accepted: --by unit, --by matter, or neither".into()
        );
    }
    let (cost, rules) = (reading.cost(question)?, reading.rules());
    let name = |key: &str| name_of(&rules, question.by, key);
    match format {
        Format::Table => print!("{}", cost.to_table(name)),
        Format::Json => println!("{}", serde_json::to_string_pretty(&cost.to_json(name))?),
        Format::Csv => print!("{}", cost.to_csv(name)),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(figures: &Figures, format: Format) -> Outcome {
    match format {
        Format::Table => print!("{}", to_table(figures)),
        Format::Json => println!("{}", serde_json::to_string_pretty(&to_json(figures))?),
        Format::Csv => print!("{}", to_csv(figures)),
    }
    Ok(ExitCode::SUCCESS)
}

/// A day as its first instant in the city, or an instant.
fn instant(name: &str, text: &str, zone: &TimeZone) -> Result<Time, String> {
    if let Ok(day) = text.parse::<Date>()
        && !text.contains('T')
    {
        return zone
            .to_timestamp(day.at(0, 0, 0, 0))
            .map(Time::from)
            .map_err(|e| format!("--{name} {text}: {e}"));
    }
    text.parse::<jiff::Timestamp>().map(Time::from).map_err(|_| {
        format!("--{name} {text}: accepted is a day such as 2024-05-01, or an instant such as 2024-05-01T08:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_citys_and_an_instant_is_everybodys() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let ms = |text: &str| instant("from", text, &zone).map(|t| t.to_string());
        assert_eq!(ms("2024-05-01").unwrap(), "2024-04-30T16:00:00Z");
        assert_eq!(ms("2024-05-01T08:00:00+08:00").unwrap(), "2024-05-01T00:00:00Z");
        for bad in ["May", "2024-13-01", "2024-05-01T08:00"] {
            assert!(ms(bad).unwrap_err().contains("accepted is a day"), "{bad}");
        }
    }
}
