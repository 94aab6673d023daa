//! Documents: resources, lists, and where the rest of a list is.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use spotlight_core::{
    error::{Error, Result},
    ports::page::{Cursor, Listing, Paging},
};
use spotlight_derive::RedactedDebug;

use crate::{
    query::Query,
    response::{Body, Response},
    schema::Described,
};

/// The attributes of a kind of resource.
pub(crate) trait Attributes: Serialize + Described {
    /// The resource's type on the wire.
    const KIND: &'static str;
    /// What it refers to.
    const RELATIONS: &'static [Relation] = &[];
}

/// A reference of one kind of resource to others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relation {
    /// Its name.
    pub(crate) name: &'static str,
    /// The type it refers to.
    pub(crate) kind: &'static str,
    /// How many.
    pub(crate) many: bool,
}

impl Relation {
    pub(crate) const fn one(name: &'static str, kind: &'static str) -> Self {
        Self { name, kind, many: false }
    }

    pub(crate) const fn many(name: &'static str, kind: &'static str) -> Self {
        Self { name, kind, many: true }
    }
}

/// A reference to a resource.
#[derive(RedactedDebug, Clone, Serialize)]
pub(crate) struct Identifier {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What a relationship says.
#[derive(Debug, Serialize)]
pub(crate) struct Linkage {
    data: LinkageData,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Related>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LinkageData {
    One(Option<Identifier>),
    Many(Vec<Identifier>),
}

#[derive(RedactedDebug, Serialize)]
struct Related {
    related: String,
}

/// A record as it is shown.
#[derive(RedactedDebug, Serialize)]
pub(crate) struct Resource<A> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    attributes: A,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    relationships: BTreeMap<&'static str, Linkage>,
    #[serde(skip)]
    version: Option<i64>,
}

impl<A: Attributes> Resource<A> {
    pub(crate) fn new(id: impl ToString, attributes: A) -> Self {
        Self { id: id.to_string(), kind: A::KIND, attributes, relationships: BTreeMap::new(), version: None }
    }

    /// The same with the version that `ETag` shows.
    pub(crate) fn at(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// The same with a reference declared in [`Attributes::RELATIONS`].
    pub(crate) fn refers_to(mut self, name: &'static str, id: Option<impl ToString>) -> Self {
        let kind = A::RELATIONS.iter().find(|relation| relation.name == name).map_or(name, |relation| relation.kind);
        let data = LinkageData::One(id.map(|id| Identifier { id: id.to_string(), kind }));
        self.relationships.insert(name, Linkage { data, links: None });
        self
    }

    /// The same with references to included resources; `related` is where all of them are.
    pub(crate) fn refers_to_many<'b, B: 'b>(
        mut self,
        name: &'static str,
        others: impl IntoIterator<Item = &'b Resource<B>>,
        related: String,
    ) -> Self {
        let data = others.into_iter().map(|other| Identifier { id: other.id.clone(), kind: other.kind }).collect();
        self.relationships.insert(name, Linkage { data: LinkageData::Many(data), links: Some(Related { related }) });
        self
    }
}

/// What a reply says besides its data.
pub(crate) type Meta = serde_json::Map<String, serde_json::Value>;

#[derive(Serialize)]
struct Document<'a, D, I> {
    data: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
    #[serde(skip_serializing_if = "<[I]>::is_empty")]
    included: &'a [I],
}

/// One resource, with its version as `ETag`.
pub(crate) fn one<A: Attributes>(status: StatusCode, resource: Resource<A>) -> Result<Response> {
    one_with::<A, A>(status, resource, None, &[])
}

/// One resource with more beside it.
pub(crate) fn one_with<A: Attributes, B: Attributes>(
    status: StatusCode,
    resource: Resource<A>,
    meta: Option<Meta>,
    included: &[Resource<B>],
) -> Result<Response> {
    tagged(status, resource.version, &Document { data: resource, meta, included })
}

/// One resource with records of several kinds beside it.
fn one_beside<A: Attributes>(status: StatusCode, resource: Resource<A>, included: &[Value]) -> Result<Response> {
    tagged(status, resource.version, &Document { data: resource, meta: None, included })
}

/// The same of the one record that was shown with others.
pub(crate) fn one_of<A: Attributes>(shown: Vec<Resource<A>>, included: &[Value]) -> Result<Response> {
    let one = shown.into_iter().next().ok_or_else(|| Error::internal("a record was not shown"))?;
    one_beside(StatusCode::OK, one, included)
}

/// A document with its entity tag: the version, where the record has one, and what the document says, which can change
/// while the version stays. `If-Match` reads the version alone.
fn tagged(status: StatusCode, version: Option<i64>, body: &impl Serialize) -> Result<Response> {
    let response = json(status, body)?;
    let Body::Full(bytes) = &response.body else { return Ok(response) };
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(bytes)[..8]);
    let said = format!("{:016x}", u64::from_be_bytes(first));
    let tag = version.map_or(format!("\"{said}\""), |version| format!("\"{version}-{said}\""));
    Ok(response.with(header::ETAG, tag))
}

/// Records beside the one that was asked for.
#[derive(RedactedDebug, Default)]
pub(crate) struct Included(pub(crate) Vec<Value>);

impl Included {
    /// Adds records.
    pub(crate) fn add<'a, A: Attributes + 'a>(
        &mut self,
        resources: impl IntoIterator<Item = &'a Resource<A>>,
    ) -> Result<()> {
        for resource in resources {
            let value = serde_json::to_value(resource)
                .map_err(|error| Error::internal("an answer could not be written").with_source(error))?;
            self.0.push(value);
        }
        Ok(())
    }
}

/// Resources by what they belong to, in the order in which they came.
pub(crate) fn by<K: Ord, T, A>(
    found: Vec<T>,
    key: impl Fn(&T) -> K,
    show: impl Fn(T) -> Resource<A>,
) -> BTreeMap<K, Vec<Resource<A>>> {
    let mut grouped: BTreeMap<K, Vec<_>> = BTreeMap::new();
    for one in found {
        grouped.entry(key(&one)).or_default().push(show(one));
    }
    grouped
}

/// The same records with references to what belongs to each; `related` is where all of that is.
pub(crate) fn refer<K: Ord + Copy, A: Attributes, B>(
    shown: Vec<(K, Resource<A>)>,
    name: &'static str,
    of: &BTreeMap<K, Vec<Resource<B>>>,
    related: impl Fn(K) -> String,
) -> Vec<(K, Resource<A>)> {
    let refer = |(id, shown): (K, Resource<A>)| {
        let own = of.get(&id).into_iter().flatten();
        (id, shown.refers_to_many(name, own, related(id)))
    };
    shown.into_iter().map(refer).collect()
}

/// One page of a list that is read as a whole, since it is never long.
pub(crate) fn paged<A: Attributes>(all: Vec<Resource<A>>, path: &str, query: &Query) -> Result<Response> {
    let total = Some(all.len() as u64);
    let (page, per_page) = match query.paging() {
        Paging::Page { page, per_page } => (page, per_page),
        Paging::After { limit, .. } => (1, limit),
    };
    let before = (page as usize).saturating_sub(1).saturating_mul(per_page as usize);
    let items = all.into_iter().skip(before).take(per_page as usize).collect();
    many(Listing { items, total, next: None }, path, query)
}

/// A list that is answered in one part of at most `most`.
pub(crate) fn whole<A: Attributes>(all: &[Resource<A>], most: u32, path: &str, query: &Query) -> Result<Response> {
    let pagination = Meta::from_iter([
        ("per_page".to_owned(), most.into()),
        ("current_page".to_owned(), 1.into()),
        ("total_pages".to_owned(), usize::from(!all.is_empty()).into()),
        ("total_count".to_owned(), all.len().into()),
        ("prev_page".to_owned(), serde_json::Value::Null),
        ("next_page".to_owned(), serde_json::Value::Null),
    ]);
    let here = format!("{path}?{}", query.with(&[]));
    list_document(all, pagination, &format!("<{here}>; rel=\"first\", <{here}>; rel=\"last\""))
}

/// A part of a list that is read forwards alone.
pub(crate) fn forward<A: Attributes>(
    items: &[Resource<A>],
    next: Option<Cursor>,
    limit: u32,
    path: &str,
    query: &Query,
) -> Result<Response> {
    let next = next.map(|cursor| cursor.to_string());
    let pagination =
        Meta::from_iter([("per_page".to_owned(), limit.into()), ("next_cursor".to_owned(), next.clone().into())]);
    let link = |rel: &str, cursor: String| format!("<{path}?{}>; rel=\"{rel}\"", query.with(&[("cursor", cursor)]));
    let links: Vec<_> =
        [Some(link("first", String::new())), next.map(|next| link("next", next))].into_iter().flatten().collect();
    list_document(items, pagination, &links.join(", "))
}

/// A part of a list, and in `Link` and `meta` where the other parts are.
pub(crate) fn many<A: Attributes>(listing: Listing<Resource<A>>, path: &str, query: &Query) -> Result<Response> {
    many_beside(listing, &[], path, query)
}

/// The same with records of several kinds beside it.
pub(crate) fn many_beside<A: Attributes>(
    listing: Listing<Resource<A>>,
    included: &[Value],
    path: &str,
    query: &Query,
) -> Result<Response> {
    let paging = query.paging();
    let mut pagination = Meta::new();
    let mut links = Vec::new();
    let mut link =
        |rel: &str, changes: &[(&str, String)]| links.push(format!("<{path}?{}>; rel=\"{rel}\"", query.with(changes)));
    pagination.insert("per_page".into(), paging.limit().into());
    match &paging {
        Paging::Page { page, per_page } => {
            let total = listing.total.unwrap_or_default();
            let pages = total.div_ceil(u64::from(*per_page));
            let page = u64::from(*page);
            let previous = (page > 1).then(|| (page - 1).min(pages.max(1)));
            let next = (page < pages).then_some(page + 1);
            pagination.insert("current_page".into(), page.into());
            pagination.insert("total_pages".into(), pages.into());
            pagination.insert("total_count".into(), total.into());
            pagination.insert("prev_page".into(), previous.into());
            pagination.insert("next_page".into(), next.into());
            let last = Some(pages.max(1));
            for (rel, page) in [("first", Some(1)), ("prev", previous), ("next", next), ("last", last)] {
                if let Some(page) = page {
                    link(rel, &[("page", page.to_string())]);
                }
            }
        }
        Paging::After { .. } => {
            let next = listing.next.as_ref().map(ToString::to_string);
            pagination.insert("next_cursor".into(), next.clone().into());
            link("first", &[("cursor", String::new())]);
            if let Some(next) = next {
                link("next", &[("cursor", next)]);
            }
        }
    }
    document_beside(&listing.items, included, pagination, &links.join(", "))
}

/// A list with its pagination and links.
pub(crate) fn list_document<A: Attributes>(items: &[Resource<A>], pagination: Meta, links: &str) -> Result<Response> {
    document_beside(items, &[], pagination, links)
}

fn document_beside<A: Attributes>(
    items: &[Resource<A>],
    included: &[Value],
    pagination: Meta,
    links: &str,
) -> Result<Response> {
    let meta = Meta::from_iter([("pagination".to_owned(), pagination.into())]);
    let document = Document { data: items, meta: Some(meta), included };
    Ok(json(StatusCode::OK, &document)?.with(header::LINK, links))
}

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response> {
    Response::json(status, body).map_err(|error| Error::internal("an answer could not be written").with_source(error))
}

/// Declares the attributes of a resource, or a part of them.
macro_rules! output {
    ($(#[doc = $doc:literal])+ $name:ident as $shown:literal
        { $($(#[doc = $about:literal])+ $field:ident: $ty:ty,)+ }) => {
        $(#[doc = $doc])+
        #[derive(spotlight_derive::RedactedDebug, serde::Serialize)]
        pub(crate) struct $name { $($(#[doc = $about])+ pub(crate) $field: $ty,)+ }

        $crate::output::described! { $(#[doc = $doc])+ $name as $shown { $($(#[doc = $about])+ $field: $ty,)+ } }
    };
}

/// Declares the schema of a type that is made elsewhere; a test holds it to what the type serializes as.
macro_rules! described {
    ($(#[doc = $doc:literal])+ $name:ident as $shown:literal
        { $($(#[doc = $about:literal])+ $field:ident: $ty:ty,)+ }) => {
        impl $crate::schema::Described for $name {
            fn describe(book: &mut $crate::schema::Book) -> $crate::schema::Node {
                book.named($shown, |book| {
                    let object = $crate::schema::plain(utoipa::openapi::schema::Type::Object)
                        .description(Some(concat!($($doc),+).trim()));
                    $(
                        let node = <$ty as $crate::schema::Described>::describe(book);
                        let object = object
                            .property(stringify!($field), $crate::schema::explained(node, concat!($($about),+)))
                            .required(stringify!($field));
                    )+
                    object.into()
                })
            }
        }
    };
}

pub(crate) use {described, output};
