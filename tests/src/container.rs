//! Postgres in a container, for machines that have an engine and no programs.
//!
//! `servers run` alone starts one: a container outlives a process that is killed, so it belongs to a program that waits
//! for its command and takes the container down, not to each of the tests.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread::JoinHandle,
    time::Duration,
};

use testcontainers::{
    GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};

/// The image and its tag.
const IMAGE: (&str, &str) = ("postgres", "17");

/// How long the engine may take, with the download of the image.
const PATIENCE: Duration = Duration::from_mins(5);

/// A container that goes with this value.
#[derive(Debug)]
pub(crate) struct Container {
    /// The port on this machine that leads to Postgres.
    pub(crate) port: u16,
    // Closing it is the sign to stop.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Container {
    /// Starts Postgres with these settings.
    ///
    /// # Errors
    /// What the engine said.
    pub(crate) fn start(settings: &[&'static str]) -> Result<Self, String> {
        let command: Vec<String> =
            settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let (told, heard) = mpsc::channel();
        let (stop, stopped) = mpsc::channel();
        // The engine's client is asynchronous and its connection lives as long as its runtime: both get a thread.
        let thread = std::thread::spawn(move || hold(command, &told, &stopped));
        let port = heard.recv().unwrap_or_else(|_| Err("its thread ended".to_owned()))?;
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }
}

fn hold(command: Vec<String>, told: &Sender<Result<u16, String>>, stopped: &Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(told.send(Err(error.to_string()))),
    };
    runtime.block_on(async {
        // The server starts twice: first for its own set-up, then for us.
        let ready = "database system is ready to accept connections";
        let image = GenericImage::new(IMAGE.0, IMAGE.1)
            .with_exposed_port(5432.tcp())
            .with_wait_for(WaitFor::message_on_stderr(ready))
            .with_wait_for(WaitFor::message_on_stderr(ready))
            .with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust")
            .with_startup_timeout(PATIENCE)
            .with_cmd(command);
        let container = match image.start().await {
            Ok(container) => container,
            Err(error) => return drop(told.send(Err(error.to_string()))),
        };
        let port = container.get_host_port_ipv4(5432.tcp()).await.map_err(|error| error.to_string());
        if told.send(port).is_ok() {
            // Returns when the other end is gone, which is the only thing that happens to it.
            let _ = stopped.recv();
        }
        let _ = container.rm().await;
    });
}

impl Drop for Container {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
