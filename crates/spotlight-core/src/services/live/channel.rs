//! What can be listened to.

use std::{fmt, str::FromStr};

use crate::{
    domain::ConversationId,
    error::{Error, Result},
};

/// A channel of live messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LiveChannel {
    /// What happens in one conversation.
    Conversation(ConversationId),
    /// What becomes of leads, and conversations that begin.
    Leads,
    /// What wants somebody's attention.
    Notifications,
}

/// Longest name of a channel.
const MAX_NAME: usize = 64;

impl fmt::Display for LiveChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "conversation:{id}"),
            Self::Leads => f.write_str("leads"),
            Self::Notifications => f.write_str("notifications"),
        }
    }
}

impl FromStr for LiveChannel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            let shown: String = text.chars().take(MAX_NAME).collect();
            let known = "conversation:{id}, leads, notifications";
            Error::invalid("/channel", "unknown", format!("`{shown}` is not a channel; there are: {known}"))
        };
        match text {
            "leads" => Ok(Self::Leads),
            "notifications" => Ok(Self::Notifications),
            _ => {
                let id = text.strip_prefix("conversation:").ok_or_else(unknown)?;
                // What is no id names nothing that exists.
                id.parse().map(Self::Conversation).map_err(|_| Error::not_found("conversation"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["leads", "notifications", "conversation:01890a5d-ac96-774b-bcce-b302099a8057"] {
            assert_eq!(name.parse::<LiveChannel>().expect("a channel").to_string(), name);
        }
        let kind = |name: &str| name.parse::<LiveChannel>().expect_err("no channel").kind();
        assert_eq!(kind("conversation:7"), ErrorKind::NotFound);
        for name in ["", "lead", "access", "leads ", "conversation"] {
            assert_eq!(kind(name), ErrorKind::Validation, "{name}");
        }
    }
}
