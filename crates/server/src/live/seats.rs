//! How many live streams there may be: in all, for one address, and catching up at once.

use crate::limits::{LIVE_CATCHING, MAX_LIVE, MAX_LIVE_ADDRESS};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Who asks, as a keyed hash of the network.
type Sender = [u8; 32];

/// The streams that are open.
#[derive(Debug)]
pub(crate) struct Seats {
    taken: Mutex<HashMap<Sender, usize>>,
    /// Streams that may read the journal at once; the others wait their turn.
    pub(crate) catching: Semaphore,
}

impl Default for Seats {
    fn default() -> Seats {
        Seats { taken: Mutex::default(), catching: Semaphore::new(LIVE_CATCHING) }
    }
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSeat {
    /// Too many are open.
    Full,
    /// This address has too many.
    TooMany,
}

impl Seats {
    fn taken(&self) -> MutexGuard<'_, HashMap<Sender, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.taken().values().sum()
    }

    /// Takes one.
    pub(crate) fn take(self: &Arc<Seats>, sender: Sender) -> Result<Seat, NoSeat> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= MAX_LIVE {
            return Err(NoSeat::Full);
        }
        let own = taken.entry(sender).or_default();
        if *own >= MAX_LIVE_ADDRESS {
            return Err(NoSeat::TooMany);
        }
        *own += 1;
        Ok(Seat { seats: self.clone(), sender })
    }
}

/// One that is taken, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    sender: Sender,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(own) = taken.get_mut(&self.sender) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_takes_all_and_what_is_left_is_free_again() {
        let seats = Arc::new(Seats::default());
        let mine: Vec<Seat> = (0..MAX_LIVE_ADDRESS).map(|_| seats.take([1; 32]).unwrap()).collect();
        assert_eq!(seats.take([1; 32]).unwrap_err(), NoSeat::TooMany);
        let other = seats.take([2; 32]).unwrap();
        assert_eq!(seats.open(), MAX_LIVE_ADDRESS + 1);
        drop((mine, other));
        assert_eq!(seats.open(), 0);
        assert!(seats.taken().is_empty(), "nobody is remembered");
        let mut all = Vec::new();
        for who in 0..MAX_LIVE {
            let mut sender = [0; 32];
            sender[..8].copy_from_slice(&(who as u64).to_be_bytes());
            all.push(seats.take(sender).unwrap());
        }
        assert_eq!(seats.take([9; 32]).unwrap_err(), NoSeat::Full);
    }
}
