//! Changes of consent.

use spotlight_core::{
    domain::{
        ConversationId,
        consent::{Consent, ConsentKind, ConsentState},
        conversation::Channel,
        time::Timestamp,
    },
    services::consents::NewConsent,
};

use crate::{
    input::{Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// A change of consent.
    NewConsentInput {
        /// To what.
        required kind: ConsentKind,
        /// On which channel.
        required channel: Channel,
        /// Where it stands now.
        required state: ConsentState,
        /// How it was expressed, as `widget checkbox`.
        required how: Text<1, 200>,
        /// In which of the lead's conversations.
        nullable conversation_id: ConversationId,
    }
}

impl From<NewConsentInput> for NewConsent {
    fn from(new: NewConsentInput) -> Self {
        Self {
            kind: new.kind.0,
            channel: new.channel.0,
            state: new.state.0,
            how: new.how.0.0,
            conversation_id: new.conversation_id.0.flatten(),
        }
    }
}

input! {
    /// An opt-out; it counts on every channel.
    OptOutInput {
        /// Where the lead said so.
        required channel: Channel,
        /// How it was expressed, as `answer to an e-mail`.
        required how: Text<1, 200>,
    }
}

output! {
    /// A change of consent. The newest counts, and a refusal on every channel until consent is given anew.
    ConsentAttributes as "Consent" {
        /// To what.
        kind: ConsentKind,
        /// On which channel.
        channel: Channel,
        /// Where it stood from then on.
        state: ConsentState,
        /// How it was expressed.
        how: String,
        /// When.
        created_at: Timestamp,
    }
}

impl Attributes for ConsentAttributes {
    const KIND: &'static str = "consent";
    const RELATIONS: &'static [Relation] =
        &[Relation::one("lead", "lead"), Relation::one("conversation", "conversation")];
}

/// A change of consent as it is shown.
pub(super) fn consent(change: Consent) -> Resource<ConsentAttributes> {
    let attributes = ConsentAttributes {
        kind: change.kind,
        channel: change.channel,
        state: change.state,
        how: change.how,
        created_at: change.created_at,
    };
    Resource::new(change.id, attributes)
        .refers_to("lead", Some(change.lead_id))
        .refers_to("conversation", change.conversation_id)
}
