import { describe, expect, it } from 'vitest'
import { encodingsOf } from '../../src/call/encodings'
import { View, type Shown } from '../../src/call/view'
import { covering } from '../../src/views/room/visible'
import { FakeClock } from './fakes'

function watched(fails = 0) {
  const clock = new FakeClock()
  const told: Shown[][] = []
  const view = new View(clock, (tiles) => {
    if (fails-- > 0) return Promise.reject(new Error('no'))
    told.push(tiles)
    return Promise.resolve()
  })
  return { clock, told, view }
}

describe('what is in view', () => {
  it('is told once it settled, whole and in steps', async () => {
    const { clock, told, view } = watched()
    view.show('ada', 'camera', { width: 300, height: 169 })
    view.show('ada', 'camera', { width: 310, height: 175 })
    view.show('bo', 'screen', { width: 1280, height: 720 })
    expect(told).toEqual([])
    await clock.advance(250)
    const ada = { peer: 'ada', source: 'camera', width: 320, height: 192 }
    expect(told).toEqual([[ada, { peer: 'bo', source: 'screen', width: 1280, height: 736 }]])
    view.show('ada', 'camera', { width: 318, height: 180 })
    view.show('bo', 'screen', null)
    view.show('bo', 'screen', { width: 1279, height: 719 })
    await clock.advance(250)
    view.show('bo', 'screen', null)
    await clock.advance(250)
    expect(told.at(-1)).toEqual([ada])
    view.show('ada', 'camera', { width: 0, height: 0 })
    await clock.advance(250)
    expect(told.at(-1)).toEqual([])
    view.close()
  })

  it('is told again to a server that forgot, and when telling failed', async () => {
    const { clock, told, view } = watched(1)
    view.again()
    await clock.advance(250)
    expect(told).toEqual([])
    view.show('ada', 'camera', { width: 320, height: 192 })
    await clock.advance(250)
    expect(told).toHaveLength(0)
    await clock.advance(3_000)
    expect(told).toHaveLength(1)
    view.again()
    await clock.advance(1)
    expect(told).toHaveLength(2)
    view.close()
    view.again()
    await clock.advance(5_000)
    expect(told).toHaveLength(2)
  })

  it('counts the whole picture where a tile crops it', () => {
    expect(covering(300, 300, 2)).toEqual({ width: 600, height: 300 })
    expect(covering(640, 300, 16 / 9)).toEqual({ width: 640, height: 360 })
  })
})

describe('layers', () => {
  const shape = (width: number, height: number, wanted?: number) =>
    encodingsOf('camera', { width, height }, wanted).map((one) => [one.rid, one.active, one.scaleResolutionDownBy])

  it('are halves of each other, as many as the picture has pixels for', () => {
    expect(shape(1280, 720)).toEqual([['q', true, 4], ['h', true, 2], ['f', true, 1]])
    expect(shape(640, 480)).toEqual([['q', true, 2], ['h', true, 1], ['f', false, 1]])
    expect(shape(320, 240)).toEqual([['q', true, 1], ['h', false, 1], ['f', false, 1]])
    expect(encodingsOf('camera')).toHaveLength(3)
  })

  it('are sent as far as anybody sees them', () => {
    expect(shape(1280, 720, 1).map(([, active]) => active)).toEqual([true, false, false])
    expect(shape(1280, 720, 0).map(([, active]) => active)).toEqual([false, false, false])
    expect(encodingsOf('screen', {}, 0).map(({ active }) => active)).toEqual([false])
    expect(encodingsOf('screen', {}, 1)[0]?.scaleResolutionDownBy).toBeUndefined()
  })
})
