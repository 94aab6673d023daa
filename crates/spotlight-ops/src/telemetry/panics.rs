//! A panic as a line of the log, found by the ids of the request or job that it happened in.

use std::panic::{self, PanicHookInfo};

/// Where the line says that it comes from.
pub(super) const TARGET: &str = "spotlight_ops::panic";
/// Stands for a message that was put together while the program ran: it can hold what people said.
pub(super) const UNTOLD: &str = "its message was put together and is left out";

/// Logs panics from now on. Their message is only told where it stands in the source as it is. For people, whoever told of
/// them before goes on with it.
pub(super) fn log(for_people: bool) {
    let before = for_people.then(panic::take_hook);
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if let Some(before) = &before {
            before(info);
        }
        let location = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        let panic = info.payload().downcast_ref::<&'static str>().copied().unwrap_or(UNTOLD);
        tracing::error!(target: TARGET, location, panic, "a panic");
    }));
}
