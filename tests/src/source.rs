//! Where throwaway servers come from.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

/// What a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The programs of a Postgres server.
    pub programs: bool,
    /// A container engine that answers.
    pub engine: bool,
    /// A package manager that may install.
    pub packages: bool,
}

/// Where Postgres is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Programs that are installed.
    Programs,
    /// A container.
    Container,
    /// Debian packages, to be installed first.
    Packages,
    /// Nowhere.
    Nothing,
}

impl Source {
    /// Chooses.
    ///
    /// Programs that are there come first: they start in a second, without a download, and are what runs nearly
    /// everywhere. Then a container, which leaves the machine as it was. Packages last, since they stay.
    pub fn choose(found: Found) -> Self {
        match found {
            Found { programs: true, .. } => Self::Programs,
            Found { engine: true, .. } => Self::Container,
            Found { packages: true, .. } => Self::Packages,
            Found { .. } => Self::Nothing,
        }
    }

    /// As `scripts/test` reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Programs => "programs",
            Self::Container => "container",
            Self::Packages => "packages",
            Self::Nothing => "nothing",
        }
    }
}

/// Where container engines listen on this machine.
pub fn sockets() -> Vec<PathBuf> {
    let named = std::env::var("DOCKER_HOST").ok();
    if let Some(named) = named {
        // An engine elsewhere is not looked for: its ports would not be here.
        return named.strip_prefix("unix://").map(PathBuf::from).into_iter().collect();
    }
    let below = |variable: &str, path: &str| std::env::var_os(variable).map(|folder| PathBuf::from(folder).join(path));
    let usual = PathBuf::from("/var/run/docker.sock");
    [Some(usual), below("XDG_RUNTIME_DIR", ".docker/run/docker.sock"), below("HOME", ".docker/run/docker.sock")]
        .into_iter()
        .flatten()
        .collect()
}

/// True when a container engine answers at a socket.
pub fn answers(socket: &Path) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut engine = UnixStream::connect(socket)?;
        engine.set_read_timeout(Some(Duration::from_secs(5)))?;
        engine.set_write_timeout(Some(Duration::from_secs(5)))?;
        engine.write_all(b"GET /_ping HTTP/1.1\r\nhost: engine\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        engine.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn programs_come_before_containers_and_those_before_packages() {
        let choose = |programs, engine, packages| Source::choose(Found { programs, engine, packages }).word();
        assert_eq!(choose(true, true, true), "programs");
        assert_eq!(choose(true, false, false), "programs");
        assert_eq!(choose(false, true, true), "container");
        assert_eq!(choose(false, true, false), "container");
        assert_eq!(choose(false, false, true), "packages");
        assert_eq!(choose(false, false, false), "nothing");
    }

    #[test]
    fn an_engine_is_there_when_it_answers_well() {
        let folder = crate::server::folder("engine", None);
        let engine = |name: &str, answer: &'static [u8]| {
            let socket = folder.join(name);
            let listener = UnixListener::bind(&socket).expect("a socket");
            std::thread::spawn(move || {
                let (mut client, _) = listener.accept().expect("a client");
                let mut asked = [0; 64];
                let _ = client.read(&mut asked);
                let _ = client.write_all(answer);
            });
            socket
        };
        assert!(answers(&engine("good", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK")));
        assert!(!answers(&engine("bad", b"HTTP/1.1 500 Internal Server Error\r\n\r\n")));
        assert!(!answers(&engine("mute", b"")));
        assert!(!answers(&folder.join("nobody")));
        std::fs::remove_dir_all(&folder).expect("the folder goes");
    }
}
