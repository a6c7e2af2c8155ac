import { expect, it } from 'vitest'
import { PathGuard, type Guarded } from '../../src/call/guard'
import { FakeClock } from './fakes'

class FakeConnection extends EventTarget {
  iceConnectionState = 'connected'
  connectionState = 'connected'
  received = 0
  /** How long ago the last packet came, where the browser tells. */
  ago: (() => number) | undefined

  getStats(): Promise<Map<string, object>> {
    const stats = new Map<string, object>([['T', { type: 'transport', bytesReceived: this.received }]])
    if (this.ago) {
      const pair = { type: 'candidate-pair', timestamp: 5_000, lastPacketReceivedTimestamp: 5_000 - this.ago() }
      stats.set('CP', pair)
    }
    return Promise.resolve(stats)
  }
}

function guarded(): { pc: FakeConnection; clock: FakeClock; network: EventTarget; guard: PathGuard; calls: number[] } {
  const pc = new FakeConnection()
  const clock = new FakeClock()
  const network = new EventTarget()
  const calls: number[] = []
  const guard = new PathGuard(pc as unknown as Guarded, clock, () => calls.push(clock.now()), [network])
  return { pc, clock, network, guard, calls }
}

async function flowing(pc: FakeConnection, clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    pc.received += 1
    await clock.advance(100)
  }
}

it('asks for nothing while something arrives', async () => {
  const { pc, clock, calls } = guarded()
  await flowing(pc, clock, 20_000)
  expect(calls).toEqual([])
})

it('asks after a second and a half of silence, then ever more rarely, and is content once something comes', async () => {
  const { pc, clock, calls } = guarded()
  await flowing(pc, clock, 2_000)
  const silent_since = clock.now()
  await clock.advance(1_500)
  expect(calls).toHaveLength(1)
  await clock.advance(12_500)
  expect(calls.map((at) => Math.round((at - silent_since) / 1_000))).toEqual([1, 3, 7])
  await flowing(pc, clock, 10_000)
  expect(calls).toHaveLength(3)
})

it.each([0, 100, 200, 300])('counts from the last packet where the browser tells when it came (%i ms)', async (ms) => {
  const { pc, clock, calls } = guarded()
  let last = 0
  pc.ago = () => clock.now() - last
  for (let passed = 0; passed < 2_000 + ms; passed += 100) {
    pc.received += 1
    last = clock.now()
    await clock.advance(100)
  }
  await clock.advance(2_000)
  expect(calls).toHaveLength(1)
  expect((calls[0] ?? 0) - last).toBeLessThanOrEqual(1_200)
})

it('asks at once when the device changes its network', async () => {
  const { pc, clock, network, calls } = guarded()
  network.dispatchEvent(new Event('online'))
  await clock.advance(10)
  expect(calls, 'nothing to mend before the first packet').toEqual([])
  await flowing(pc, clock, 1_000)
  network.dispatchEvent(new Event('change'))
  await clock.advance(10)
  expect(calls).toHaveLength(1)
})

it('asks when the browser gives up, and never after it was closed', async () => {
  const { pc, clock, guard, calls } = guarded()
  await flowing(pc, clock, 1_000)
  pc.iceConnectionState = 'failed'
  pc.dispatchEvent(new Event('iceconnectionstatechange'))
  await clock.advance(10)
  expect(calls).toHaveLength(1)
  guard.close()
  await clock.advance(60_000)
  expect(calls).toHaveLength(1)
})
