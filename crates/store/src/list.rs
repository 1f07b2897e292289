//! Questions to the views: pages of cases, inboxes, and facts for the figures.
//!
//! A list is ordered by (opened_at, case) downwards, which no later insert changes for a page already
//! turned: the key of the next page is the last row's place in that order. With one unit, place, matter,
//! state or channel the page is a range of one index; with several, the index by opening time is walked and
//! sieved.

use crate::cell::Cell;
use crate::error::{Doing, StoreError, within};
use crate::limits::{MAX_FILTER_VALUES, MAX_PAGE};
use crate::rows::{CaseRow, ThreadRow};
use crate::views::Views;
use compact_str::CompactString;
use huying_core::ids::{CaseId, MatterCode, PersonId, PlaceId, Seq, UnitId};
use huying_core::time::Time;
use rusqlite::types::{ToSqlOutput, Value};
use serde::{Deserialize, Serialize};

/// Which cases. Every field that is set narrows; an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// The state of the spine.
    pub state: Option<CompactString>,
    /// Lead unit, one of these.
    pub units: Vec<UnitId>,
    /// Place, one of these; the caller names every place below the one it means.
    pub places: Vec<PlaceId>,
    /// The matter.
    pub matter: Option<MatterCode>,
    /// The channel.
    pub channel: Option<CompactString>,
    /// Opened at or after.
    pub opened_from: Option<Time>,
    /// Opened before.
    pub opened_to: Option<Time>,
    /// Not closed, and due before this instant.
    pub overdue_at: Option<Time>,
    /// Not closed.
    pub open_only: bool,
    /// The public number or external id, whole.
    pub number: Option<CompactString>,
    /// Cases about one of these units are left out, as if there were none.
    pub kept_from: Vec<UnitId>,
    /// Who asks, by person and post: restricted cases that name none of them are left out, as if there were
    /// none. Everything is shown without.
    pub seen_by: Option<Vec<CompactString>>,
    /// Cases about any unit are left out.
    pub about_none: bool,
    /// Cases of these kinds of request are left out.
    pub without_requests: Vec<CompactString>,
    /// Cases of callers who wish to be known so, words of `confidentiality`, are left out.
    pub without_identities: Vec<CompactString>,
}

/// The place of a row in the order of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey {
    /// When the row's case was opened.
    pub opened_at: Time,
    /// The row's case.
    pub case_id: CaseId,
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePage {
    /// The rows, newest first.
    pub rows: Vec<CaseRow>,
    /// Where the next page begins, none after the last.
    pub next: Option<PageKey>,
}

#[derive(Default)]
struct Sql {
    clauses: Vec<String>,
    values: Vec<ToSqlOutput<'static>>,
}

impl Sql {
    fn value(&mut self, value: ToSqlOutput<'_>) -> String {
        let owned = match value {
            ToSqlOutput::Borrowed(v) => Value::try_from(v).unwrap_or(Value::Null),
            ToSqlOutput::Owned(v) => v,
            _ => Value::Null,
        };
        self.values.push(ToSqlOutput::Owned(owned));
        format!("?{}", self.values.len())
    }

    fn compare(&mut self, left: &str, value: Option<ToSqlOutput<'_>>) {
        if let Some(value) = value {
            let mark = self.value(value);
            self.clauses.push(format!("{left} {mark}"));
        }
    }

    fn any_of<T: Cell>(&mut self, column: &str, values: &[T]) -> Result<(), StoreError> {
        within("values of a filter", values.len(), MAX_FILTER_VALUES)?;
        match values {
            [] => {}
            [one] => self.compare(&format!("{column} ="), Some(one.put())),
            many => {
                let marks: Vec<String> = many.iter().map(|v| self.value(v.put())).collect();
                // The plus keeps SQLite from sorting the whole of many ranges to find one page of them.
                self.clauses.push(format!("+{column} IN ({})", marks.join(",")));
            }
        }
        Ok(())
    }

    fn none_of<T: Cell>(&mut self, column: &str, values: &[T]) -> Result<(), StoreError> {
        within("values of a filter", values.len(), MAX_FILTER_VALUES)?;
        if !values.is_empty() {
            let marks: Vec<String> = values.iter().map(|v| self.value(v.put())).collect();
            self.clauses.push(format!("({column} IS NULL OR {column} NOT IN ({}))", marks.join(",")));
        }
        Ok(())
    }

    /// Leaves out what is restricted to others than `names`.
    fn named(&mut self, names: &[CompactString]) -> Result<String, StoreError> {
        within("values of a filter", names.len(), MAX_FILTER_VALUES)?;
        let mut any = String::from("restricted_to IS NULL");
        for name in names {
            let name = compact_str::format_compact!(" {name} ");
            let mark = self.value(name.put());
            any += &format!(" OR instr(restricted_to, {mark}) > 0");
        }
        Ok(any)
    }

    fn wherever(&self) -> String {
        if self.clauses.is_empty() { String::new() } else { format!("WHERE {}", self.clauses.join(" AND ")) }
    }
}

impl CaseFilter {
    fn sql(&self) -> Result<Sql, StoreError> {
        let mut sql = Sql::default();
        sql.any_of("lead_unit", &self.units)?;
        sql.any_of("place", &self.places)?;
        sql.compare("state =", self.state.as_ref().map(Cell::put));
        sql.compare("matter =", self.matter.as_ref().map(Cell::put));
        sql.compare("channel =", self.channel.as_ref().map(Cell::put));
        sql.compare("opened_at >=", self.opened_from.as_ref().map(Cell::put));
        sql.compare("opened_at <", self.opened_to.as_ref().map(Cell::put));
        if let Some(at) = &self.overdue_at {
            sql.clauses.push("closed_at IS NULL".into());
            sql.compare("due_at <", Some(at.put()));
        }
        if self.open_only {
            sql.clauses.push("closed_at IS NULL".into());
        }
        if let Some(number) = &self.number {
            let mark = sql.value(number.put());
            sql.clauses.push(format!("(number = {mark} OR external_id = {mark})"));
        }
        sql.none_of("about", &self.kept_from)?;
        if let Some(names) = &self.seen_by {
            let named = sql.named(names)?;
            sql.clauses.push(format!("({named})"));
        }
        if self.about_none {
            // The plus keeps SQLite from the index of what cases are about: nearly all are about nobody.
            sql.clauses.push("+about IS NULL".into());
        }
        sql.none_of("request_type", &self.without_requests)?;
        sql.none_of("confidentiality", &self.without_identities)?;
        Ok(sql)
    }
}

fn page_sql(filter: &CaseFilter, after: Option<PageKey>, limit: usize) -> Result<(String, Sql), StoreError> {
    let mut sql = filter.sql()?;
    if let Some(key) = after {
        let (at, case) = (sql.value(key.opened_at.put()), sql.value(key.case_id.put()));
        sql.clauses.push(format!("(opened_at, case_id) < ({at}, {case})"));
    }
    let text = format!(
        "SELECT {} FROM case_view {} ORDER BY opened_at DESC, case_id DESC LIMIT {}",
        CaseRow::names(),
        sql.wherever(),
        limit + 1
    );
    Ok((text, sql))
}

impl Views {
    /// One page of the cases that pass the filter, after the key of the page before.
    ///
    /// # Errors
    /// `Limit` for a page over [`MAX_PAGE`] or a filter list over its limit.
    pub fn page(
        &self,
        filter: &CaseFilter,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<CasePage, StoreError> {
        within("rows of a page", limit, MAX_PAGE)?;
        let doing = "listing cases";
        let (text, sql) = page_sql(filter, after, limit)?;
        let mut query = self.conn.prepare_cached(&text).doing(doing)?;
        let found =
            query.query_map(rusqlite::params_from_iter(&sql.values), |r| CaseRow::read(r, 0)).doing(doing)?;
        let mut rows = found.collect::<Result<Vec<_>, _>>().doing(doing)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|r| PageKey { opened_at: r.opened_at, case_id: r.case_id });
        Ok(CasePage { rows, next: last.filter(|_| more) })
    }

    /// Hands every case that passes the filter to `take`, in order of case, and says how many there were.
    pub fn facts(&self, filter: &CaseFilter, mut take: impl FnMut(CaseRow)) -> Result<u64, StoreError> {
        let doing = "reading facts";
        let sql = filter.sql()?;
        let text = format!("SELECT {} FROM case_view {} ORDER BY case_id", CaseRow::names(), sql.wherever());
        let mut query = self.conn.prepare_cached(&text).doing(doing)?;
        let mut rows = query.query(rusqlite::params_from_iter(&sql.values)).doing(doing)?;
        let mut count = 0;
        while let Some(row) = rows.next().doing(doing)? {
            take(CaseRow::read(row, 0).doing(doing)?);
            count += 1;
        }
        Ok(count)
    }

    /// As [`Views::facts`], in one transaction with the position that the views show, which `at` is set to
    /// first.
    pub fn facts_at(
        &self,
        filter: &CaseFilter,
        at: &mut Seq,
        take: impl FnMut(CaseRow),
    ) -> Result<u64, StoreError> {
        let doing = "reading facts";
        let tx = self.conn.unchecked_transaction().doing(doing)?;
        *at = self.watermark()?;
        let count = self.facts(filter, take)?;
        tx.finish().doing(doing)?;
        Ok(count)
    }

    /// How many cases pass the filter.
    pub fn count(&self, filter: &CaseFilter) -> Result<u64, StoreError> {
        let doing = "counting cases";
        let sql = filter.sql()?;
        let text = format!("SELECT count(*) FROM case_view {}", sql.wherever());
        let mut query = self.conn.prepare_cached(&text).doing(doing)?;
        query.query_row(rusqlite::params_from_iter(&sql.values), |r| crate::cell::get(r, 0)).doing(doing)
    }

    /// How many open threads each person holds for a unit. Cases about a unit and restricted ones are not
    /// counted: their number alone would tell that there are some.
    pub fn held_by_person(&self) -> Result<Vec<(UnitId, PersonId, u64)>, StoreError> {
        let doing = "counting threads";
        let sql = "SELECT holder_unit, holder_person, count(*) FROM thread_view \
                   WHERE holder_unit IS NOT NULL AND holder_person IS NOT NULL AND case_id NOT IN \
                   (SELECT case_id FROM case_view WHERE about IS NOT NULL \
                    UNION ALL SELECT case_id FROM case_view WHERE restricted_to IS NOT NULL) \
                   GROUP BY holder_unit, holder_person";
        let mut query = self.conn.prepare_cached(sql).doing(doing)?;
        let get = |r: &rusqlite::Row<'_>| {
            Ok((crate::cell::get(r, 0)?, crate::cell::get(r, 1)?, crate::cell::get(r, 2)?))
        };
        query.query_map([], get).doing(doing)?.collect::<Result<_, _>>().doing(doing)
    }

    /// The open threads that wait for a unit: those it holds, unless they are done and wait for another's
    /// word, and those that wait for its word. The soonest due first, those without a due time last. Cases
    /// about one of the units of `kept_from` are left out.
    pub fn inbox_of_unit(
        &self,
        unit: &UnitId,
        kept_from: &[UnitId],
        seen_by: &[CompactString],
        limit: usize,
    ) -> Result<Vec<ThreadRow>, StoreError> {
        self.inbox(("holder_unit", "awaited_unit"), unit.put(), kept_from, seen_by, limit)
    }

    /// The open threads that wait for a person, in the same order and with the same left out.
    pub fn inbox_of_person(
        &self,
        person: &PersonId,
        kept_from: &[UnitId],
        seen_by: &[CompactString],
        limit: usize,
    ) -> Result<Vec<ThreadRow>, StoreError> {
        self.inbox(("holder_person", "awaited_person"), person.put(), kept_from, seen_by, limit)
    }

    fn inbox(
        &self,
        (holder, awaited): (&str, &str),
        who: ToSqlOutput<'_>,
        kept_from: &[UnitId],
        seen_by: &[CompactString],
        limit: usize,
    ) -> Result<Vec<ThreadRow>, StoreError> {
        within("rows of an inbox", limit, MAX_PAGE)?;
        within("values of a filter", kept_from.len(), MAX_FILTER_VALUES)?;
        let doing = "reading an inbox";
        let names = ThreadRow::names();
        let mut sql = Sql::default();
        let (who, limit) = (sql.value(who), sql.value((limit as u64).put()));
        let marks: Vec<String> = kept_from.iter().map(|unit| sql.value(unit.put())).collect();
        // A constant and short list: cases about somebody are few, and their index holds nothing else.
        let kept =
            format!("case_id NOT IN (SELECT case_id FROM case_view WHERE about IN ({}))", marks.join(","));
        let named = sql.named(seen_by)?;
        let kept = format!(
            "{kept} AND case_id NOT IN (SELECT case_id FROM case_view WHERE restricted_to IS NOT NULL AND NOT ({named}))"
        );
        let part = |whose: &str, condition: &str| {
            format!(
                "SELECT * FROM (SELECT {names} FROM thread_view WHERE {whose} AND due_at {condition} \
                 AND {kept} ORDER BY due_at, case_id, thread LIMIT {limit})"
            )
        };
        let own = format!("{holder} = {who} AND awaited_unit IS NULL");
        let asked = format!("{awaited} = {who}");
        let parts = [&own, &asked].map(|whose| ["IS NOT NULL", "IS NULL"].map(|due| part(whose, due)));
        let text = format!(
            "SELECT * FROM ({}) ORDER BY due_at IS NULL, due_at, case_id, thread LIMIT {limit}",
            parts.concat().join(" UNION ALL ")
        );
        let mut query = self.conn.prepare_cached(&text).doing(doing)?;
        let rows = query
            .query_map(rusqlite::params_from_iter(&sql.values), |r| ThreadRow::read(r, 0))
            .doing(doing)?;
        rows.collect::<Result<_, _>>().doing(doing)
    }

    /// The cases after `after`, in their order, of which a unit, or one person of it, holds an open thread,
    /// or the unit is asked to sign a summons off.
    pub fn held_by(
        &self,
        unit: &UnitId,
        person: Option<&PersonId>,
        after: CaseId,
        limit: usize,
    ) -> Result<Vec<CaseId>, StoreError> {
        within("rows of an inbox", limit, MAX_PAGE)?;
        let doing = "reading who holds what";
        let text = "SELECT case_id FROM thread_view WHERE holder_unit = ?1 AND case_id > ?2
                    AND (?3 IS NULL OR holder_person = ?3)
                    UNION SELECT case_id FROM thread_view WHERE awaited_unit = ?1 AND case_id > ?2
                    AND ?3 IS NULL AND kind = 'summons' ORDER BY case_id LIMIT ?4";
        let mut query = self.conn.prepare_cached(text).doing(doing)?;
        let (person, limit) = (person.map(PersonId::as_str), limit as u64);
        let of = (unit.as_str(), after.put(), person, limit.put());
        let rows = query.query_map(of, |r| crate::cell::get(r, 0)).doing(doing)?;
        rows.collect::<Result<_, _>>().doing(doing)
    }

    /// How SQLite would answer a page, for the test that it never sorts or scans the whole.
    #[cfg(test)]
    pub(crate) fn plan(&self, filter: &CaseFilter, after: Option<PageKey>) -> String {
        let (text, sql) = page_sql(filter, after, 50).unwrap();
        let mut query = self.conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let lines = query
            .query_map(rusqlite::params_from_iter(&sql.values), |r| r.get::<_, String>(3))
            .unwrap()
            .collect::<Result<Vec<_>, _>>();
        lines.unwrap().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::calls;
    use crate::{Folder, Follower, Options, Store};

    #[test]
    fn every_common_page_is_a_range_of_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        let mut store = Store::open(&folder, Options::default()).unwrap();
        store.commit(&calls(1, 500, Time(1000)).unwrap()).unwrap();
        Follower::open(&folder, 1 << 20).unwrap().catch_up().unwrap();
        let views = Views::open(&folder).unwrap();
        let unit = |n: u32| UnitId::new(&format!("u{n}")).unwrap();
        let place = |n: u32| PlaceId::new(&format!("p{n}")).unwrap();
        let none = CaseFilter::default;
        let filters = [
            (none(), "case_opened"),
            (CaseFilter { state: Some("open".into()), ..none() }, "case_state"),
            (CaseFilter { units: vec![unit(1)], ..none() }, "case_unit"),
            (CaseFilter { units: vec![unit(1)], state: Some("open".into()), ..none() }, "case_unit_state"),
            (CaseFilter { places: vec![place(1)], ..none() }, "case_place"),
            (CaseFilter { matter: MatterCode::new("m").ok(), ..none() }, "case_matter"),
            (CaseFilter { channel: Some("app".into()), ..none() }, "case_channel"),
            (CaseFilter { places: (0..900).map(place).collect(), ..none() }, "case_opened"),
            (CaseFilter { kept_from: vec![unit(1), unit(2)], ..none() }, "case_opened"),
            (CaseFilter { opened_from: Some(Time(0)), opened_to: Some(Time(9)), ..none() }, "case_opened"),
            (CaseFilter { about_none: true, ..none() }, "case_opened"),
            (CaseFilter { seen_by: Some(vec!["p1".into()]), ..none() }, "case_opened"),
            (CaseFilter { without_requests: vec!["report".into()], ..none() }, "case_opened"),
        ];
        let after = Some(PageKey { opened_at: Time(1000), case_id: CaseId(400) });
        for (filter, index) in filters {
            for key in [None, after] {
                let plan = views.plan(&filter, key);
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
            }
        }
        let plan = views.plan(&CaseFilter { number: Some("20261124000000001".into()), ..none() }, None);
        assert!(plan.contains("case_number") && plan.contains("case_external"), "{plan}");
    }
}
