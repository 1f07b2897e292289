//! Placeholder of a room that its first commit fills.
