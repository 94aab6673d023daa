//! What is looked at to tell how the deployment is.

use std::path::PathBuf;

use spotlight_derive::RedactedDebug;

use crate::config::{Section, Variable, parse, reader::Reader};

static DISK: Variable = Variable::new(
    "SPOTLIGHT_HEALTH_DISK",
    "health.disk",
    "folder whose disk /health tells of; the data folder unless given",
    "/var/lib/postgresql",
);

pub(super) const SECTION: Section = Section { title: "Health", variables: &[&DISK] };

/// What is looked at to tell how the deployment is.
#[derive(RedactedDebug, Clone)]
pub struct Health {
    /// Folder whose disk is looked at, when it is not the data folder's.
    pub disk: Option<PathBuf>,
}

impl Health {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self { disk: reader.value(&DISK, parse::of("give a path")) }
    }
}
