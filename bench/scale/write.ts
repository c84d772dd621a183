import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { drawSlopes } from './picture.ts';
import type { Part } from './report.ts';

const PAGE = 'docs/scaling.md';
const PICTURE = 'docs/images/scaling.svg';
const MARKED = /(<!-- scale: [^>]*-->\n)[\s\S]*?(<!-- scale: end -->)/;
const ISO_DAY_LENGTH = 10;

/** Puts a run between the marks of the page; answers what was written. */
export async function writeScaling(parts: readonly Part[], report: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  if (!MARKED.test(page)) throw new Error(`${PAGE} has lost its marks`);
  const day = new Date().toISOString().slice(0, ISO_DAY_LENGTH);
  const picture = '![Cost at the largest over cost at the smallest size](images/scaling.svg)';
  const block = `\n${day}\n\n${picture}\n\n\`\`\`\n${report}\n\`\`\`\n\n`;
  await writeFile(
    PAGE,
    page.replace(MARKED, (_all, begin: string, end: string) => begin + block + end),
  );
  const caption = `${day}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})`;
  await writeFile(PICTURE, drawSlopes(parts, caption));
  return `${PAGE}, ${PICTURE}`;
}
