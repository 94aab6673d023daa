//! What processes share beside the database.

use std::time::Duration;

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

pub(crate) static URL: Variable = Variable::new(
    "REDIS_URL",
    "redis.url",
    "the Redis through which processes share limits, live events and a cache: one server, a cluster or sentinels",
    "redis://host:6379/0",
)
.needed(Need::With(Feature::Redis))
.secret();
static NAMESPACE: Variable = Variable::new(
    "REDIS_NAMESPACE",
    "redis.namespace",
    "what every key begins with; deployments that share a server need one each",
    "spotlight",
)
.or("spotlight");
static TIMEOUT: Variable =
    Variable::new("REDIS_TIMEOUT", "redis.timeout", "how long a call may take, connecting included", "5s").or("5s");

pub(super) const SECTION: Section = Section { title: "Redis", variables: &[&URL, &NAMESPACE, &TIMEOUT] };

/// What processes share beside the database.
#[derive(RedactedDebug, Clone)]
pub struct Redis {
    /// Where it is; none when the feature is off.
    pub url: Option<SecretString>,
    /// What every key begins with.
    pub namespace: String,
    /// How long a call may take.
    pub timeout: Duration,
}

impl Redis {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let schemes: &[&str] =
            &["redis", "rediss", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel"];
        // Several hosts between commas are no URL as others know it.
        let sound = move |text: &str| match text.split_once("://") {
            Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => Ok(text.to_owned()),
            _ => Err("give a URL, as redis://host:6379/0, redis+cluster://host:6379,host:6379 or \
                      redis+sentinel://host:26379,host:26379/name"
                .to_owned()),
        };
        let url = reader.secret(&URL, sound);
        let on = reader.is_on(Feature::Redis, url.is_some());
        Self {
            url: url.filter(|_| on),
            namespace: reader.usual(&NAMESPACE, parse::text),
            timeout: reader.usual(&TIMEOUT, parse::span),
        }
    }
}
