//! What lies outside: the providers of what is on, and the address that browsers know.

use std::time::{Duration, Instant};

use futures::future::join_all;
use secrecy::ExposeSecret;
use spotlight_core::Result;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::{Finding, Severity};
use crate::config::Config;

/// How long an address may take to be found and to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether each can be reached from here. Nothing is asked of them: no key leaves this machine.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    Ok(join_all(places(config).into_iter().map(|(name, host, port)| reached(name, host, port))).await)
}

/// Who is needed for what is on.
fn places(config: &Config) -> Vec<(&'static str, String, u16)> {
    let mut places = Vec::new();
    let mut add = |name, url: &str| {
        let read = Url::parse(url).ok();
        let place = read.and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
        places.extend(place.map(|(host, port)| (name, host, port)));
    };
    if config.models.key.is_some() {
        add("the language model", &config.models.base_url);
    }
    if config.voice.key.is_some() {
        add("voices", "https://api.elevenlabs.io");
    }
    if config.billing.secret_key.is_some() {
        add("billing", "https://api.stripe.com");
    }
    if config.files.bucket.is_some() {
        let region = config.files.region.as_deref().unwrap_or("us-east-1");
        let usual = format!("https://s3.{region}.amazonaws.com");
        add("files", config.files.endpoint.as_deref().unwrap_or(&usual));
    }
    if let Some(url) = config.monitoring.traces() {
        add("the receiver of traces", url);
    }
    if let Some(dsn) = &config.monitoring.sentry_dsn {
        add("Sentry", dsn.expose_secret());
    }
    if let Some(url) = &config.server.public_url {
        add("this server's public address", url);
    }
    if let Some(host) = &config.mail.host {
        places.push(("mail", host.clone(), config.mail.port));
    }
    places
}

async fn reached(name: &'static str, host: String, port: u16) -> Finding {
    let began = Instant::now();
    let place = format!("{name} at {host}:{port}");
    let failed = match timeout(PATIENCE, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => {
            return Finding::fine("outside", format!("{place} answered in {} ms", began.elapsed().as_millis()));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer within three seconds".to_owned(),
    };
    Finding::new(Severity::Warning, "outside", format!("{place} cannot be reached: {failed}"))
        .because("what needs it fails or waits")
        .then("check name, firewall and proxy of this machine, and the provider's own status page")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn only_what_is_on_is_asked_for() {
        let read = |variables: &[(&str, &str)]| {
            let sources = Sources::none().with_variables(variables.iter().copied());
            places(&Config::read(&sources).expect("settings"))
        };
        assert_eq!(read(&[]), []);
        let url = ("OPENAI_BASE_URL", "http://127.0.0.1:1234/v1");
        assert_eq!(read(&[url]), [], "without a key there is nobody to ask");
        let model = ("the language model", "127.0.0.1".to_owned(), 1234);
        assert_eq!(read(&[url, ("OPENAI_API_KEY", "sk-0123456789abcdef")]), [model]);
    }

    #[tokio::test]
    async fn who_listens_is_reached_and_who_does_not_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let there = reached("the language model", "127.0.0.1".to_owned(), port).await;
        assert!(there.severity == Severity::Fine && there.evidence.contains(" ms"), "{there:?}");
        drop(listener);
        let gone = reached("the language model", "127.0.0.1".to_owned(), port).await;
        assert!(gone.severity == Severity::Warning && gone.evidence.contains("cannot be reached"), "{gone:?}");
    }
}
