import { PRIORITIES, type GuardService, type Priority, type Step } from '../../api/guard';
import type { Rota } from '../../api/rotas';
import { isDialled } from '../../app/onguard';
import type { MessageKey } from '../../i18n/keys';
import type { MessageArguments } from '../../i18n/translator';

export const KINDS = ['rota', 'person', 'text'] as const;
export type Kind = (typeof KINDS)[number];

/** A step as the form holds it: what another kind would need is kept while one looks around. */
export interface StepDraft {
  key: number;
  kind: Kind;
  rota: string;
  person: { readonly id: string; readonly name: string } | null;
  text: string;
  delay: string;
}

export interface LocalDraft {
  key: number;
  organisation: string;
  rota: string;
  delay: string;
}

/** A service as the form holds it: numbers are what was typed. */
export interface ServiceDraft {
  organisation: string;
  name: string;
  modality: string;
  phone: string;
  zone: string;
  steps: StepDraft[];
  repeats: string;
  local: LocalDraft[];
  join: string;
  report: string;
  targets: Record<Priority, { accept: string; hear: string }>;
}

export const MOST_STEPS = 5;
export const MOST_LOCALS = 50;

let last = 0;

export function newStep(): StepDraft {
  return { key: (last += 1), kind: 'rota', rota: '', person: null, text: '', delay: '120' };
}

export function newLocal(): LocalDraft {
  return { key: (last += 1), organisation: '', rota: '', delay: '60' };
}

const TARGETS: Readonly<Record<Priority, { accept_s: number; hear_minutes: number }>> = {
  emergency: { accept_s: 120, hear_minutes: 10 },
  urgent: { accept_s: 300, hear_minutes: 30 },
  routine: { accept_s: 900, hear_minutes: 240 },
};

/** The form's copy of a service; without one, what a new one begins with. */
export function draftOf(service: GuardService | null, organisation = ''): ServiceDraft {
  const target = (priority: Priority) => {
    const { accept_s, hear_minutes } = (service?.targets ?? TARGETS)[priority];
    return { accept: String(accept_s), hear: String(hear_minutes) };
  };
  return {
    organisation: service?.organisation ?? organisation,
    name: service?.name ?? '',
    modality: service?.modality ?? '',
    phone: service?.phone ?? '',
    zone: service?.zone ?? 'Europe/Rome',
    steps: service ? service.steps.map(stepDraft) : [newStep()],
    repeats: String(service?.repeats ?? 0),
    local: (service?.local ?? []).map(({ organisation: whose, rota, delay_s }) => ({
      ...newLocal(),
      organisation: whose,
      rota,
      delay: String(delay_s),
    })),
    join: String(service?.join_s ?? 180),
    report: String(service?.report_minutes ?? 60),
    targets: {
      emergency: target('emergency'),
      urgent: target('urgent'),
      routine: target('routine'),
    },
  };
}

function stepDraft(step: Step): StepDraft {
  const person = step.person ? { id: step.person, name: step.person_name ?? '' } : null;
  return {
    ...newStep(),
    kind: step.person ? 'person' : step.text === null ? 'rota' : 'text',
    rota: step.rota ?? '',
    person,
    text: step.text ?? '',
    delay: String(step.delay_s),
  };
}

/** What the API takes. */
export function bodyOf(draft: ServiceDraft) {
  const target = (priority: Priority) => ({
    accept_s: Number(draft.targets[priority].accept),
    hear_minutes: Number(draft.targets[priority].hear),
  });
  return {
    name: draft.name.trim(),
    modality: draft.modality.trim(),
    phone: draft.phone.trim(),
    zone: draft.zone,
    steps: draft.steps.map(stepBody),
    repeats: Number(draft.repeats),
    local: draft.local.map(({ organisation, rota, delay }) => ({
      organisation,
      rota,
      delay_s: Number(delay),
    })),
    join_s: Number(draft.join),
    report_minutes: Number(draft.report),
    targets: {
      emergency: target('emergency'),
      urgent: target('urgent'),
      routine: target('routine'),
    },
  };
}

function stepBody({ kind, rota, person, text, delay }: StepDraft) {
  const delay_s = Number(delay);
  if (kind === 'rota') return { rota, delay_s };
  return kind === 'person' ? { person: person?.id ?? '', delay_s } : { text: text.trim(), delay_s };
}

/** What is wrong in a field, as a message. */
export interface Fault {
  readonly key: MessageKey;
  readonly args?: MessageArguments;
}

/** Every field that is wrong by the API's path to it; empty when all may be sent. */
export function faultsOf(draft: ServiceDraft): ReadonlyMap<string, Fault> {
  const found = new Map<string, Fault>();
  const needed = (path: string, value: string) => {
    if (value.trim() === '') found.set(path, { key: 'services.need' });
  };
  const within = (path: string, value: string, least: number, most: number) => {
    const isWhole = /^\d+$/.test(value.trim());
    if (!isWhole || Number(value) < least || Number(value) > most)
      found.set(path, { key: 'services.between', args: { least, most } });
  };
  needed('organisation', draft.organisation);
  needed('name', draft.name);
  needed('modality', draft.modality);
  needed('phone', draft.phone);
  if (draft.phone.trim() !== '' && !isDialled(draft.phone))
    found.set('phone', { key: 'services.warning.phone', args: { phone: draft.phone.trim() } });
  draft.steps.forEach((step, at) => {
    if (step.kind === 'person') {
      if (!step.person) found.set(`steps.${at}.person`, { key: 'services.person.wrong' });
    } else needed(`steps.${at}.${step.kind}`, step[step.kind]);
    within(`steps.${at}.delay_s`, step.delay, 5, 3600);
  });
  if (draft.steps.every(({ kind }) => kind === 'text'))
    found.set('steps', { key: 'services.one-person' });
  draft.local.forEach(({ organisation, rota, delay }, at) => {
    needed(`local.${at}.organisation`, organisation);
    needed(`local.${at}.rota`, rota);
    within(`local.${at}.delay_s`, delay, 5, 3600);
    if (draft.local.slice(0, at).some((one) => organisation && one.organisation === organisation))
      found.set(`local.${at}.organisation`, { key: 'services.twice' });
  });
  within('repeats', draft.repeats, 0, 5);
  within('join_s', draft.join, 30, 3600);
  within('report_minutes', draft.report, 5, 1440);
  for (const priority of PRIORITIES) {
    within(`targets.${priority}.accept_s`, draft.targets[priority].accept, 5, 86_400);
    within(`targets.${priority}.hear_minutes`, draft.targets[priority].hear, 1, 10_080);
  }
  return found;
}

/** The list with one moved to another place. */
export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  const rest = all.filter((_, at) => at !== from);
  return [...rest.slice(0, to), ...all.slice(from, from + 1), ...rest.slice(to)];
}

export interface Warning extends Fault {
  readonly tone: 'danger' | 'warning';
}

/** What an administrator should mend about a service as it stands. */
export function warningsOf(
  service: GuardService,
  rotas: readonly Pick<Rota, 'id' | 'name' | 'gaps'>[],
): readonly Warning[] {
  const found: Warning[] = [];
  const { phone } = service;
  if (service.no_cover)
    found.push({ tone: 'danger', key: 'services.warning.no-cover', args: { phone } });
  if (!isDialled(phone))
    found.push({ tone: 'danger', key: 'services.warning.phone', args: { phone } });
  const used = new Set([...service.local, ...service.steps].map(({ rota }) => rota));
  for (const { id, name, gaps } of rotas)
    if (used.has(id) && gaps.length > 0)
      found.push({
        tone: 'warning',
        key: 'services.warning.gaps',
        args: { rota: name, count: gaps.length },
      });
  for (const { rota_name, on_call } of service.local)
    if (on_call === null)
      found.push({ tone: 'warning', key: 'services.warning.own-empty', args: { rota: rota_name } });
  const alerting = service.steps.filter(({ text }) => text === null);
  if (alerting.length === 1 && service.steps.length === 1 && service.repeats === 0)
    found.push({ tone: 'warning', key: 'services.warning.alone' });
  return found;
}
