//! Members and invitations.

use spotlight_core::{
    domain::{time::Timestamp, user::Role},
    services::accounts::{Invitation, Member, NewInvitation},
};

use crate::{
    input::{Address, Text, input},
    output::{Attributes, Relation, Resource, output},
    resources::account::secret::{NewPassword, Token},
};

input! {
    /// A change of a member.
    MemberPatchInput {
        /// What they may do; not above one's own role.
        required role: Role,
    }
}

input! {
    /// Whom to invite.
    InvitationInput {
        /// The e-mail address.
        required email: Address,
        /// The name; kept as it is for somebody who has an account.
        required name: Text<2, 100>,
        /// What they will be; not above one's own role.
        required role: Role,
    }
}

impl From<InvitationInput> for NewInvitation {
    fn from(input: InvitationInput) -> Self {
        Self { email: input.email.0.0, name: input.name.0.0, role: input.role.0 }
    }
}

input! {
    /// How an invitation is accepted.
    AcceptInput {
        /// The secret of the link.
        required token: Token,
        /// The name; as they were invited, unless given.
        optional name: Text<2, 100>,
        /// The password; needed by who has no account with a confirmed address, and not used for others.
        optional password: NewPassword,
    }
}

output! {
    /// A member of the team.
    MemberAttributes as "Member" {
        /// The e-mail address.
        email: String,
        /// The name.
        name: String,
        /// What they may do.
        role: Role,
        /// When the address was confirmed.
        confirmed_at: Option<Timestamp>,
        /// When they signed in last.
        last_sign_in_at: Option<Timestamp>,
        /// When they joined.
        joined_at: Timestamp,
    }
}

impl Attributes for MemberAttributes {
    const KIND: &'static str = "member";
}

/// A member, under the user's id.
pub(super) fn member(member: Member) -> Resource<MemberAttributes> {
    let attributes = MemberAttributes {
        email: member.email.to_string(),
        name: member.name,
        role: member.role,
        confirmed_at: member.confirmed_at,
        last_sign_in_at: member.last_sign_in_at,
        joined_at: member.joined_at,
    };
    Resource::new(member.user_id, attributes)
}

output! {
    /// An invitation that nobody has accepted yet.
    InvitationAttributes as "Invitation" {
        /// Where it is sent.
        email: String,
        /// The name they were invited by, or their own.
        name: String,
        /// What they will be.
        role: Role,
        /// When it was made.
        created_at: Timestamp,
        /// When it stops working.
        expires_at: Timestamp,
    }
}

impl Attributes for InvitationAttributes {
    const KIND: &'static str = "invitation";
    const RELATIONS: &'static [Relation] = &[Relation::one("user", "user")];
}

/// An invitation, under the id of who is invited: there is one at a time.
pub(super) fn invitation(invitation: Invitation) -> Resource<InvitationAttributes> {
    let attributes = InvitationAttributes {
        email: invitation.email.to_string(),
        name: invitation.name,
        role: invitation.role,
        created_at: invitation.created_at,
        expires_at: invitation.expires_at,
    };
    Resource::new(invitation.user_id, attributes).refers_to("user", Some(invitation.user_id))
}
