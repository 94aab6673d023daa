//! What a command says.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use spotlight_core::{Error, ErrorKind, Result};

/// Prints to standard output; a reader that has gone is no failure.
///
/// # Errors
/// `Unavailable` when standard output cannot be written.
pub fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Unavailable, "standard output cannot be written").with_source(error))
        }
        _ => Ok(()),
    }
}

/// Says on standard error why a command failed.
pub fn fail(error: &Error) -> ExitCode {
    // Nothing can be done when even this cannot be said.
    let _ = writeln!(io::stderr(), "error: {}", error.chain());
    ExitCode::FAILURE
}
