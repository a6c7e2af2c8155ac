import type { Member, Peer, Snapshot } from '../../protocol/types';

export interface PersonRow {
  member: Member;
  /** Every device of this person that is here; a call is preferred. */
  peer: Peer | null;
  mine: boolean;
}

export interface People {
  in_call: PersonRow[];
  present: PersonRow[];
  away: PersonRow[];
  waiting: Member[];
}

/** Members by where they are, raised hands first. */
export function peopleOf(snapshot: Snapshot, peers: readonly Peer[]): People {
  const active = snapshot.members.filter(({ state }) => state === 'active');
  const rows = active.map((member): PersonRow => {
    const own = peers.filter(({ person }) => person === member.person);
    const peer = own.find(({ in_call }) => in_call) ?? own[0] ?? null;
    return { member, peer, mine: member.person === snapshot.me.person };
  });
  const sorted = [...rows].sort(
    (a, b) => Number(b.peer?.hand ?? false) - Number(a.peer?.hand ?? false) || a.member.name.localeCompare(b.member.name),
  );
  return {
    in_call: sorted.filter(({ peer }) => peer?.in_call === true),
    present: sorted.filter(({ peer }) => peer !== null && !peer.in_call),
    away: sorted.filter(({ peer }) => peer === null),
    waiting: snapshot.members.filter(({ state }) => state === 'waiting'),
  };
}
