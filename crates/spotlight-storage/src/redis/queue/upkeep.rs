//! Rounds of upkeep.

use spotlight_core::{Result, domain::ProcessId, ports::Upkeep};

use super::{
    RedisQueue,
    contact::{Failures, is_away},
    fleet::{Fleet, Loss},
    room::Room,
};

/// Old jobs that one script removes at most, and how often it is called in one round while there are more. Others get in
/// between.
const REMOVED: (u32, u32) = (3_000, 20);

impl RedisQueue {
    pub(super) async fn keep_up(&self, limit: u32) -> Result<Upkeep> {
        let mut failures = Failures::default();
        let rooms = match self.tidy_fleet().await {
            Ok(fleet) => fleet.rooms,
            Err(error) if !self.inner.client.is_cluster() => return Err(error),
            Err(error) => {
                // The queues need not wait until the fleet is back.
                failures.add_shared(error);
                self.used_rooms()
            }
        };
        let mut done = Upkeep::default();
        for room in &rooms {
            if let Err(error) = self.keep_up_room(room, limit, &mut done).await {
                if is_away(&error) && self.is_alone(room) {
                    failures.add_shared(error);
                    break;
                }
                failures.add(room, error, "a queue could not be kept up");
            }
        }
        failures.some_went_well = done != Upkeep::default();
        failures.into_result()?;
        Ok(done)
    }

    /// Has the fleet forget processes that are overdue, and know the queues that this process has used.
    async fn tidy_fleet(&self) -> Result<Fleet> {
        let names: Vec<_> = self.used_rooms().iter().map(|room| room.name.clone()).collect();
        let before = self.inner.fleet.steady();
        let steady = before.to_string();
        let mut args: Vec<&[u8]> = vec![b"overdue", steady.as_bytes()];
        args.extend(names.iter().map(|name| name.as_bytes()));
        let mut fleet = self.fleet(&self.inner.client, &args).await?;
        let mut overdue = Vec::new();
        while fleet.processes.len() > 0 {
            overdue.push(fleet.processes.bytes()?);
        }
        // A call that was long on its way found out about this process, and about no other.
        if !overdue.is_empty() && self.inner.fleet.steady() >= before {
            let found = fleet.number.to_string();
            let mut args: Vec<&[u8]> = vec![b"drop", found.as_bytes()];
            args.extend(overdue.iter().map(Vec::as_slice));
            self.fleet(&self.inner.client, &args).await?;
        }
        Ok(fleet)
    }

    /// For how many microseconds a queue has been reached, and the fleet: signs of life go by way of that.
    fn steady(&self, room: &Room) -> u64 {
        room.contact.steady().min(self.inner.fleet.steady())
    }

    async fn keep_up_room(&self, room: &Room, limit: u32, done: &mut Upkeep) -> Result<()> {
        let mut delivered = Ok(());
        for _ in 0..REMOVED.1 {
            let before = self.steady(room);
            let mut call = self.call(&self.scripts().upkeep, room);
            call.arg(limit.saturating_sub(done.promoted)).arg(REMOVED.0).arg(before);
            let mut reply = room.contact.of(self.run(&call)).await?;
            let (promoted, removed) = (reply.number::<u32>()?, reply.number::<u32>()?);
            let (sent, mut overdue, found) = (reply.flag()?, reply.list()?, reply.int()?);
            done.promoted += promoted;
            done.removed += removed;
            if promoted > 0 {
                self.tell(room);
            }
            while overdue.len() > 0 {
                let process = ProcessId::from_uuid(overdue.id()?);
                // As for the fleet.
                if self.steady(room) >= before {
                    let lost = self.lose(&self.inner.client, room, process, Loss::Overdue { found }).await?;
                    done.recovered += lost;
                }
            }
            if sent {
                delivered = self.deliver(room).await;
            }
            if removed < 1_000 {
                break;
            }
        }
        delivered
    }
}
