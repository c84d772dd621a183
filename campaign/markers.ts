import type { RequestListener, ServerResponse } from 'node:http';
import { sql } from 'kysely';
import type { Activities } from './engine/engine.ts';
import type { Ground } from './ground.ts';

/**
 * What white labels know of people: no mask shows these syllables, so whoever reads them elsewhere
 * reads what is nobody else's business.
 */
export const PRIVATE = {
  importer: { name: 'Ana Quillampor', email: 'ana.quillampor@example.com', phone: '5548990717771' },
  exporter: { name: 'Rui Zorbexport', email: 'rui.zorbexport@example.com', phone: '5548990717772' },
} as const;

const SYLLABLES = ['quillampor', 'zorbexport', '990717771', '990717772'];
const FORM = new RegExp(SYLLABLES.join('|'), 'i');

/** RULES.md 10, number 15: looks for private data in whatever a seed makes readable to others. */
export class Markers {
  #seen: string[] = [];
  #looked = 0;

  look(where: string, text: string): void {
    this.#looked += 1;
    const found = FORM.exec(text);
    if (found === null) return;
    const around = text.slice(Math.max(0, found.index - AROUND), found.index + AROUND);
    this.#seen.push(`15 ${where} shows private data: ${around}`);
  }

  /** A process with all that it answers looked at. */
  answering(who: string, listener: RequestListener): RequestListener {
    return (request, response) => {
      this.#watch(`an answer of the ${who}`, response);
      return listener(request, response);
    };
  }

  /** Steps with all that an engine keeps of them looked at. */
  payloads(who: string, activities: Activities): Activities {
    const watched = Object.entries(activities).map(([name, step]) => [
      name,
      async (input: never) => {
        const result = await step(input);
        this.look(`the engine of the ${who}`, JSON.stringify([name, input, result]));
        return result;
      },
    ]);
    return Object.fromEntries(watched) as Activities;
  }

  #watch(where: string, response: ServerResponse): void {
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      const [body] = args;
      if (typeof body === 'string' || Buffer.isBuffer(body)) this.look(where, body.toString());
      return end(...args);
    };
  }

  /** What was seen since the last time, and how many texts and rows were looked at. */
  async take({
    databases,
    controlPlane,
  }: Pick<Ground, 'databases' | 'controlPlane'>): Promise<{ broken: string[]; scanned: number }> {
    const all = { ...databases, 'control plane': controlPlane };
    for (const [name, { db }] of Object.entries(all)) await this.#lookThrough(name, db as Db);
    const taken = { broken: this.#seen, scanned: this.#looked };
    this.forget();
    return taken;
  }

  /** Contacts lie sealed: not even their own database shows them (DESIGN.md 4). */
  async #lookThrough(name: string, db: Db): Promise<void> {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT tablename AS name FROM pg_tables
       WHERE schemaname = 'public' AND tablename NOT LIKE 'event\\_2%'`.execute(db);
    const one = ({ name: table }: { readonly name: string }) => sql<Looked>`
      SELECT ${table}::text AS name, count(*)::integer AS rows,
             min(entry::text) FILTER (WHERE entry::text ~* ${FORM.source}::text) AS found
        FROM ${sql.table(table)} AS entry`;
    const { rows } = await sql<Looked>`${sql.join(tables.map(one), sql` UNION ALL `)}`.execute(db);
    for (const { name: table, rows: count, found } of rows) {
      this.#looked += count;
      if (found !== null) this.look(`table ${table} of the ${name}`, found);
    }
  }

  forget(): void {
    this.#seen = [];
    this.#looked = 0;
  }
}

interface Looked {
  readonly name: string;
  readonly rows: number;
  readonly found: string | null;
}

type Db = Ground['databases']['importer']['db'];

/** Enough of a text to find it again. */
const AROUND = 60;
