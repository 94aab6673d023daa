//! A fleet of four worker processes under faults: whatever is killed, cut or restarted, no job is lost, none is done twice
//! while its first process lives, and everything goes on soon.
//!
//! What the jobs did stands in a file outside the store (`spotlight_tests::fleet`). The seed of what is random is
//! printed; `SPOTLIGHT_FAULTS_SEED` repeats one.

mod case;
mod faults;
mod record;

mod postgres {
    use spotlight_core::conformance::rounds;
    use spotlight_storage::postgres::{PgOptions, PgQueue};
    use spotlight_tests::postgres::{PgServer, TestDatabase};

    use crate::{case::Setup, faults};

    impl faults::Crashes for PgServer {
        fn crash(&mut self) {
            Self::crash(self);
        }

        fn start_again(&mut self) {
            Self::start_again(self);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn killed_processes_lose_nothing_and_do_nothing_twice() {
        let database = TestDatabase::fresh().await;
        faults::kills(&database.url(), "kills", Setup::lease(2), rounds(20, 200), 100_000).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_killed_process_is_replaced_within_the_usual_lease() {
        let (database, jobs) = (TestDatabase::fresh().await, rounds(1_000, 10_000));
        faults::kills(&database.url(), "usual lease", Setup::lease(15), rounds(1, 10), jobs as usize).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_restarted_server_loses_nothing_that_was_acknowledged() {
        let mut server = tokio::task::block_in_place(PgServer::durable);
        let url = server.url("postgres");
        PgQueue::connect(PgOptions::new(url.clone())).await.expect("the schema is made").close().await;
        faults::restarts(&url, &mut server).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn cut_connections_cost_nothing_but_time() {
        faults::cuts(&TestDatabase::fresh().await.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_clock_that_jumps_disturbs_nobody() {
        faults::jumps(&TestDatabase::fresh().await.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_poison_payload_does_not_take_the_fleet_down() {
        faults::poison(&TestDatabase::fresh().await.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_job_that_blocks_its_thread_keeps_its_lease() {
        faults::block(&TestDatabase::fresh().await.url()).await;
    }
}

/// Each on a Redis of its own that has every write on disk before it answers, which is what no loss is promised for.
mod redis {
    use spotlight_core::conformance::rounds;
    use spotlight_tests::{proxy::Mode, redis::RedisServer};

    use crate::{case::Setup, faults};

    impl faults::Crashes for RedisServer {
        fn crash(&mut self) {
            self.kill();
        }

        fn start_again(&mut self) {
            Self::start_again(self);
        }
    }

    fn durable() -> RedisServer {
        tokio::task::block_in_place(RedisServer::start_durable)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn killed_processes_lose_nothing_and_do_nothing_twice() {
        let server = durable();
        faults::kills(&server.url(), "kills on Redis", Setup::lease(2), rounds(20, 200), 100_000).await;
        // The usual lease takes its time, so that it is for full runs alone.
        if rounds(0, 1) > 0 {
            let server = durable();
            faults::kills(&server.url(), "usual lease on Redis", Setup::lease(15), 10, 10_000).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_restarted_server_loses_nothing_that_was_acknowledged() {
        let mut server = durable();
        let url = server.url();
        faults::restarts(&url, &mut server).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn cut_connections_cost_nothing_but_time() {
        let server = durable();
        faults::cuts(&server.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_poison_payload_does_not_take_the_fleet_down() {
        let server = durable();
        faults::poison(&server.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_is_away_for_longer_than_a_lease_costs_the_living_nothing() {
        let mut server = durable();
        let url = server.url();
        faults::outages(&url, "outages of Redis", async |_, begins| {
            if begins {
                server.kill();
            } else {
                tokio::task::block_in_place(|| server.start_again());
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_network_that_is_away_for_longer_than_a_lease_costs_the_living_nothing() {
        let server = durable();
        faults::outages(&server.url(), "network of Redis", async |case, begins| {
            if begins {
                case.proxy.set(Mode::Refuse);
                case.proxy.cut();
            } else {
                case.proxy.set(Mode::Forward);
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_clock_that_jumps_disturbs_nobody() {
        let server = durable();
        faults::jumps(&server.url()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_job_that_blocks_its_thread_keeps_its_lease() {
        let server = durable();
        faults::block(&server.url()).await;
    }
}
