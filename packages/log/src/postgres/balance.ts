// Who should hold what in a consumer group: pure, the same answer for every member that sees the same rows.

/** What one member should do next for one topic. */
export interface Balance {
  /** Held, but above this member's share: give up. */
  readonly release: readonly number[];
  /** Held by nobody, and within this member's share: take. */
  readonly claim: readonly number[];
}

/**
 * Shares of a topic differ by at most one partition; a holder keeps what it has up to its share, so that little moves
 * when a member comes or goes. `members` are all members of the topic, `holders` says for each partition who holds it.
 */
export function balance(me: string, members: readonly string[], holders: readonly (string | undefined)[]): Balance {
  const held = (member: string): number => holders.filter((holder) => holder === member).length;
  // Those who hold most come first and get the larger shares: nothing moves for a remainder.
  const ranked = members
    .map((member) => ({ member, held: held(member) }))
    .toSorted((a, b) => b.held - a.held || (a.member < b.member ? -1 : 1));
  const rank = ranked.findIndex(({ member }) => member === me);
  if (rank < 0) return { release: [], claim: [] };
  const share = Math.floor(holders.length / members.length) + (rank < holders.length % members.length ? 1 : 0);
  const mine = holders.flatMap((holder, partition) => (holder === me ? [partition] : []));
  const free = holders.flatMap((holder, partition) => (holder === undefined ? [partition] : []));
  // Members that claim at once look at different ends of what is free: each skips what those before it will take.
  const before = ranked.slice(0, rank).reduce((sum, other, index) => {
    const theirs = Math.floor(holders.length / members.length) + (index < holders.length % members.length ? 1 : 0);
    return sum + Math.max(0, theirs - other.held);
  }, 0);
  const lacking = Math.max(0, share - mine.length);
  const claim = free.slice(Math.min(before, Math.max(0, free.length - lacking))).slice(0, lacking);
  return { release: mine.slice(share), claim };
}
