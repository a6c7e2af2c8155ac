import type app from '../../messages/app/en.json';
import type call from '../../messages/call/en.json';
import type chat from '../../messages/chat/en.json';
import type documents from '../../messages/documents/en.json';
import type room from '../../messages/room/en.json';

/** Every key of every area; a typo does not compile. */
export type MessageKey =
  | keyof typeof app
  | keyof typeof call
  | keyof typeof chat
  | keyof typeof documents
  | keyof typeof room;

export type Catalogue = Readonly<Record<string, string>>;
