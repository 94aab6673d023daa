//! From text to values. A refusal says what would be accepted, and not what was given: that may be a secret.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

pub(super) type Parsed<T> = Result<T, String>;

#[expect(clippy::unnecessary_wraps, reason = "a parser like the others, which can refuse")]
pub(super) fn text(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

/// Where a file is.
pub(super) fn path(text: &str) -> Parsed<std::path::PathBuf> {
    if text.contains("-----BEGIN") {
        Err("give where the file is, not what is in it".to_owned())
    } else {
        Ok(text.into())
    }
}

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("give true or false".to_owned()),
    }
}

/// A number within bounds.
pub(super) fn number<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Parsed<T>
where
    T: FromStr + PartialOrd + Display,
{
    move |text| {
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| format!("give a whole number from {} to {}", bounds.start(), bounds.end()))
    }
}

/// A time: seconds, or a number with `ms`, `s`, `m`, `h` or `d`.
pub(super) fn duration(text: &str) -> Parsed<Duration> {
    let wrong = || "give seconds, or a number with ms, s, m, h or d, as 30s".to_owned();
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.').len();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}

/// A time that is not zero.
pub(crate) fn span(text: &str) -> Parsed<Duration> {
    match duration(text)? {
        Duration::ZERO => Err("give a time above zero, as 5s".to_owned()),
        span => Ok(span),
    }
}

/// What stands between commas.
#[expect(clippy::unnecessary_wraps, reason = "a parser like the others, which can refuse")]
pub(super) fn list(text: &str) -> Parsed<Vec<String>> {
    Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// A list of numbers.
pub(super) fn ports(text: &str) -> Parsed<Vec<u16>> {
    let parts = list(text)?;
    parts.iter().map(|part| part.parse().map_err(|_| "give ports between commas, as 443,8443".to_owned())).collect()
}

/// Whatever reads itself.
pub(super) fn of<T: FromStr>(expected: &'static str) -> impl Fn(&str) -> Parsed<T> {
    move |text| text.parse().map_err(|_| expected.to_owned())
}

/// One of some words.
pub(super) fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Parsed<T> {
    move |text| {
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        found.ok_or_else(|| format!("give {}", choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or ")))
    }
}

/// An origin: scheme and host, nothing after it.
pub(super) fn origin(text: &str) -> Parsed<String> {
    let text = text.trim_end_matches('/');
    match text.split_once("://") {
        Some(("https" | "http", host)) if !host.is_empty() && !host.contains(['/', '?', '#', ' ']) => {
            Ok(text.to_owned())
        }
        _ => Err("give scheme and host alone, as https://app.example.com".to_owned()),
    }
}

/// A URL of one of some schemes.
pub(super) fn url(schemes: &'static [&'static str], expected: &'static str) -> impl Fn(&str) -> Parsed<String> {
    move |text| {
        let sound = url::Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host());
        if sound { Ok(text.to_owned()) } else { Err(format!("give a URL, as {expected}")) }
    }
}

/// Addresses or networks.
pub(super) fn networks(text: &str) -> Parsed<Vec<String>> {
    let parts = list(text)?;
    let is_network = |part: &String| part.parse::<ipnet::IpNet>().is_ok() || part.parse::<std::net::IpAddr>().is_ok();
    match parts.iter().find(|part| !is_network(part)) {
        Some(wrong) => Err(format!("`{wrong}` is neither an address nor a network")),
        None => Ok(parts),
    }
}

/// What is logged.
pub(super) fn filter(text: &str) -> Parsed<String> {
    match text.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("give error, warn, info, debug or trace, or levels by target".to_owned()),
    }
}
