//! What the columns of a table say, and what a row says in them.

use std::str::FromStr;

use serde_json::{Map, Value};
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{UserId, lead::LeadSource},
    error::{Error, Result, Violation, Violations},
    text::csv::restored,
};

/// What a column holds.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
enum Column {
    Name,
    Email,
    Phone,
    Company,
    Source,
    Owner,
    OptOut,
    /// A JSON object.
    Metadata,
    /// One member of the free data.
    Member(String),
    /// What an export shows and nobody sets.
    PassedOver,
}

/// Columns of an export that say what the platform found out.
const SHOWN: [&str; 10] = [
    "id",
    "status",
    "score",
    "qualified",
    "engagement",
    "needs_review",
    "owner_name",
    "last_conversation_at",
    "created_at",
    "updated_at",
];

impl Column {
    fn of(title: &str) -> Option<Self> {
        if let Some(key) = title.trim().strip_prefix("metadata.") {
            return (!key.is_empty() && key.len() <= 100).then(|| Self::Member(key.to_owned()));
        }
        let title = title.trim().to_lowercase().replace([' ', '-'], "_");
        Some(match title.as_str() {
            "name" => Self::Name,
            "email" | "e_mail" => Self::Email,
            "phone" => Self::Phone,
            "company" => Self::Company,
            "source" => Self::Source,
            "owner" | "owner_id" | "owner_email" => Self::Owner,
            "opt_out" => Self::OptOut,
            "metadata" => Self::Metadata,
            shown if SHOWN.contains(&shown) => Self::PassedOver,
            _ => return None,
        })
    }
}

/// Who a row assigns a lead to.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Id(UserId),
    Address(String),
}

/// What a row says of a lead. What it leaves empty, it does not say.
#[derive(RedactedDebug, Clone, Default, PartialEq)]
pub(super) struct Said {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) company: Option<String>,
    pub(super) source: Option<LeadSource>,
    pub(super) owner: Option<Owner>,
    pub(super) metadata: Map<String, Value>,
    pub(super) opt_out: bool,
}

/// The columns of a table, as its first row names them.
#[derive(RedactedDebug)]
pub(super) struct Columns(Vec<(Column, String)>);

impl Columns {
    /// Reads the first row.
    ///
    /// # Errors
    /// `Validation` naming every column that is unknown or there twice, and a table that says nothing of a lead.
    pub(super) fn read(cells: &[&[u8]]) -> Result<Self> {
        let mut broken = Violations::new();
        let mut columns: Vec<(Column, String)> = Vec::with_capacity(cells.len());
        for (place, cell) in cells.iter().enumerate() {
            let at = format!("header.{place}");
            let Ok(title) = std::str::from_utf8(cell) else {
                broken.add(at, "encoding", "The header must be UTF-8; save the table as `CSV UTF-8`");
                continue;
            };
            let shown: String = title.trim().chars().take(100).collect();
            match Column::of(title) {
                None => broken.add(
                    at,
                    "unknown",
                    format!(
                        "`{shown}` is not a column; there are: name, email, phone, company, source, owner, opt_out, \
                         metadata and metadata.…. When the whole header is one column, name its delimiter"
                    ),
                ),
                Some(column) if column != Column::PassedOver && columns.iter().any(|(known, _)| *known == column) => {
                    broken.add(at, "taken", format!("`{shown}` says what another column says already"));
                }
                Some(column) => columns.push((column, shown)),
            }
        }
        broken.into_result()?;
        if !columns.iter().any(|(column, _)| matches!(column, Column::Name | Column::Email | Column::Phone)) {
            return Err(Error::invalid("header", "required", "The table needs a column name, email or phone"));
        }
        Ok(Self(columns))
    }

    /// Reads a row: what it says, or everything that is wrong with the form of its cells.
    pub(super) fn row(&self, cells: &[&[u8]]) -> Result<Said, Vec<Violation>> {
        if cells.len() != self.0.len() {
            let detail = format!("The row has {} cells, and the header {}", cells.len(), self.0.len());
            return Err(vec![Violation::new("", "columns", detail)]);
        }
        let (mut said, mut broken) = (Said::default(), Vec::new());
        for ((column, title), cell) in self.0.iter().zip(cells) {
            if *column == Column::PassedOver {
                continue;
            }
            let mut wrong = |code, detail: String| broken.push(Violation::new(title.as_str(), code, detail));
            let Ok(text) = std::str::from_utf8(cell) else {
                wrong("encoding", "The cell is not UTF-8".to_owned());
                continue;
            };
            let text = restored(text).trim();
            if text.contains('\0') {
                wrong("format", "The cell must not contain the character NUL".to_owned());
            } else if !text.is_empty()
                && let Err((code, detail)) = said.take(column, text)
            {
                wrong(code, detail);
            }
        }
        if said.name.is_none() && said.email.is_none() && said.phone.is_none() && broken.is_empty() {
            broken.push(Violation::new("", "required", "The row names nobody: give a name, an e-mail or a phone"));
        }
        if broken.is_empty() { Ok(said) } else { Err(broken) }
    }
}

impl Said {
    fn take(&mut self, column: &Column, text: &str) -> Result<(), (&'static str, String)> {
        match column {
            Column::Name => self.name = Some(text.to_owned()),
            Column::Email => self.email = Some(text.to_owned()),
            Column::Phone => self.phone = Some(text.to_owned()),
            Column::Company => self.company = Some(text.to_owned()),
            Column::Source => {
                let known = || LeadSource::ALL.iter().map(|source| source.as_str()).collect::<Vec<_>>().join(", ");
                let source = LeadSource::from_str(&text.to_lowercase().replace([' ', '-'], "_"));
                self.source = Some(source.map_err(|_| ("unknown", format!("Source must be one of: {}", known())))?);
            }
            Column::Owner => {
                let id = text.parse().map(Owner::Id);
                self.owner = Some(id.unwrap_or_else(|_| Owner::Address(text.to_lowercase())));
            }
            Column::OptOut => {
                self.opt_out = match text.to_lowercase().as_str() {
                    "true" | "yes" | "1" => true,
                    "false" | "no" | "0" => false,
                    _ => return Err(("type", "Opt-out must be true or false".to_owned())),
                };
            }
            Column::Metadata => match serde_json::from_str(text) {
                // The columns of single members say more than the whole.
                Ok(Value::Object(whole)) if !whole.values().any(has_nul) => {
                    for (key, value) in whole {
                        self.metadata.entry(key).or_insert(value);
                    }
                }
                _ => return Err(("type", "Metadata must be a JSON object without the character NUL".to_owned())),
            },
            Column::Member(key) => {
                self.metadata.insert(key.clone(), text.into());
            }
            Column::PassedOver => {}
        }
        Ok(())
    }
}

fn has_nul(value: &Value) -> bool {
    value.to_string().contains("\\u0000")
}
