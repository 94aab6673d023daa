//! Certificates of an authority of a test's own, and clients that trust it alone.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::{Datelike, TimeDelta};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use spotlight_core::ports::{Clock, SystemClock};
use tokio::{io, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A folder that goes with the test.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new one.
    ///
    /// # Panics
    /// When none can be made.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("spotlight-tls-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Issues certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

/// A certificate with its key, in PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub chain: String,
    /// Its key.
    pub key: String,
}

impl Issued {
    /// The certificate as it goes over the wire.
    ///
    /// # Panics
    /// Never: it was issued here.
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).expect("a certificate")
    }

    /// Writes both into a folder, and gives where they lie: the certificate, then the key.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> [String; 2] {
        [("fullchain.pem", &self.chain), ("privkey.pem", &self.key)].map(|(name, text)| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("it is written");
            path.to_str().expect("a path in UTF-8").to_owned()
        })
    }

    /// What a server encrypts with.
    ///
    /// # Panics
    /// Never: it was issued here.
    pub fn server(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key");
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        Arc::new(builder.with_single_cert(vec![self.der()], key).expect("they belong together"))
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// When there is no randomness.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate").der().clone();
        Self { issuer: Issuer::new(params, key), root }
    }

    /// A certificate for these hosts, from and until so many days from now.
    ///
    /// # Panics
    /// For names that are none.
    pub fn issue(&self, names: &[&str], days: Range<i64>) -> Issued {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        let day = |from_now| {
            let date = (SystemClock.now() + TimeDelta::days(from_now)).date_naive();
            let part = |number: u32| u8::try_from(number).expect("a part of a date");
            date_time_ymd(date.year(), part(date.month()), part(date.day()))
        };
        (params.not_before, params.not_after) = (day(days.start), day(days.end));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued { chain: certificate.pem(), key: key.serialize_pem() }
    }

    /// A client that trusts this authority alone, and speaks these protocols.
    ///
    /// # Panics
    /// Never: the root was made here.
    pub fn client(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        // Each handshake is to show the certificate of its day.
        config.resumption = rustls::client::Resumption::disabled();
        config
    }

    /// Connects to a server for `localhost` that listens at an address.
    ///
    /// # Errors
    /// Those of the connection and of its handshake.
    ///
    /// # Panics
    /// Never: the name is one.
    pub async fn connect(&self, address: &str, protocols: &[&str]) -> io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(Arc::new(self.client(protocols)));
        let name = ServerName::try_from("localhost").expect("a name");
        connector.connect(name, TcpStream::connect(address).await?).await
    }
}
