//! Where the engine says what an operator should know and nobody waits for. Never a word of a case.

use std::fmt;
use std::sync::Arc;

/// Takes one line of the log.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&str) + Send + Sync>);

impl Log {
    /// A log that hands each line to `take`.
    pub fn to(take: Arc<dyn Fn(&str) + Send + Sync>) -> Log {
        Log(take)
    }

    pub(crate) fn line(&self, line: &str) {
        (self.0)(line);
    }
}

impl Default for Log {
    /// A log that nobody reads.
    fn default() -> Log {
        Log(Arc::new(|_| {}))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
