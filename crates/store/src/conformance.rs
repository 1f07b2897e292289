//! What every ledger must do, as checks that run against any backend, and the sample calls they are made of.
//!
//! A backend's own tests call [`run`] with a way to make an empty ledger and a way to open the same one
//! again.

use crate::batch::digest;
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::rows::{
    Batch, CaseRow, ClockRow, ExternalRow, IdempotencyRow, OutboxRow, Record, Rows, ThreadRow,
};
use crate::vault::{ItemPlace, VaultItem, VaultKey};
use huying_core::ids::{
    BadId, CaseId, ClockNo, ItemId, MatterCode, PlaceId, ProcedureId, Seq, StreamId, SystemId, ThreadNo,
    UnitId, Version,
};
use huying_core::time::Time;

/// Why a ledger does not conform.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It failed where it must not.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A sample could not be made.
    #[error("{0}")]
    Sample(#[from] BadId),
    /// It answered something else than it must.
    #[error("{0}")]
    Wrong(String),
}

fn ensure(holds: bool, what: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Wrong(what.to_owned())) }
}

/// A number that looks random and is the same every time.
pub fn scatter(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A record of about 800 bytes with the header the journal asks for.
pub fn record(stream: u64, version: u32, at: Time) -> Record {
    let filler = "x".repeat(620);
    let payload = format!(
        concat!(
            r#"{{"stream":{stream},"version":{version},"recorded_at":{},"schema":1,"command":"report","#,
            r#""actor":"p{}","event":{{"reported":{{"channel":"phone","text":"{}","filler":"{filler}"}}}}}}"#
        ),
        at.0,
        scatter(stream) % 5000,
        scatter(stream ^ 7),
        stream = stream,
        version = version,
        filler = filler
    );
    Record { stream: StreamId(stream), version: Version(version), payload: payload.into_bytes() }
}

/// A case as it stands after its first record.
pub fn case_row(case: u64, version: u32, at: Time) -> Result<CaseRow, BadId> {
    let r = scatter(case);
    Ok(CaseRow {
        case_id: CaseId(case),
        number: Some(format!("20261124{case:09}").into()),
        state: "open".into(),
        version: Version(version),
        last_seq: Seq(0),
        channel: "phone".into(),
        request_type: Some("complaint".into()),
        matter: Some(MatterCode::new(&format!("matter.{:05}", r % 400))?),
        place: Some(PlaceId::new(&format!("510107{:06}", r % 3000))?),
        lead_unit: Some(UnitId::new(&format!("unit-{}", (r >> 8) % 300))?),
        procedure: ProcedureId::new("ordinary")?,
        urgency: Some("ordinary".into()),
        confidentiality: None,
        merged_into: None,
        governed_by: None,
        system: None,
        external_id: None,
        opened_at: at,
        registered_at: Some(at),
        due_at: Some(at.plus(5 * 86_400_000)),
        due_provisional: false,
        first_contact_at: None,
        replied_at: None,
        answered_at: None,
        closed_at: None,
        close_ground: None,
        solved: None,
        satisfied: None,
        rating: None,
        reworks: 0,
        returns: 0,
        extensions: 0,
        overdue: 0,
        suspended: false,
        excluded: false,
        observed_status: None,
        contact_due_at: None,
        day_only: 0,
        contradictions: 0,
        reached: None,
        about: None,
        restricted_to: None,
        minutes: 0,
        trips: 0,
        forms: 0,
        transfers: 0,
        came_to: None,
        whistles: 0,
        passed_down: 0,
        urged: 0,
        on_notice: 0,
        quick: false,
        forced: false,
    })
}

fn thread_row(case: u64, thread: u16, at: Time) -> Result<ThreadRow, BadId> {
    Ok(ThreadRow {
        case_id: CaseId(case),
        thread: ThreadNo(thread),
        kind: "dispatch".into(),
        step: "sign".into(),
        holder_unit: Some(UnitId::new(&format!("unit-{}", scatter(case) % 300))?),
        holder_post: None,
        holder_person: None,
        caller_unit: None,
        opened_at: at,
        due_at: Some(at.plus(7_200_000)),
        awaited_unit: None,
        awaited_person: None,
    })
}

fn items(case: u64) -> [VaultItem; 2] {
    let item = |n: u64, class: &str, bytes: usize| {
        let (item, case_id) = (ItemId(case * 2 + n), CaseId(case));
        let filler = scatter(case * 2 + n).to_le_bytes();
        let ciphertext = filler.iter().copied().cycle().take(bytes).collect();
        VaultItem {
            place: ItemPlace { item, case_id, subject: 0, class: class.into() },
            nonce: [n as u8; 24],
            ciphertext,
        }
    };
    [item(0, "title", 80), item(1, "body", 320)]
}

/// One group commit of `count` new calls from case `first` on, with every row that a typical call brings.
pub fn calls(first: u64, count: u64, at: Time) -> Result<Batch, BadId> {
    let mut batch = Batch { recorded_at: at, ..Batch::default() };
    for case in first..first + count {
        let (stream, version) = (StreamId(case), Version(1));
        batch.records.push(record(case, 1, at));
        batch.rows.cases.push(case_row(case, 1, at)?);
        batch.rows.threads.push(thread_row(case, 1, at)?);
        for (clock, hours) in [(1, 120), (2, 2)] {
            let due_at = at.plus(hours * 3_600_000);
            batch.rows.clocks.push(ClockRow {
                case_id: CaseId(case),
                clock: ClockNo(clock),
                due_at,
                generation: 1,
            });
        }
        let payload = format!(r#"{{"case":{case},"state":"open"}}"#).into_bytes();
        batch.outbox.push(OutboxRow { topic: "case".into(), stream, version, payload });
        let outcome = format!(r#"{{"case":{case},"version":1}}"#).into_bytes();
        batch.keys.push(IdempotencyRow { key: digest(&case.to_le_bytes()), stream, version, outcome });
        batch.vault.extend(items(case));
        batch.vault_keys.push(VaultKey { case_id: CaseId(case), subject: 0, wrapped: vec![case as u8; 72] });
    }
    batch.counters.push(("number.20261124".into(), first + count));
    Ok(batch)
}

/// Runs every check. `make` makes an empty ledger, `reopen` opens the one it is handed again.
pub fn run<L: Ledger>(
    make: &mut dyn FnMut() -> Result<L, StoreError>,
    reopen: &mut dyn FnMut(L) -> Result<L, StoreError>,
) -> Result<(), Fault> {
    whatever_is_committed_is_read_back(make()?, reopen)?;
    a_refused_batch_leaves_nothing(make()?)?;
    clocks_ring_in_due_order(make()?)?;
    an_external_id_is_one_case(make()?)?;
    time_does_not_run_backwards(make()?)
}

fn whatever_is_committed_is_read_back<L: Ledger>(
    mut ledger: L,
    reopen: &mut dyn FnMut(L) -> Result<L, StoreError>,
) -> Result<(), Fault> {
    let at = Time(1_700_000_000_000);
    let (one, two) = (calls(1, 10, at)?, calls(11, 5, at)?);
    let first = ledger.commit(&one)?;
    ensure(
        (first.first_seq, first.last_seq, first.batch_no) == (Seq(1), Seq(10), Some(1)),
        "places of the first batch",
    )?;
    ensure(ledger.commit(&two)?.first_seq == Seq(11), "places go on")?;
    let shard = ledger.shard();
    let ledger = reopen(ledger)?;
    ensure(ledger.shard() == shard, "the shard stays")?;
    ensure(ledger.position()? == Seq(15), "the position survives")?;
    let marks = ledger.high_marks()?;
    ensure((marks.stream, marks.item, marks.recorded_at) == (StreamId(15), ItemId(31), at), "high marks")?;
    let loaded = ledger.load(StreamId(3))?;
    ensure(loaded.len() == 1 && loaded[0].payload == one.records[2].payload, "a stream's bytes")?;
    let mut seen = Vec::new();
    ledger.records_from(Seq(9), &mut |r| {
        seen.push(r.seq.0);
        seen.len() < 4
    })?;
    ensure(seen == [9, 10, 11, 12], "records from a place, until told to stop")?;
    let mut expected = one.rows.cases[2].clone();
    expected.last_seq = Seq(3);
    ensure(ledger.case(CaseId(3))? == Some(expected), "a case's row with its place")?;
    ensure(ledger.threads(CaseId(3))? == one.rows.threads[2..3], "a case's threads")?;
    ensure(ledger.clocks(CaseId(3))? == one.rows.clocks[4..6], "a case's clocks")?;
    ensure(ledger.outcome_of(&one.keys[2].key)?.as_ref() == Some(&one.keys[2]), "an outcome")?;
    ensure(ledger.outcome_of(&[9; 32])?.is_none(), "no outcome of an unknown key")?;
    let outbox = ledger.outbox_after(12, 10)?;
    ensure(outbox.iter().map(|e| e.position).eq(13..=15), "the outbox after a position")?;
    ensure(ledger.counter("number.20261124")? == 16 && ledger.counter("none")? == 0, "counters")
}

fn a_refused_batch_leaves_nothing<L: Ledger>(mut ledger: L) -> Result<(), Fault> {
    let at = Time(1_700_000_000_000);
    ledger.commit(&calls(1, 3, at)?)?;
    let gap =
        Batch { recorded_at: at, records: vec![record(9, 1, at), record(1, 3, at)], ..Batch::default() };
    let refused = ledger.commit(&gap);
    let said = matches!(refused, Err(StoreError::Conflict { stream: StreamId(1), last: Version(1), .. }));
    ensure(said, "a gap in a stream is a conflict")?;
    let again = Batch { recorded_at: at, records: vec![record(2, 1, at)], ..Batch::default() };
    ensure(
        matches!(ledger.commit(&again), Err(StoreError::Conflict { .. })),
        "a version twice is a conflict",
    )?;
    let mut number = calls(7, 1, at)?;
    number.rows.cases[0].number = Some("20261124000000001".into());
    ensure(
        matches!(ledger.commit(&number), Err(StoreError::Exists { .. })),
        "a public number twice is refused",
    )?;
    let mut lie = calls(7, 1, at)?;
    lie.records[0].payload = record(8, 1, at).payload;
    ensure(
        matches!(ledger.commit(&lie), Err(StoreError::Header { .. })),
        "a payload of another stream is refused",
    )?;
    ensure(ledger.position()? == Seq(3), "nothing of the refused is there")?;
    ensure(ledger.load(StreamId(9))?.is_empty() && ledger.case(CaseId(7))?.is_none(), "no half batch")?;
    let next =
        Batch { recorded_at: at, records: vec![record(1, 2, at), record(1, 3, at)], ..Batch::default() };
    ensure(
        ledger.commit(&next)?.last_seq == Seq(5),
        "a batch sees its own earlier records, and the ledger goes on",
    )
}

fn clocks_ring_in_due_order<L: Ledger>(mut ledger: L) -> Result<(), Fault> {
    let at = Time(1_700_000_000_000);
    let clock = |case, clock, due| ClockRow {
        case_id: CaseId(case),
        clock: ClockNo(clock),
        due_at: Time(due),
        generation: 1,
    };
    let clocks = vec![clock(2, 1, 50), clock(1, 2, 40), clock(1, 1, 50), clock(3, 1, 60)];
    let rows = Rows { clocks, ..Rows::default() };
    ledger.commit(&Batch { recorded_at: at, rows, ..Batch::default() })?;
    let moved = Rows {
        clocks: vec![clock(1, 2, 55)],
        stopped_clocks: vec![(CaseId(3), ClockNo(1))],
        ..Rows::default()
    };
    ledger.commit(&Batch { recorded_at: at, rows: moved, ..Batch::default() })?;
    let due = ledger.due_clocks(Time(60), 10)?;
    ensure(
        due == [clock(1, 1, 50), clock(2, 1, 50), clock(1, 2, 55)],
        "due order, moved and stopped clocks",
    )?;
    ensure(ledger.due_clocks(Time(50), 1)? == due[..1], "until and limit")
}

fn an_external_id_is_one_case<L: Ledger>(mut ledger: L) -> Result<(), Fault> {
    let at = Time(1_700_000_000_000);
    let system = SystemId::new("hotline")?;
    let row = ExternalRow {
        system: system.clone(),
        external_id: "A-1".into(),
        case_id: CaseId(1),
        digest: [1; 32],
    };
    let rows =
        Rows { externals: vec![row.clone(), ExternalRow { digest: [2; 32], ..row }], ..Rows::default() };
    ledger.commit(&Batch { recorded_at: at, rows, ..Batch::default() })?;
    ensure(ledger.external(&system, "A-1")? == Some((CaseId(1), [2; 32])), "the newer digest stands")?;
    ensure(ledger.external(&system, "A-2")?.is_none(), "an unknown id")
}

fn time_does_not_run_backwards<L: Ledger>(mut ledger: L) -> Result<(), Fault> {
    let at = Time(1_700_000_000_000);
    ledger.commit(&calls(1, 1, at)?)?;
    let earlier = ledger.commit(&calls(2, 1, at.plus(-1))?);
    ensure(matches!(earlier, Err(StoreError::Backwards { .. })), "an earlier recorded_at is refused")?;
    ledger.commit(&calls(2, 1, at)?)?;
    Ok(())
}
