//! Rounds of upkeep.

use spotlight_core::{Result, domain::ProcessId, ports::Upkeep};

use super::{RedisQueue, room::Room};

/// Old jobs that one script removes at most, and how often it is called in one round while there are more. Others get in
/// between.
const REMOVED: (u32, u32) = (3_000, 20);

impl RedisQueue {
    pub(super) async fn keep_up(&self, limit: u32) -> Result<Upkeep> {
        let names: Vec<_> = self.used_rooms().iter().map(|room| room.name.clone()).collect();
        let mut args: Vec<&[u8]> = vec![b"tidy", b""];
        args.extend(names.iter().map(|name| name.as_bytes()));
        let fleet = self.fleet(&self.inner.client, &args).await?;
        let mut done = Upkeep::default();
        for room in &fleet.rooms {
            self.keep_up_room(room, limit, &mut done).await?;
        }
        Ok(done)
    }

    async fn keep_up_room(&self, room: &Room, limit: u32, done: &mut Upkeep) -> Result<()> {
        for _ in 0..REMOVED.1 {
            let mut call = self.call(&self.scripts().upkeep, room);
            call.arg(limit - done.promoted).arg(REMOVED.0);
            let mut reply = self.run(&call).await?;
            let (promoted, removed) = (reply.number::<u32>()?, reply.number::<u32>()?);
            let (sent, mut ended) = (reply.flag()?, reply.list()?);
            done.promoted += promoted;
            done.removed += removed;
            if promoted > 0 {
                self.tell(room);
            }
            while ended.len() > 0 {
                let process = ProcessId::from_uuid(ended.id()?);
                done.recovered += self.lose(&self.inner.client, room, process, false).await?;
            }
            if sent {
                self.deliver(room).await?;
            }
            if removed < 1_000 {
                break;
            }
        }
        Ok(())
    }
}
