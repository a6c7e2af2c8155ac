import { mount } from 'svelte'
import type { RoomAuth } from '../../src/api/auth'
import { ApiClient } from '../../src/api/client'
import { startI18n } from '../../src/i18n/index.svelte'
import '../../src/ui/tokens.css'
import '../../src/ui/base.css'
import Harness from './Harness.svelte'

const query = new URLSearchParams(location.search)
const person = query.get('person') ?? 'ada'
// Not a JWT that anybody verifies: the fake server reads the person from `jti`.
const token = ['e30', btoa(JSON.stringify({ exp: 4_000_000_000, jti: person })), 'x'].join('.')
const auth: RoomAuth = {
  me: { person, name: query.get('name') ?? 'Dr Ada Rossi', guest: query.get('guest') !== null },
  api: new ApiClient({ token: () => Promise.resolve(token), renew: () => Promise.resolve(null) }),
  socketToken: () => Promise.resolve(token),
  roomToken: () => Promise.resolve(token),
}
await startI18n()
const target = document.getElementById('app')
if (target) mount(Harness, { target, props: { auth } })
