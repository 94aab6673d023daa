//! Plans that are paid for.

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

static SECRET: Variable =
    Variable::new("STRIPE_SECRET_KEY", "billing.stripe_secret_key", "Stripe's secret key", "sk_live_…")
        .needed(Need::With(Feature::Billing))
        .secret()
        .strong(test_key);
static PUBLISHABLE: Variable =
    Variable::new("STRIPE_PUBLISHABLE_KEY", "billing.stripe_publishable_key", "Stripe's key for browsers", "pk_live_…")
        .needed(Need::With(Feature::Billing));
pub(crate) static WEBHOOK: Variable = Variable::new(
    "STRIPE_WEBHOOK_SECRET",
    "billing.stripe_webhook_secret",
    "signs Stripe's events, as its dashboard shows it; without it none are taken",
    "whsec_…",
)
.needed(Need::With(Feature::Billing))
.secret();

pub(super) const SECTION: Section = Section { title: "Billing", variables: &[&SECRET, &PUBLISHABLE, &WEBHOOK] };

/// Plans that are paid for.
#[derive(RedactedDebug, Clone)]
pub struct Billing {
    /// Stripe's secret key; none when the feature is off.
    pub secret_key: Option<SecretString>,
    /// Stripe's key for browsers.
    pub publishable_key: Option<String>,
    /// Signs Stripe's events.
    pub webhook_secret: Option<SecretString>,
}

impl Billing {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let secret = reader.secret(&SECRET, parse::text);
        let publishable = reader.value(&PUBLISHABLE, parse::text);
        let webhook = reader.secret(&WEBHOOK, parse::text);
        let on = reader.is_on(Feature::Billing, secret.is_some() || webhook.is_some());
        Self {
            secret_key: secret.filter(|_| on),
            publishable_key: publishable.filter(|_| on),
            webhook_secret: webhook.filter(|_| on),
        }
    }
}

fn test_key(key: &str) -> Option<&'static str> {
    key.starts_with("sk_test_").then_some("a key for tests, with which nobody pays; take the live key")
}
