//! The list of cases of `Storage`, and what turns it into tests.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::LocalBoxFuture;

use crate::ports::Storage;

/// Gives storages to the suite.
#[async_trait]
pub trait StorageFixture: Send + Sync + 'static {
    /// A fresh, empty storage.
    async fn fresh(&self) -> Arc<dyn Storage>;

    /// A fresh, empty storage whose writers share one connection. Readers can have others.
    async fn narrow(&self) -> Arc<dyn Storage>;
}

/// A case, to be run by hand.
pub type StorageCase = for<'a> fn(&'a dyn StorageFixture) -> LocalBoxFuture<'a, ()>;

/// Every case by its name, for a program that wants to see which fail. In step with
/// [`storage_conformance!`](crate::storage_conformance), since both come from one list.
pub const STORAGE_CASES: &[(&str, StorageCase)] = crate::__storage_cases!((crate::__conformance_table)());

/// One test per promise of a [`Storage`](crate::ports::Storage), from an expression that makes a [`StorageFixture`].
///
/// Each test is named after its case, in a module named after the case's file. The tests stand in the module of the
/// call, so two storages want two modules.
#[macro_export]
macro_rules! storage_conformance {
    ($fixture:expr) => {
        fn storage_conformance_fixture() -> impl $crate::conformance::StorageFixture {
            $fixture
        }

        $crate::__storage_cases!(($crate::__conformance_tests)(storage_conformance_fixture));
    };
}

/// Names the cases of every storage to another macro: modules, and in each the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage_cases {
    (($($then:tt)+)($($with:tt)*)) => {
        $($then)+! {
            ($($with)*)
            unit {
                rollback_leaves_nothing
                a_dropped_unit_leaves_nothing
            }
            lead {
                an_email_belongs_to_one_lead
                a_phone_belongs_to_one_lead
                an_update_of_an_older_version_is_refused
            }
        }
    };
}

/// Makes a test of each case.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    (($fixture:ident) $($file:ident { $($case:ident)+ })+) => {$(
        mod $file {$(
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::conformance::$file::$case(&super::$fixture()).await;
            }
        )+}
    )+};
}

/// Makes a table of the cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_table {
    (() $($file:ident { $($case:ident)+ })+) => {
        &[$($((
            concat!(stringify!($file), "::", stringify!($case)),
            |fixture| ::std::boxed::Box::pin($crate::conformance::$file::$case(fixture)),
        )),+),+]
    };
}
