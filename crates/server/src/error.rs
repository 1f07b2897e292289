//! What keeps a server from starting or going on. What a request is answered with is `problem.rs`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("{0} cannot be listened on; accepted: a free port of this machine, such as 127.0.0.1:7311")]
    Listen(SocketAddr, #[source] io::Error),
    /// The address is reachable from other machines and nobody said that this is meant.
    #[error(
        "{0} is reachable from other machines and this server speaks plain HTTP: put a proxy with TLS before \
         a loopback address, or add --allow-remote when TLS ends in front of it"
    )]
    Remote(SocketAddr),
    /// The threads that serve could not be started.
    #[error("the threads of the server could not be started")]
    Runtime(#[source] io::Error),
    /// The engine could not be asked.
    #[error("the engine could not be asked")]
    Engine(#[source] huying_engine::EngineError),
    /// The signal to stop cannot be heard.
    #[error("the signals to stop cannot be heard")]
    Signals(#[source] io::Error),
    /// The counts of the day cannot be read from the store.
    #[error("the counts of the day cannot be read from the data folder: {0}")]
    Counts(String),
    /// The key of the query codes cannot be read or made.
    #[error("the key of the query codes, {path}, {problem}")]
    QueryKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what is accepted.
        problem: String,
    },
}
