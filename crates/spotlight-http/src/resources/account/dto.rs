//! People who sign in.

use chrono_tz::Tz;
use secrecy::ExposeSecret;
use spotlight_core::{
    domain::{
        SessionId,
        time::Timestamp,
        user::{Role, Scope, Session, User},
    },
    services::{Context, accounts::Enrolment},
};

use super::secret::{Code, NewPassword, Password, Token};
use crate::{
    input::{Address, Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// Who opens an account, and an organization with it.
    SignUpInput {
        /// The e-mail address.
        required email: Address,
        /// The name.
        required name: Text<2, 100>,
        /// The organization's name.
        required organization: Text<2, 100>,
        /// Where the organization works; UTC unless given.
        optional time_zone: Tz,
        /// The password.
        required password: NewPassword,
    }
}

input! {
    /// Where a link is to be sent.
    AddressInput {
        /// The e-mail address.
        required email: Address,
    }
}

input! {
    /// A link that was sent.
    LinkInput {
        /// The secret of the link.
        required token: Token,
    }
}

input! {
    /// A link that was sent, and a new password.
    NewPasswordInput {
        /// The secret of the link.
        required token: Token,
        /// The new password.
        required password: NewPassword,
    }
}

input! {
    /// Who signs in.
    SignInInput {
        /// The e-mail address.
        required email: Text<1, 254>,
        /// The password.
        required password: Password,
        /// A code of the second factor, or a recovery code; asked for with `otp_required` where it is needed.
        optional otp_code: Code,
        /// Stay signed in over the end of the browser.
        optional remember_me: bool,
    }
}

input! {
    /// A change of one's own account: what is left out stays.
    UserPatchInput {
        /// The name.
        optional name: Text<2, 100>,
        /// The e-mail address. It is unconfirmed then, and the link that confirms it is sent there.
        optional email: Address,
        /// The password. Every session ends but this one, which goes on under another cookie.
        optional password: NewPassword,
        /// Needed for another address and for another password.
        optional current_password: Password,
    }
}

input! {
    /// Who begins to use a second factor.
    EnrolInput {
        /// The password.
        required current_password: Password,
    }
}

input! {
    /// A first code of a new device.
    FirstCodeInput {
        /// The code.
        required otp_code: Code,
    }
}

input! {
    /// Who gives the second factor up.
    DisableInput {
        /// The password.
        required current_password: Password,
        /// A code, or a recovery code.
        required otp_code: Code,
    }
}

output! {
    /// The user who is signed in.
    UserAttributes as "User" {
        /// The e-mail address.
        email: String,
        /// The name.
        name: String,
        /// When the address was confirmed.
        confirmed_at: Option<Timestamp>,
        /// What the user may do in the organization.
        role: Option<Role>,
        /// What the token may be used for; null for a browser.
        scopes: Option<Vec<Scope>>,
        /// True when signing in needs a code.
        second_factor: bool,
        /// How many recovery codes were not used; null without a second factor.
        recovery_codes_left: Option<u32>,
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
pub(crate) fn user(user: User, context: &Context) -> Resource<UserAttributes> {
    let factor = user.second_factor.as_ref().filter(|factor| factor.is_active());
    let attributes = UserAttributes {
        email: user.email.to_string(),
        name: user.name,
        confirmed_at: user.confirmed_at,
        role: context.role,
        scopes: context.scopes.clone(),
        second_factor: factor.is_some(),
        recovery_codes_left: factor.map(|factor| u32::try_from(factor.recovery.len()).unwrap_or(u32::MAX)),
        last_sign_in_at: user.last_sign_in_at,
        created_at: user.created_at,
        updated_at: user.updated_at,
    };
    Resource::new(user.id, attributes).at(user.version).refers_to("organization", Some(context.organization))
}

output! {
    /// A browser that is signed in.
    SessionAttributes as "Session" {
        /// True for the browser that asks.
        current: bool,
        /// The browser, as it names itself.
        user_agent: Option<String>,
        /// The address at sign-in.
        ip: Option<String>,
        /// Kept over the end of the browser.
        remember_me: bool,
        /// When it was made.
        created_at: Timestamp,
        /// When it was last used, to the minute.
        last_seen_at: Timestamp,
        /// When it ends by itself.
        expires_at: Timestamp,
    }
}

impl Attributes for SessionAttributes {
    const KIND: &'static str = "session";
}

/// A session as its user sees it.
pub(crate) fn session(session: Session, current: Option<SessionId>) -> Resource<SessionAttributes> {
    let attributes = SessionAttributes {
        current: Some(session.id) == current,
        user_agent: session.user_agent,
        ip: session.ip,
        remember_me: session.remember,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
    };
    Resource::new(session.id, attributes)
}

output! {
    /// What a device needs to make codes; shown once.
    EnrolmentAttributes as "Enrolment" {
        /// The secret in Base32, to be typed.
        secret: String,
        /// The same as an `otpauth` address, to be shown as a picture.
        uri: String,
    }
}

impl Attributes for EnrolmentAttributes {
    const KIND: &'static str = "second_factor";
}

/// A new second factor of a user.
pub(crate) fn enrolment(user: impl ToString, enrolment: &Enrolment) -> Resource<EnrolmentAttributes> {
    let (secret, uri) = (enrolment.secret.expose_secret().to_owned(), enrolment.uri.expose_secret().to_owned());
    Resource::new(user, EnrolmentAttributes { secret, uri })
}

output! {
    /// Codes for when the device is lost; shown once, and each works once.
    RecoveryAttributes as "RecoveryCodes" {
        /// The codes.
        recovery_codes: Vec<String>,
    }
}

impl Attributes for RecoveryAttributes {
    const KIND: &'static str = "second_factor";
}

/// What a confirmed second factor of a user is recovered by.
pub(crate) fn recovery(user: impl ToString, codes: &[secrecy::SecretString]) -> Resource<RecoveryAttributes> {
    let recovery_codes = codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    Resource::new(user, RecoveryAttributes { recovery_codes })
}
