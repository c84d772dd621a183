import { canonicalJson, type Json } from '../shared/canonical.ts';

/** One row of a hash chain (DESIGN.md 4, Audit). `at` is ISO 8601 UTC with milliseconds. */
export interface ChainRow {
  readonly seq: bigint;
  readonly at: string;
  readonly actor: string;
  readonly source: string;
  readonly action: string;
  readonly subject: string;
  readonly before: Json;
  readonly after: Json;
  readonly correlationId: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** A place in the chain: everything up to `seq` leads to `hash`. */
export interface ChainPoint {
  readonly seq: bigint;
  readonly hash: string;
}

/** Before the first row. */
export const CHAIN_START: ChainPoint = { seq: 0n, hash: '' };

export const CHAIN_PROBLEMS = ['EDITED', 'MISSING', 'INSERTED', 'SWAPPED', 'TRUNCATED'] as const;
export type ChainProblem = (typeof CHAIN_PROBLEMS)[number];

export interface ChainFault {
  /** The row that was touched, or the first of those that are gone or too many. */
  readonly brokenAt: bigint;
  readonly problem: ChainProblem;
}

export interface ChainVerdict {
  readonly scanned: number;
  /** Signed heads that lie on the chain. */
  readonly headsMet: number;
  /** Where the rows end. */
  readonly end: ChainPoint;
  readonly fault?: ChainFault | undefined;
}

/** Hexadecimal SHA-256 of a text in UTF-8; domain/ has no cryptography of its own. */
export type Digest = (text: string) => string;

type Sequence<T> = AsyncIterable<T> | Iterable<T>;

export interface ChainToVerify {
  /** Pages of rows in order of `seq`. Asked for again where a fault has to be explained. */
  readonly pages: () => Sequence<readonly ChainRow[]>;
  readonly digest: Digest;
  /** What stands before the first row given; the start of the chain unless it is a segment. */
  readonly from?: ChainPoint | undefined;
  /** Where the chain says that it ends. */
  readonly head: ChainPoint;
  /** Heads that were signed when they were the newest, in order of `seq`. */
  readonly signedHeads?: Sequence<ChainPoint> | undefined;
}

/** The text that a row's hash is made over: RFC 8785, everything but the hash itself. */
export function chainText(row: Omit<ChainRow, 'hash'>): string {
  const { seq, at, actor, source, action, subject, before, after } = row;
  const { correlationId, previousHash } = row;
  const facts = { actor, source, action, subject, before, after, correlationId, previousHash };
  return canonicalJson({ ...facts, at, seq: String(seq) });
}

/**
 * Recomputes a chain from its rows and compares it with the heads that were signed. Names the first
 * row that was edited, swapped or inserted, or the first that is missing; a lost tail is TRUNCATED.
 * A chain that was computed anew from an edit on is EDITED at the first signed head that differs.
 */
export async function verifyChain(chain: ChainToVerify): Promise<ChainVerdict> {
  const { pages, digest, from = CHAIN_START } = chain;
  const heads = new Heads(chain.signedHeads ?? []);
  let scanned = 0;
  let last = from;
  const verdict = (fault?: ChainFault): ChainVerdict => ({
    ...{ scanned, headsMet: heads.met, end: { seq: last.seq, hash: last.hash } },
    ...(fault === undefined ? {} : { fault }),
  });
  await heads.skipTo(from.seq);
  for await (const page of pages()) {
    for (const row of page) {
      scanned += 1;
      if (!follows(last, row, digest)) return verdict(await explain(chain, last, row));
      if (!(await heads.agreeWith(row))) return verdict({ brokenAt: row.seq, problem: 'EDITED' });
      last = row;
    }
  }
  return verdict(faultAtEnd(last, chain.head, await heads.next()));
}

function follows(last: ChainPoint, row: ChainRow, digest: Digest): boolean {
  return row.seq === last.seq + 1n && row.previousHash === last.hash && fits(row, digest);
}

/** True where the row's own hash is that of its content. */
function fits(row: ChainRow, digest: Digest): boolean {
  return digest(chainText(row)) === row.hash;
}

function faultAtEnd(
  last: ChainPoint,
  head: ChainPoint,
  beyond: ChainPoint | undefined,
): ChainFault | undefined {
  if (head.seq > last.seq || beyond !== undefined) {
    return { brokenAt: last.seq + 1n, problem: 'TRUNCATED' };
  }
  if (head.seq < last.seq) return { brokenAt: head.seq + 1n, problem: 'INSERTED' };
  return head.hash === last.hash ? undefined : { brokenAt: last.seq, problem: 'EDITED' };
}

/** Why `row` does not follow `last`: the whole chain is looked at once more for where it belongs. */
async function explain(chain: ChainToVerify, last: ChainPoint, row: ChainRow): Promise<ChainFault> {
  const { digest, from = CHAIN_START } = chain;
  if (row.seq !== last.seq + 1n) return { brokenAt: last.seq + 1n, problem: 'MISSING' };
  if (row.seq > chain.head.seq) return { brokenAt: row.seq, problem: 'INSERTED' };
  const seen = await look(chain, row);
  if (fits(row, digest)) {
    // The row before was computed anew if its successor, or the head, still vouches for this one.
    const vouched = seen.next === undefined ? chain.head.hash : seen.next.previousHash;
    const isPrevious = vouched === row.hash && last.seq > from.seq;
    return { brokenAt: isPrevious ? last.seq : row.seq, problem: 'EDITED' };
  }
  const { origin } = seen;
  if (origin !== undefined) {
    if (origin.seq < row.seq) return { brokenAt: origin.seq, problem: 'INSERTED' };
    const problem = origin.isExchanged ? 'SWAPPED' : 'MISSING';
    return { brokenAt: row.seq, problem };
  }
  const isShifted = seen.next !== undefined && belongsAt(seen.next, row.seq, digest);
  return { brokenAt: row.seq, problem: isShifted ? 'INSERTED' : 'EDITED' };
}

interface Look {
  readonly next: ChainRow | undefined;
  /** Where the row stood before; exchanged where the row of that place stands here now. */
  readonly origin: { readonly seq: bigint; readonly isExchanged: boolean } | undefined;
}

async function look(chain: ChainToVerify, row: ChainRow): Promise<Look> {
  const { pages, digest } = chain;
  let next: ChainRow | undefined;
  let origin: Look['origin'];
  for await (const page of pages()) {
    for (const other of page) {
      if (other.seq === row.seq + 1n) next = other;
      if (origin !== undefined || other.seq === row.seq) continue;
      if (belongsAt(row, other.seq, digest)) {
        origin = { seq: other.seq, isExchanged: belongsAt(other, row.seq, digest) };
      } else if (isContentOf(row, other, digest)) {
        origin = { seq: other.seq, isExchanged: true };
      }
    }
  }
  // The last row of a chain from which one before it was taken out.
  const behind = row.seq + 1n;
  if (origin === undefined && next === undefined && belongsAt(row, behind, digest)) {
    origin = { seq: behind, isExchanged: false };
  }
  return { next, origin };
}

/** The row as it is, hashes included, was made for that place. */
function belongsAt(row: ChainRow, seq: bigint, digest: Digest): boolean {
  return digest(chainText({ ...row, seq })) === row.hash;
}

/** The content of `row` is what the hash of `other` was made over. */
function isContentOf(row: ChainRow, other: ChainRow, digest: Digest): boolean {
  const { seq, previousHash } = other;
  return digest(chainText({ ...row, seq, previousHash })) === other.hash;
}

/** Walks the signed heads beside the rows. */
class Heads {
  met = 0;
  readonly #heads: AsyncIterator<ChainPoint>;
  #next: Promise<ChainPoint | undefined>;

  constructor(heads: Sequence<ChainPoint>) {
    this.#heads = inTurn(heads);
    this.#next = this.#take();
  }

  next(): Promise<ChainPoint | undefined> {
    return this.#next;
  }

  async skipTo(seq: bigint): Promise<void> {
    for (
      let head = await this.#next;
      head !== undefined && head.seq <= seq;
      head = await this.#next
    )
      this.#next = this.#take();
  }

  async agreeWith(row: ChainRow): Promise<boolean> {
    for (
      let head = await this.#next;
      head !== undefined && head.seq <= row.seq;
      head = await this.#next
    ) {
      if (head.hash !== row.hash) return false;
      this.met += 1;
      this.#next = this.#take();
    }
    return true;
  }

  async #take(): Promise<ChainPoint | undefined> {
    const { value, done } = await this.#heads.next();
    return done === true ? undefined : value;
  }
}

async function* inTurn(heads: Sequence<ChainPoint>): AsyncGenerator<ChainPoint, undefined> {
  yield* heads;
}
