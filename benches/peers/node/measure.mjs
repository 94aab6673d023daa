// What the peers on Node share: the same commands, figures and checks as `src/measure.rs`.
//
// A peer is `{ bulk, connect(url, purpose) }`, where connect gives `{ add(from, to), addOne(number), work(mark), stop(),
// left(), close() }`. Purposes are 'bulk', 'singles', 'drain' and 'latency'.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The name of the one job, and of its queue. */
export const NAME = 'nothing'

const FIRST = 50_000

/** Which jobs have started in this process: each must, and once. */
class Seen {
  constructor(jobs) {
    this.bits = new Uint8Array(Math.ceil(jobs / 8))
    this.jobs = jobs
    this.count = 0
    this.again = 0
    this.started = undefined
    this.mark = this.mark.bind(this)
  }

  mark(number) {
    const bit = 1 << (number & 7)
    if (!(number >= 0 && number < this.jobs) || this.bits[number >> 3] & bit) {
      this.again++
    } else {
      this.bits[number >> 3] |= bit
      this.count++
    }
    this.started?.(performance.now())
  }

  allOnce(jobs) {
    if (this.count !== jobs || this.again !== 0) {
      throw new Error(`of ${jobs} jobs ${this.count} have run, and ${this.again} starts were repetitions or unknown`)
    }
  }

  async until(count, deadline) {
    while (this.count < count) {
      if (performance.now() > deadline) this.allOnce(this.jobs)
      await sleep(1)
    }
  }
}

/** Runs the command that the program was called with, and prints its figures. */
export async function main(peer) {
  const [command, url, ...rest] = process.argv.slice(2)
  const numbers = rest.map(Number)
  const commands = { prepare, add, drain, singles, latency }
  try {
    if (!Object.hasOwn(commands, command) || numbers.some(Number.isNaN)) throw new Error('unknown command')
    console.log(JSON.stringify(await commands[command](peer, url, ...numbers)))
    process.exit(0)
  } catch (error) {
    console.error(`${command}: ${error?.stack ?? error}`)
    process.exit(1)
  }
}

async function prepare(peer, url) {
  const queue = await peer.connect(url, 'bulk')
  await queue.close()
  return {}
}

async function expect(queue, jobs) {
  const left = await queue.left()
  if (left !== jobs) throw new Error(`${left} jobs are in the store instead of ${jobs}`)
}

async function add(peer, url, jobs, keys) {
  if (keys !== undefined) throw new Error('not measured with keys')
  const queue = await peer.connect(url, 'bulk')
  const began = performance.now()
  for (let at = 0; at < jobs; at += peer.bulk) await queue.add(at, Math.min(jobs, at + peer.bulk))
  const seconds = (performance.now() - began) / 1e3
  await expect(queue, jobs)
  await queue.close()
  return { jobs, seconds }
}

/** The most memory that this process ever had in use, in KiB. */
function peakMemory() {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}

async function drain(peer, url, jobs) {
  const seen = new Seen(jobs)
  const queue = await peer.connect(url, 'drain')
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1e3
  const deadline = began + 60e3 + jobs * 2
  await queue.work(seen.mark)
  const first = Math.min(jobs, FIRST)
  await seen.until(first, deadline)
  const first_seconds = elapsed()
  await seen.until(jobs, deadline)
  const started_seconds = elapsed()
  let seconds
  for (;;) {
    seconds = elapsed()
    if ((await queue.left()) === 0) break
    if (performance.now() > deadline) throw new Error('jobs have run and do not end')
    await sleep(2)
  }
  const peak_kib = peakMemory()
  await queue.stop()
  seen.allOnce(jobs)
  await expect(queue, 0)
  await queue.close()
  return { jobs, seconds, started_seconds, first, first_seconds, peak_kib }
}

async function singles(peer, url, callers, each) {
  const queue = await peer.connect(url, 'singles')
  const all = (work) => Promise.all(Array.from({ length: callers }, (_, caller) => work(caller * (each + 1))))
  // Every connection is open and knows its statements before the clock runs.
  await all((first) => queue.addOne(first))
  const began = performance.now()
  await all(async (first) => {
    for (let number = first + 1; number <= first + each; number++) await queue.addOne(number)
  })
  const seconds = (performance.now() - began) / 1e3
  await expect(queue, callers * (each + 1))
  await queue.close()
  return { jobs: callers * each, seconds }
}

async function latency(peer, url, samples, seconds) {
  const seen = new Seen(samples)
  const queue = await peer.connect(url, 'latency')
  await queue.work(seen.mark)
  // Idle is what it is to be.
  await sleep(1_000)
  const times = []
  const until = performance.now() + seconds * 1e3
  while (times.length < samples && (performance.now() < until || times.length < 5)) {
    const number = times.length
    // Not in step with any clock of the peer.
    await sleep(3 + ((number * 7_919) % 5_000) / 1e3)
    const started = new Promise((resolve) => (seen.started = resolve))
    const began = performance.now()
    await queue.addOne(number)
    const late = AbortSignal.timeout(60_000)
    const gaveUp = new Promise((_, reject) => (late.onabort = () => reject(new Error('a job did not start for 60 s'))))
    times.push((await Promise.race([started, gaveUp])) - began)
  }
  await queue.stop()
  seen.allOnce(times.length)
  await queue.close()
  times.sort((one, other) => one - other)
  const at = (share) => times[Math.min(times.length - 1, Math.floor((times.length * share) / 100))]
  return { samples: times.length, median_ms: at(50), p99_ms: at(99) }
}
