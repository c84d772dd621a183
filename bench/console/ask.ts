import type { ControlPlane } from './control-plane.ts';
import type { Facts, Question } from './questions.ts';

/** How deep the last page of a list may lie; half a million rows are nobody's reading. */
const PAGES_MAX = 250;
const WALK_LIMIT = 200;

interface Answer {
  readonly nextCursor?: string;
}

/** The path of a question's n-th request; a deep one ends where the list does. */
export type Prepared = (n: number) => string;

export async function prepare(
  plane: ControlPlane,
  facts: Facts,
  question: Question,
): Promise<Prepared> {
  if (question.isDeep === undefined) return (n) => question.ask(facts, n);
  const path = question.ask(facts, 0);
  const cursor = await lastCursor(plane, path);
  return () => (cursor === undefined ? path : `${path}&cursor=${encodeURIComponent(cursor)}`);
}

async function lastCursor(plane: ControlPlane, path: string): Promise<string | undefined> {
  const wide = path.replace(/limit=\d+/, `limit=${WALK_LIMIT}`);
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { nextCursor } = await plane.web.need<Answer>(`${wide}${from}`, { bearer: plane.token });
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  return cursor;
}

/** One request, in milliseconds until its answer is read; anything but 200 ends the run. */
export async function timed(plane: ControlPlane, path: string): Promise<number> {
  const startedAt = performance.now();
  await plane.web.need(path, { bearer: plane.token });
  return performance.now() - startedAt;
}
