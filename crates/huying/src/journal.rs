//! `huying journal`: verify, prove, checkpoint, rebuild, export, back up, restore and salvage a data
//! folder's journal. `proof.rs` checks a proof without any data folder; docs/journal.md says what to do
//! with what these commands say.

use crate::{Outcome, Told};
use clap::{Subcommand, ValueEnum};
use huying_core::ids::Seq;
use huying_core::time::Time;
use huying_engine::store::{
    Folder, Loss, Lost, Options, Reader, SignedCheckpoint, Store, StoreError, StoredRecord, VerifyReport,
    restore,
};
use huying_engine::{MachineTime, TimeSource};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Verify, prove, rebuild, back up and restore the journal
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Where the data is.
#[derive(clap::Args)]
pub(crate) struct Data {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Recompute every hash, signature, reference and header; exit 0 when all is whole, 1 with each damage
    /// named
    Verify {
        #[command(flatten)]
        data: Data,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Write the proof of one case, for `huying proof check`; seals what is not sealed yet
    Prove {
        /// The public number of the case
        number: String,
        #[command(flatten)]
        data: Data,
        /// The file to write, new
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Seal what is not sealed yet and print the last signed checkpoint, for a witness to keep
    Checkpoint {
        #[command(flatten)]
        data: Data,
    },
    /// Replay the journal into a shadow of the rows and compare; exit 1 when they differ
    Rebuild {
        #[command(flatten)]
        data: Data,
        /// Put the shadow in place of the rows when they differ
        #[arg(long)]
        swap: bool,
    },
    /// Print the records as JSON lines; words and names are never in them
    Export {
        #[command(flatten)]
        data: Data,
        /// Leave out who acted, and exact points
        #[arg(long)]
        public: bool,
        /// The first record
        #[arg(long, default_value_t = 1, value_name = "SEQ")]
        from: u64,
    },
    /// Copy the ledger, the list of erasures and the files into a folder; the keys are not in it
    Backup {
        /// The folder, which may hold an earlier backup
        to: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Put a backup in place of the ledger, which is kept aside, and repeat every erasure
    Restore {
        #[command(flatten)]
        data: Data,
        /// The folder of the backup
        #[arg(long, value_name = "BACKUP")]
        from: PathBuf,
    },
    /// Print every record that still reads in a damaged ledger, as JSON lines; changes nothing
    Salvage {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Verify { data, format } => verify(&data.data, format),
        Command::Prove { number, data, output } => prove(&number, &data.data, &output),
        Command::Checkpoint { data } => checkpoint(&data.data),
        Command::Rebuild { data, swap } => rebuild(&data.data, swap),
        Command::Export { data, public, from } => export(&data.data, public, Seq(from)),
        Command::Backup { to, data } => backup(&data.data, &to),
        Command::Restore { data, from } => restore_from(&data.data, &from),
        Command::Salvage { data } => salvage(&data.data),
    }
}

/// Opens a ledger for reading, beside a writer if there is one.
pub(crate) fn reader(data: &Path) -> Result<Reader, StoreError> {
    Reader::open(&Folder::at(data))
}

/// Opens a ledger that must be there for writing; the one writer at a time.
fn store(data: &Path) -> Result<Store, StoreError> {
    // A mistyped path must not become a new data folder.
    drop(reader(data)?);
    Store::open(&Folder::at(data), Options::default())
}

fn verify(data: &Path, format: Format) -> Outcome {
    let report = huying_engine::verify(&reader(data)?, &mut |_, _| {})?;
    match format {
        Format::Text => print_verified(&report),
        Format::Json => {
            let damages: Vec<_> = report
                .damages
                .iter()
                .map(|d| {
                    serde_json::json!({"batch": d.batch_no, "first_seq": d.first_seq, "last_seq": d.last_seq,
                        "problem": d.problem})
                })
                .collect();
            let text = serde_json::json!({
                "whole": report.is_whole(), "batches": report.batches, "records": report.records,
                "position": report.position, "checkpoints": report.checkpoints, "sealed": report.sealed,
                "accesses": report.accesses, "items": report.items, "damages": damages,
            });
            println!("{}", serde_json::to_string_pretty(&text)?);
        }
    }
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print_verified(report: &VerifyReport) {
    println!("records      {} of {} whole, in {} batches", report.records, report.position, report.batches);
    println!("checkpoints  {}, up to record {}", report.checkpoints, report.sealed);
    println!(
        "vault        {} references to words, each to the text committed to or to an erased one",
        report.items
    );
    println!("access       {} clear readings", report.accesses);
    for damage in &report.damages {
        println!("DAMAGED      {damage}");
    }
    if report.is_whole() {
        println!("whole");
    } else {
        println!(
            "{} damages; docs/journal.md, \"When something breaks\", says what to do",
            report.damages.len()
        );
    }
}

/// Seals what is open. Beside a running writer nothing can be sealed, and what is sealed already is still
/// served.
fn sealed(data: &Path) -> Result<Reader, Told> {
    match store(data) {
        Ok(mut store) => {
            let at = MachineTime.now().max(store.last_recorded());
            store.seal(at)?;
        }
        Err(StoreError::Held { pid, .. }) => {
            eprintln!(
                "process {pid} writes to this folder: nothing is sealed now, the last checkpoint stands"
            );
        }
        Err(error) => return Err(error.into()),
    }
    Ok(reader(data)?)
}

fn prove(number: &str, data: &Path, output: &Path) -> Outcome {
    let found = reader(data)?.case_numbered(number)?;
    let case = found.ok_or_else(|| format!("there is no case `{number}`"))?.case_id;
    let reader = sealed(data)?;
    let proof = reader.prove(case.stream())?;
    let report = huying_engine::store::proof::check(&proof, reader.signing_key()?.as_ref())?;
    let mut file = std::fs::File::create_new(output).map_err(|e| format!("{}: {e}", output.display()))?;
    file.write_all(proof.text()?.as_bytes())?;
    file.sync_all()?;
    println!("{} records of case {number} proved in {}", report.records, output.display());
    println!("signed by {}", huying_engine::store::hex(&report.key));
    Ok(ExitCode::SUCCESS)
}

fn checkpoint(data: &Path) -> Outcome {
    match sealed(data)?.checkpoints()?.pop() {
        Some(signed) => {
            print!("{}", signed.text());
            eprintln!("digest {}", huying_engine::store::hex(&SignedCheckpoint::digest(&signed)));
            Ok(ExitCode::SUCCESS)
        }
        None => Err("the journal is empty: there is nothing to seal".into()),
    }
}

fn rebuild(data: &Path, swap: bool) -> Outcome {
    let report = huying_engine::rebuild(&mut store(data)?, swap, &mut |_| {})?;
    let rows: Vec<String> = report.rows.iter().map(|(table, n)| format!("{table} {n}")).collect();
    println!("{} records replayed: {}", report.records, rows.join(", "));
    for d in &report.differences {
        println!("DIFFERENT    {} {}: {}", d.table, d.key, d.what);
    }
    let unlisted = report.different.saturating_sub(report.differences.len() as u64);
    if unlisted > 0 {
        println!("and {unlisted} more");
    }
    match (report.different, report.swapped) {
        (0, _) => println!("the live rows are those of the journal"),
        (n, true) => println!("{n} differences; the rebuilt rows are now live"),
        (n, false) => println!("{n} differences; --swap puts the rebuilt rows in place"),
    }
    Ok(if report.different == 0 || report.swapped { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A record as it is exported: its very bytes, as they were hashed, or the public part of them.
fn write_line(out: &mut dyn Write, stored: &StoredRecord, public: bool) -> Result<(), Told> {
    serde_json::from_slice::<serde::de::IgnoredAny>(&stored.payload)?;
    write!(out, "{{\"seq\":{},\"record\":", stored.seq)?;
    if public {
        out.write_all(public_part(&stored.payload)?.as_bytes())?;
    } else {
        out.write_all(&stored.payload)?;
    }
    Ok(out.write_all(b"}\n")?)
}

/// Without the people who acted and without exact points.
fn public_part(payload: &[u8]) -> Result<String, serde_json::Error> {
    let mut value: serde_json::Value = serde_json::from_slice(payload)?;
    blank(&mut value);
    serde_json::to_string(&value)
}

fn blank(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(all) => all.iter_mut().for_each(blank),
        serde_json::Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "person" | "deputy_of" | "point"));
            fields.values_mut().for_each(blank);
        }
        _ => {}
    }
}

fn export(data: &Path, public: bool, from: Seq) -> Outcome {
    let reader = reader(data)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = None;
    reader.records_from(from, &mut |stored| {
        failed = write_line(&mut out, &stored, public).err();
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn salvage(data: &Path) -> Outcome {
    let reader = reader(data)?;
    let last = reader.high_marks().map(|m| m.seq).or_else(|_| reader.position())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = None;
    let mut taken = 0_u64;
    let lost = reader.salvage(Seq(1), last, &mut |stored| {
        let whole = write_line(&mut out, &stored, false);
        taken += u64::from(whole.is_ok());
        failed = whole.err().filter(|e| e.is::<std::io::Error>()).or(failed.take());
    });
    if let Some(error) = failed {
        return Err(error);
    }
    out.flush()?;
    eprintln!("{taken} of {last} records read");
    for (from, to) in runs(&lost) {
        eprintln!("lost: records {from} to {to}");
    }
    Ok(if taken == last.0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Neighbouring places as runs.
fn runs(places: &[Seq]) -> Vec<(Seq, Seq)> {
    let mut out: Vec<(Seq, Seq)> = Vec::new();
    for seq in places {
        match out.last_mut() {
            Some((_, last)) if last.0 + 1 == seq.0 => *last = *seq,
            _ => out.push((*seq, *seq)),
        }
    }
    out
}

fn backup(data: &Path, to: &Path) -> Outcome {
    let report = reader(data)?.backup(to)?;
    println!("records up to {} and {} new files copied to {}", report.position, report.files, to.display());
    println!("chain after batch {}: {}", report.batch_no, report.chain);
    println!("the keys are not in it: keep `keys/` of the data folder elsewhere");
    Ok(ExitCode::SUCCESS)
}

fn restore_from(data: &Path, from: &Path) -> Outcome {
    let report = restore(&Folder::at(data), from, Options::default())?;
    println!("restored up to record {}", report.position);
    println!("{} erasures done again that the backup did not know", report.erasures);
    println!("{} tokens taken back: whoever signs in needs a new one", report.tokens);
    if let Some(kept) = &report.kept {
        println!("the replaced ledger is kept in {}", kept.display());
    }
    print_loss("records", "record", &report.records);
    print_loss("clear readings", "clear reading", &report.accesses);
    Ok(ExitCode::SUCCESS)
}

fn print_loss(many: &str, one: &str, loss: &Loss) {
    match loss {
        Loss::Nothing => println!("nothing is lost of the {many}: the backup had every {one}"),
        Loss::Rows(Lost { first, last, readable }) => {
            println!("LOST: {many} {first} to {last}; {readable} of them still read in the replaced ledger");
        }
        Loss::Unknown { from, because } => {
            println!("LOST: unknown whether any {many} from {from} on, because {because}");
        }
    }
}

/// An instant as it is printed where no city says in which zone.
pub(crate) fn utc(at: Time) -> String {
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_part_names_nobody() {
        let text = concat!(
            r#"{"actor":{"staff":{"person":"p1","post":"x","deputy_of":"p2"}},"#,
            r#""events":[{"location":{"place":"1","point":[1,2]}}],"number":"7"}"#
        );
        let public = public_part(text.as_bytes()).unwrap();
        assert_eq!(
            public,
            r#"{"actor":{"staff":{"post":"x"}},"events":[{"location":{"place":"1"}}],"number":"7"}"#
        );
    }
}
