import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPeers } from './picture.ts';
import { renderPeers, type PeersReport } from './report.ts';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const PICTURE = 'images/benchmarks-peers.svg';
const BEGIN = '<!-- peers: written by `npm run bench -- core --write` -->';
const END = '<!-- peers: end -->';

/** Puts the report and its picture into docs/benchmarks.md, in place of the last ones. */
export async function publishPeers(report: PeersReport, day: string): Promise<void> {
  const path = join(DOCS, 'benchmarks.md');
  const page = await readFile(path, 'utf8');
  const picture = drawPeers(report.results, report.plan.systems);
  const written = withReport(page, `Run of ${day}.`, renderPeers(report).trim());
  await writeFile(join(DOCS, PICTURE), picture);
  await writeFile(path, written);
}

/** The page with what stands between the two marks replaced. */
export function withReport(page: string, intro: string, report: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('docs/benchmarks.md has lost its marks');
  const image = `![What one purchase takes on each system](${PICTURE})`;
  const fence = '```';
  const body = [BEGIN, intro, image, `${fence}\n${report}\n${fence}`].join('\n\n');
  return `${page.slice(0, begin)}${body}\n\n${page.slice(end)}`;
}
