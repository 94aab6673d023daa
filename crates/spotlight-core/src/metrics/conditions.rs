//! How what the platform depends on is, as figures: the schema, and what the checks of `/health` find.

use std::sync::Arc;

use async_trait::async_trait;

use super::catalog::{DISK_USED, HEALTH_RESPONSE, HEALTH_STATUS, SCHEMA_MIGRATIONS};
use crate::{
    error::Result,
    ports::{Figure, FigureSource, HealthStatus, HealthValue, Label, Metric, Storage},
    services::health::{Checked, HealthService},
};

/// The check whose share in use is a figure of its own.
const DISK: (&str, &str) = ("disk_space", "usage");

/// Whether the schema is the one that this program was built for.
pub(crate) struct Schema(pub(crate) Arc<dyn Storage>);

#[async_trait]
impl FigureSource for Schema {
    fn name(&self) -> &'static str {
        "schema"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&SCHEMA_MIGRATIONS]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        let found = self.0.schema().await?;
        let versions = |state, versions: &[i64]| {
            Figure::number(&SCHEMA_MIGRATIONS, vec![Label::Borrowed(state)], versions.len() as f64)
        };
        Ok(vec![versions("pending", &found.pending), versions("newer", &found.newer)])
    }
}

/// What the checks of `/health` find: asked as whoever reads that page asks, and answered from what was found a moment ago.
pub(crate) struct Checks(pub(crate) HealthService);

#[async_trait]
impl FigureSource for Checks {
    fn name(&self) -> &'static str {
        "health"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&HEALTH_STATUS, &HEALTH_RESPONSE, &DISK_USED]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        Ok(self.0.report().await.checks.iter().flat_map(|checked| figures(checked)).collect())
    }
}

fn figures(checked: &Checked) -> Vec<Figure> {
    // Checks are registered in code: a deployment has a handful, and always the same.
    let check = Label::Owned(checked.name.clone());
    let finding = &checked.finding;
    let mut figures: Vec<_> = HealthStatus::ALL
        .iter()
        .map(|status| {
            let labels = vec![check.clone(), Label::Borrowed(status.as_str())];
            Figure::number(&HEALTH_STATUS, labels, f64::from(u8::from(*status == finding.status)))
        })
        .collect();
    figures.extend(finding.response_time.map(|took| Figure::number(&HEALTH_RESPONSE, vec![check], took.as_secs_f64())));
    let usage = finding.details.iter().find(|detail| (checked.name.as_str(), detail.name) == DISK);
    if let Some(HealthValue::Percent(percent)) = usage.map(|detail| &detail.value) {
        figures.push(Figure::plain(&DISK_USED, f64::from(*percent) / 100.0));
    }
    figures
}
