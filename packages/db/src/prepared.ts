// Which statements the server keeps prepared: those that come again and again, so that it reads and plans each once a connection.

/** A statement that has come so often is prepared; one that comes once, such as a migration's, never pays for it. */
const OFTEN = 5;
/** So many statements are counted or prepared: more than any service has, whose texts are written in the program. */
const MOST = 500;

/**
 * How planning goes on each connection. One plan for a statement whatever its parameters are, or the server would plan each time
 * to see whether it could do better; and by an index where there is one, since a plan made while a table was empty may be in
 * use when it is full (PostgreSQL manual, 19.7).
 */
export const PLANNING = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

/** Answers the name under which a statement is prepared, or undefined while it comes seldom. */
export function createPrepared(): (text: string) => string | undefined {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  return (text) => {
    const name = names.get(text);
    if (name !== undefined || names.size >= MOST) return name;
    const count = (counts.get(text) ?? 0) + 1;
    if (count < OFTEN) {
      if (counts.size >= MOST) counts.clear();
      counts.set(text, count);
      return undefined;
    }
    counts.delete(text);
    const given = `s${names.size}`;
    names.set(text, given);
    return given;
  };
}
