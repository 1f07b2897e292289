//! `huying serve`: opens the engine over a data folder and serves the API until it is told to stop. A ledger
//! too damaged to be written is served read-only, which is said at the start.

use crate::Outcome;
use crate::city::disk;
use huying_engine::{Engine, Log, Settings};
use huying_server::{Options, serve};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Where the front end is built.
pub(crate) const BUILT_PAGE: &str = "web/dist";

/// Serve the API over a data folder
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The data folder
    #[arg(long)]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7311")]
    listen: SocketAddr,
    /// A city folder to put in force first; needed once for a new data folder
    #[arg(long)]
    city: Option<PathBuf>,
    /// Listen on an address that other machines reach; TLS must end before it
    #[arg(long)]
    allow_remote: bool,
    /// The folder of the built page; by default `web/dist` below the working folder, when it is there
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed; may be given several times
    #[arg(long = "proxy", value_name = "ADDRESS")]
    proxies: Vec<IpAddr>,
}

pub(crate) fn run(args: Args) -> Outcome {
    let Args { data, listen, city, allow_remote, web, proxies } = args;
    let log = Arc::new(|line: &str| eprintln!("{line}"));
    let city = city.map(|dir| disk::read(&dir)).transpose()?;
    let settings = Settings { log: Log::to(log.clone()), ..Settings::default() };
    let engine = Engine::open_as_far_as_whole(&data, settings, city.as_ref())?;
    let pages = Some(web.unwrap_or_else(|| PathBuf::from(BUILT_PAGE)));
    let options = Options { listen, allow_remote, proxies, pages, made_up: false, log };
    serve(engine, &data, options, |address| println!("listening on http://{address}"))?;
    Ok(ExitCode::SUCCESS)
}
