//! Connections that only read: several at once, beside the one that writes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result, ports::PoolFigures};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::error;
use crate::shared::waits::Waits;

/// Reading connections, opened as they are needed and kept.
///
/// The driver's own pool asks a connection for a sign of life whenever it comes back, which costs a read as much again.
/// A connection to a file in this process needs no such test.
pub(super) struct Readers {
    options: SqliteConnectOptions,
    patience: Duration,
    most: u32,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    waits: Waits,
}

impl Readers {
    /// At most so many readers.
    pub(super) fn new(options: SqliteConnectOptions, most: u32, patience: Duration) -> Self {
        let most = most.clamp(1, 1024);
        let places = Arc::new(Semaphore::new(most as usize));
        Self { options, patience, most, places, idle: Arc::default(), waits: Waits::default() }
    }

    /// A connection, until the reader is dropped.
    pub(super) async fn acquire(&self) -> Result<Reader> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self
                .waits
                .during(true, timeout(self.patience, Arc::clone(&self.places).acquire_owned()))
                .await
                .map_err(|_| Error::new(ErrorKind::Unavailable, "every reading connection is in use; try again"))?
                .map_err(|_| error::closed())?,
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(error::map)?,
        };
        Ok(Reader { connection: Some(connection), idle: Arc::clone(&self.idle), _place: place })
    }

    /// How many there are and work; none once they are closed.
    pub(super) fn figures(&self) -> Option<PoolFigures> {
        if self.places.is_closed() {
            return None;
        }
        let (waits, waited) = self.waits.look();
        let in_use = u64::from(self.most).saturating_sub(self.places.available_permits() as u64);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        Some(PoolFigures { pool: "readers", most: self.most.into(), open: in_use + idle, in_use, waits, waited })
    }

    /// Ends every connection once the work on it is done.
    pub(super) async fn close(&self) {
        // An error means that it is closed already.
        let all = self.places.acquire_many(self.most).await;
        self.places.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            if let Err(failure) = connection.close().await {
                tracing::debug!(error = %failure, "a reading connection did not close in order");
            }
        }
    }
}

/// A reading connection while one call works with it.
pub(super) struct Reader {
    connection: Option<SqliteConnection>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// Does not keep the connection, when it is of no more use.
    pub(super) fn failed(&mut self, failure: sqlx::Error) -> Error {
        if error::is_broken(&failure) {
            self.connection = None;
        }
        error::map(failure)
    }

    /// The connection.
    ///
    /// # Errors
    /// `Unavailable` when it broke.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or_else(|| error::map(sqlx::Error::WorkerCrashed))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
