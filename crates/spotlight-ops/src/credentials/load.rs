//! Credentials as a source of settings.

use secrecy::ExposeSecret;

use super::Place;
use crate::config::Sources;

/// The sources with the credentials that they name, where there are some. What keeps those from being read is told when the
/// configuration is: no deployment starts without what it was given, in development neither.
#[must_use]
pub fn load(sources: Sources) -> Sources {
    // Told with the other settings.
    let Ok(place) = Place::find(&sources) else { return sources.with_sealed_credentials(None) };
    match place.open() {
        Ok(Some(text)) => sources.with_credentials(place.path(), text.expose_secret()),
        Ok(None) => sources,
        Err(problem) => sources.with_sealed_credentials(Some(problem)),
    }
}
