//! What other systems tell us.

use spotlight_core::{
    domain::{
        AssistantId,
        assistant::Language,
        conversation::{Channel, ConversationStatus, Speaker},
        lead::LeadSource,
    },
    services::incoming::{ConversationEvent, ForeignUtterance, LeadEvent, Receipt, ToldLead},
};

use crate::{
    input::{Address, Free, List, Nullable, Number, Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// A lead as another system tells of it.
    LeadTold {
        /// The name.
        nullable name: Text<2, 100>,
        /// The e-mail address. A lead that has it is this lead.
        nullable email: Address,
        /// The phone number, with its country code as +49…. A lead that has it is this lead.
        nullable phone: Number,
        /// The company.
        nullable company: Text<1, 100>,
        /// Where it came from; `website` unless given. Counts for a lead that is new.
        optional source: LeadSource,
        /// Free data. What a known lead has already is kept.
        optional metadata: Free,
    }
}

input! {
    /// An event about a lead. What a known lead holds is never overwritten: other values are kept beside it for a person.
    LeadEventInput {
        /// Names the event; each is accepted once.
        required id: Text<1, 200>,
        /// The lead.
        required lead: LeadTold,
    }
}

input! {
    /// What a visitor has told elsewhere about themselves.
    VisitorTold {
        /// The name.
        nullable name: Text<2, 100>,
        /// The e-mail address.
        nullable email: Address,
        /// The phone number, with its country code as +49….
        nullable phone: Number,
        /// The company.
        nullable company: Text<1, 100>,
    }
}

input! {
    /// Something that was said elsewhere.
    UtteranceTold {
        /// Who said it.
        required speaker: Speaker,
        /// What was said.
        required content: Text<1, 4000>,
    }
}

input! {
    /// A conversation that another system holds.
    ConversationTold {
        /// That system's own id of it. The first event of an id opens the conversation.
        required external_id: Text<1, 200>,
        /// Who answers.
        required assistant_id: AssistantId,
        /// How people talk there; `chat` unless given.
        optional source: Channel,
        /// What is spoken; the assistant's language unless given.
        optional language: Language,
        /// Who talks.
        optional lead: VisitorTold,
        /// What was said since the last event, oldest first.
        optional transcripts: List<UtteranceTold, 100>,
        /// `completed` or `abandoned` when it has ended.
        optional status: ConversationStatus,
    }
}

input! {
    /// An event about a conversation.
    ConversationEventInput {
        /// Names the event; each is accepted once.
        required id: Text<1, 200>,
        /// The conversation.
        required conversation: ConversationTold,
    }
}

fn text<const MIN: usize, const MAX: usize>(field: Nullable<Text<MIN, MAX>>) -> Option<String> {
    field.0.flatten().map(|text| text.0)
}

impl From<LeadEventInput> for LeadEvent {
    fn from(event: LeadEventInput) -> Self {
        let lead = event.lead.0;
        Self {
            id: event.id.0.0,
            lead: ToldLead {
                name: text(lead.name),
                email: lead.email.0.flatten().map(|email| email.0),
                phone: lead.phone.0.flatten().map(|phone| phone.0),
                company: text(lead.company),
            },
            source: lead.source,
            metadata: lead.metadata.map(|free| free.0).unwrap_or_default(),
        }
    }
}

impl From<VisitorTold> for ToldLead {
    fn from(told: VisitorTold) -> Self {
        Self {
            name: text(told.name),
            email: told.email.0.flatten().map(|email| email.0),
            phone: told.phone.0.flatten().map(|phone| phone.0),
            company: text(told.company),
        }
    }
}

impl From<ConversationEventInput> for ConversationEvent {
    fn from(event: ConversationEventInput) -> Self {
        let told = event.conversation.0;
        let said = told.transcripts.map(|said| said.0).unwrap_or_default();
        Self {
            id: event.id.0.0,
            external_id: told.external_id.0.0,
            assistant_id: told.assistant_id.0,
            source: told.source.unwrap_or(Channel::Chat),
            language: told.language,
            lead: told.lead.map(ToldLead::from).unwrap_or_default(),
            transcripts: said
                .into_iter()
                .map(|said| ForeignUtterance { speaker: said.speaker.0, content: said.content.0.0 })
                .collect(),
            status: told.status,
        }
    }
}

output! {
    /// What became of an event.
    ReceiptAttributes as "WebhookReceipt" {
        /// An event of this id was accepted before, and this one did nothing.
        duplicate: bool,
    }
}

impl Attributes for ReceiptAttributes {
    const KIND: &'static str = "webhook_receipt";
    const RELATIONS: &'static [Relation] =
        &[Relation::one("lead", "lead"), Relation::one("conversation", "conversation")];
}

/// A receipt as it is shown; its id is the event's.
pub(crate) fn receipt(taken: Receipt) -> Resource<ReceiptAttributes> {
    Resource::new(taken.event_id, ReceiptAttributes { duplicate: taken.duplicate })
        .refers_to("lead", taken.lead_id)
        .refers_to("conversation", taken.conversation_id)
}
