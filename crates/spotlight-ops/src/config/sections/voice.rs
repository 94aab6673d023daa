//! Voices.

use secrecy::SecretString;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

static KEY: Variable = Variable::new("ELEVENLABS_API_KEY", "voice.elevenlabs_api_key", "key of the voices", "xi-…")
    .needed(Need::With(Feature::Voice))
    .secret();

pub(super) const SECTION: Section = Section { title: "Voice", variables: &[&KEY] };

/// Voices.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Key of the voices; none when the feature is off.
    pub key: Option<SecretString>,
}

impl Voice {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let key = reader.secret(&KEY, parse::text);
        let on = reader.is_on(Feature::Voice, key.is_some());
        Self { key: key.filter(|_| on) }
    }
}
