import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** Text of a file of the repository, by its path from the root. */
export function readPage(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** The page's sections of one heading level, by title; a heading without text is an error. */
export function sectionsOf(page: string, level: number): Map<string, string> {
  const mark = `${'#'.repeat(level)} `;
  const sections = new Map<string, string>();
  for (const part of page.split(`\n${mark}`).slice(1)) {
    const end = part.indexOf('\n');
    const title = part.slice(0, end).trim();
    if (sections.has(title)) throw new Error(`the heading ${title} stands twice`);
    sections.set(title, part.slice(end));
  }
  return sections;
}
