//! E-mail addresses and phone numbers, normalised so that the same contact is the same value.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// An e-mail address in lower case.
///
/// `Debug` hides it; `Display` prints it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address as typed: surrounding space is dropped, letters are composed (NFC) and made lower-case.
    ///
    /// Quoted local parts (`"a b"@example.com`) are refused: nobody has one, and they can carry anything.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) when it is not one address of at most 254 characters.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::invalid("email", "format", "E-mail must be one address like name@example.com");
        let text: String = text.trim().to_lowercase().nfc().collect();
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        let quoted = text.contains('"');
        if text.len() > 254 || quoted || email_address::EmailAddress::parse_with_options(&text, options).is_err() {
            return Err(bad());
        }
        Ok(Self(text))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number in E.164, as `+493012345678`.
///
/// `Debug` hides it; `Display` prints it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads a number as typed. `region` (ISO 3166 alpha-2) gives the country of a number written nationally.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) when it is not a valid number of its country.
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self> {
        let bad =
            || Error::invalid("phone", "format", "Phone must be a valid number, best with its country code as +49…");
        if text.len() > 64 {
            return Err(bad());
        }
        let text: String = text.trim().nfkc().collect();
        let country = region.and_then(|code| phonenumber::country::Id::from_str(&code.to_ascii_uppercase()).ok());
        // With a country the library takes that country's trunk prefix off numbers of other countries too: with US it
        // reads +55 11 … as +55 1 …. So a number that names its country is read without one.
        let abroad = international(&text, country).and_then(|number| Self::read(&number, None));
        let national = || if text.starts_with('+') { None } else { Self::read(&text, country) };
        abroad.or_else(national).ok_or_else(bad)
    }

    fn read(text: &str, country: Option<phonenumber::country::Id>) -> Option<Self> {
        let number = phonenumber::parse(country, text).ok().filter(phonenumber::PhoneNumber::is_valid)?;
        // The library lets numbers of more than 15 digits pass.
        Self::from_e164(number.format().mode(phonenumber::Mode::E164).to_string()).ok()
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps a value that storage holds in E.164 already.
    ///
    /// # Errors
    /// [`Corrupt`](crate::error::ErrorKind::Corrupt) when it is not of that form.
    pub fn from_e164(text: String) -> Result<Self> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        if (4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Error::new(crate::error::ErrorKind::Corrupt, "a stored phone number is not in E.164"))
        }
    }
}

/// The number with a plus in front, where it names its country: after `+`, or after the digits that are dialled
/// abroad (`011` in North America, elsewhere `00`). Separators go, and the `(0)` of `+49 (0)30`.
fn international(text: &str, country: Option<phonenumber::country::Id>) -> Option<String> {
    use phonenumber::country::Id::{CA, US};
    let abroad = if matches!(country, Some(US | CA)) { "011" } else { "00" };
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix(abroad))?.replace("(0)", "");
    let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2013}');
    // With an extension or letters it is left to the library, which knows how to read those.
    let plain = rest.chars().all(|c| c.is_ascii_digit() || is_separator(c));
    Some(if plain { format!("+{}", rest.replace(is_separator, "")) } else { format!("+{}", rest.trim_start()) })
}

macro_rules! contact {
    ($name:ident, |$text:ident| $parse:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from($text: String) -> Result<Self> {
                $parse
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

contact!(Email, |text| Self::parse(&text));
contact!(Phone, |text| Self::from_e164(text));
