//! Keys for programs.

use spotlight_core::domain::{
    time::Timestamp,
    user::{ApiToken, Scope},
};

use crate::{
    input::{List, Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// A new API token.
    TokenInput {
        /// What tells it from others.
        required name: Text<2, 100>,
        /// What it may be used for, at least one; for a program not more than it may do itself.
        required scopes: List<Scope, 10>,
        /// When it ends by itself; never unless given.
        optional expires_at: Timestamp,
    }
}

output! {
    /// An API token, without its secret.
    TokenAttributes as "ApiToken" {
        /// What tells it from others.
        name: String,
        /// How its secret begins.
        prefix: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
        /// When it ends by itself.
        expires_at: Option<Timestamp>,
        /// When it was last used, to the minute.
        last_used_at: Option<Timestamp>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
    }
}

impl Attributes for TokenAttributes {
    const KIND: &'static str = "api_token";
    const RELATIONS: &'static [Relation] = &[Relation::one("user", "user")];
}

/// A token as administrators see it.
pub(super) fn token(token: ApiToken) -> Resource<TokenAttributes> {
    let attributes = TokenAttributes {
        name: token.name,
        prefix: token.prefix,
        scopes: token.scopes,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
        revoked_at: token.revoked_at,
        created_at: token.created_at,
    };
    Resource::new(token.id, attributes).refers_to("user", Some(token.user_id))
}
