//! Files in a bucket.

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

static ID: Variable =
    Variable::new("AWS_ACCESS_KEY_ID", "files.aws_access_key_id", "who signs in to the bucket", "AKIA…")
        .needed(Need::With(Feature::Files));
static SECRET: Variable = Variable::new("AWS_SECRET_ACCESS_KEY", "files.aws_secret_access_key", "key for it", "…")
    .needed(Need::With(Feature::Files))
    .secret();
static REGION: Variable = Variable::new("AWS_REGION", "files.aws_region", "where the bucket is", "us-east-1")
    .needed(Need::With(Feature::Files));
static BUCKET: Variable = Variable::new("AWS_BUCKET", "files.aws_bucket", "the bucket", "spotlight-production")
    .needed(Need::With(Feature::Files));
static ENDPOINT: Variable = Variable::new(
    "AWS_ENDPOINT_URL",
    "files.aws_endpoint_url",
    "where the bucket is asked, for stores that speak as S3 does",
    "https://minio.example.com",
);

pub(super) const SECTION: Section = Section { title: "Files", variables: &[&ID, &SECRET, &REGION, &BUCKET, &ENDPOINT] };

/// Files in a bucket.
#[derive(RedactedDebug, Clone)]
pub struct Files {
    /// The bucket; none when the feature is off, and files lie in the data folder.
    pub bucket: Option<String>,
    /// Where it is.
    pub region: Option<String>,
    /// Who signs in to it.
    pub access_key_id: Option<String>,
    /// Key for it.
    pub secret_access_key: Option<SecretString>,
    /// Where it is asked, when that is not Amazon's.
    pub endpoint: Option<String>,
}

impl Files {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let (access_key_id, secret) = (reader.value(&ID, parse::text), reader.secret(&SECRET, parse::text));
        let (region, bucket) = (reader.value(&REGION, parse::text), reader.value(&BUCKET, parse::text));
        let on = reader.is_on(Feature::Files, bucket.is_some());
        Self {
            access_key_id,
            secret_access_key: secret,
            region,
            bucket: bucket.filter(|_| on),
            endpoint: reader.value(&ENDPOINT, parse::url(&["https", "http"], "https://minio.example.com")),
        }
    }
}
