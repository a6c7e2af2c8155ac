import { describe, expect, it } from 'vitest';

import type { GuardService, Step } from '../../src/api/guard';
import { rungFor, shownFirst, withHolder } from '../../src/app/onguard';
import { duration } from '../../src/views/guard/durations';
import {
  bodyOf,
  draftOf,
  faultsOf,
  moved,
  newLocal,
  newStep,
  warningsOf,
} from '../../src/views/guard/services';

const RITA = { person: 'rita', name: 'Rita' };
const ROCCO = { person: 'rocco', name: 'Rocco' };

function step(over: Partial<Step>): Step {
  const none = { rota: null, rota_name: '', person: null, person_name: null, text: null };
  return { ...none, delay_s: 60, on_call: null, ...over };
}

function service(over: Partial<GuardService> = {}): GuardService {
  const target = { accept_s: 120, hear_minutes: 10 };
  return {
    id: 's1',
    name: 'CT emergency',
    organisation: 'north',
    modality: 'CT',
    phone: '+39 02 5550',
    zone: 'Europe/Rome',
    steps: [step({ rota: 'first', rota_name: 'First', on_call: RITA }), step({ rota: 'second' })],
    join_s: 180,
    report_minutes: 60,
    repeats: 1,
    local: [],
    targets: { emergency: target, urgent: target, routine: target },
    on_call: RITA,
    no_cover: false,
    version: 3,
    ...over,
  };
}

const SOUTH = { organisation: 'south', rota: 'own', rota_name: 'Own', delay_s: 20, on_call: ROCCO };

describe('who is on guard', () => {
  it('is told without asking when a rota changes hands, and that nobody is', () => {
    const one = service();
    expect(withHolder(one, 'first', { id: 'rocco', name: 'Rocco' }).on_call).toEqual(ROCCO);
    const none = withHolder(one, 'first', null);
    expect([none.on_call, none.no_cover]).toEqual([null, true]);
    const later = withHolder(none, 'second', { id: 'rocco', name: 'Rocco' });
    expect([later.on_call, later.no_cover]).toEqual([ROCCO, false]);
    expect(withHolder(one, 'other', null)).toEqual(one);
  });

  it("begins with one's own trust, each once", () => {
    const one = service({ local: [SOUTH] });
    expect(rungFor(one, ['south']).map(({ name }) => name)).toEqual(['Rocco', 'Rita']);
    expect(rungFor(one, ['north'])).toEqual([RITA]);
    const twice = service({ steps: [step({ on_call: RITA }), step({ on_call: RITA })] });
    expect(rungFor(twice, [])).toEqual([RITA]);
  });

  it('shows what has no cover first, then what is nearest', () => {
    const far = service({ id: 'far', name: 'A', organisation: 'west' });
    const near = service({ id: 'near', name: 'B' });
    const empty = service({ id: 'empty', name: 'C', organisation: 'west', steps: [step({})] });
    const ids = shownFirst([far, near, empty], ['north']).map(({ id }) => id);
    expect(ids).toEqual(['empty', 'near', 'far']);
    expect(shownFirst([far, empty], [], { rota: 'second' })).toEqual([far]);
    expect(shownFirst([far, near], [], { service: 'near' })).toEqual([near]);
  });
});

describe('the form of a service', () => {
  it('sends back exactly what it was given', () => {
    const steps = [
      step({ rota: 'first' }),
      step({ person: 'rita', person_name: 'Rita', delay_s: 30 }),
      step({ text: 'Call the switchboard.' }),
    ];
    const body = bodyOf(draftOf(service({ steps, local: [SOUTH] })));
    expect(body.steps).toEqual([
      { rota: 'first', delay_s: 60 },
      { person: 'rita', delay_s: 30 },
      { text: 'Call the switchboard.', delay_s: 60 },
    ]);
    expect(body.local).toEqual([{ organisation: 'south', rota: 'own', delay_s: 20 }]);
    expect([body.join_s, body.report_minutes, body.repeats]).toEqual([180, 60, 1]);
    expect(faultsOf(draftOf(service({ steps, local: [SOUTH] })))).toEqual(new Map());
  });

  it('names each field that is wrong by its path', () => {
    const draft = draftOf(null, 'north');
    draft.phone = 'the desk';
    draft.steps = [
      { ...newStep(), delay: '4' },
      { ...newStep(), kind: 'person' },
    ];
    const line = { ...newLocal(), organisation: 'south', rota: 'own' };
    draft.local = [line, { ...line, delay: '1.5' }];
    draft.repeats = '';
    draft.targets.urgent.hear = '0';
    expect([...faultsOf(draft).keys()].sort()).toEqual([
      'local.1.delay_s',
      'local.1.organisation',
      'modality',
      'name',
      'phone',
      'repeats',
      'steps.0.delay_s',
      'steps.0.rota',
      'steps.1.person',
      'targets.urgent.hear_minutes',
    ]);
    draft.steps = [{ ...newStep(), kind: 'text', text: 'Call.' }];
    expect(faultsOf(draft).get('steps')?.key).toBe('services.one-person');
  });

  it('moves a step up and down', () => {
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
  });
});

describe('warnings about a service', () => {
  const rota = { id: 'first', name: 'First', gaps: [] };
  const keys = (one: GuardService, rotas = [rota]) =>
    warningsOf(one, rotas).map(({ key }) => key.replace('services.warning.', ''));

  it('has none where all is covered', () => {
    expect(keys(service())).toEqual([]);
  });

  it('tells of no cover, no number, gaps, and of nobody behind the first', () => {
    const alone = service({
      no_cover: true,
      phone: 'desk',
      steps: [step({ rota: 'first' })],
      repeats: 0,
      local: [{ ...SOUTH, on_call: null }],
    });
    const gap = { start: '', end: '', member: null, override: null };
    expect(keys(alone, [{ ...rota, gaps: [gap] as never }])).toEqual([
      'no-cover',
      'phone',
      'gaps',
      'own-empty',
      'alone',
    ]);
  });
});

it('says a duration in whole units', () => {
  expect([90, 120, 3600].map((one) => duration(one, 'en'))).toEqual(['90 sec', '2 min', '1 hr']);
});
