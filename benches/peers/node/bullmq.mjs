// BullMQ: concurrency as https://docs.bullmq.io/guide/workers/concurrency, and finished jobs removed as
// https://docs.bullmq.io/guide/queues/auto-removal-of-jobs advises.

import { Queue, Worker } from 'bullmq'
import { main, NAME } from './measure.mjs'

/** A good practice, says its guide: a handful of completed jobs, and more of those that failed. */
const KEEP = { removeOnComplete: 1_000, removeOnFail: 5_000 }

async function connect(url, purpose) {
  const { hostname: host, port } = new URL(url)
  const connection = { host, port: Number(port) }
  const queue = new Queue(NAME, { connection, defaultJobOptions: KEEP })
  await queue.waitUntilReady()
  let worker
  return {
    async add(from, to) {
      const jobs = []
      for (let number = from; number < to; number++) jobs.push({ name: NAME, data: { number } })
      await queue.addBulk(jobs)
    },
    addOne: (number) => queue.add(NAME, { number }),
    async work(mark) {
      const options = purpose === 'drain' ? { connection, concurrency: Number(process.env.CONC ?? 100) } : { connection }
      worker = new Worker(NAME, async (job) => mark(job.data.number), options)
      worker.on('error', (error) => console.error(error))
      await worker.waitUntilReady()
    },
    stop: () => worker.close(),
    async left() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'paused', 'failed')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    close: () => queue.close(),
  }
}

await main({ bulk: 1_000, connect })
