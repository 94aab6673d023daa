//! Feature flags.

use spotlight_derive::RedactedDebug;

use super::{id::OrganizationId, time::Timestamp};

/// A switch that can be on, off, or on for a share of organizations.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct FeatureFlag {
    /// Lower-case letters, digits and underscores, 1 to 60.
    #[debug(shown = "the name that operators gave a flag")]
    pub key: String,
    /// On for everybody `percentage` lets in.
    pub enabled: bool,
    /// 0 to 100: the share of organizations for which it is on.
    pub percentage: u8,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl FeatureFlag {
    /// Whether the flag is on for an organization.
    ///
    /// The share is sticky: an organization that is in at 20 % is in at 30 %.
    pub fn is_on(&self, organization: OrganizationId) -> bool {
        use sha2::{Digest, Sha256};
        if !self.enabled || self.percentage == 0 {
            return false;
        }
        let mut hash = Sha256::new();
        hash.update(self.key.as_bytes());
        hash.update(organization.as_uuid().as_bytes());
        let digest = hash.finalize();
        let bucket = u16::from_be_bytes([digest[0], digest[1]]) % 100;
        bucket < u16::from(self.percentage)
    }
}
