//! The views: following, pages, plans, inboxes; and rebuilding projections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
use common::{AT, Place, place};
use huying_core::ids::{CaseId, Seq, ThreadNo, UnitId};
use huying_store::conformance::{calls, case_row, record};
use huying_store::{
    Batch, CaseFilter, CaseRow, Follower, PageKey, Rows, Store, StoreError, StoredRecord, Views,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

fn cases(place: &Place) -> BTreeMap<u64, CaseRow> {
    let mut out = BTreeMap::new();
    Views::open(&place.folder)
        .unwrap()
        .facts(&CaseFilter::default(), |row| {
            out.insert(row.case_id.0, row);
        })
        .unwrap();
    out
}

fn change(case: u64, version: u32, state: &str) -> Batch {
    let mut row = case_row(case, version, AT).unwrap();
    row.state = state.into();
    let ended_threads = vec![(CaseId(case), ThreadNo(1))];
    let rows = Rows { cases: vec![row], ended_threads, ..Rows::default() };
    Batch { recorded_at: AT, records: vec![record(case, version, AT)], rows, ..Batch::default() }
}

#[test]
fn the_follower_shows_changes_and_a_reader_can_wait_for_its_own() {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&calls(1, 50, AT).unwrap()).unwrap();
    let mut follower = Follower::open(&place.folder, 4 << 20).unwrap();
    let views = Views::open(&place.folder).unwrap();
    assert!(!views.wait_for(Seq(50), Duration::from_millis(20)).unwrap());
    assert_eq!(follower.catch_up().unwrap(), Seq(50));
    let done = store.commit(&change(7, 2, "closed")).unwrap();
    let turn = std::thread::spawn(move || follower.catch_up().unwrap());
    assert!(views.wait_for(done.last_seq, Duration::from_secs(10)).unwrap());
    turn.join().unwrap();
    let found =
        views.page(&CaseFilter { state: Some("closed".into()), ..CaseFilter::default() }, None, 10).unwrap();
    assert_eq!(found.rows, [store.case(CaseId(7)).unwrap().unwrap()]);
    let unit = UnitId::new(&format!("unit-{}", huying_store::conformance::scatter(7) % 300)).unwrap();
    assert!(
        views.inbox_of_unit(&unit, &[], &[], 500).unwrap().iter().all(|t| t.case_id != CaseId(7)),
        "an ended thread leaves"
    );
}

#[test]
fn a_follower_cut_off_anywhere_equals_one_that_starts_over() {
    let place = place();
    let mut store = place.open().unwrap();
    for n in 0..10 {
        store.commit(&calls(1 + n * 10, 10, AT).unwrap()).unwrap();
        store.commit(&change(1 + n * 10, 2, "answered")).unwrap();
        // Dropped without ceremony, as a crash would; the next one goes on from the watermark.
        Follower::open(&place.folder, 4 << 20).unwrap().step().unwrap();
    }
    let followed = cases(&place);
    drop(store);
    std::fs::write(place.folder.views(), b"no database").unwrap();
    Follower::open(&place.folder, 4 << 20).unwrap().catch_up().unwrap();
    assert_eq!(cases(&place), followed);
    assert_eq!(followed.len(), 100);
}

#[test]
fn pages_cover_every_row_once_while_others_are_added() {
    let place = place();
    let mut store = place.open().unwrap();
    let mut follower = Follower::open(&place.folder, 4 << 20).unwrap();
    for n in 0..30u64 {
        store.commit(&calls(1 + n * 10, 10, AT.plus((n / 3) as i64)).unwrap()).unwrap();
    }
    follower.catch_up().unwrap();
    let views = Views::open(&place.folder).unwrap();
    let (mut seen, mut after, mut next) = (Vec::new(), None::<PageKey>, 301);
    loop {
        let page = views.page(&CaseFilter::default(), after, 7).unwrap();
        seen.extend(page.rows.iter().map(|r| r.case_id.0));
        store.commit(&calls(next, 10, AT.plus(1000)).unwrap()).unwrap();
        next += 10;
        follower.catch_up().unwrap();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 300);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 300);
    assert!(seen.windows(2).all(|w| w[0] > w[1]), "newest first");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_filtered_walk_equals_a_sieve_of_everything(
        units in 0usize..4, state in 0usize..3, from in 0i64..12, to in 0i64..12, limit in 1usize..20,
    ) {
        thread_local!(static SHOWN: (Place, Views, Vec<CaseRow>) = shown());
        SHOWN.with(|(_, views, all)| {
            let filter = CaseFilter {
                units: (0..units).map(|u| UnitId::new(&format!("u{u}")).unwrap()).collect(),
                state: [None, Some("open".into()), Some("closed".into())][state].clone(),
                opened_from: Some(AT.plus(from)),
                opened_to: Some(AT.plus(to)),
                ..CaseFilter::default()
            };
            let fits = |c: &&CaseRow| {
                (units == 0 || c.lead_unit.as_ref().is_some_and(|u| filter.units.contains(u)))
                    && filter.state.as_ref().is_none_or(|s| *s == c.state)
                    && c.opened_at >= AT.plus(from) && c.opened_at < AT.plus(to)
            };
            let mut expected: Vec<u64> = all.iter().filter(fits).map(|c| c.case_id.0).collect();
            expected.sort_by_key(|id| std::cmp::Reverse((all[*id as usize - 1].opened_at, *id)));
            let (mut walked, mut after) = (Vec::new(), None);
            loop {
                let page = views.page(&filter, after, limit).unwrap();
                assert!(page.rows.len() <= limit);
                walked.extend(page.rows.iter().map(|r| r.case_id.0));
                after = page.next;
                if after.is_none() { break }
            }
            assert_eq!(views.count(&filter).unwrap(), expected.len() as u64);
            assert_eq!(walked, expected);
        });
    }
}

fn shown() -> (Place, Views, Vec<CaseRow>) {
    let place = place();
    let mut store = place.open().unwrap();
    let mut batch = calls(1, 200, AT).unwrap();
    for row in &mut batch.rows.cases {
        let r = huying_store::conformance::scatter(row.case_id.0);
        row.lead_unit = Some(UnitId::new(&format!("u{}", r % 6)).unwrap());
        row.state = if r.is_multiple_of(5) { "closed" } else { "open" }.into();
        row.opened_at = AT.plus((r >> 9) as i64 % 12);
    }
    let all = batch.rows.cases.clone();
    store.commit(&batch).unwrap();
    Follower::open(&place.folder, 4 << 20).unwrap().catch_up().unwrap();
    let views = Views::open(&place.folder).unwrap();
    (place, views, all)
}

#[test]
fn a_page_at_its_limit_is_given_and_one_over_is_refused() {
    use huying_store::limits::MAX_PAGE;
    let (_place, views, _) = shown();
    assert!(views.page(&CaseFilter::default(), None, MAX_PAGE).is_ok());
    assert!(matches!(views.page(&CaseFilter::default(), None, MAX_PAGE + 1), Err(StoreError::Limit { .. })));
}

/// Projects a sample record as the sample calls do.
fn project(record: &StoredRecord) -> Result<Rows, StoreError> {
    let call = calls(record.stream.0, 1, record.recorded_at)
        .map_err(|e| StoreError::Broken { what: e.to_string() })?;
    Ok(if record.version.0 == 1 {
        call.rows
    } else {
        change(record.stream.0, record.version.0, "closed").rows
    })
}

#[test]
fn a_rebuild_names_what_differs_and_swaps_on_request() {
    let place = place();
    let mut store: Store = place.open().unwrap();
    store.commit(&calls(1, 30, AT).unwrap()).unwrap();
    store.commit(&change(4, 2, "closed")).unwrap();
    let same = store.rebuild(project, true, &mut |_| {}).unwrap();
    assert_eq!((same.records, same.different, same.swapped), (31, 0, false), "{:?}", same.differences);
    assert_eq!(same.rows[0], ("case_row", 30));

    let mut follower = Follower::open(&place.folder, 4 << 20).unwrap();
    let other = rusqlite::Connection::open(place.folder.ledger()).unwrap();
    other.execute_batch(
        "UPDATE case_row SET state = 'lost' WHERE case_id = 9; DELETE FROM clock_row WHERE case_id = 2 AND clock = 1;
         INSERT INTO thread_row SELECT 99, thread, kind, step, holder_unit, holder_post, \
         holder_person, caller_unit,
         opened_at, due_at, awaited_unit, awaited_person FROM thread_row WHERE case_id = 1",
    ).unwrap();
    drop(other);
    follower.catch_up().unwrap();
    assert_eq!(cases(&place)[&9].state, "lost");
    let found = store.rebuild(project, false, &mut |_| {}).unwrap();
    let told: Vec<String> =
        found.differences.iter().map(|d| format!("{} {}: {}", d.table, d.key, d.what)).collect();
    assert_eq!(
        told,
        [
            "case_row 9: state: 'lost' → 'open'; ",
            "thread_row 99 1: missing in the shadow",
            "clock_row 2 1: missing in the live table",
        ]
    );
    assert_eq!(store.case(CaseId(9)).unwrap().unwrap().state, "lost", "not swapped yet");
    assert!(store.rebuild(project, true, &mut |_| {}).unwrap().swapped);
    assert_eq!(store.rebuild(project, false, &mut |_| {}).unwrap().different, 0);
    follower.catch_up().unwrap();
    assert_eq!(cases(&place)[&9].state, "open", "the views start over after a swap");
    store.commit(&calls(31, 1, AT).unwrap()).unwrap();
}

#[test]
fn a_rebuild_that_fails_half_way_changes_nothing_and_the_store_goes_on() {
    let place = place();
    let mut store = place.open().unwrap();
    store.commit(&calls(1, 30, AT).unwrap()).unwrap();
    let before = store.case(CaseId(5)).unwrap();
    let fail = |r: &StoredRecord| if r.seq == Seq(20) { Err(StoreError::Reopen) } else { project(r) };
    assert!(matches!(store.rebuild(fail, true, &mut |_| {}), Err(StoreError::Reopen)));
    assert!(!place.folder.root().join("shadow.db").exists());
    assert_eq!(store.case(CaseId(5)).unwrap(), before);
    store.commit(&calls(31, 1, AT).unwrap()).unwrap();
    assert_eq!(store.rebuild(project, false, &mut |_| {}).unwrap().different, 0);
}

#[test]
fn views_filled_in_bulk_have_every_index() {
    use huying_store::limits::FOLLOW_BULK;
    let place = place();
    let mut store = place.open().unwrap();
    let records = (1..=FOLLOW_BULK as u32 / 20 + 1).flat_map(|v| (1..=20).map(move |case| (case, v)));
    let records: Vec<_> = records.map(|(case, v)| record(case, v, AT)).collect();
    for chunk in records.chunks(20_000) {
        store.commit(&Batch { recorded_at: AT, records: chunk.to_vec(), ..Batch::default() }).unwrap();
    }
    Follower::open(&place.folder, 4 << 20).unwrap().catch_up().unwrap();
    let conn = rusqlite::Connection::open(place.folder.views()).unwrap();
    let count = |conn: &rusqlite::Connection| -> i64 {
        conn.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
            [],
            |r| r.get(0),
        )
        .unwrap()
    };
    assert_eq!(count(&conn), 16);
    // As a crash between filling and indexing leaves it.
    conn.execute_batch("DROP INDEX case_opened; DROP INDEX thread_unit").unwrap();
    Follower::open(&place.folder, 4 << 20).unwrap();
    assert_eq!(count(&conn), 16);
}

/// What is done waits for who called for it: in their inbox, and no more in its holder's, who still has it.
#[test]
fn what_is_done_is_in_the_inbox_of_whose_word_it_waits_for() {
    let place = place();
    let mut store = place.open().unwrap();
    let mut batch = calls(1, 3, AT).unwrap();
    let unit = |n: u32| UnitId::new(&format!("u{n}")).unwrap();
    let person = huying_core::ids::PersonId::new("p7").unwrap();
    for thread in &mut batch.rows.threads {
        thread.holder_unit = Some(unit(9));
        thread.due_at = Some(AT.plus(10_000 - i64::try_from(thread.case_id.0).unwrap()));
        if thread.case_id.0 == 2 {
            thread.awaited_unit = Some(unit(8));
            thread.awaited_person = Some(person.clone());
            thread.kind = "summons".into();
        }
        if thread.case_id.0 == 3 {
            (thread.holder_unit, thread.due_at) = (Some(unit(8)), None);
        }
    }
    store.commit(&batch).unwrap();
    Follower::open(&place.folder, 4 << 20).unwrap().catch_up().unwrap();
    let views = Views::open(&place.folder).unwrap();
    let cases = |rows: Vec<huying_store::ThreadRow>| rows.iter().map(|r| r.case_id.0).collect::<Vec<_>>();
    assert_eq!(cases(views.inbox_of_unit(&unit(9), &[], &[], 9).unwrap()), [1]);
    assert_eq!(
        cases(views.inbox_of_unit(&unit(8), &[], &[], 9).unwrap()),
        [2, 3],
        "what has no due time last"
    );
    assert_eq!(cases(views.inbox_of_unit(&unit(8), &[], &[], 1).unwrap()), [2]);
    assert_eq!(cases(views.inbox_of_person(&person, &[], &[], 9).unwrap()), [2]);
    let held = views.held_by(&unit(9), None, CaseId(0), 9).unwrap();
    assert_eq!(held, [CaseId(1), CaseId(2)], "who has it still has it");
    let held = views.held_by(&unit(8), None, CaseId(0), 9).unwrap();
    assert_eq!(held, [CaseId(2), CaseId(3)], "with what they are asked to sign off");
    assert_eq!(views.held_by(&unit(8), Some(&person), CaseId(0), 9).unwrap(), []);
}

#[test]
fn a_case_about_a_unit_is_left_out_of_pages_counts_facts_and_inboxes() {
    let place = place();
    let mut store = place.open().unwrap();
    let mut batch = calls(1, 20, AT).unwrap();
    let unit = |n: u32| UnitId::new(&format!("u{n}")).unwrap();
    for row in &mut batch.rows.cases {
        row.about = (row.case_id.0 % 5 == 0).then(|| unit(if row.case_id.0 == 10 { 2 } else { 1 }));
    }
    for thread in &mut batch.rows.threads {
        thread.holder_unit = Some(unit(9));
    }
    store.commit(&batch).unwrap();
    Follower::open(&place.folder, 4 << 20).unwrap().catch_up().unwrap();
    let views = Views::open(&place.folder).unwrap();
    for (kept_from, left) in
        [(vec![], 20), (vec![unit(1)], 17), (vec![unit(1), unit(2)], 16), (vec![unit(3)], 20)]
    {
        let filter = CaseFilter { kept_from: kept_from.clone(), ..CaseFilter::default() };
        let page = views.page(&filter, None, 500).unwrap().rows;
        assert_eq!((page.len() as u64, views.count(&filter).unwrap()), (left, left), "{kept_from:?}");
        assert!(page.iter().all(|row| row.about.as_ref().is_none_or(|a| !kept_from.contains(a))));
        assert_eq!(views.facts(&filter, drop).unwrap(), left);
        let inbox = views.inbox_of_unit(&unit(9), &kept_from, &[], 500).unwrap();
        let cases: HashSet<_> = inbox.iter().map(|thread| thread.case_id).collect();
        assert_eq!(cases.len() as u64, left, "{kept_from:?}");
    }
}
