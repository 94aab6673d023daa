//! Assistants and what they know.

mod preview;

use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

pub use self::preview::{MAX_SAMPLE, Preview, PreviewInput};
use super::{
    Context, billing,
    deps::{Deps, answered_id, id_answer},
    kept,
    leads::tidy,
};
use crate::{
    domain::{
        AssistantId, KnowledgeId,
        assistant::{
            Assistant, BookingSettings, HandOffRule, Knowledge, Language, ModelSettings, Question, Tone, ToolKind,
            VoiceSettings,
        },
        time::Timestamp,
        user::{Role, Scope},
    },
    error::{Error, Result},
    ports::{AssistantFigures, AssistantFilter, AssistantSort, Listing, Paging, Sort, UnitOfWork},
};

/// What describes an assistant, without identity.
#[derive(RedactedDebug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistantInput {
    /// 2 to 100 characters.
    pub name: String,
    /// How it speaks.
    pub tone: Tone,
    /// What it is for.
    pub role: String,
    /// What it should say and find out.
    pub script: String,
    /// What it speaks.
    pub language: Language,
    /// Answers visitors only while true.
    pub active: bool,
    /// First words.
    pub greeting: Option<String>,
    /// How it sounds.
    pub voice: VoiceSettings,
    /// How its model is called.
    pub model: ModelSettings,
    /// What it finds out.
    pub questions: Vec<Question>,
    /// What it may do.
    pub tools: Vec<ToolKind>,
    /// When it asks for a person.
    pub hand_off: HandOffRule,
    /// How it books.
    pub booking: BookingSettings,
    /// Web origins that may embed the widget.
    pub allowed_origins: Vec<String>,
    /// JSON Schema of what a call report extracts.
    pub report_schema: Option<serde_json::Value>,
    /// What counts as success.
    pub success_criteria: Option<String>,
}

impl Default for AssistantInput {
    fn default() -> Self {
        Self {
            name: String::new(),
            tone: Tone::Professional,
            role: String::new(),
            script: String::new(),
            language: Language::En,
            active: true,
            greeting: None,
            voice: VoiceSettings::default(),
            model: ModelSettings::default(),
            questions: Vec::new(),
            tools: ToolKind::ALL.to_vec(),
            hand_off: HandOffRule::default(),
            booking: BookingSettings::default(),
            allowed_origins: Vec::new(),
            report_schema: None,
            success_criteria: None,
        }
    }
}

impl From<&Assistant> for AssistantInput {
    fn from(assistant: &Assistant) -> Self {
        let a = assistant.clone();
        Self {
            name: a.name,
            tone: a.tone,
            role: a.role,
            script: a.script,
            language: a.language,
            active: a.active,
            greeting: a.greeting,
            voice: a.voice,
            model: a.model,
            questions: a.questions,
            tools: a.tools,
            hand_off: a.hand_off,
            booking: a.booking,
            allowed_origins: a.allowed_origins,
            report_schema: a.report_schema,
            success_criteria: a.success_criteria,
        }
    }
}

impl AssistantInput {
    fn apply(self, assistant: &mut Assistant) {
        self.name.trim().clone_into(&mut assistant.name);
        assistant.tone = self.tone;
        self.role.trim().clone_into(&mut assistant.role);
        self.script.trim().clone_into(&mut assistant.script);
        assistant.language = self.language;
        assistant.active = self.active;
        assistant.greeting = self.greeting;
        assistant.voice = self.voice;
        assistant.model = self.model;
        assistant.questions = self.questions;
        assistant.tools = self.tools;
        assistant.hand_off = self.hand_off;
        assistant.booking = self.booking;
        assistant.allowed_origins = self.allowed_origins;
        assistant.report_schema = self.report_schema;
        assistant.success_criteria = self.success_criteria;
    }
}

/// What describes a knowledge entry.
#[derive(RedactedDebug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeInput {
    /// The question it answers; none for a plain text.
    pub question: Option<String>,
    /// The answer or text.
    pub answer: String,
}

/// A change of a knowledge entry: what is absent stays.
#[derive(RedactedDebug, Clone, Default)]
pub struct KnowledgePatch {
    /// The question it answers; emptied, it is a plain text.
    pub question: Option<Option<String>>,
    /// The answer or text.
    pub answer: Option<String>,
}

/// Assistants. A sales representative sees and changes their own; everyone else all of the organization's.
#[derive(Clone)]
pub struct AssistantService {
    deps: Deps,
}

impl AssistantService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The assistant with this id.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's, or one the actor may not see.
    pub async fn get(&self, ctx: &Context, id: AssistantId) -> Result<Assistant> {
        ctx.require(Scope::AssistantsRead, Role::SalesRep)?;
        let found = self.deps.read(ctx).assistants().get(ctx.organization, id).await?;
        visible(ctx, found)
    }

    /// Of the assistants with these ids those that the actor may see, by id.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn get_many(&self, ctx: &Context, ids: &[AssistantId]) -> Result<Vec<Assistant>> {
        ctx.require(Scope::AssistantsRead, Role::SalesRep)?;
        let found = self.deps.read(ctx).assistants().get_many(ctx.organization, ids).await?;
        Ok(found.into_iter().filter_map(|assistant| visible(ctx, Some(assistant)).ok()).collect())
    }

    /// Assistants that pass the filter.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn list(
        &self,
        ctx: &Context,
        mut filter: AssistantFilter,
        sort: Sort<AssistantSort>,
        paging: &Paging,
    ) -> Result<Listing<Assistant>> {
        ctx.require(Scope::AssistantsRead, Role::SalesRep)?;
        if let Some(own) = ctx.visible_to() {
            filter.owner_id = Some(own);
        }
        self.deps.read(ctx).assistants().list(ctx.organization, &filter, sort, paging).await
    }

    /// Makes an assistant; the actor owns it.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `PlanLimit` when the plan allows no more.
    pub async fn create(&self, ctx: &Context, input: AssistantInput) -> Result<Assistant> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        let owner_id = self.owner(ctx).await?;
        if let Some(answer) = self.deps.replay(ctx, "assistant.create", &input).await? {
            return self.get(ctx, answered_id(&answer)?).await;
        }
        let request = input.clone();
        let now = self.deps.now();
        let mut assistant = blank(AssistantId::from_uuid(self.deps.ids.uuid()), ctx, owner_id, now);
        input.apply(&mut assistant);
        assistant.validate()?;
        let unit = self.deps.storage.begin().await?;
        billing::check_assistants(&*unit, ctx).await?;
        self.check_hosts(&*unit, &assistant).await?;
        unit.assistants().insert(&assistant).await?;
        self.deps.audit(&*unit, ctx, "assistant.create", ("assistant", assistant.id.to_string()), json!({})).await?;
        self.deps.remember(&*unit, ctx, "assistant.create", &request, id_answer(assistant.id)).await?;
        unit.commit().await?;
        Ok(assistant)
    }

    /// The user in whose name something is made: the actor, or the organization's first member for the platform.
    async fn owner(&self, ctx: &Context) -> Result<crate::domain::UserId> {
        if let Some(user) = ctx.actor.user_id() {
            return Ok(user);
        }
        let members = self.deps.read(ctx).users().members(ctx.organization).await?;
        members.first().map(|member| member.user_id).ok_or_else(|| Error::not_found("organization"))
    }

    async fn check_hosts(&self, unit: &dyn UnitOfWork, assistant: &Assistant) -> Result<()> {
        for (index, host) in assistant.booking.hosts.iter().enumerate() {
            if unit.hosts().get(assistant.organization_id, *host).await?.is_none() {
                return Err(Error::invalid(
                    format!("booking.hosts.{index}"),
                    "unknown",
                    "A host must be a member with a calendar",
                ));
            }
        }
        Ok(())
    }

    /// Changes an assistant. With `expected_version`, only when it is still at that version.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule, `StaleVersion`.
    pub async fn update(
        &self,
        ctx: &Context,
        id: AssistantId,
        input: AssistantInput,
        expected_version: Option<i64>,
    ) -> Result<Assistant> {
        self.change(ctx, id, expected_version, "assistant.update", |assistant| input.apply(assistant)).await
    }

    /// Switches an assistant on or off, whichever it is not. With `expected_version`, only when it is still at that
    /// version.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`.
    pub async fn toggle_active(
        &self,
        ctx: &Context,
        id: AssistantId,
        expected_version: Option<i64>,
    ) -> Result<Assistant> {
        let toggle = |assistant: &mut Assistant| assistant.active = !assistant.active;
        self.change(ctx, id, expected_version, "assistant.toggle_active", toggle).await
    }

    async fn change(
        &self,
        ctx: &Context,
        id: AssistantId,
        expected_version: Option<i64>,
        action: &str,
        change: impl FnOnce(&mut Assistant) + Send,
    ) -> Result<Assistant> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        let unit = self.deps.storage.begin().await?;
        let mut assistant = visible(ctx, unit.assistants().get(ctx.organization, id).await?)?;
        if expected_version.is_some_and(|version| version != assistant.version) {
            return Err(Error::stale("assistant"));
        }
        change(&mut assistant);
        assistant.validate()?;
        self.check_hosts(&*unit, &assistant).await?;
        assistant.updated_at = self.deps.now();
        unit.assistants().update(&assistant).await?;
        assistant.version += 1;
        self.deps.audit(&*unit, ctx, action, ("assistant", id.to_string()), json!({})).await?;
        unit.commit().await?;
        Ok(assistant)
    }

    /// Removes an assistant that no conversation or appointment refers to, and its knowledge.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when something refers to it: switch it off instead; `StaleVersion` when it is no longer
    /// at `expected_version`.
    pub async fn delete(&self, ctx: &Context, id: AssistantId, expected_version: Option<i64>) -> Result<()> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        let unit = self.deps.storage.begin().await?;
        let assistant = visible(ctx, unit.assistants().get(ctx.organization, id).await?)?;
        if let Some(version) = expected_version {
            if version != assistant.version {
                return Err(Error::stale("assistant"));
            }
            // Holds the row at this version: whoever changes it now comes before or after, never between.
            unit.assistants().update(&assistant).await?;
        }
        unit.assistants().delete(ctx.organization, id).await?;
        self.deps.audit(&*unit, ctx, "assistant.delete", ("assistant", id.to_string()), json!({})).await?;
        kept::commit(&self.deps, unit, ctx.organization, id).await
    }

    /// Figures of an assistant, over all time.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn figures(&self, ctx: &Context, id: AssistantId) -> Result<AssistantFigures> {
        self.get(ctx, id).await?;
        self.deps.read(ctx).assistants().figures(ctx.organization, id).await
    }

    /// An assistant's knowledge, oldest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn knowledge(&self, ctx: &Context, id: AssistantId) -> Result<Vec<Knowledge>> {
        self.get(ctx, id).await?;
        self.deps.read(ctx).knowledge().list(ctx.organization, id).await
    }

    /// Adds a knowledge entry.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule.
    pub async fn add_knowledge(&self, ctx: &Context, id: AssistantId, input: KnowledgeInput) -> Result<Knowledge> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        self.get(ctx, id).await?;
        let scope = format!("knowledge.create:{id}");
        if let Some(answer) = self.deps.replay(ctx, &scope, &input).await? {
            let found = self.deps.read(ctx).knowledge().get(ctx.organization, answered_id(&answer)?).await?;
            return found.ok_or_else(|| Error::not_found("knowledge"));
        }
        let now = self.deps.now();
        let entry = Knowledge {
            id: KnowledgeId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            assistant_id: id,
            question: tidy(input.question.clone()),
            answer: input.answer.trim().to_owned(),
            created_at: now,
            updated_at: now,
        };
        entry.validate()?;
        let unit = self.deps.storage.begin().await?;
        unit.knowledge().insert(&entry).await?;
        self.deps.audit(&*unit, ctx, "knowledge.create", ("knowledge", entry.id.to_string()), json!({})).await?;
        self.deps.remember(&*unit, ctx, &scope, &input, id_answer(entry.id)).await?;
        kept::commit(&self.deps, unit, ctx.organization, id).await?;
        Ok(entry)
    }

    /// Changes a knowledge entry of an assistant; what the patch leaves out stays. With `seen`, only when it was last
    /// changed at that instant.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule, `StaleVersion` also when another change came between.
    pub async fn update_knowledge(
        &self,
        ctx: &Context,
        assistant: AssistantId,
        id: KnowledgeId,
        patch: KnowledgePatch,
        seen: Option<Timestamp>,
    ) -> Result<Knowledge> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        self.get(ctx, assistant).await?;
        let unit = self.deps.storage.begin().await?;
        let found = unit.knowledge().get(ctx.organization, id).await?;
        let mut entry = found.filter(|e| e.assistant_id == assistant).ok_or_else(|| Error::not_found("knowledge"))?;
        let before = entry.updated_at;
        if seen.is_some_and(|seen| seen != before) {
            return Err(Error::stale("knowledge entry"));
        }
        entry.question = tidy(patch.question.unwrap_or(entry.question));
        if let Some(answer) = patch.answer {
            answer.trim().clone_into(&mut entry.answer);
        }
        // Later in any case: the instant of the last change is what tells versions apart.
        entry.updated_at = self.deps.now().max(before + chrono::Duration::microseconds(1));
        entry.validate()?;
        unit.knowledge().update(&entry, before).await?;
        self.deps.audit(&*unit, ctx, "knowledge.update", ("knowledge", id.to_string()), json!({})).await?;
        kept::commit(&self.deps, unit, ctx.organization, assistant).await?;
        Ok(entry)
    }

    /// Removes a knowledge entry of an assistant. With `seen`, only when it was last changed at that instant.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`.
    pub async fn delete_knowledge(
        &self,
        ctx: &Context,
        assistant: AssistantId,
        id: KnowledgeId,
        seen: Option<Timestamp>,
    ) -> Result<()> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        self.get(ctx, assistant).await?;
        let unit = self.deps.storage.begin().await?;
        let found = unit.knowledge().get(ctx.organization, id).await?;
        let entry = found.filter(|e| e.assistant_id == assistant).ok_or_else(|| Error::not_found("knowledge"))?;
        if let Some(seen) = seen {
            // Holds the row as it was seen: whoever changes it now comes before or after, never between.
            unit.knowledge().update(&entry, seen).await?;
        }
        unit.knowledge().delete(ctx.organization, id).await?;
        self.deps.audit(&*unit, ctx, "knowledge.delete", ("knowledge", id.to_string()), json!({})).await?;
        kept::commit(&self.deps, unit, ctx.organization, assistant).await
    }
}

fn visible(ctx: &Context, found: Option<Assistant>) -> Result<Assistant> {
    found
        .filter(|assistant| ctx.visible_to().is_none_or(|user| assistant.owner_id == user))
        .ok_or_else(|| Error::not_found("assistant"))
}

fn blank(
    id: AssistantId,
    ctx: &Context,
    owner_id: crate::domain::UserId,
    now: crate::domain::time::Timestamp,
) -> Assistant {
    let input = AssistantInput::default();
    Assistant {
        id,
        organization_id: ctx.organization,
        owner_id,
        name: input.name,
        tone: input.tone,
        role: input.role,
        script: input.script,
        language: input.language,
        active: input.active,
        greeting: input.greeting,
        voice: input.voice,
        model: input.model,
        questions: input.questions,
        tools: input.tools,
        hand_off: input.hand_off,
        booking: input.booking,
        allowed_origins: input.allowed_origins,
        voice_sample: None,
        report_schema: None,
        success_criteria: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}
