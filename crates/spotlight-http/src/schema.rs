//! JSON Schemas of what goes over the wire, taken from the types themselves.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;
use spotlight_core::domain::time::Timestamp;
use utoipa::openapi::{
    OneOfBuilder, Ref, RefOr, Schema,
    schema::{AdditionalProperties, ArrayBuilder, ArrayItems, ObjectBuilder, SchemaFormat, SchemaType, Type},
};

/// A schema, or a reference to one.
pub(crate) type Node = RefOr<Schema>;

/// The named schemas of a document.
#[derive(Default)]
pub(crate) struct Book(pub(crate) BTreeMap<String, Node>);

impl Book {
    /// A reference to the schema of this name, which is made the first time.
    pub(crate) fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Schema) -> Node {
        if !self.0.contains_key(name) {
            // The place is taken first, so that a schema that contains itself ends.
            self.0.insert(name.to_owned(), ObjectBuilder::new().into());
            let schema = make(self);
            self.0.insert(name.to_owned(), schema.into());
        }
        Ref::from_schema_name(name).into()
    }
}

/// Something whose JSON form has a schema.
pub(crate) trait Described {
    /// The schema.
    fn describe(book: &mut Book) -> Node;
}

/// A plain type, as `string`.
pub(crate) fn plain(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}

/// A text of a format, as `uuid`.
pub(crate) fn formatted(format: &str) -> Node {
    plain(Type::String).format(Some(SchemaFormat::Custom(format.to_owned()))).into()
}

/// One of some words.
pub(crate) fn one_of(words: impl IntoIterator<Item = &'static str>) -> Node {
    plain(Type::String).enum_values(Some(words)).into()
}

/// A list of things.
pub(crate) fn list_of(item: Node, most: Option<usize>) -> Node {
    let items = match item {
        RefOr::Ref(reference) => ArrayItems::RefOrSchema(Box::new(RefOr::Ref(reference))),
        RefOr::T(schema) => ArrayItems::RefOrSchema(Box::new(RefOr::T(schema))),
    };
    ArrayBuilder::new().items(items).max_items(most).into()
}

/// The same, or `null`.
pub(crate) fn nullable(node: Node) -> Node {
    match node {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = or_null(object.schema_type);
            if let Some(words) = &mut object.enum_values {
                words.push(Value::Null);
            }
            Schema::Object(object).into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = or_null(array.schema_type);
            Schema::Array(array).into()
        }
        other => OneOfBuilder::new().item(plain(Type::Null)).item(other).into(),
    }
}

fn or_null(kind: SchemaType) -> SchemaType {
    match kind {
        SchemaType::Type(kind) => SchemaType::Array(vec![kind, Type::Null]),
        other => other,
    }
}

/// The same with a description. References take theirs beside them.
pub(crate) fn explained(node: Node, text: &str) -> Node {
    let text = text.trim().to_owned();
    match node {
        RefOr::Ref(mut reference) => {
            reference.description = text;
            reference.into()
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(text);
            Schema::Object(object).into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(text);
            Schema::Array(array).into()
        }
        RefOr::T(Schema::OneOf(mut one)) => {
            one.description = Some(text);
            Schema::OneOf(one).into()
        }
        other @ RefOr::T(_) => other,
    }
}

/// Any JSON object.
pub(crate) fn any_object() -> Node {
    plain(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
}

/// Any JSON value.
pub(crate) fn any() -> Node {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
}

macro_rules! describe {
    ($($ty:ty => $schema:expr;)+) => {$(
        impl Described for $ty {
            fn describe(_: &mut Book) -> Node {
                $schema
            }
        }
    )+};
}

describe! {
    String => plain(Type::String).into();
    &'static str => plain(Type::String).into();
    bool => plain(Type::Boolean).into();
    u8 => plain(Type::Integer).minimum(Some(0)).into();
    u32 => plain(Type::Integer).minimum(Some(0)).into();
    u64 => plain(Type::Integer).minimum(Some(0)).into();
    i32 => plain(Type::Integer).into();
    i64 => plain(Type::Integer).into();
    f64 => plain(Type::Number).into();
    Timestamp => formatted("date-time");
    NaiveDate => formatted("date");
    NaiveTime => plain(Type::String)
        .format(Some(SchemaFormat::Custom("local-time".to_owned())))
        .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"))
        .into();
    Tz => formatted("iana-time-zone");
    Value => any();
    serde_json::Map<String, Value> => any_object();
}

impl<T: Described> Described for Option<T> {
    fn describe(book: &mut Book) -> Node {
        nullable(T::describe(book))
    }
}

impl<T: Described> Described for Vec<T> {
    fn describe(book: &mut Book) -> Node {
        list_of(T::describe(book), None)
    }
}

/// Schemas of the core's closed sets of words, and reading them.
macro_rules! words {
    ($($ty:ty),+ $(,)?) => {$(
        impl Described for $ty {
            fn describe(_: &mut Book) -> Node {
                one_of(<$ty>::ALL.iter().map(|word| word.as_str()))
            }
        }

        impl crate::input::Field for $ty {
            fn read(value: Value, at: &str, broken: &mut spotlight_core::error::Violations) -> Option<Self> {
                crate::input::word(value, at, broken, <$ty>::ALL.iter().map(|word| word.as_str()))
            }
        }
    )+};
}

/// Schemas of the core's ids, and reading them.
macro_rules! ids {
    ($($ty:ty),+ $(,)?) => {$(
        impl Described for $ty {
            fn describe(_: &mut Book) -> Node {
                formatted("uuid")
            }
        }

        impl crate::input::Field for $ty {
            fn read(value: Value, at: &str, broken: &mut spotlight_core::error::Violations) -> Option<Self> {
                crate::input::parsed(value, at, broken, "must be a UUID")
            }
        }
    )+};
}

use spotlight_core::domain::{
    AppointmentId, AssistantId, ConversationId, KnowledgeId, LeadId, UserId,
    appointment::{AppointmentStatus, MeetingType},
    assistant::{HostChoice, Language, Tone, ToolKind, Topic},
    billing::{PlanId, SubscriptionStatus},
    consent::{ConsentKind, ConsentState},
    conversation::{Channel, ConversationStatus, Sentiment, Speaker},
    lead::{Engagement, LeadSource, LeadStatus, ProposalField, ProposalState},
    organization::StorageMode,
    report::EndedReason,
    scoring::Met,
    user::{Role, Scope},
    webhook::{DeliveryStatus, DisabledReason, SourceKind},
};
use spotlight_core::ports::JobState;

words! {
    AppointmentStatus, MeetingType, HostChoice, Language, Tone, ToolKind, Topic, Channel, ConversationStatus, Sentiment,
    DeliveryStatus, DisabledReason, JobState, PlanId, SourceKind, SubscriptionStatus, Speaker, ConsentKind, ConsentState, EndedReason,
    ProposalField, ProposalState, Engagement, LeadSource, LeadStatus, Met, Role, Scope, StorageMode,
}
ids! { AppointmentId, AssistantId, ConversationId, KnowledgeId, LeadId, UserId }
