//! Pages of lists: newest first, continued by an opaque cursor that holds the place of the last row, so that rows that
//! come or go in between are neither repeated nor skipped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};
use super::{Error, Result};

/// The place of a row in the order of its list.
pub trait Place: Sized {
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Rows ordered by the time of their creation, ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

impl Place for Created {
    fn to_bytes(&self) -> Vec<u8> {
        [&self.at.timestamp_micros().to_be_bytes()[..], self.id.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, id) = bytes.split_first_chunk::<8>()?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?;
        Some(Self { at, id: Uuid::from_slice(id).ok()? })
    }
}

/// Rows that are numbered without gaps: the audit chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seq(pub i64);

impl Place for Seq {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(i64::from_be_bytes(bytes)))
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<P> {
    pub limit: u64,
    /// Rows after this place.
    pub after: Option<P>,
}

impl<P: Place> PageRequest<P> {
    /// From the query parameters `limit` and `cursor`.
    pub fn parse(limit: Option<u64>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(PAGE_SIZE_DEFAULT);
        if !(1..=PAGE_SIZE_MAX).contains(&limit) {
            return Err(Error::invalid("page.bad_limit", "limit", format!("must be 1 to {PAGE_SIZE_MAX}")));
        }
        let after = cursor.map(|text| decode(text).ok_or_else(bad_cursor)).transpose()?;
        Ok(Self { limit, after })
    }
}

fn decode<P: Place>(cursor: &str) -> Option<P> {
    P::from_bytes(&URL_SAFE_NO_PAD.decode(cursor).ok()?)
}

fn bad_cursor() -> Error {
    Error::invalid("page.bad_cursor", "cursor", "is not one of this list: start again without it")
}

/// A page and the cursor of the next one, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From up to `limit + 1` rows; the surplus row only tells that there is more.
    pub fn cut<P: Place>(mut rows: Vec<T>, limit: u64, place: impl Fn(&T) -> P) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor =
            if more { rows.last().map(|row| URL_SAFE_NO_PAD.encode(place(row).to_bytes())) } else { None };
        Self { items: rows, next_cursor }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_refuse_the_rest() {
        let place =
            Created { at: DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap(), id: Uuid::from_u128(7) };
        let page = Page::cut(vec![place, place], 1, |row| *row);
        let cursor = page.next_cursor.unwrap();
        assert_eq!(PageRequest::<Created>::parse(None, Some(&cursor)).unwrap().after, Some(place));
        assert_eq!(PageRequest::<Seq>::parse(None, Some(&cursor)).unwrap_err().code(), "page.bad_cursor");
        for bad in ["", "x", "====", &cursor[1..], &format!("{cursor}A"), "AAAAAAAAAAA", "%00"] {
            let error = PageRequest::<Created>::parse(None, Some(bad)).unwrap_err();
            assert_eq!(error.code(), "page.bad_cursor", "{bad}");
        }
    }

    #[test]
    fn limits() {
        fn check(limit: Option<u64>, expected: Result<u64, &'static str>) {
            let parsed = PageRequest::<Seq>::parse(limit, None).map(|page| page.limit).map_err(|error| error.code());
            assert_eq!(parsed, expected, "{limit:?}");
        }
        check(None, Ok(PAGE_SIZE_DEFAULT));
        check(Some(1), Ok(1));
        check(Some(PAGE_SIZE_MAX), Ok(PAGE_SIZE_MAX));
        check(Some(0), Err("page.bad_limit"));
        check(Some(PAGE_SIZE_MAX + 1), Err("page.bad_limit"));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(Page::cut(vec![1, 2], 2, |&row| Seq(row)).next_cursor, None);
        assert_eq!(Page::cut(Vec::new(), 2, |&row| Seq(row)).next_cursor, None);
        assert!(Page::cut(vec![1, 2, 3], 2, |&row| Seq(row)).next_cursor.is_some());
    }
}
