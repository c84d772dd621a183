import { globSync, readFileSync } from 'node:fs';
import { readPage } from '../docs/pages.ts';

export interface Figure {
  readonly kind: string;
  readonly labels: readonly string[];
  /** The processes that the page names. */
  readonly processes: readonly string[];
}

const FOLDERS = '{activities,api,runtime,workers}/**/*.ts';
const MADE =
  /\.?(counter|gauge|histogram|watch|watchEach|Counter|Histogram)(?:<[^>]*>)?\(\s*\{\s*name: '([a-z_]+)'/g;
const KINDS: Readonly<Record<string, string>> = { watch: 'gauge', watchEach: 'gauge' };

/** Every figure that the code makes, with its kind. */
export function figuresInCode(): Map<string, string> {
  const figures = new Map<string, string>();
  for (const file of globSync(FOLDERS)) {
    for (const [, how = '', name = ''] of readFileSync(file, 'utf8').matchAll(MADE)) {
      figures.set(name, KINDS[how] ?? how.toLowerCase());
    }
  }
  return figures;
}

/** The table of docs/observability.md. */
export function figuresInPage(): Map<string, Figure> {
  const [, after = ''] = readPage('docs/observability.md').split('<!-- metrics -->');
  const [table = ''] = after.split('\n## ');
  const rows = table.matchAll(/^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|([^|]*)\|/gm);
  const words = (text: string): string[] => text.split(',').flatMap((word) => word.trim() || []);
  return new Map(
    [...rows].map(([, name = '', kind = '', labels = '', processes = '']) => [
      name,
      { kind, labels: words(labels), processes: words(processes) },
    ]),
  );
}
