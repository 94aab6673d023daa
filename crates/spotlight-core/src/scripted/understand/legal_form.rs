//! Legal forms of companies, and the phrases they make: "GmbH & Co. KG", "S.L.".

use super::{heard::Heard, lexicon::Tag};

/// Legal forms that are no other word.
pub(super) const CLEAR_FORMS: &[&str] = &[
    "gmbh",
    "mbh",
    "ltd",
    "limited",
    "inc",
    "llc",
    "plc",
    "corp",
    "corporation",
    "sarl",
    "srl",
    "lda",
    "ltda",
    "eurl",
    "ohg",
    "kgaa",
    "slu",
    "snc",
    "bv",
    "sasu",
    "slne",
    "pty",
    "srls",
    "eirl",
    "llp",
];

/// Legal forms that count in capitals only, or where no capitals are used at all.
const LOOSE_FORMS: &[&str] = &["ag", "kg", "ug", "se", "sa", "sl", "sas", "spa", "co", "ab", "nv", "ek", "ev", "cv"];

/// The token after a legal form at `at`.
pub(super) fn legal_form(heard: &Heard<'_>, at: usize) -> Option<usize> {
    if !heard.is_word(at) {
        return None;
    }
    let glued = |i: usize| heard.token(i).is_some_and(|t| t.glued);
    let letter = |i: usize| heard.is_word(i) && heard.tokens.raw(i).chars().count() == 1;
    let mut letters = String::new();
    let mut end = at;
    while letter(end) && heard.is_sign(end + 1, '.') && glued(end + 1) && letters.len() < 5 {
        letters.push_str(heard.tokens.fold(end));
        end += 2;
        if !glued(end) {
            break;
        }
    }
    if letters.is_empty() {
        letters.push_str(heard.tokens.fold(at));
        end = at + 1;
    }
    let known = CLEAR_FORMS.contains(&letters.as_str());
    let written = end > at + 1 || heard.token(at)?.capital || heard.small;
    (known || (LOOSE_FORMS.contains(&letters.as_str()) && written)).then_some(end)
}

/// "& Co. KG" after a legal form.
pub(super) fn joined_form(heard: &Heard<'_>, at: usize) -> Option<usize> {
    let joint = heard.is_sign(at, '&') || heard.after(at, Tag::And).is_some();
    let next = if joint { at + 1 } else { at };
    let next = next + usize::from(!joint && heard.is_sign(at, '.'));
    let same = heard.token(next)?.sentence == heard.token(at.checked_sub(1)?)?.sentence || heard.token(next)?.capital;
    legal_form(heard, next).filter(|_| same)
}
