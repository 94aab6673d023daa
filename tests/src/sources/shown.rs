//! What the types of our crates show when they print, as far as their sources say.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Fields, GenericArgument, Generics, Item, PathArguments, Type};

use super::{Module, Prints, declared, prints, rule};

/// Types of others whose `Debug` holds nothing that came from outside of the program.
const HARMLESS: &[&str] = &[
    // Numbers and the like.
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "AtomicBool",
    "AtomicI64",
    "AtomicU8",
    "AtomicU16",
    "AtomicU32",
    "AtomicU64",
    "AtomicUsize",
    "NonZeroU16",
    "NonZeroU32",
    "NonZeroU64",
    "NonZeroUsize",
    "Ordering",
    "PhantomData",
    // Times, zones, ids.
    "DateTime",
    "Duration",
    "FixedOffset",
    "Instant",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "SystemTime",
    "Tz",
    "Utc",
    "Uuid",
    "Weekday",
    // Containers: what is in them is looked at by itself.
    "Arc",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "Box",
    "Cell",
    "HashMap",
    "HashSet",
    "Mutex",
    "Once",
    "OnceCell",
    "OnceLock",
    "Option",
    "Pin",
    "Range",
    "RangeInclusive",
    "RefCell",
    "Result",
    "Reverse",
    "RwLock",
    "Vec",
    "VecDeque",
    "Weak",
    // They hide what they hold.
    "SecretBox",
    "SecretString",
    // Closed sets of the protocols.
    "Method",
    "StatusCode",
    "Version",
    // Handles of the runtime; a channel prints no message.
    "AbortHandle",
    "CancellationToken",
    "ExitStatus",
    "Handle",
    "JoinHandle",
    "Notify",
    "OwnedSemaphorePermit",
    "Receiver",
    "Semaphore",
    "Sender",
    "Signal",
    "Sleep",
    "TaskTracker",
    "UnboundedReceiver",
    "UnboundedSender",
];

/// What is known about the names that types are made of.
pub struct Names<'a> {
    own: BTreeSet<String>,
    /// By module and name; those that other modules can name stand below an empty module, too.
    aliases: BTreeMap<(String, String), &'a Type>,
}

impl<'a> Names<'a> {
    /// The types and the other names for types of these crates.
    pub fn of(crates: &'a [Module]) -> Self {
        let mut names = Self { own: BTreeSet::new(), aliases: BTreeMap::new() };
        for module in crates.iter().flat_map(Module::all) {
            for item in &module.items {
                match item {
                    Item::Struct(item) => drop(names.own.insert(item.ident.to_string())),
                    Item::Enum(item) => drop(names.own.insert(item.ident.to_string())),
                    // One that has the name of what it stands for is looked at under that name.
                    Item::Type(item) if !mentions(&item.ty, &item.ident) => {
                        let name = item.ident.to_string();
                        if !matches!(item.vis, syn::Visibility::Inherited) {
                            names.aliases.insert((String::new(), name.clone()), &item.ty);
                        }
                        names.aliases.insert((module.path.join("::"), name), &item.ty);
                    }
                    Item::Macro(item) => names.own.extend(declared(item)),
                    _ => {}
                }
            }
        }
        names
    }

    /// Why a type cannot be shown, if so.
    fn against(&self, ty: &Type, generics: &Generics, module: &str) -> Option<String> {
        if rule::holds_text(ty) {
            return Some("it can hold text or bytes".to_owned());
        }
        match ty {
            Type::Path(path) => path.path.segments.last().and_then(|last| {
                let name = last.ident.to_string();
                let parameter = generics.type_params().any(|parameter| parameter.ident == name);
                let inner = match &last.arguments {
                    PathArguments::AngleBracketed(given) => given.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => self.against(ty, generics, module),
                        _ => None,
                    }),
                    _ => None,
                };
                let of_module = self.aliases.get(&(module.to_owned(), name.clone()));
                let of_all = || self.aliases.get(&(String::new(), name.clone()));
                let known = self.own.contains(&name) || HARMLESS.contains(&name.as_str());
                if let Some(alias) = of_module.or_else(|| if known { None } else { of_all() }) {
                    return self
                        .against(alias, generics, module)
                        .map(|why| format!("it is another name for a type: {why}"));
                }
                inner.or_else(|| (!known && !parameter).then(|| format!("nobody has looked at what {name} prints")))
            }),
            Type::Reference(inner) => (!matches!(&*inner.elem, Type::Path(path) if path.path.is_ident("str")))
                .then(|| self.against(&inner.elem, generics, module))
                .flatten(),
            Type::Group(inner) => self.against(&inner.elem, generics, module),
            Type::Paren(inner) => self.against(&inner.elem, generics, module),
            Type::Array(inner) => self.against(&inner.elem, generics, module),
            Type::Slice(inner) => self.against(&inner.elem, generics, module),
            Type::Tuple(tuple) => tuple.elems.iter().find_map(|ty| self.against(ty, generics, module)),
            _ => None,
        }
    }

    /// What types that print show and should not, one line each.
    pub fn leaks(&self, crates: &[Module]) -> Vec<String> {
        let mut leaks = Vec::new();
        for module in crates.iter().flat_map(Module::all) {
            let place = module.path.join("::");
            for item in &module.items {
                let (attributes, name, generics) = match item {
                    Item::Struct(item) => (&item.attrs, &item.ident, &item.generics),
                    Item::Enum(item) => (&item.attrs, &item.ident, &item.generics),
                    _ => continue,
                };
                let Some(prints) = prints(attributes) else { continue };
                let fields: Vec<&Fields> = match item {
                    Item::Struct(item) => vec![&item.fields],
                    Item::Enum(item) => item.variants.iter().map(|variant| &variant.fields).collect(),
                    _ => continue,
                };
                for field in fields.into_iter().flatten() {
                    if prints == Prints::Redacted && !by_its_type(field) {
                        continue;
                    }
                    if let Some(why) = self.against(&field.ty, generics, &place) {
                        let field = field.ident.as_ref().map_or_else(|| "a field".to_owned(), ToString::to_string);
                        leaks.push(format!("{}, {field}: {why}", module.path_of(&name.to_string())));
                    }
                }
            }
        }
        leaks
    }
}

fn mentions(ty: &Type, name: &syn::Ident) -> bool {
    let text = quote::ToTokens::to_token_stream(ty).to_string();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| name == word)
}

/// True for a field that `RedactedDebug` prints because of its type; one that is said to be shown has its reason.
fn by_its_type(field: &syn::Field) -> bool {
    !field.attrs.iter().any(|attribute| attribute.path().is_ident("debug"))
        && matches!(rule::decide(field), Ok(rule::Shape::Whole))
}
