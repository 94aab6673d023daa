//! The language model that answers.

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

static KEY: Variable = Variable::new("OPENAI_API_KEY", "models.openai_api_key", "key of the language model", "sk-…")
    .needed(Need::With(Feature::Models))
    .secret();
static BASE_URL: Variable = Variable::new(
    "OPENAI_BASE_URL",
    "models.openai_base_url",
    "where the model is asked, for servers that speak as OpenAI's does",
    "https://llm.example.com/v1",
)
.or("https://api.openai.com/v1");

pub(super) const SECTION: Section = Section { title: "Language model", variables: &[&KEY, &BASE_URL] };

/// The language model that answers.
#[derive(RedactedDebug, Clone)]
pub struct Models {
    /// Key of the model; none when the feature is off.
    pub key: Option<SecretString>,
    /// Where it is asked.
    pub base_url: String,
}

impl Models {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let key = reader.secret(&KEY, parse::text);
        let on = reader.is_on(Feature::Models, key.is_some());
        Self {
            key: key.filter(|_| on),
            base_url: reader.usual(&BASE_URL, parse::url(&["https", "http"], "https://llm.example.com/v1")),
        }
    }
}
