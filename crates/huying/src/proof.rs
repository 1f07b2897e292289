//! `huying proof`: check the proof of a case without any data folder, as an auditor does.

use crate::Outcome;
use crate::journal::utc;
use clap::Subcommand;
use huying_engine::store::hex;
use huying_engine::store::proof::{Proof, check, read_key};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check the proof of a case
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a proof from nothing but its file; exit 0 when it holds, 1 when it does not
    Check {
        /// The file that `huying journal prove` wrote
        file: PathBuf,
        /// The public key you trust, in hexadecimal, or a file that holds it
        #[arg(long)]
        key: Option<String>,
    },
}

pub(crate) fn run(args: Args) -> Outcome {
    let Command::Check { file, key } = args.command;
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let key = key.map(|k| trusted(&k)).transpose()?;
    let report = match Proof::parse(&text).and_then(|proof| check(&proof, key.as_ref())) {
        Ok(report) => report,
        Err(error) => {
            println!("DOES NOT HOLD: {error}");
            return Ok(ExitCode::from(1));
        }
    };
    println!("holds: stream {}, records 1 to {}, unaltered and in this order", report.stream, report.records);
    println!("first recorded {}", utc(report.first_at));
    println!("last recorded  {}", utc(report.last_at));
    for digest in &report.checkpoints {
        println!("checkpoint     {}", hex(digest));
    }
    println!("sealed         {}", utc(report.sealed_at));
    println!("signed by      {}", hex(&report.key));
    if report.key_trusted {
        println!("that is the key you trust");
    } else {
        println!("no key was given: compare this key, or a checkpoint, with what a witness holds");
    }
    println!("not shown: whether the case has records after the last checkpoint named here");
    Ok(ExitCode::SUCCESS)
}

/// A key as it is given: itself, or the file it is in.
fn trusted(given: &str) -> Result<[u8; 32], String> {
    let held = if Path::new(given).is_file() {
        std::fs::read_to_string(given).map_err(|e| format!("{given}: {e}"))?
    } else {
        given.to_owned()
    };
    read_key(&held).ok_or_else(|| {
        format!(
            "`{given}` is no key; accepted: 64 hexadecimal digits, or a file that holds them and nothing else"
        )
    })
}
