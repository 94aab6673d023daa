// pg-boss: LISTEN/NOTIFY and continued fetching are on, as https://pgboss.io/api/workers describes for speed.

import { PgBoss } from 'pg-boss'
import pg from 'pg'
import { main, NAME } from './measure.mjs'

async function connect(url, purpose) {
  const max = purpose === 'singles' ? 64 : 10
  const boss = new PgBoss({ connectionString: url, max, useListenNotify: true })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(NAME, { notify: true })
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  return {
    async add(from, to) {
      const jobs = []
      for (let number = from; number < to; number++) jobs.push({ data: { number } })
      await boss.insert(NAME, jobs)
    },
    addOne: (number) => boss.send(NAME, { number }),
    async work(mark) {
      const drain = { batchSize: Number(process.env.BATCH ?? 1_000), burstWhenBatchFull: true, localConcurrency: Number(process.env.CONC ?? 2) }
      await boss.work(NAME, purpose === 'drain' ? drain : {}, async (jobs) => {
        for (const job of jobs) mark(job.data.number)
      })
    },
    stop: () => boss.offWork(NAME),
    async left() {
      const { rows } = await pool.query(`SELECT count(*)::int AS count FROM pgboss.job WHERE state <> 'completed'`)
      return rows[0].count
    },
    async close() {
      await boss.stop({ graceful: false })
      await pool.end()
    },
  }
}

await main({ bulk: 10_000, connect })
