//! Which jobs of a chunk: a bit for each.

use spotlight_core::Result;
use spotlight_derive::RedactedDebug;

use crate::shared::stored;

/// Jobs of a chunk at most.
pub(super) const CHUNK: usize = 4096;

/// Some jobs of a chunk.
#[derive(RedactedDebug, Clone, PartialEq)]
pub(super) struct Mask([u8; CHUNK / 8]);

impl Default for Mask {
    fn default() -> Self {
        Self([0; CHUNK / 8])
    }
}

impl Mask {
    /// Adds a job by its place, from 0. False when it was there already or cannot be.
    pub(super) fn set(&mut self, place: usize) -> bool {
        let Some(byte) = self.0.get_mut(place / 8) else { return false };
        let bit = 0x80 >> (place % 8);
        let new = *byte & bit == 0;
        *byte |= bit;
        new
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 8).is_some_and(|byte| byte & (0x80 >> (place % 8)) != 0)
    }

    /// As the server reads a bit string.
    pub(super) fn hex(&self) -> String {
        let mut text = String::with_capacity(CHUNK / 4 + 1);
        text.push('x');
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        text
    }

    /// From a bit string as the server writes it.
    pub(super) fn read(bits: &str) -> Result<Self> {
        let mut mask = Self::default();
        for (place, bit) in bits.bytes().enumerate() {
            match bit {
                b'0' => {}
                b'1' => _ = mask.set(place),
                _ => return Err(stored::corrupt("job_claims", "open")),
            }
        }
        Ok(mask)
    }
}

/// The port's number of a claim: its chunk, its place in it, and whether the job has more to it than most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) chunk: i64,
    pub(super) place: usize,
    pub(super) special: bool,
}

impl Claim {
    pub(super) fn number(self) -> i64 {
        let place = i64::try_from(self.place).unwrap_or(0);
        ((self.chunk << 12 | place) << 1) | i64::from(self.special)
    }

    pub(super) fn of(number: i64) -> Self {
        let place = usize::try_from((number >> 1) & 4095).unwrap_or(0);
        Self { chunk: number >> 13, place, special: number & 1 == 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_written_and_read_the_same_way_round() {
        let mut mask = Mask::default();
        assert!(mask.set(0) && mask.set(5) && mask.set(CHUNK - 1));
        assert!(!mask.set(5) && !mask.set(CHUNK), "once, and within the chunk");
        assert!(mask.hex().starts_with("x840") && mask.hex().ends_with("01"));
        let mut bits = vec![b'0'; CHUNK];
        for place in [0, 5, CHUNK - 1] {
            bits[place] = b'1';
        }
        assert_eq!(Mask::read(std::str::from_utf8(&bits).expect("text")).expect("bits"), mask);
        assert!(mask.has(5) && !mask.has(6) && !mask.has(CHUNK));
    }

    #[test]
    fn a_claims_number_holds_all_of_it() {
        for claim in [
            Claim { chunk: 1, place: 0, special: false },
            Claim { chunk: 7_000_000_000, place: CHUNK - 1, special: true },
        ] {
            assert_eq!(Claim::of(claim.number()), claim);
        }
    }
}
