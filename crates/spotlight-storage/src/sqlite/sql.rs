//! Statements are declared, so that a test sees every one of them.

/// A statement of this crate. Made by [`statements!`] alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql(&'static str);

impl Sql {
    /// For [`statements!`].
    pub(super) const fn declared(text: &'static str) -> Self {
        Self(text)
    }

    /// The statement's text.
    pub(super) const fn text(self) -> &'static str {
        self.0
    }
}

/// Declares a file's statements: `NAME = ["SELECT …", columns!(), …];`, the parts being joined. Those of `@global` read
/// or write rows of more than one organization, and say why.
macro_rules! statements {
    ($($name:ident = [$($part:tt)+];)* $(@global { $($(#[$doc:meta])+ $wide:ident = [$($wide_part:tt)+];)+ })?) => {
        $(const $name: $crate::sqlite::sql::Sql = $crate::sqlite::sql::Sql::declared(concat!($($part)+));)*
        $($($(#[$doc])+ const $wide: $crate::sqlite::sql::Sql = $crate::sqlite::sql::Sql::declared(concat!($($wide_part)+));)+)?

        /// Every statement of this file for one organization, and every other one.
        #[cfg(test)]
        pub(in $crate::sqlite) const STATEMENTS: (&[$crate::sqlite::sql::Sql], &[$crate::sqlite::sql::Sql]) =
            (&[$($name),*], &[$($($wide),+)?]);
    };
}
pub(super) use statements;
