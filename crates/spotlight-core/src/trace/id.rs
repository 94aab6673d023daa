//! The ids of traces and their parts.

use std::{fmt, str::FromStr};

use crate::ports::IdGenerator;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $number:ty, $digits:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name($number);

        impl $name {
            /// Its bytes, the highest first.
            pub const fn to_bytes(self) -> [u8; $digits / 2] {
                self.0.to_be_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:0", $digits, "x}"), self.0)
            }
        }

        /// Lower-case hexadecimal digits, as they are written; zero is no id.
        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let number = if text.len() == $digits && digits { <$number>::from_str_radix(text, 16) } else { Ok(0) };
                number.ok().filter(|number| *number != 0).map(Self).ok_or(())
            }
        }
    };
}

id! {
    /// A trace: everything that one cause set going, in however many programs.
    TraceId, u128, 32
}

id! {
    /// A part of a trace, as a request or a job.
    SpanId, u64, 16
}

impl TraceId {
    pub(super) fn new(ids: &dyn IdGenerator) -> Self {
        Self(ids.uuid().as_u128())
    }
}

impl SpanId {
    /// The random half of a UUID, in which a bit is always set.
    pub(super) fn new(ids: &dyn IdGenerator) -> Self {
        Self(ids.uuid().as_u64_pair().1)
    }
}
