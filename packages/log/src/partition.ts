// Which partition a key belongs to, exactly as Kafka's Java default partitioner computes it (murmur2, seed 0x9747b28c).
const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** The murmur2 hash of bytes as a signed 32-bit number (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    k = Math.imul(k, M);
    hash = Math.imul(hash, M) ^ k;
  }
  const rest = length & 3;
  if (rest === 3) hash ^= bytes[whole + 2]! << 16;
  if (rest >= 2) hash ^= bytes[whole + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole]!, M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return (hash ^ (hash >>> 15)) | 0;
}

const encoder = new TextEncoder();

/** The partition, from 0 to `count` - 1, of every record with this key. */
export function partitionOf(key: string, count: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % count;
}
