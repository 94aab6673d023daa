//! Where Redis is: one server, a cluster, or whichever server sentinels call the master.

use redis::{ConnectionInfo, IntoConnectionInfo};

/// A URL that was understood.
#[derive(Clone)]
pub(super) enum Address {
    /// `redis://`, `rediss://`, or a socket of this machine.
    Server(ConnectionInfo),
    /// Some nodes of a cluster.
    Cluster(Vec<ConnectionInfo>),
    /// Sentinels, and the master that they watch.
    Sentinel(Watched),
}

/// What sentinels watch.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) sentinels: Vec<ConnectionInfo>,
    /// The name they know the master by.
    pub(super) name: String,
    /// How to talk to the master: user, password and database, not where it is.
    pub(super) master: ConnectionInfo,
    pub(super) tls: bool,
}

impl Address {
    /// None when the URL cannot be read. Why is not said: it would quote the URL, and with it the password.
    pub(super) fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        match scheme {
            "redis+cluster" => Self::cluster("redis", rest),
            "rediss+cluster" => Self::cluster("rediss", rest),
            "redis+sentinel" => Self::sentinel("redis", rest),
            "rediss+sentinel" => Self::sentinel("rediss", rest),
            _ => Some(Self::Server(url.into_connection_info().ok()?)),
        }
    }

    fn cluster(scheme: &str, rest: &str) -> Option<Self> {
        let parts = Parts::of(rest)?;
        if !(parts.path.is_empty() || parts.path == "0") {
            return None;
        }
        let query = if parts.query.is_empty() { String::new() } else { format!("?{}", parts.query) };
        let nodes = parts.hosts.split(',').map(|host| node(&format!("{scheme}://{}{host}{query}", parts.user)));
        Some(Self::Cluster(nodes.collect::<Option<_>>()?))
    }

    fn sentinel(scheme: &str, rest: &str) -> Option<Self> {
        let parts = Parts::of(rest)?;
        let (name, database) = parts.path.split_once('/').unwrap_or((parts.path, "0"));
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.is_empty() || !name.chars().all(allowed) {
            return None;
        }
        let (mut user, mut password) = ("", "");
        for pair in parts.query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=')? {
                ("sentinel_user", given) => user = given,
                ("sentinel_password", given) => password = given,
                _ => return None,
            }
        }
        let login = if password.is_empty() { String::new() } else { format!("{user}:{password}@") };
        let sentinels = parts.hosts.split(',').map(|host| {
            // The colons of an IPv6 address are inside its brackets.
            let port = if host.rsplit(']').next().is_some_and(|end| end.contains(':')) { "" } else { ":26379" };
            node(&format!("{scheme}://{login}{host}{port}"))
        });
        Some(Self::Sentinel(Watched {
            sentinels: sentinels.collect::<Option<_>>()?,
            name: name.to_owned(),
            master: node(&format!("{scheme}://{}master/{database}", parts.user))?,
            tls: scheme == "rediss",
        }))
    }
}

fn node(url: &str) -> Option<ConnectionInfo> {
    url.into_connection_info().ok()
}

/// `//user:password@host:1,host:2/path?query`, still encoded.
struct Parts<'a> {
    /// With its `@`, or empty.
    user: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Option<Self> {
        let rest = rest.strip_prefix("//")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let named = hosts.split(',').all(|host| !host.is_empty() && !host.starts_with(':'));
        named.then_some(Self { user, hosts, path, query })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(info: &ConnectionInfo) -> String {
        let settings = info.redis_settings();
        let (user, password) = (settings.username().unwrap_or("-"), settings.password().unwrap_or("-"));
        format!("{} {user} {password} {}", info.addr(), settings.db())
    }

    #[test]
    fn a_cluster_is_several_nodes_with_one_login() {
        let Some(Address::Cluster(nodes)) = Address::read("redis+cluster://ada:p%40ss@a:1,b,[::1]:3") else {
            panic!("it can be read")
        };
        let told: Vec<_> = nodes.iter().map(told).collect();
        assert_eq!(told, ["a:1 ada p@ss 0", "b:6379 ada p@ss 0", "::1:3 ada p@ss 0"]);
        assert!(matches!(Address::read("rediss+cluster://a:1/0"), Some(Address::Cluster(_))));
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let url = "redis+sentinel://ada:secret@a:1,b,[::1]/main/2?sentinel_user=eve&sentinel_password=other";
        let Some(Address::Sentinel(watched)) = Address::read(url) else { panic!("it can be read") };
        let sentinels: Vec<_> = watched.sentinels.iter().map(told).collect();
        assert_eq!(sentinels, ["a:1 eve other 0", "b:26379 eve other 0", "::1:26379 eve other 0"]);
        assert_eq!((watched.name.as_str(), watched.tls), ("main", false));
        assert_eq!(told(&watched.master), "master:6379 ada secret 2");
        let Some(Address::Sentinel(plain)) = Address::read("rediss+sentinel://a/main") else {
            panic!("it can be read")
        };
        assert!(plain.tls);
        assert_eq!(told(&plain.sentinels[0]), "a:26379 - - 0");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for url in [
            "redis+cluster://",
            "redis+cluster://a,,b",
            "redis+cluster://a/1",
            "redis+cluster:a",
            "redis+sentinel://a",
            "redis+sentinel://a/",
            "redis+sentinel://a/na:me",
            "redis+sentinel://a/name/x",
            "redis+sentinel://a/name?unknown=1",
            "redis+other://a",
            "nonsense",
        ] {
            assert!(Address::read(url).is_none(), "{url}");
        }
    }
}
