//! Under which paths others can name our types.

use std::collections::BTreeMap;

use syn::{Item, UseTree, Visibility};

use super::{Module, declared};

/// A type that others can name.
#[derive(Clone, Copy)]
pub enum Found<'a> {
    /// A struct.
    Struct(&'a syn::ItemStruct),
    /// An enum.
    Enum(&'a syn::ItemEnum),
    /// What a macro of this name declares.
    Macro(&'a syn::ItemMacro),
}

/// Where a type stands, as `module::Name`, and what it is.
type Types<'a> = BTreeMap<String, (String, Found<'a>)>;

/// The public types of a crate: where each stands, with the shortest path that others can use.
pub fn types(root: &Module) -> Types<'_> {
    let mut found = Types::new();
    visit(root, root, root.name(), &mut found, 0);
    found
}

fn visit<'a>(root: &'a Module, module: &'a Module, path: &str, found: &mut Types<'a>, depth: usize) {
    if depth > 12 {
        return;
    }
    for (name, at, what) in own(module) {
        note(found, at, format!("{path}::{name}"), what);
    }
    for inner in module.modules.iter().filter(|inner| inner.public) {
        visit(root, inner, &format!("{path}::{}", inner.name()), found, depth + 1);
    }
    for item in &module.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            exported(root, module, &mut Vec::new(), &item.tree, path, found, depth);
        }
    }
}

fn note<'a>(found: &mut Types<'a>, at: String, path: String, what: Found<'a>) {
    let known = found.entry(at).or_insert_with(|| (path.clone(), what));
    if path.len() < known.0.len() {
        known.0 = path;
    }
}

/// The public types that stand in a module itself.
fn own(module: &Module) -> Vec<(String, String, Found<'_>)> {
    let mut all = Vec::new();
    for item in &module.items {
        match item {
            Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => {
                all.push((item.ident.to_string(), Found::Struct(item)));
            }
            Item::Enum(item) if matches!(item.vis, Visibility::Public(_)) => {
                all.push((item.ident.to_string(), Found::Enum(item)));
            }
            Item::Macro(item) if item.ident.is_none() && item.mac.path.is_ident("words") => {
                all.extend(declared(item).into_iter().map(|name| (name, Found::Macro(item))));
            }
            Item::Macro(item) if item.ident.is_none() && item.mac.path.is_ident("ids") => {
                all.extend(declared(item).into_iter().map(|name| (name, Found::Macro(item))));
            }
            _ => {}
        }
    }
    all.into_iter().map(|(name, what)| (name.clone(), module.path_of(&name), what)).collect()
}

fn exported<'a>(
    root: &'a Module,
    module: &'a Module,
    before: &mut Vec<String>,
    tree: &UseTree,
    path: &str,
    found: &mut Types<'a>,
    depth: usize,
) {
    match tree {
        UseTree::Path(part) => {
            before.push(part.ident.to_string());
            exported(root, module, before, &part.tree, path, found, depth);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                exported(root, module, before, tree, path, found, depth);
            }
        }
        UseTree::Glob(_) => {
            if let Some(target) = walk(root, module, before) {
                visit(root, target, path, found, depth + 1);
            }
        }
        UseTree::Name(name) => named(root, module, before, &name.ident.to_string(), None, path, found, depth),
        UseTree::Rename(name) => {
            let shown = name.rename.to_string();
            named(root, module, before, &name.ident.to_string(), Some(&shown), path, found, depth);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a walk carries where it is")]
fn named<'a>(
    root: &'a Module,
    module: &'a Module,
    before: &[String],
    name: &str,
    shown: Option<&str>,
    path: &str,
    found: &mut Types<'a>,
    depth: usize,
) {
    let shown = shown.unwrap_or(name);
    let Some(target) = walk(root, module, before) else { return };
    if let Some(inner) = target.modules.iter().find(|inner| inner.name() == name) {
        visit(root, inner, &format!("{path}::{shown}"), found, depth + 1);
        return;
    }
    if let Some((_, at, what)) = own(target).into_iter().find(|(own, ..)| own == name) {
        note(found, at, format!("{path}::{shown}"), what);
        return;
    }
    // It is handed on by that module, too.
    let mut handed = Types::new();
    if depth < 12 {
        visit(root, target, "", &mut handed, depth + 1);
    }
    let of_name = format!("::{name}");
    if let Some((at, (_, what))) = handed.into_iter().find(|(_, (path, _))| *path == of_name) {
        note(found, at, format!("{path}::{shown}"), what);
    }
}

/// The module that a path leads to from another one.
fn walk<'a>(root: &'a Module, from: &'a Module, path: &[String]) -> Option<&'a Module> {
    let mut at = from;
    for part in path {
        at = match part.as_str() {
            "self" => at,
            "crate" => root,
            "super" => {
                let above = &at.path[..at.path.len() - 1];
                root.all().into_iter().find(|module| module.path == above)?
            }
            name => at.modules.iter().find(|inner| inner.name() == name)?,
        };
    }
    Some(at)
}
