//! The types of our own crates, read from their sources: for what has to hold for every type there is.

pub mod public;
#[path = "../../../crates/spotlight-derive/src/rule.rs"]
pub mod rule;
pub mod shown;

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, ItemMacro, Meta, Token, punctuated::Punctuated};

/// Crates whose types are read, by folder.
pub const CRATES: &[&str] = &[
    "spotlight-core",
    "spotlight-http",
    "spotlight-http-axum",
    "spotlight-http-actix",
    "spotlight-ops",
    "spotlight-providers",
    "spotlight-storage",
];

/// A module with what stands in it.
#[derive(Default)]
pub struct Module {
    /// Its path, the crate first, as in code.
    pub path: Vec<String>,
    /// Others may name it, where they may name what is around it.
    pub public: bool,
    /// What stands in it, but for modules.
    pub items: Vec<Item>,
    /// Modules in it.
    pub modules: Vec<Module>,
    /// Its file, for messages.
    pub file: PathBuf,
}

impl Module {
    /// The name by which the module around it knows it.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Itself and all below.
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.modules.iter().flat_map(Self::all));
        all
    }

    /// The same with `name` after its path.
    pub fn path_of(&self, name: &str) -> String {
        format!("{}::{name}", self.path.join("::"))
    }
}

/// Every crate, without its tests and the suites that it offers.
///
/// # Panics
/// When a file cannot be read or is not Rust.
pub fn read(crates: &Path) -> Vec<Module> {
    CRATES
        .iter()
        .map(|name| {
            let source = crates.join(name).join("src");
            let path = vec![name.replace('-', "_")];
            module(&source.join("lib.rs"), &source, path, true)
        })
        .collect()
}

fn module(file: &Path, folder: &Path, path: Vec<String>, public: bool) -> Module {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    filled(parsed.items, file, folder, path, public)
}

fn filled(items: Vec<Item>, file: &Path, folder: &Path, path: Vec<String>, public: bool) -> Module {
    let mut found = Module { path, public, file: file.to_owned(), ..Module::default() };
    for item in items {
        if left_out(attributes(&item)) {
            continue;
        }
        let Item::Mod(inner) = item else {
            found.items.push(item);
            continue;
        };
        let name = inner.ident.to_string();
        let mut path = found.path.clone();
        path.push(name.clone());
        let (public, folder) = (matches!(inner.vis, syn::Visibility::Public(_)), folder.join(&name));
        let inner = if let Some((_, items)) = inner.content {
            filled(items, file, &folder, path, public)
        } else {
            let flat = folder.with_extension("rs");
            let file = if flat.exists() { flat } else { folder.join("mod.rs") };
            module(&file, &folder, path, public)
        };
        found.modules.push(inner);
    }
    found
}

/// Whether the tokens of a macro make a `Debug` that does not hide by type.
pub fn prints_otherwise(tokens: &str) -> bool {
    let words = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "Debug");
    let derives = tokens.split("derive").skip(1).any(|rest| rest.split(')').next().is_some_and(words));
    derives || tokens.contains("Debug for")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Tests, and what only tests turn on.
fn left_out(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        condition == "test"
            || ["conformance", "mutation", "mock"].iter().any(|name| condition == format!("feature=\"{name}\""))
    })
}

/// How a type prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prints {
    /// By the language's own derive: everything.
    Derived,
    /// By `RedactedDebug`.
    Redacted,
}

/// What a type derives of the two.
pub fn prints(attributes: &[Attribute]) -> Option<Prints> {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let mut names = derives.flat_map(|attribute| {
        let paths = attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated);
        paths.unwrap_or_default().into_iter().filter_map(|path| path.segments.last().map(|last| last.ident.to_string()))
    });
    names.find_map(|name| match name.as_str() {
        "Debug" => Some(Prints::Derived),
        "RedactedDebug" => Some(Prints::Redacted),
        _ => None,
    })
}

/// The types that one of our macros declares: before a comma and their label, or before their fields.
pub fn declared(item: &ItemMacro) -> Vec<String> {
    let tokens: Vec<_> = item.mac.tokens.clone().into_iter().collect();
    let mut names = Vec::new();
    for pair in tokens.windows(3) {
        if let [proc_macro2::TokenTree::Ident(name), proc_macro2::TokenTree::Punct(comma), rest] = pair
            && comma.as_char() == ','
            && matches!(rest, proc_macro2::TokenTree::Literal(_) | proc_macro2::TokenTree::Ident(_))
        {
            names.push(name.to_string());
        }
    }
    for pair in tokens.windows(2) {
        if let [proc_macro2::TokenTree::Ident(name), proc_macro2::TokenTree::Group(group)] = pair
            && group.delimiter() == proc_macro2::Delimiter::Brace
        {
            names.push(name.to_string());
        }
    }
    names
}
