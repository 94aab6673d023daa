//! What is shown beside appointments.

use serde_json::Value;
use spotlight_core::{domain::appointment::Appointment, error::Result};

use crate::{
    output::Included,
    resources::{call::Call, lead::dto::lead},
};

/// The records that the query wants beside appointments. A lead that the caller may not see, or that is gone, is left out.
pub(super) async fn include(call: &Call<'_>, of: &[Appointment]) -> Result<Vec<Value>> {
    let mut included = Included::default();
    if call.query.list::<String>("include").is_empty() {
        return Ok(included.0);
    }
    let ids: Vec<_> = of.iter().map(|one| one.lead_id).collect();
    let found = call.platform.leads().get_many(&call.context, &ids).await?;
    included.add(&found.into_iter().map(|found| lead(found, call.now())).collect::<Vec<_>>())?;
    Ok(included.0)
}
