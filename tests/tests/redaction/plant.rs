//! Values in which every text is planted.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::Hash,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What must not be printed.
pub(super) const MARK: &str = "PLANTED-secret-7";

/// Every way in which it could be: as text, as bytes, as an address, as a telephone number.
pub(super) const MARKS: &[&str] = &["PLANTED", "80, 76, 65", "203.0.113.77", "15112345678"];

/// Can be filled with planted text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be filled with planted text",
    label = "write in tests/tests/redaction/recipes.rs how it is made"
)]
pub(super) trait Plant: Sized {
    /// One value.
    fn plant() -> Self;

    /// One of every form.
    fn plants() -> Vec<Self> {
        vec![Self::plant()]
    }
}

/// A text that is said to be shown.
pub(super) trait Harmless {
    fn harmless() -> Self;
}

impl Harmless for String {
    fn harmless() -> Self {
        "shown".to_owned()
    }
}

impl<T: Harmless> Harmless for Option<T> {
    fn harmless() -> Self {
        Some(T::harmless())
    }
}

impl<T: Harmless> Harmless for Vec<T> {
    fn harmless() -> Self {
        vec![T::harmless()]
    }
}

impl Harmless for std::borrow::Cow<'static, str> {
    fn harmless() -> Self {
        "shown".into()
    }
}

macro_rules! plant {
    ($($ty:ty => $value:expr;)+) => { $(impl Plant for $ty { fn plant() -> Self { $value } })+ };
}

plant! {
    String => MARK.to_owned();
    &'static str => "a text of the program";
    Arc<str> => MARK.into();
    Value => json!({ MARK: [MARK] });
    Map<String, Value> => Map::from_iter([(MARK.to_owned(), MARK.into())]);
    Bytes => Bytes::from_static(MARK.as_bytes());
    PathBuf => PathBuf::from(MARK);
    IpAddr => [203, 0, 113, 77].into();
    SocketAddr => ([203, 0, 113, 77], 443).into();
    ipnet::IpNet => "203.0.113.77/32".parse().expect("a network");
    SecretString => SecretString::from(MARK);
    http::HeaderMap => {
        let value = http::HeaderValue::from_static(MARK);
        [(http::header::AUTHORIZATION, value)].into_iter().collect()
    };
    http::Method => http::Method::POST;
    http::StatusCode => http::StatusCode::OK;
    Uuid => Uuid::nil();
    bool => true;
    u8 => 7; u16 => 7; u32 => 7; u64 => 7; u128 => 7; usize => 7; i8 => 7; i16 => 7; i32 => 7; i64 => 7; f64 => 7.0; f32 => 7.0;
    Duration => Duration::from_secs(7);
    DateTime<Utc> => DateTime::UNIX_EPOCH;
    NaiveDate => NaiveDate::MIN;
    NaiveTime => NaiveTime::MIN;
    chrono::Weekday => chrono::Weekday::Mon;
    chrono_tz::Tz => chrono_tz::Tz::UTC;
    () => ();
}

impl<T: Plant> Plant for Option<T> {
    fn plant() -> Self {
        Some(T::plant())
    }
}

impl<T: Plant> Plant for Vec<T> {
    fn plant() -> Self {
        T::plants()
    }
}

impl<T: Plant> Plant for Box<T> {
    fn plant() -> Self {
        Box::new(T::plant())
    }
}

impl<T: Plant> Plant for Arc<T> {
    fn plant() -> Self {
        Arc::new(T::plant())
    }
}

impl<T: Plant, const N: usize> Plant for [T; N] {
    fn plant() -> Self {
        std::array::from_fn(|_| T::plant())
    }
}

impl<K: Plant + Ord, V: Plant> Plant for BTreeMap<K, V> {
    fn plant() -> Self {
        Self::from([(K::plant(), V::plant())])
    }
}

impl<K: Plant + Ord> Plant for BTreeSet<K> {
    fn plant() -> Self {
        Self::from([K::plant()])
    }
}

impl<K: Plant + Eq + Hash, V: Plant> Plant for HashMap<K, V> {
    fn plant() -> Self {
        Self::from([(K::plant(), V::plant())])
    }
}

impl<K: Plant + Eq + Hash> Plant for HashSet<K> {
    fn plant() -> Self {
        Self::from([K::plant()])
    }
}

impl<A: Plant, B: Plant> Plant for (A, B) {
    fn plant() -> Self {
        (A::plant(), B::plant())
    }
}

impl<A: Plant, B: Plant, C: Plant> Plant for (A, B, C) {
    fn plant() -> Self {
        (A::plant(), B::plant(), C::plant())
    }
}

impl<T: Plant> Plant for std::ops::Range<T> {
    fn plant() -> Self {
        T::plant()..T::plant()
    }
}

impl<T: Plant> Plant for std::ops::RangeInclusive<T> {
    fn plant() -> Self {
        T::plant()..=T::plant()
    }
}

impl<T: Plant> Plant for &'static T {
    fn plant() -> Self {
        Box::leak(Box::new(T::plant()))
    }
}

/// Lists of the program itself.
impl<T> Plant for &'static [T] {
    fn plant() -> Self {
        &[]
    }
}
