//! What a field may show.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Field, GenericArgument, LitStr, PathArguments, Type, TypeParamBound};

/// Types that can hold what somebody wrote, who they are, where they are, or a secret. The suite `redaction` reads this
/// list.
pub(crate) const TEXT: &[&str] = &[
    "String",
    "str",
    "char",
    "Value",
    "Map",
    "RawValue",
    "Cow",
    "Bytes",
    "BytesMut",
    "Url",
    "Uri",
    "Path",
    "PathBuf",
    "OsString",
    "OsStr",
    "CString",
    "CStr",
    "HeaderMap",
    "HeaderName",
    "HeaderValue",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "IpNet",
];

const LISTS: &[&str] =
    &["Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "BinaryHeap", "Bytes", "HeaderMap"];

/// How much of a field is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of it, as its own `Debug` does.
    Whole,
    /// That it is there.
    Nothing,
    /// Whether an option holds something.
    Presence,
    /// How many elements.
    Length,
}

/// What the field's attribute says, or else its type.
pub(crate) fn decide(field: &Field) -> syn::Result<Shape> {
    let mut decided = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("debug")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("hidden") {
                decided = Some(hidden(&field.ty));
                return Ok(());
            }
            if !meta.path.is_ident("shown") {
                return Err(meta.error("`hidden`, or `shown = \"why nobody's data is in it\"`"));
            }
            let reason: LitStr = meta.value()?.parse()?;
            if reason.value().trim().is_empty() {
                return Err(syn::Error::new_spanned(reason, "say why nobody's data is in it"));
            }
            decided = Some(Shape::Whole);
            Ok(())
        })?;
    }
    Ok(decided.unwrap_or_else(|| if holds_text(&field.ty) { hidden(&field.ty) } else { Shape::Whole }))
}

/// Whether the type can hold text or bytes, as far as its own words say.
pub(crate) fn holds_text(ty: &Type) -> bool {
    match ty {
        // Texts of the program.
        Type::Reference(reference)
            if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
                && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("str")) =>
        {
            false
        }
        Type::Reference(reference) => holds_text(&reference.elem),
        Type::Paren(inner) => holds_text(&inner.elem),
        Type::Group(inner) => holds_text(&inner.elem),
        Type::Array(array) => is_byte(&array.elem) || holds_text(&array.elem),
        Type::Slice(slice) => is_byte(&slice.elem) || holds_text(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(holds_text),
        Type::Path(path) if path.qself.is_none() => path.path.segments.iter().any(|segment| {
            TEXT.iter().any(|text| segment.ident == text)
                || match &segment.arguments {
                    PathArguments::None => false,
                    PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(|argument| match argument {
                        GenericArgument::Type(ty) => segment.ident != "Option" && is_byte(ty) || holds_text(ty),
                        GenericArgument::Lifetime(_) | GenericArgument::Const(_) => false,
                        other => mentions_text(other.to_token_stream()),
                    }),
                    PathArguments::Parenthesized(_) => true,
                }
        }),
        Type::TraitObject(object) => object.bounds.iter().any(|bound| matches!(bound, TypeParamBound::Trait(_))),
        // A pointer to a function prints as an address. Of a type of another kind nobody knows what its `Debug` says.
        other => !other.to_token_stream().to_string().starts_with("fn"),
    }
}

fn is_byte(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("u8"))
}

fn mentions_text(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "dyn" || TEXT.iter().any(|text| ident == text),
        TokenTree::Group(group) => mentions_text(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// What of a hidden field is told: whether there is something, or how much.
fn hidden(ty: &Type) -> Shape {
    match ty {
        // What a macro passed on.
        Type::Group(inner) => hidden(&inner.elem),
        Type::Path(path) if path.qself.is_none() => match path.path.segments.last() {
            Some(segment) if segment.ident == "Option" => Shape::Presence,
            Some(segment) if LISTS.iter().any(|list| segment.ident == list) => Shape::Length,
            _ => Shape::Nothing,
        },
        _ => Shape::Nothing,
    }
}
