/**
 * stdin `{snapshot, events}` → stdout the state after them, for comparison with a fresh snapshot:
 * esbuild tests/replay.main.ts --bundle --platform=node --format=esm --outfile=replay.mjs; node replay.mjs
 */
import { stdin, stdout } from 'node:process'
import type { RoomEvent, Snapshot } from '../src/protocol/types'
import { replay } from '../src/state/replay'

let input = ''
for await (const piece of stdin.setEncoding('utf8')) input += String(piece)
const { snapshot, events } = JSON.parse(input) as { snapshot: Snapshot; events: RoomEvent[] }
stdout.write(JSON.stringify(replay(snapshot, events)))
