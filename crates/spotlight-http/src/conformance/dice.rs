//! Chance that can be repeated, and the words it chooses from.

/// A small generator, so that a failure can be repeated from the number it prints.
pub(super) struct Dice(u64);

impl Dice {
    /// A generator from a seed. Zero would give zeros for ever.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).expect("a small number")
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "",
    " ",
    "a",
    "ok",
    "true",
    "null",
    "0",
    "-1",
    "1e400",
    "fresh",
    "contacted",
    "professional",
    "chat",
    "completed",
    "en",
    "Europe/Berlin",
    "2026-03-29T02:30:00+01:00",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "2026-02-30",
    "+493012345678",
    "name@example.com",
    "\u{0}",
    "\u{202e}evil",
    "🦀🦀🦀",
    "%00",
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{\"a\":",
    "\u{fffd}",
    "ﬀ",
    "İ",
    "{{7*7}}",
    "$where",
    "a,b,,c",
    "asc",
    "\"1\"",
    "\"7\"",
    "desc",
];

pub(super) const INSTANTS: &[&str] = &[
    "2026-12-01T10:00:00Z",
    "2026-12-01T10:00:00.123456789+05:45",
    "2016-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "0000-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
];

pub(super) const DAYS: &[&str] =
    &["2026-03-29", "1900-01-01", "2999-12-31", "-0001-01-01", "+262142-12-31", "0000-01-01", "9999-12-31"];

pub(super) fn word(dice: &mut Dice) -> String {
    if dice.one_in(12) {
        return "long ".repeat(dice.below(600));
    }
    if dice.one_in(6) {
        return (0..dice.below(12)).filter_map(|_| char::from_u32(u32::try_from(dice.below(0x1_1000)).ok()?)).collect();
    }
    (*dice.pick(WORDS)).to_owned()
}

/// Percent-encodes what no address can hold.
pub(super) fn form(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
