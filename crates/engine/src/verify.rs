//! Verifying the journal as the engine knows it: the store's own check, with the words that records refer
//! to, and whether every record still reads.

use crate::city::{CITY_STREAM, CityRecord};
use crate::error::EngineError;
use huying_core::case::event::TextRef;
use huying_core::case::record::read;
use huying_core::fault::chain;
use huying_core::ids::Seq;
use huying_store::{Damage, ItemRef, Reader, StoredRecord, VerifyReport};
use serde_json::Value;

/// Verifies everything; `progress` hears (batches done, batches there are).
///
/// # Errors
/// Only when not even the number of batches reads; every other damage is in the report.
pub fn verify(reader: &Reader, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, EngineError> {
    let mut report = reader.verify(Some(&references), progress)?;
    let mut unread = Vec::new();
    let walked = reader.records_from(Seq(1), &mut |stored| {
        unread.extend(shape(&stored).err().map(|problem| (stored.seq, problem)));
        true
    });
    // Where the walk itself fails the report names the damage already; what could be walked was.
    if let Err(error) = walked
        && report.is_whole()
    {
        return Err(error.into());
    }
    let known = |seq: Seq| report.damages.iter().any(|d| (d.first_seq..=d.last_seq).contains(&seq));
    let new: Vec<Damage> = unread
        .into_iter()
        .filter(|(seq, _)| !known(*seq))
        .map(|(seq, problem)| Damage { batch_no: None, first_seq: seq, last_seq: seq, problem })
        .collect();
    report.damages.extend(new);
    Ok(report)
}

/// Whether a record has the shape of its stream.
fn shape(stored: &StoredRecord) -> Result<(), String> {
    let failed = |error: &dyn std::error::Error| format!("it is no record of this program: {}", chain(error));
    if stored.stream == CITY_STREAM {
        return serde_json::from_slice::<CityRecord>(&stored.payload).map(drop).map_err(|e| failed(&e));
    }
    read(&stored.payload).map(drop).map_err(|e| failed(&e))
}

/// The words a record refers to, wherever in it they stand.
fn references(stored: &StoredRecord) -> Vec<ItemRef> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice(&stored.payload) {
        collect(&value, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<ItemRef>) {
    match value {
        Value::Array(all) => all.iter().for_each(|v| collect(v, found)),
        Value::Object(fields) => {
            if fields.len() == 2
                && fields.contains_key("commit")
                && let Ok(text) = serde_json::from_value::<TextRef>(value.clone())
            {
                found.push(ItemRef { item: text.item, commitment: text.commit.0 });
                return;
            }
            fields.values().for_each(|v| collect(v, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use huying_core::case::event::Digest;
    use huying_core::ids::{ItemId, StreamId, Version};
    use huying_core::time::Time;

    #[test]
    fn a_reference_is_found_wherever_it_stands() {
        let text = |n| serde_json::to_value(TextRef { item: ItemId(n), commit: Digest([7; 32]) }).unwrap();
        let payload = serde_json::json!({"a": text(1), "b": [{"c": text(2)}], "item": 3, "commit": "no"});
        let (stream, version, payload) = (StreamId(1), Version(1), payload.to_string().into_bytes());
        let stored = StoredRecord { seq: Seq(1), stream, version, recorded_at: Time(0), payload };
        let found: Vec<u64> = references(&stored).iter().map(|r| r.item.0).collect();
        assert_eq!(found, [1, 2]);
        assert!(shape(&stored).is_err());
    }
}
