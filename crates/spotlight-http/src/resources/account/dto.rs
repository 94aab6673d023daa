//! People who sign in.

use spotlight_core::domain::{
    time::Timestamp,
    user::{Role, Scope, User},
};

use crate::{
    input::{Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// Who signs in.
    SignInInput {
        /// The e-mail address.
        required email: Text<1, 254>,
        /// The password.
        required password: Text<1, 200>,
        /// Stay signed in over the end of the browser.
        optional remember_me: bool,
    }
}

output! {
    /// The user who is signed in.
    UserAttributes as "User" {
        /// The e-mail address.
        email: String,
        /// The name.
        name: String,
        /// What the user may do in the organization.
        role: Option<Role>,
        /// What the token may be used for; null for a browser.
        scopes: Option<Vec<Scope>>,
        /// When the user signed in last.
        last_sign_in_at: Option<Timestamp>,
        /// When the user was added.
        created_at: Timestamp,
        /// When the user last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for UserAttributes {
    const KIND: &'static str = "user";
    const RELATIONS: &'static [Relation] = &[Relation::one("organization", "organization")];
}

/// A user as it is shown to itself.
pub(crate) fn user(user: User, context: &spotlight_core::services::Context) -> Resource<UserAttributes> {
    let attributes = UserAttributes {
        email: user.email.to_string(),
        name: user.name,
        role: context.role,
        scopes: context.scopes.clone(),
        last_sign_in_at: user.last_sign_in_at,
        created_at: user.created_at,
        updated_at: user.updated_at,
    };
    Resource::new(user.id, attributes).at(user.version).refers_to("organization", Some(context.organization))
}
