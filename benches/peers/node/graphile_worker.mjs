// graphile-worker: the settings are those of https://worker.graphile.org/docs/performance

import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import { main, NAME } from './measure.mjs'

const quiet = new Logger(() => () => {})
/** What the project's own figures were made with. */
const THROUGHPUT = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

async function connect(url, purpose) {
  const sizes = { singles: 64, drain: THROUGHPUT.maxPoolSize }
  const pool = new pg.Pool({ connectionString: url, max: sizes[purpose] ?? 10 })
  pool.on('error', (error) => console.error(error))
  pool.on('connect', (client) => client.on('error', (error) => console.error(error)))
  const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet })
  await utils.migrate()
  let runner
  return {
    async add(from, to) {
      const jobs = []
      for (let number = from; number < to; number++) jobs.push({ identifier: NAME, payload: { number } })
      await utils.addJobs(jobs)
    },
    addOne: (number) => utils.addJob(NAME, { number }),
    async work(mark) {
      const preset = { worker: purpose === 'drain' ? THROUGHPUT : {} }
      const taskList = { [NAME]: async ({ number }) => mark(number) }
      runner = await run({ preset, pgPool: pool, logger: quiet, noHandleSignals: true, taskList })
    },
    stop: () => runner.stop(),
    async left() {
      const { rows } = await pool.query('SELECT count(*)::int AS count FROM graphile_worker._private_jobs')
      return rows[0].count
    },
    async close() {
      await utils.release()
      await pool.end()
    },
  }
}

await main({ bulk: 10_000, connect })
