//! How a typed value lies in a column. Next: `rows.rs`, which names the columns.

use compact_str::CompactString;
use huying_core::ids::{
    CaseId, ClockNo, Edition, ItemId, MatterCode, PersonId, PlaceId, PostId, ProcedureId, Seq, StreamId,
    SystemId, ThreadNo, UnitId, Version,
};
use huying_core::time::Time;
use rusqlite::types::{FromSqlError, ToSqlOutput, Value, ValueRef};

/// A value that can be put into a column and taken out again unchanged.
pub(crate) trait Cell: Sized {
    /// The column's type and nullability.
    const SQL: &'static str;
    /// The value as SQLite takes it.
    fn put(&self) -> ToSqlOutput<'_>;
    /// The value as it was put.
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError>;
}

macro_rules! integer_cell {
    ($($ty:ty),+) => {$(
        impl Cell for $ty {
            const SQL: &'static str = "INTEGER";
            fn put(&self) -> ToSqlOutput<'_> {
                // A u64 is an id or a counter: it never reaches 2^63, and a negative one is refused on the
                // way back.
                ToSqlOutput::Owned(Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX)))
            }
            fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
                let n = value.as_i64()?;
                <$ty>::try_from(n).map_err(|_| FromSqlError::OutOfRange(n))
            }
        }
    )+};
}
integer_cell!(i8, u8, u16, u32, u64, i64);

macro_rules! number_cell {
    ($($ty:ident),+) => {$(
        impl Cell for $ty {
            const SQL: &'static str = "INTEGER";
            fn put(&self) -> ToSqlOutput<'_> { self.0.put() }
            fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> { Cell::take(value).map($ty) }
        }
    )+};
}
number_cell!(StreamId, CaseId, ThreadNo, ClockNo, Version, Seq, ItemId, Edition, Time);

macro_rules! text_cell {
    ($($ty:ident),+) => {$(
        impl Cell for $ty {
            const SQL: &'static str = "TEXT";
            fn put(&self) -> ToSqlOutput<'_> {
                ToSqlOutput::Borrowed(ValueRef::Text(self.as_str().as_bytes()))
            }
            fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
                $ty::new(value.as_str()?).map_err(FromSqlError::other)
            }
        }
    )+};
}
text_cell!(PlaceId, UnitId, PersonId, PostId, MatterCode, SystemId, ProcedureId);

impl Cell for CompactString {
    const SQL: &'static str = "TEXT";
    fn put(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes()))
    }
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str().map(CompactString::new)
    }
}

impl Cell for bool {
    const SQL: &'static str = "INTEGER";
    fn put(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Value::Integer(i64::from(*self)))
    }
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_i64().map(|n| n != 0)
    }
}

impl Cell for Vec<u8> {
    const SQL: &'static str = "BLOB";
    fn put(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_blob().map(<[u8]>::to_vec)
    }
}

impl<const N: usize> Cell for [u8; N] {
    const SQL: &'static str = "BLOB";
    fn put(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        let blob = value.as_blob()?;
        blob.try_into().map_err(|_| FromSqlError::InvalidBlobSize { expected_size: N, blob_size: blob.len() })
    }
}

impl<T: Cell> Cell for Option<T> {
    const SQL: &'static str = T::SQL;
    fn put(&self) -> ToSqlOutput<'_> {
        self.as_ref().map_or(ToSqlOutput::Owned(Value::Null), Cell::put)
    }
    fn take(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        if matches!(value, ValueRef::Null) { Ok(None) } else { T::take(value).map(Some) }
    }
}

/// Takes column `at` of a row, naming the column when it does not read.
pub(crate) fn get<T: Cell>(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<T> {
    let value = row.get_ref(at)?;
    T::take(value).map_err(|e| rusqlite::Error::FromSqlConversionFailure(at, value.data_type(), Box::new(e)))
}
