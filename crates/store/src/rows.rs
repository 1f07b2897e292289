//! What a commit carries: records of the journal and the rows written in the same transaction.
//!
//! The rows are plain data with the facts a list, an inbox, a clock wheel or a figure needs. What they mean
//! is the engine's affair. Next: `ledger.rs`.

use crate::cell::{Cell, get};
use crate::notices::NoticeRow;
use crate::vault::{VaultItem, VaultKey};
use compact_str::CompactString;
use huying_core::ids::{
    CaseId, ClockNo, ItemId, MatterCode, PersonId, PlaceId, PostId, ProcedureId, Seq, StreamId, SystemId,
    ThreadNo, UnitId, Version,
};
use huying_core::time::Time;
use rusqlite::{Row, Statement};

/// One record to append to the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream; must follow the last one.
    pub version: Version,
    /// The exact bytes to keep: a JSON object whose fields `stream`, `version` and `recorded_at` (the last
    /// may be absent) equal the row's. Stored and hashed as they are, never written anew.
    pub payload: Vec<u8>,
}

/// A record as it lies in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place in the shard.
    pub seq: Seq,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// When its batch was recorded.
    pub recorded_at: Time,
    /// The bytes as they were handed in.
    pub payload: Vec<u8>,
}

macro_rules! table_row {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $ty:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty),+ }
        impl $name {
            /// The columns, in the order they are bound and read.
            pub(crate) const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
            /// The columns with their types, for tables that are made from the row and can be remade.
            pub(crate) fn columns_sql() -> Vec<String> {
                vec![$(format!("{} {}", stringify!($field), <$ty as Cell>::SQL)),+]
            }
            /// Binds every column from parameter `at` on.
            pub(crate) fn bind(&self, to: &mut Statement<'_>, at: usize) -> rusqlite::Result<()> {
                let mut at = at;
                $(to.raw_bind_parameter(at, Cell::put(&self.$field))?; at += 1;)+
                let _ = at;
                Ok(())
            }
            /// Reads every column from column `at` on.
            pub(crate) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
                let mut at = at;
                let read = Self { $($field: { let v = get(row, at)?; at += 1; v }),+ };
                let _ = at;
                Ok(read)
            }
            /// The columns separated by commas.
            pub(crate) fn names() -> String { Self::COLUMNS.join(", ") }
            /// One `?` a column.
            pub(crate) fn marks() -> String { vec!["?"; Self::COLUMNS.len()].join(", ") }
        }
    };
}

table_row! {
    /// The facts of one case that a list, a queue or a figure needs. Rewritten whole at every change.
    CaseRow {
        /// The case; also its stream.
        case_id: CaseId,
        /// The public number, once registered; unique.
        number: Option<CompactString>,
        /// The state of the spine.
        state: CompactString,
        /// The last version of the stream.
        version: Version,
        /// The journal position of that version. Set by the store at commit.
        last_seq: Seq,
        /// How the call came in.
        channel: CompactString,
        /// Kind of request: complaint, enquiry, suggestion…
        request_type: Option<CompactString>,
        /// The matter.
        matter: Option<MatterCode>,
        /// The place that owns it.
        place: Option<PlaceId>,
        /// The accountable lead unit.
        lead_unit: Option<UnitId>,
        /// The procedure it runs under.
        procedure: ProcedureId,
        /// Urgency, as the profile names it.
        urgency: Option<CompactString>,
        /// Confidentiality, as the profile names it; none for an ordinary case.
        confidentiality: Option<CompactString>,
        /// The case it was merged into.
        merged_into: Option<CaseId>,
        /// The external system whose deadlines and verdicts bind it.
        governed_by: Option<SystemId>,
        /// The external system it came from.
        system: Option<SystemId>,
        /// Its id there.
        external_id: Option<CompactString>,
        /// When it was reported, by the time that counts for rules.
        opened_at: Time,
        /// When it was registered.
        registered_at: Option<Time>,
        /// When the promise to the resident falls due.
        due_at: Option<Time>,
        /// True while that due time rests on a calendar not yet published.
        due_provisional: bool,
        /// When the first contact was due, where another system recorded it.
        contact_due_at: Option<Time>,
        /// When somebody first got in touch with the caller.
        first_contact_at: Option<Time>,
        /// When the first reply was given.
        replied_at: Option<Time>,
        /// When the handling was answered.
        answered_at: Option<Time>,
        /// When it was closed.
        closed_at: Option<Time>,
        /// On what ground it was closed or voided.
        close_ground: Option<CompactString>,
        /// The caller's verdict whether it was solved: 1 yes, 0 no, 2 partly, none when not asked or not
        /// said.
        solved: Option<i8>,
        /// The caller's verdict whether satisfied: 1 yes, 0 no, 2 mostly,
        /// 3 very, 4 not at all, none when not asked or not said.
        satisfied: Option<i8>,
        /// The rating, as the profile counts it.
        rating: Option<u8>,
        /// How often it was reworked.
        reworks: u16,
        /// How often it was returned by a holder.
        returns: u16,
        /// How often its limit was extended.
        extensions: u16,
        /// How many of its clocks were missed.
        overdue: u16,
        /// True while it is suspended.
        suspended: bool,
        /// True when it is left out of the scores.
        excluded: bool,
        /// The status text of an imported case, as its source wrote it.
        observed_status: Option<CompactString>,
        /// Which times are days and no instants, a bit each: 1 opened, 2 due, 4 contact due, 8 contacted,
        /// 16 replied, 32 closed; and 64 when the source records neither closings nor a status at all.
        day_only: u8,
        /// How many facts of the row contradict each other.
        contradictions: u16,
        /// Whether a callback reached the caller; none when there was none.
        reached: Option<bool>,
        /// The unit it is about; kept from it, and from whoever reports to it.
        about: Option<UnitId>,
        /// The persons and posts for whom alone it is, each between blanks; none for an ordinary case.
        restricted_to: Option<CompactString>,
        /// The minutes it took.
        minutes: u32,
        /// The trips it took.
        trips: u32,
        /// The forms it took.
        forms: u32,
        /// How often another unit was given it.
        transfers: u16,
        /// The units it came to, held a rung or an order or convened, each between blanks; none where it came
        /// to nobody.
        came_to: Option<CompactString>,
        /// How many whistles were blown on it.
        whistles: u16,
        /// How often its dispatch was passed down to a district.
        passed_down: u16,
        /// How often it was urged.
        urged: u16,
        /// How often somebody was put on notice over it.
        on_notice: u16,
        /// Whether it was mended at once by who found it.
        quick: bool,
        /// Whether it was closed by force.
        forced: bool,
    }
}

table_row! {
    /// One open thread: a line of somebody's inbox.
    ThreadRow {
        /// The case.
        case_id: CaseId,
        /// The thread within the case.
        thread: ThreadNo,
        /// The kind of thread.
        kind: CompactString,
        /// Where it stands.
        step: CompactString,
        /// The unit that has it.
        holder_unit: Option<UnitId>,
        /// The post that has it.
        holder_post: Option<PostId>,
        /// The person that has it.
        holder_person: Option<PersonId>,
        /// The unit that called.
        caller_unit: Option<UnitId>,
        /// When it was opened.
        opened_at: Time,
        /// When it falls due.
        due_at: Option<Time>,
        /// The unit whose word it waits for, where its holder says that it is done.
        awaited_unit: Option<UnitId>,
        /// The person whose word it waits for.
        awaited_person: Option<PersonId>,
    }
}

table_row! {
    /// One running clock.
    ClockRow {
        /// The case.
        case_id: CaseId,
        /// The clock within the case.
        clock: ClockNo,
        /// When it rings.
        due_at: Time,
        /// Raised at every change, so that a ring set for an earlier due time is known as stale.
        generation: u32,
    }
}

table_row! {
    /// One case of an external system. (system, external id) is unique.
    ExternalRow {
        /// The external system.
        system: SystemId,
        /// The id there.
        external_id: CompactString,
        /// The case here.
        case_id: CaseId,
        /// Digest of the last row taken, so that the same row again changes nothing.
        digest: [u8; 32],
    }
}

table_row! {
    /// One routine that runs, with the visit that is owed.
    RoutineRow {
        /// The routine.
        case_id: CaseId,
        /// The task, a template of the profile.
        task: CompactString,
        /// Where.
        place: Option<PlaceId>,
        /// The unit whose worker does it.
        unit: UnitId,
        /// The worker; none where anybody of the unit does it.
        person: Option<PersonId>,
        /// The number of the request that admits it.
        admission: Option<u64>,
        /// Minutes a week that it takes.
        weekly: u32,
        /// The visit that is owed, a thread of the case.
        visit: ThreadNo,
        /// How often the visit before was missed.
        round: u16,
        /// The mode by which the visit is due.
        mode: Option<CompactString>,
        /// Whether it rests: `due_at` is when it is looked at again.
        rests: bool,
        /// When the visit is due.
        due_at: Option<Time>,
    }
}

/// What to publish once the commit is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// What kind of message, for whoever sorts deliveries.
    pub topic: CompactString,
    /// The stream it tells of.
    pub stream: StreamId,
    /// The version that caused it.
    pub version: Version,
    /// The message; the public part only.
    pub payload: Vec<u8>,
}

/// A message with its place in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its place, counted from 1.
    pub position: u64,
    /// The message.
    pub row: OutboxRow,
}

/// The outcome of a command, kept so that the same command again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// SHA-256 of the key within the scope of its sender.
    pub key: [u8; 32],
    /// The stream the command went to.
    pub stream: StreamId,
    /// The version it led to.
    pub version: Version,
    /// The answer, as the engine wrote it.
    pub outcome: Vec<u8>,
}

/// A file that a case refers to. The bytes lie in the file store under the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// SHA-256 of the stored (sealed) bytes.
    pub digest: [u8; 32],
    /// The case.
    pub case_id: CaseId,
    /// The subject within the case under whose key it is sealed.
    pub subject: u32,
    /// Length in bytes.
    pub bytes: u64,
}

/// The projections: everything here follows from the records and can be rebuilt from them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Cases, whole rows.
    pub cases: Vec<CaseRow>,
    /// Threads that are open, whole rows.
    pub threads: Vec<ThreadRow>,
    /// Threads that are open no more.
    pub ended_threads: Vec<(CaseId, ThreadNo)>,
    /// Clocks that run.
    pub clocks: Vec<ClockRow>,
    /// Clocks that run no more.
    pub stopped_clocks: Vec<(CaseId, ClockNo)>,
    /// Cases of external systems.
    pub externals: Vec<ExternalRow>,
    /// Routines that run, whole rows.
    pub routines: Vec<RoutineRow>,
    /// Routines that run no more.
    pub ended_routines: Vec<CaseId>,
}

/// One group commit. All of it becomes durable, or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// When it is recorded; never before the last batch.
    pub recorded_at: Time,
    /// The records, in order.
    pub records: Vec<Record>,
    /// The projections of those records.
    pub rows: Rows,
    /// Messages to publish.
    pub outbox: Vec<OutboxRow>,
    /// What somebody is promised to be told.
    pub notices: Vec<NoticeRow>,
    /// Outcomes to remember.
    pub keys: Vec<IdempotencyRow>,
    /// Sealed texts.
    pub vault: Vec<VaultItem>,
    /// Keys of new subjects, wrapped.
    pub vault_keys: Vec<VaultKey>,
    /// Files that are already staged and durable.
    pub files: Vec<FileRow>,
    /// Named counters with their new values.
    pub counters: Vec<(CompactString, u64)>,
}

/// Where ids stand, so that a writer can go on minting after it opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HighMarks {
    /// The largest stream of the journal.
    pub stream: StreamId,
    /// The largest item of the vault, erased ones included.
    pub item: ItemId,
    /// When the last batch was recorded.
    pub recorded_at: Time,
    /// The last record.
    pub seq: Seq,
}
