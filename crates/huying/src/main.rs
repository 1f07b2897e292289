//! The `huying` command: parse, call, print. Each subcommand has a file of its own beside this one; to add
//! one, write `NAME.rs` with a clap `Args` and a `run`, and add one line to [`Command`] and one to [`run`].
//!
//! Exit codes: 0 done, 1 done and the answer is no (faults, a proof that fails), 2 could not be done.

// The binary is the one place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod account;
mod bench;
mod case;
mod city;
mod demo;
mod duty;
mod figures;
mod import;
mod journal;
mod profile;
mod progress;
mod proof;
mod retention;
mod serve;
mod simulate;
mod table;
mod webhook;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Huying 呼应: the governance of a city as cases that are called, answered, checked and judged.
#[derive(Parser)]
#[command(name = "huying", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    City(city::Args),
    Profile(profile::Args),
    /// Make and take back accounts and tokens while no server runs
    Account(account::Args),
    /// Make and take back subscriptions to notices while no server runs
    Webhook(webhook::Args),
    Demo(demo::Args),
    Duty(duty::Args),
    /// Serve the API over a data folder
    Serve(serve::Args),
    Import(import::Args),
    Figures(figures::Args),
    /// Show, list and erase cases
    Case(case::Args),
    /// Verify, prove, rebuild, back up and restore the journal
    Journal(journal::Args),
    /// Check the proof of a case
    Proof(proof::Args),
    /// Measure on this machine
    Bench(bench::Args),
    Simulate(simulate::Args),
}

/// What a subcommand returns: an exit code, or an error whose chain is printed here, once.
type Outcome = Result<ExitCode, Told>;

/// An error on its way to be printed.
type Told = Box<dyn std::error::Error>;

fn run(command: Command) -> Outcome {
    match command {
        Command::City(args) => city::run(args),
        Command::Profile(args) => profile::run(args),
        Command::Account(args) => account::run(args),
        Command::Webhook(args) => webhook::run(args),
        Command::Demo(args) => demo::run(&args),
        Command::Duty(args) => duty::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Import(args) => import::run(args),
        Command::Figures(args) => figures::run(args),
        Command::Case(args) => case::run(args),
        Command::Journal(args) => journal::run(args),
        Command::Proof(args) => proof::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Simulate(args) => simulate::run(args),
    }
}

/// A reader that stops reading, such as `head`, is no fault of ours: the command ends without a word.
fn end_with_the_reader() {
    let other = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        other(panic);
    }));
}

fn main() -> ExitCode {
    end_with_the_reader();
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::from(2)
        }
    }
}
