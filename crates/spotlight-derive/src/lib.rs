//! [`RedactedDebug`]: a `Debug` for types that hold personal data or secrets.

mod rule;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Code;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, Ident, parse_macro_input, parse_quote};

use crate::rule::{Shape, decide};

/// A `Debug` that shows numbers, ids, times and closed sets of words, and hides what can hold text or bytes.
///
/// What a field's type says decides, so a new field is hidden without anybody thinking of it: `String`, JSON, bytes,
/// paths, addresses and headers, and whatever contains them, print as `…`. An option tells whether it holds something
/// (`Some(…)`), a collection how much (`[…; 3]`). Other types print as their own `Debug` does. Texts of the program
/// (`&'static str`) are shown.
///
/// - `#[debug(shown = "why")]` shows a field that would be hidden: a code or a name that we gave. The reason says why
///   nobody's data is in it; without one the type does not compile.
/// - `#[debug(hidden)]` hides a field that would be shown.
///
/// A name that stands for a text type (`type Label = …`) is not seen through here; the suite `redaction` finds those.
///
/// ```
/// # use spotlight_derive::RedactedDebug;
/// #[derive(RedactedDebug)]
/// struct Visitor {
///     id: u64,
///     name: Option<String>,
///     said: Vec<String>,
///     #[debug(shown = "one of the six languages")]
///     language: String,
/// }
///
/// let visitor = Visitor { id: 7, name: Some("Ada".into()), said: vec!["hello".into()], language: "en".into() };
/// assert_eq!(format!("{visitor:?}"), r#"Visitor { id: 7, name: Some(…), said: […; 1], language: "en" }"#);
/// ```
///
/// ```compile_fail
/// # use spotlight_derive::RedactedDebug;
/// #[derive(RedactedDebug)]
/// struct Visitor {
///     #[debug(shown = "")]
///     name: String,
/// }
/// ```
#[proc_macro_derive(RedactedDebug, attributes(debug))]
pub fn redacted_debug(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn expand(input: &DeriveInput) -> syn::Result<Code> {
    let name = &input.ident;
    let arms = match &input.data {
        Data::Struct(data) => vec![arm(&quote!(Self), name, &data.fields)?],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let ident = &variant.ident;
                arm(&quote!(Self::#ident), ident, &variant.fields)
            })
            .collect::<syn::Result<_>>()?,
        Data::Union(_) => return Err(syn::Error::new_spanned(name, "a union has no Debug")),
    };
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::core::fmt::Debug));
    }
    let (implemented, given, bounds) = generics.split_for_impl();
    // An enum without variants has no value to match.
    let body = if arms.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) };
    Ok(quote! {
        #[automatically_derived]
        impl #implemented ::core::fmt::Debug for #name #given #bounds {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #body
            }
        }
    })
}

/// Prints one form of the type: the struct, or a variant.
fn arm(path: &Code, name: &Ident, fields: &Fields) -> syn::Result<Code> {
    let label = name.to_string();
    let mut patterns = Vec::new();
    let mut parts = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let shape = decide(field)?;
        let bound = format_ident!("field_{index}");
        let value = shown(shape, &bound);
        let pattern = if shape == Shape::Nothing { quote!(_) } else { quote!(#bound) };
        if let Some(field) = &field.ident {
            let label = field.to_string();
            patterns.push(quote!(#field: #pattern));
            parts.push(quote!(.field(#label, #value)));
        } else {
            patterns.push(pattern);
            parts.push(quote!(.field(#value)));
        }
    }
    Ok(match fields {
        Fields::Named(_) => quote!(#path { #(#patterns),* } => f.debug_struct(#label) #(#parts)* .finish(),),
        Fields::Unnamed(_) => quote!(#path(#(#patterns),*) => f.debug_tuple(#label) #(#parts)* .finish(),),
        Fields::Unit => quote!(#path => f.write_str(#label),),
    })
}

fn shown(shape: Shape, field: &Ident) -> Code {
    match shape {
        Shape::Whole => quote!(#field),
        Shape::Nothing => quote!(&::core::format_args!("…")),
        Shape::Presence => {
            quote!(&::core::format_args!("{}", if #field.is_some() { "Some(…)" } else { "None" }))
        }
        Shape::Length => quote!(&::core::format_args!("[…; {}]", #field.len())),
    }
}
