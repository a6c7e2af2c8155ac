import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Emitter } from '../../src/protocol/emitter'
import { OFFLINE, ProtocolError } from '../../src/protocol/errors'
import { MemoryStorage } from '../../src/protocol/storage'
import { downloadVerified } from '../../src/upload/download'
import { kindOf, typeOf } from '../../src/upload/kinds'
import type { DocumentsLink } from '../../src/upload/link'
import { CHUNK_BYTES, WINDOW_CHUNKS, type UploadRecord } from '../../src/upload/upload'
import { Uploads } from '../../src/upload/uploads'
import { FakeClock, seeded } from './fakes'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A server that keeps bytes in order and a link to it that breaks on demand. */
class FakeDocuments implements DocumentsLink {
  is_connected = false
  readonly rows = new Map<string, { bytes: Uint8Array; length: number; sha256: string }>()
  readonly requests: string[] = []
  under_way = 0
  most_under_way = 0
  refuse: string | null = null
  break_chance = 0
  /** Told how many chunks have arrived, before each is answered. */
  at_chunk: (count: number) => void = () => undefined
  #chunks = 0
  readonly #events = new Emitter<{ connected: boolean }>()

  constructor(private readonly random: () => number) {}

  open(): void {
    this.connect(true)
  }

  connect(is_connected: boolean): void {
    this.is_connected = is_connected
    this.#events.emit('connected', is_connected)
  }

  watch(listener: (is_connected: boolean) => void): () => void {
    return this.#events.on('connected', listener)
  }

  async request<T>(event: string, payload: object): Promise<T> {
    this.requests.push(event)
    if (!this.is_connected) throw new ProtocolError(OFFLINE)
    this.under_way += 1
    this.most_under_way = Math.max(this.most_under_way, this.under_way)
    await Promise.resolve()
    this.under_way -= 1
    if (event === 'chunk' && this.random() < this.break_chance) {
      // The server has it, the acknowledgement is lost.
      if (this.random() < 0.5) this.#serve(event, payload as never)
      this.connect(false)
      throw new ProtocolError('timeout')
    }
    return this.#serve(event, payload as never) as T
  }

  #serve(event: string, payload: { client_id: string; id: string; bytes: number; sha256: string; offset: number; data: ArrayBuffer }): object {
    if (event === 'begin') {
      if (this.refuse) throw new ProtocolError(this.refuse)
      const known = this.rows.get(payload.client_id) ?? { bytes: new Uint8Array(payload.bytes), length: 0, sha256: payload.sha256 }
      this.rows.set(payload.client_id, known)
      return { id: payload.client_id, offset: known.length }
    }
    const row = this.rows.get(payload.id)
    if (!row) throw new ProtocolError('not-found')
    if (event === 'chunk') {
      expect(payload.data.byteLength).toBeLessThanOrEqual(CHUNK_BYTES)
      if (payload.offset !== row.length) throw new ProtocolError('conflict', 'offset', { offset: row.length })
      row.bytes.set(new Uint8Array(payload.data), payload.offset)
      row.length += payload.data.byteLength
      this.at_chunk(++this.#chunks)
      return { offset: row.length }
    }
    if (event === 'commit') {
      if (sha256(row.bytes) !== row.sha256) throw new ProtocolError('hash-mismatch')
      return { document: { id: 'd1' } }
    }
    if (event === 'abort') this.rows.delete(payload.id)
    return {}
  }
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  const random = seeded(length)
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

function setUp(random = seeded(1), storage = new MemoryStorage<UploadRecord>()) {
  const link = new FakeDocuments(random)
  const clock = new FakeClock()
  const uploads = new Uploads({ room: 'room', person: 'ada', link, storage, clock, changed: () => undefined })
  return { link, clock, uploads, storage }
}

/** File reads end on the event loop, not in microtasks: let both go on until `done`. */
async function until(done: () => boolean, clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 3_000 && !done(); turn++) {
    await clock.advance(200)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(done()).toBe(true)
}

describe('an upload', () => {
  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES * 9 + 7])('carries %i bytes within its window', async (length) => {
    const { link, clock, uploads } = setUp()
    const bytes = bytesOf(length)
    uploads.add([new File([bytes], 'a.pdf')])
    const upload = uploads.rows[0]
    await until(() => upload?.state === 'done', clock)
    expect(Buffer.compare([...link.rows.values()][0]?.bytes ?? new Uint8Array(1), bytes)).toBe(0)
    expect(link.most_under_way).toBeLessThanOrEqual(WINDOW_CHUNKS)
    expect(uploads.rows).toEqual([])
  })

  it.each([1, 2, 3, 4, 5, 6])('arrives whole over a link that keeps breaking (seed %i)', async (seed) => {
    const { link, clock, uploads } = setUp(seeded(seed))
    link.break_chance = 0.3
    const bytes = bytesOf(CHUNK_BYTES * 12 + 3)
    uploads.add([new File([bytes], 'a.dcm')])
    const upload = uploads.rows[0]
    await until(() => {
      if (!link.is_connected) link.connect(true)
      return upload?.state === 'done'
    }, clock)
    expect(Buffer.compare([...link.rows.values()][0]?.bytes ?? new Uint8Array(), bytes)).toBe(0)
    expect(link.rows.size).toBe(1)
  })

  it('pauses, resumes and cancels', async () => {
    const { link, clock, uploads } = setUp()
    uploads.add([new File([bytesOf(CHUNK_BYTES * 24)], 'a.pdf')])
    const upload = uploads.rows[0]
    link.at_chunk = (count) => {
      if (count === 5) upload?.pause()
    }
    await until(() => upload?.state === 'paused' && link.under_way === 0, clock)
    const chunks = link.requests.length
    expect(chunks).toBeLessThanOrEqual(1 + 5 + WINDOW_CHUNKS)
    await clock.advance(10_000)
    expect(link.requests).toHaveLength(chunks)
    link.at_chunk = (count) => {
      if (count === 20 && upload) void uploads.remove(upload)
    }
    upload?.resume()
    await until(() => upload?.state === 'cancelled' && link.rows.size === 0, clock)
    expect(uploads.rows).toEqual([])
  })

  it('goes on after a reload when the same file is chosen again', async () => {
    const before = setUp()
    const bytes = bytesOf(CHUNK_BYTES * 30)
    const file = new File([bytes], 'scan.dcm', { lastModified: 1_700_000_000_000 })
    before.link.at_chunk = (count) => {
      if (count !== 8) return
      before.uploads.close()
      before.link.connect(false)
    }
    before.uploads.add([file])
    await until(() => !before.link.is_connected && before.link.under_way === 0, before.clock)
    const client_id = [...before.link.rows.keys()][0] ?? ''
    const reached = before.link.rows.get(client_id)?.length ?? 0

    const after = setUp(seeded(1), before.storage)
    const kept = before.link.rows.get(client_id)
    if (kept) after.link.rows.set(client_id, kept)
    await after.uploads.load()
    expect(after.uploads.interrupted).toMatchObject([{ client_id, name: 'scan.dcm' }])
    after.uploads.add([file])
    const upload = after.uploads.rows[0]
    await until(() => upload?.state === 'done', after.clock)
    const sent = after.link.requests.filter((name) => name === 'chunk').length * CHUNK_BYTES
    expect(sent).toBeLessThanOrEqual(bytes.byteLength - reached)
    expect(await after.storage.all('')).toEqual([])
  })

  it('says why it was refused and may be tried again', async () => {
    const { link, clock, uploads } = setUp()
    link.refuse = 'type-refused'
    uploads.add([new File([bytesOf(10)], 'a.exe')])
    const upload = uploads.rows[0]
    await until(() => upload?.state === 'failed', clock)
    expect(upload?.code).toBe('type-refused')
    link.refuse = null
    upload?.resume()
    await until(() => upload?.state === 'done', clock)
  })
})

describe('a download', () => {
  const bytes = bytesOf(100_000)
  const expected = { bytes: bytes.length, sha256: sha256(bytes), type: 'application/pdf' }
  const signal = new AbortController().signal

  it('goes on where a broken fetch stopped and is verified', async () => {
    const offsets: number[] = []
    const blob = await downloadVerified(
      expected,
      (offset) => {
        offsets.push(offset)
        const part = bytes.slice(offset, offset + 40_000)
        return Promise.resolve(new Response(part, { status: offset > 0 ? 206 : 200 }))
      },
      () => undefined,
      signal,
    )
    expect(offsets).toEqual([0, 40_000, 80_000])
    expect(Buffer.compare(new Uint8Array(await blob.arrayBuffer()), bytes)).toBe(0)
  })

  it('refuses content that is not what was sent', async () => {
    const altered = bytes.slice()
    altered[7] = (altered[7] ?? 0) ^ 1
    const fetched = downloadVerified(expected, () => Promise.resolve(new Response(altered)), () => undefined, signal)
    await expect(fetched).rejects.toMatchObject({ code: 'hash-mismatch' })
  })
})

it('tells types by extension, then by the browser, else takes DICOM', () => {
  expect(typeOf({ name: 'IM0001', type: '' })).toBe('application/dicom')
  expect(typeOf({ name: 'a.DCM', type: '' })).toBe('application/dicom')
  expect(typeOf({ name: 'a.jpeg', type: '' })).toBe('image/jpeg')
  expect(typeOf({ name: 'a.txt', type: 'text/plain' })).toBe('text/plain')
  expect(kindOf('image/png')).toBe('image')
})
