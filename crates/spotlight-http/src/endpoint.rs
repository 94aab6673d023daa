//! What an endpoint is: the row that routing, access, limits, reading and documentation come from.

use futures::future::BoxFuture;
use http::Method;
use spotlight_core::{error::Result, ports::Quota};

use crate::{
    error::Place,
    incoming::Streams,
    input::{Field, read_body, read_maybe, read_nothing},
    output::{Attributes, Relation},
    query::Parameter,
    resources::{Call, Group, endpoints},
    response::Response,
    schema::{Book, Described, Node},
};

/// The methods the API knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reads. `HEAD` is answered too, without the body.
    Get,
    /// Adds, or does something.
    Post,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Verb {
    /// The method as HTTP names it.
    pub const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A load balancer: nobody is asked who they are, and nothing is limited.
    Probe,
    /// Anybody, within the limit of their address.
    Open,
    /// A browser that is signed in.
    Session,
    /// A browser that is signed in, or a program with a token.
    Team,
    /// The same, or the visitor of the conversation.
    Visitor,
    /// Another system that signs its messages. The action checks the signature, and reads the body only then.
    Signed,
}

/// What the body carries.
#[derive(Clone, Copy)]
pub(crate) struct Carries {
    /// The member that holds it.
    pub(crate) key: &'static str,
    /// False where an empty body says as much as an empty resource.
    pub(crate) required: bool,
    /// Its schema.
    pub(crate) describe: fn(&mut Book) -> Node,
    /// Reads it for what is wrong with it.
    check: fn(&[u8], &str) -> Result<()>,
}

/// What a good answer is.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    /// Nothing.
    Nothing,
    /// One resource.
    One(u16, Shows),
    /// A part of a list, or a whole list.
    Many(Shows),
    /// Server-sent events.
    Events {
        /// What they are.
        about: &'static str,
        /// Some of them.
        example: &'static str,
    },
    /// A WebSocket, and what it speaks.
    Socket(&'static str),
    /// JSON of another form.
    Plain(fn(&mut Book) -> Node),
    /// A file as it comes.
    Download {
        /// What `Content-Disposition` says of it.
        disposition: &'static str,
        /// The media types it can be of.
        kinds: &'static [&'static str],
    },
    /// A file of a page, of this media type. It is no part of the API's document.
    File(&'static str),
}

/// A kind of resource.
#[derive(Clone, Copy)]
pub(crate) struct Shows {
    pub(crate) kind: &'static str,
    pub(crate) relations: &'static [Relation],
    pub(crate) describe: fn(&mut Book) -> Node,
}

impl Shows {
    const fn of<A: Attributes>() -> Self {
        Self { kind: A::KIND, relations: A::RELATIONS, describe: A::describe }
    }
}

/// Another form of the same answer.
#[derive(Clone, Copy)]
pub(crate) struct Also {
    pub(crate) media_type: &'static str,
    pub(crate) describe: fn(&mut Book) -> Node,
}

/// Does what an endpoint is for.
type Run = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Response>>;

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// Its name in documentation, logs and metrics.
    pub name: &'static str,
    /// What it is served or left out with.
    pub group: Group,
    /// Its method.
    pub verb: Verb,
    /// Its path, with parameters as `{id}`.
    pub path: &'static str,
    pub(crate) run: Run,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) query: &'static [Parameter],
    pub(crate) carries: Option<Carries>,
    /// The body in another form, taken as it comes.
    pub(crate) streams: Option<Streams>,
    pub(crate) answers: Answers,
    /// The form for those who ask for another media type.
    pub(crate) also: Option<Also>,
    /// Its 503 says what the good answer says, in the same form.
    pub(crate) tells_when_unavailable: bool,
    /// Statuses that follow from neither access nor path nor body.
    pub(crate) refuses: &'static [u16],
    pub(crate) versioned: bool,
    /// True when a repeated request with its `Idempotency-Key` is recognised. Others are given no key, so that a service
    /// that keeps answers is no use without this.
    pub(crate) keyed: bool,
    /// True when all that a repeated request carries besides its key is secret: nothing of it is kept to be compared.
    #[cfg_attr(not(feature = "conformance"), expect(dead_code, reason = "only the suite asks"))]
    pub(crate) blind: bool,
    /// Headers of the good answer that follow from neither access nor kind of answer: names, and what they say.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What an address may do here without signing in, where that is less than elsewhere.
    pub(crate) quota: Option<Quota>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({:?} {})", self.verb, self.path)
    }
}

impl Endpoint {
    /// The endpoint of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        endpoints().iter().find(|endpoint| endpoint.name == name)
    }

    pub(crate) const fn get(path: &'static str, name: &'static str, summary: &'static str, run: Run) -> Self {
        Self::new(Verb::Get, path, name, summary, run)
    }

    pub(crate) const fn post(path: &'static str, name: &'static str, summary: &'static str, run: Run) -> Self {
        Self::new(Verb::Post, path, name, summary, run)
    }

    pub(crate) const fn patch(path: &'static str, name: &'static str, summary: &'static str, run: Run) -> Self {
        Self::new(Verb::Patch, path, name, summary, run)
    }

    pub(crate) const fn delete(path: &'static str, name: &'static str, summary: &'static str, run: Run) -> Self {
        Self::new(Verb::Delete, path, name, summary, run)
    }

    /// For members of the team, until another access is given. The table sets the group.
    const fn new(verb: Verb, path: &'static str, name: &'static str, summary: &'static str, run: Run) -> Self {
        Self {
            name,
            group: Group::Probes,
            verb,
            path,
            run,
            summary,
            access: Access::Team,
            query: &[],
            carries: None,
            streams: None,
            answers: Answers::Nothing,
            also: None,
            tells_when_unavailable: false,
            refuses: &[],
            versioned: false,
            keyed: false,
            blind: false,
            headers: &[],
            quota: None,
        }
    }

    pub(crate) const fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    pub(crate) const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    pub(crate) const fn body<T: Field>(self, key: &'static str) -> Self {
        let check = |body: &[u8], key: &str| read_body::<T>(body, key).map(drop);
        Self { carries: Some(Carries { key, required: true, describe: T::describe, check }), ..self }
    }

    /// A body that can be left out.
    pub(crate) const fn maybe_body<T: Field>(self, key: &'static str) -> Self {
        let check = |body: &[u8], key: &str| read_maybe::<T>(body, key).map(drop);
        Self { carries: Some(Carries { key, required: false, describe: T::describe, check }), ..self }
    }

    /// A body that is no JSON and is taken as it comes.
    pub(crate) const fn streams(self, streams: Streams) -> Self {
        Self { streams: Some(streams), ..self }
    }

    pub(crate) const fn one<A: Attributes>(self, status: u16) -> Self {
        Self { answers: Answers::One(status, Shows::of::<A>()), ..self }
    }

    pub(crate) const fn many<A: Attributes>(self) -> Self {
        Self { answers: Answers::Many(Shows::of::<A>()), ..self }
    }

    pub(crate) const fn plain<T: Described>(self) -> Self {
        Self { answers: Answers::Plain(T::describe), ..self }
    }

    /// In another form too, for those who ask for its media type.
    pub(crate) const fn also<T: Described>(self, media_type: &'static str) -> Self {
        Self { also: Some(Also { media_type, describe: T::describe }), ..self }
    }

    /// What it answers with 503 is no error document but its own.
    pub(crate) const fn tells_when_unavailable(self) -> Self {
        Self { tells_when_unavailable: true, ..self }
    }

    /// A file, with what `Content-Disposition` says of it.
    pub(crate) const fn download(self, disposition: &'static str, kinds: &'static [&'static str]) -> Self {
        Self { answers: Answers::Download { disposition, kinds }, ..self }
    }

    /// The events of a turn.
    pub(crate) const fn events(self) -> Self {
        self.events_of(
            "Server-sent events, each with JSON data: `transcript` (the visitor's words as stored), `token` (`text`: a \
             piece of the answer), `audio` (`base64`), `tool` (`name`, `ok`), and last `done` (`utterance`, `status`) or \
             `error` (an error document).",
            "event: token\ndata: {\"text\":\"Hello!\"}\n\nevent: tool\ndata: \
             {\"name\":\"capture_lead\",\"ok\":true}\n\nevent: done\ndata: {\"status\":\"active\",\"utterance\":null}\n\n",
        )
    }

    pub(crate) const fn events_of(self, about: &'static str, example: &'static str) -> Self {
        Self { answers: Answers::Events { about, example }, ..self }
    }

    pub(crate) const fn socket(self, about: &'static str) -> Self {
        Self { answers: Answers::Socket(about), ..self }
    }

    pub(crate) const fn file(self, media_type: &'static str) -> Self {
        Self { answers: Answers::File(media_type), ..self }
    }

    pub(crate) const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    /// Counted by itself, and allowed less than what else is open to anybody.
    pub(crate) const fn limited(self, quota: Quota) -> Self {
        Self { quota: Some(quota), ..self }
    }

    /// A safe update: `If-Match` is honoured.
    pub(crate) const fn versioned(self) -> Self {
        Self { versioned: true, ..self }
    }

    /// A repeated request is recognised by its `Idempotency-Key`.
    pub(crate) const fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    /// The same where the body is secret, and no part of what is compared.
    pub(crate) const fn keyed_blindly(self) -> Self {
        Self { keyed: true, blind: true, ..self }
    }

    pub(crate) const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    /// True for a WebSocket.
    pub(crate) fn is_socket(&self) -> bool {
        matches!(self.answers, Answers::Socket(_))
    }

    /// The group it is documented under: the first part of its path.
    pub(crate) fn tag(&self) -> &'static str {
        self.path.strip_prefix("/api/v1/").and_then(|path| path.split('/').next()).unwrap_or("operations")
    }

    /// The status of a good answer.
    #[cfg_attr(not(feature = "conformance"), expect(dead_code, reason = "only the suite asks"))]
    pub(crate) const fn good_status(&self) -> u16 {
        match self.answers {
            Answers::Nothing => 204,
            Answers::One(status, _) => status,
            Answers::Socket(_) => 101,
            _ => 200,
        }
    }

    /// What a good answer is written in.
    pub(crate) const fn media_type(&self) -> &'static str {
        match self.answers {
            Answers::Events { .. } => "text/event-stream",
            Answers::File(media_type) => media_type,
            Answers::Download { kinds, .. } => match kinds {
                [first, ..] => first,
                [] => "application/octet-stream",
            },
            _ => "application/json",
        }
    }

    /// True when it is a part of the API's document.
    pub const fn is_documented(&self) -> bool {
        !matches!(self.answers, Answers::File(_))
    }

    /// True when pages of other origins may call it: never with cookies.
    pub(crate) fn crosses_origins(&self) -> bool {
        self.access == Access::Visitor || self.path.starts_with("/api/v1/public/")
    }

    /// What is wrong with a body, where something is.
    ///
    /// # Errors
    /// `Malformed` when it is no JSON object, `Validation` with everything that is wrong in it.
    pub(crate) fn check_body(&self, body: &[u8]) -> Result<()> {
        match (&self.carries, &self.streams) {
            (Some(carries), _) => (carries.check)(body, carries.key),
            (None, Some(_)) => Ok(()),
            (None, None) => read_nothing(body),
        }
    }

    /// Where fields of a service's violation stand.
    pub(crate) fn place(&self) -> Place {
        match (&self.carries, &self.streams) {
            (Some(carries), _) => Place::Body(carries.key),
            (None, Some(streams)) => Place::Body(streams.key),
            (None, None) => Place::Query,
        }
    }

    /// The values of the path's parameters, in the order of the template. Read from the end of the path, so that a
    /// router mounted below a prefix serves the same rows. None when a value is not UTF-8.
    pub(crate) fn path_values(&self, path: &str) -> Option<Vec<String>> {
        let template: Vec<_> = self.path.split('/').collect();
        let parts: Vec<_> = path.split('/').collect();
        let start = parts.len().checked_sub(template.len())?;
        template
            .iter()
            .zip(&parts[start..])
            .filter(|(name, _)| name.starts_with('{'))
            .map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8().ok().map(Into::into))
            .collect()
    }

    /// Every status it can answer with besides the good one, ascending.
    pub(crate) fn error_statuses(&self) -> Vec<u16> {
        let mut statuses = vec![405, 500, 503];
        if self.access != Access::Probe {
            statuses.extend([422, 429]);
        }
        if self.is_socket() {
            statuses.extend([400, 426]);
        } else if self.access != Access::Probe && !matches!(self.answers, Answers::Nothing) {
            statuses.push(406);
        }
        match self.access {
            Access::Probe | Access::Open => {}
            Access::Signed => statuses.push(401),
            Access::Session | Access::Team | Access::Visitor => statuses.extend([401, 403]),
        }
        if self.path.contains('{') {
            statuses.push(404);
        }
        if matches!(self.verb, Verb::Post | Verb::Patch) {
            statuses.extend([400, 413, 415]);
        }
        if self.versioned {
            statuses.extend([400, 412]);
        }
        if self.keyed {
            statuses.push(409);
        }
        statuses.extend(self.refuses);
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}
