//! Writes how each public type of our crates is filled with planted text, for the suite `redaction`.

use std::{env, fmt::Write, fs, path::Path};

use quote::ToTokens;
use syn::{Field, Fields, Visibility};

#[path = "src/sources/mod.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a module of the library, too; the suites use more of it")]
mod sources;

use sources::public::Found;

/// What is not filled, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("spotlight_ops::config::Jobs", "its groups have no public name; the suite of `Config` prints them"),
    ("spotlight_core::services::live::Told", "only a connection makes its messages, whose texts are hidden by type"),
];

fn main() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    println!("cargo::rerun-if-changed={}", crates.display());
    println!("cargo::rerun-if-changed=src/sources");
    println!("cargo::rerun-if-changed=build.rs");
    let (mut code, mut names, mut closed) = (String::new(), Vec::new(), Vec::new());
    for root in &sources::read(&crates) {
        for (path, what) in sources::public::types(root).into_values() {
            let (attributes, generics) = match what {
                Found::Struct(item) => (&item.attrs, &item.generics),
                Found::Enum(item) => (&item.attrs, &item.generics),
                Found::Macro(item) => {
                    let made =
                        if item.mac.path.is_ident("words") { "Self::ALL[0]" } else { "Self::from_uuid(Uuid::nil())" };
                    writeln!(code, "impl Plant for {path} {{ fn plant() -> Self {{ {made} }} }}").expect("text grows");
                    continue;
                }
            };
            let Some(prints) = sources::prints(attributes) else { continue };
            let forms = match what {
                Found::Struct(item) if generics.params.is_empty() => {
                    form(&item.ident, "Self", &item.fields, true).map(|one| vec![one])
                }
                Found::Enum(item) if generics.params.is_empty() => item
                    .variants
                    .iter()
                    .map(|variant| form(&item.ident, &format!("Self::{}", variant.ident), &variant.fields, false))
                    .collect::<Option<Vec<_>>>(),
                _ => None,
            };
            let forms = forms.filter(|_| !LEFT_OUT.iter().any(|(name, _)| path.ends_with(name)));
            let hides = prints == sources::Prints::Redacted;
            match forms.filter(|forms| !forms.is_empty()) {
                Some(forms) => {
                    let forms = forms.join(", ");
                    writeln!(
                        code,
                        "impl Plant for {path} {{ fn plant() -> Self {{ Self::plants().remove(0) }} \
                         fn plants() -> Vec<Self> {{ vec![{forms}] }} }}"
                    )
                    .expect("text grows");
                    names.push((path, hides));
                }
                None => closed.push((path, hides)),
            }
        }
    }
    let list = |list: &[(String, bool)]| {
        list.iter().map(|(name, hides)| format!("({name:?}, {hides})")).collect::<Vec<_>>().join(",\n")
    };
    write!(
        code,
        "/// Types that cannot be filled from outside, and whether they hide something.\n\
                  const CLOSED: &[(&str, bool)] = &[{}];\n",
        list(&closed)
    )
    .expect("text grows");
    code.push_str("/// Every type that can be filled, whether it hides something, and what it prints.\n");
    code.push_str("const FILLED: &[Filled] = &[\n");
    for (name, hides) in &names {
        writeln!(code, "({name:?}, {hides}, print::<{name}>),").expect("text grows");
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").expect("a folder")).join("planted.rs"), code).expect("it can be written");
}

/// The expression of one form, where all of its fields can be given.
fn form(of: &syn::Ident, path: &str, fields: &Fields, named_public: bool) -> Option<String> {
    let open = |field: &Field| !named_public || matches!(field.vis, Visibility::Public(_));
    if !fields.iter().all(open) {
        return None;
    }
    let value = |field: &Field| {
        let shown = field.attrs.iter().any(|attribute| {
            attribute.path().is_ident("debug") && attribute.to_token_stream().to_string().contains("shown")
        });
        // A value of itself would never end; such a field is an option.
        let itself = field.ty.to_token_stream().to_string().split(' ').any(|word| of == word);
        if itself {
            "None"
        } else if shown {
            "Harmless::harmless()"
        } else {
            "Plant::plant()"
        }
    };
    Some(match fields {
        Fields::Named(fields) => {
            let parts =
                fields.named.iter().filter_map(|field| Some(format!("{}: {}", field.ident.as_ref()?, value(field))));
            format!("{path} {{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        Fields::Unnamed(fields) => {
            format!("{path}({})", fields.unnamed.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Fields::Unit => path.to_owned(),
    })
}
