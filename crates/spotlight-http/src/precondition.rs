//! `If-Match`: changing a record only as it was seen. `If-None-Match`: reading one only when it has changed.

use bytes::Bytes;
use http::{Method, StatusCode, header};

use crate::{
    endpoint::Endpoint,
    error::Refusal,
    request::Request,
    response::{Body, Response},
};

/// No record has it: whoever wants to change this version is told that the record is another by now.
const NEVER: i64 = 0;

/// The version a caller wants to change; none where any will do. Tags that are none of ours match no version, as does
/// an empty list (RFC 9110, 13.1.1). A weak tag counts as the strong one: proxies that compress make them of ours.
pub(crate) fn if_match(request: &Request, endpoint: &Endpoint) -> Result<Option<i64>, Refusal> {
    if !endpoint.versioned || !request.headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let malformed = |detail: &str| Refusal::new(StatusCode::BAD_REQUEST, detail);
    let mut versions = Vec::new();
    for line in request.headers.get_all(header::IF_MATCH) {
        let line = line.to_str().map_err(|_| malformed("If-Match must be ASCII"))?;
        if line.trim() == "*" {
            return Ok(None);
        }
        let tags = tags(line).ok_or_else(|| malformed("If-Match must be an entity tag as \"3\", or *"))?;
        versions.extend(tags.iter().filter_map(|tag| version(tag)));
    }
    versions.dedup();
    match versions.as_slice() {
        [] => Ok(Some(NEVER)),
        [version] => Ok(Some(*version)),
        _ => Err(malformed("If-Match must name one version of the record")),
    }
}

/// The version in an entity tag of ours: what stands before what else the answer said.
fn version(tag: &str) -> Option<i64> {
    let version = tag.split_once('-').map_or(tag, |(version, _)| version);
    // Numbers are read in other spellings too; a tag is ours only as we write it.
    let ours = version.starts_with(|first: char| matches!(first, '1'..='9'));
    ours.then(|| version.parse().ok()).flatten()
}

/// Leaves the body out where the caller has it already. What cannot be read as a list of tags is passed over.
pub(crate) fn not_modified(request: &Request, response: &mut Response) {
    if !matches!(request.method, Method::GET | Method::HEAD) || response.status != StatusCode::OK {
        return;
    }
    let Some(tag) = response.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return };
    let tag = tag.trim_matches('"');
    let known = request
        .headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .any(|line| line.trim() == "*" || tags(line).is_some_and(|known| known.contains(&tag)));
    if known {
        response.status = StatusCode::NOT_MODIFIED;
        response.body = Body::Full(Bytes::new());
        response.headers.remove(header::CONTENT_TYPE);
    }
}

/// What stands between the quotes of a list of entity tags; none when it is no such list.
fn tags(line: &str) -> Option<Vec<&str>> {
    let mut tags = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
            continue;
        }
        let (tag, after) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        tags.push(tag);
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_out_of_a_tag() {
        assert_eq!(
            ["3", "3-af09", "af09", "0-af", "-3", "+3", "03"].map(version),
            [Some(3), Some(3), None, None, None, None, None]
        );
    }

    #[test]
    fn lists_of_tags_are_read() {
        assert_eq!(tags("\"3\""), Some(vec!["3"]));
        assert_eq!(tags("W/\"3\" , \"a,b\",,\"\""), Some(vec!["3", "a,b", ""]));
        assert_eq!(tags(" "), Some(vec![]));
        for broken in ["3", "\"3", "\"3\" \"4\"", "*, \"3\"", "w/\"3\""] {
            assert_eq!(tags(broken), None, "{broken}");
        }
    }
}
