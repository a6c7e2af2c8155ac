import type alarms from '../../messages/alarms/en.json';
import type app from '../../messages/app/en.json';
import type boards from '../../messages/boards/en.json';
import type call from '../../messages/call/en.json';
import type care from '../../messages/care/en.json';
import type chat from '../../messages/chat/en.json';
import type connection from '../../messages/connection/en.json';
import type contacts from '../../messages/contacts/en.json';
import type consultations from '../../messages/consultations/en.json';
import type documents from '../../messages/documents/en.json';
import type figures from '../../messages/figures/en.json';
import type guard from '../../messages/guard/en.json';
import type guardCases from '../../messages/guard-cases/en.json';
import type guardServices from '../../messages/guard-services/en.json';
import type integrations from '../../messages/integrations/en.json';
import type pathways from '../../messages/pathways/en.json';
import type quality from '../../messages/quality/en.json';
import type recordings from '../../messages/recordings/en.json';
import type reports from '../../messages/reports/en.json';
import type room from '../../messages/room/en.json';
import type rotas from '../../messages/rotas/en.json';
import type sealing from '../../messages/sealing/en.json';
import type studies from '../../messages/studies/en.json';
import type televisits from '../../messages/televisits/en.json';
import type threads from '../../messages/threads/en.json';
import type training from '../../messages/training/en.json';

type Areas = [
  typeof alarms,
  typeof app,
  typeof boards,
  typeof call,
  typeof care,
  typeof chat,
  typeof connection,
  typeof contacts,
  typeof consultations,
  typeof documents,
  typeof figures,
  typeof guard,
  typeof guardCases,
  typeof guardServices,
  typeof integrations,
  typeof pathways,
  typeof quality,
  typeof recordings,
  typeof reports,
  typeof room,
  typeof rotas,
  typeof sealing,
  typeof studies,
  typeof televisits,
  typeof threads,
  typeof training,
];

type KeysOf<T extends readonly object[]> = { [N in keyof T]: keyof T[N] }[number];

/** Every key of every area; a typo does not compile. */
export type MessageKey = KeysOf<Areas>;

export type Catalogue = Readonly<Record<string, string>>;
