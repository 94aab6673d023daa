//! Which program it is.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    ports::{Figure, FigureSource, Label, Metric},
};

static BUILD: Metric = Metric::gauge("spotlight_build_info", "1, with the version of the program.", &["version"]);

/// Which program it is.
#[derive(Debug, Clone, Copy)]
pub struct Build;

#[async_trait]
impl FigureSource for Build {
    fn name(&self) -> &'static str {
        "build"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&BUILD]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        Ok(vec![Figure::number(&BUILD, vec![Label::Borrowed(env!("CARGO_PKG_VERSION"))], 1.0)])
    }
}
