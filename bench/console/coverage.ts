import { readFileSync } from 'node:fs';
import { NOT_ASKED, QUESTIONS, type Facts } from './questions.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const OPENAPI = new URL('../../docs/openapi/cp.json', import.meta.url);
const ID = '00000000-0000-4000-8000-000000000001';
const ANY: Facts = {
  pairs: [{ src: ID, dst: ID }],
  ...{ tradeIds: [ID], signalIds: [ID], planIds: [ID], subjects: ['wl'], now: 0 },
};

/** Reads of the Control Plane that are neither asked nor left out with a reason. */
export function forgottenReads(): string[] {
  const document = JSON.parse(readFileSync(OPENAPI, 'utf8')) as Document;
  const asked = QUESTIONS.map((question) => question.ask(ANY, 0).split('?')[0] ?? '');
  return Object.entries(document.paths)
    .filter(([path, methods]) => 'get' in methods && !(path in NOT_ASKED))
    .map(([path]) => path)
    .filter((path) => !asked.some((one) => patternOf(path).test(one)));
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
