//! Properties of the domain's transitions and of normalised contact data.

mod contact;
mod transitions;
