//! What clients of other services have in common: TLS that is the process's own choice.

use std::sync::Arc;

use reqwest::{Client, ClientBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use spotlight_core::{Error, ErrorKind, Result};

/// The beginning of a client: the machine's certificates, no proxy, no redirect, and nothing that is sent twice.
///
/// # Errors
/// `Misconfigured` when TLS cannot be set up.
pub fn builder() -> Result<ClientBuilder> {
    let builder = Client::builder().tls_backend_preconfigured(tls()?);
    Ok(builder.redirect(Policy::none()).no_proxy().referer(false).retry(reqwest::retry::never()))
}

/// TLS with a provider of its own, so that no other choice of the process matters, and the machine's certificates.
fn tls() -> Result<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        tracing::warn!("this machine has no certificates: nothing can be sent over HTTPS");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Misconfigured, "TLS cannot be set up").with_source(error))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
