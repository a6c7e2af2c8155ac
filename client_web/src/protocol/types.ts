/** The shapes of docs/protocol.md, as they cross the wire. */

export type Source = 'camera' | 'microphone' | 'screen' | 'screen_audio';
export type Role = 'host' | 'member' | 'guest' | 'observer';
export type MemberState = 'active' | 'waiting' | 'refused' | 'removed';

export interface Grants {
  publish: string[];
  subscribe: boolean;
  chat: boolean;
  documents: boolean;
  moderate: boolean;
  present: boolean;
  record: boolean;
}

export interface Room {
  id: string;
  title: string;
  kind: string;
  state: 'open' | 'scheduled' | 'closed';
  scheduled_at?: string | null;
  duration_minutes?: number | null;
  lobby: boolean;
  locked: boolean;
  recordable: boolean;
  encrypted: boolean;
  created_at: string;
  created_by: string;
  seq: number;
  my_role: Role;
  my_grants: Grants;
  members_count: number;
  people_present: number;
  unread: number;
}

export interface Member {
  person: string;
  name: string;
  role: Role;
  grants: Grants;
  state: MemberState;
  is_guest: boolean;
}

export interface Peer {
  peer: string;
  person: string;
  name: string;
  in_call: boolean;
  muted: Source[];
  publishing: Source[];
  hand: boolean;
}

export interface Sender {
  id: string;
  name: string;
}

export interface DocumentInfo {
  id: string;
  name: string;
  bytes: number;
  sha256: string;
  type: string;
  created_at: string;
  sender: Sender;
  dicom?: { modality: string; study_date: string } | null;
}

export interface Message {
  seq: number;
  id: string;
  client_id: string | null;
  at: string;
  sender: Sender | null;
  text: string;
  urgent: boolean;
  edited: boolean;
  deleted: boolean;
}

export interface Receipt {
  delivered: number;
  read: number;
}

export interface Snapshot {
  room: Room;
  me: { person: string; role: Role; grants: Grants };
  members: Member[];
  peers: Peer[];
  documents: DocumentInfo[];
  messages: Message[];
  receipts: Record<string, Receipt>;
  recording: LiveRecording | null;
  seq: number;
}

/** A recording under way, as everybody in the room sees it. */
export interface LiveRecording {
  id: string;
  by: Sender;
  started_at: string;
  /** What each person answered last; who is absent was asked and has not answered. */
  consents: Record<string, boolean>;
}

export type LeaveReason = 'left' | 'lost' | 'replaced' | 'removed' | 'closed';

export interface RoomSettings {
  title: string;
  scheduled_at: string | null;
  duration_minutes: number | null;
  lobby: boolean;
  locked: boolean;
  recordable: boolean;
  encrypted: boolean;
}

interface Waiting {
  person: string;
  name: string;
  role: Role;
}

interface CallPeer {
  peer: string;
  person: string;
}

/** Data of each event type (protocol §4). */
export interface EventData {
  'room.created': RoomSettings;
  'room.changed': RoomSettings;
  'room.closed': Record<string, never>;
  'member.added': Member;
  'member.changed': Member;
  'member.removed': { person: string };
  'member.waiting': Waiting;
  'member.admitted': Waiting;
  'member.refused': Waiting;
  'presence.joined': { peer: string; person: string; name: string };
  'presence.left': { peer: string; person: string; reason: LeaveReason };
  'call.joined': CallPeer;
  'call.left': CallPeer;
  'message.posted': { text: string; urgent: boolean };
  'message.edited': { message: number; text: string };
  'message.deleted': { message: number };
  'document.added': DocumentInfo;
  'document.removed': { id: string };
  'recording.started': LiveRecording;
  'recording.answered': { id: string; person: string; given: boolean };
  'recording.stopped': { id: string; reason: string };
  'recording.ready': { id: string };
  'recording.removed': { id: string };
}

export type EventType = keyof EventData;

export type RoomEvent<T extends EventType = EventType> = {
  [K in T]: {
    room: string;
    seq: number;
    id: string;
    type: K;
    at: string;
    sender: Sender | null;
    client_id?: string | null;
    data: EventData[K];
  };
}[T];

export interface EventPage {
  events: RoomEvent[];
  seq: number;
  more: boolean;
  receipts: Record<string, Receipt>;
}

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export type Joined =
  | { state: 'joined'; peer: string; snapshot: Snapshot; ice_servers: IceServer[] }
  | { state: 'waiting'; room: Room };

export interface Quality {
  score: number;
  loss_up: number;
  loss_down: number;
  jitter_ms: number;
  rtt_ms: number;
  kbps_up: number;
  kbps_down: number;
}

export type LinkPath = 'udp' | 'tcp' | 'turn-udp' | 'turn-tcp' | 'turn-tls';

/** What a device tells of its own link (`quality.tell`). */
export interface Told {
  path?: LinkPath;
  height_up?: number;
  height_down?: number;
  freezes: number;
  frozen_s: number;
}

/** What the server sends on `/room` beside acknowledgements (protocol §5). */
/** Why a picture in view stands still: the way to me is too narrow, or there are too many. */
export type PauseReason = 'link' | 'limit';

export interface ServerEvents {
  event: RoomEvent;
  presence: { room: string; peer: string; muted: Source[]; publishing: Source[]; hand: boolean };
  typing: { room: string; person: string; typing: boolean };
  receipt: { room: string; person: string; delivered: number; read: number };
  'lobby.admitted': { room: string };
  'lobby.refused': { room: string };
  'subscribe.offer': {
    room: string;
    negotiation: number;
    sdp: string;
    tracks: Record<string, { peer: string; source: Source }>;
  };
  speakers: { room: string; levels: [string, number][] };
  quality: { room: string; peer: string } & Quality;
  encodings: { room: string; source: Source; count: number };
  paused: { room: string; pictures: [string, Source, PauseReason][] };
  muted: { room: string; source: Source; by: string };
  'media.reset': { room: string };
  keys: { room: string; peer: string; envelope: string };
  'room.updated': { room: string };
  revoked: { room?: string; code: string };
}

export type ServerEvent = keyof ServerEvents;
