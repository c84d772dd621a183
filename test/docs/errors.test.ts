import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '../../api/http/problem.ts';
import { BUYER_MESSAGES } from '../../api/wl/messages.ts';
import { PARK_REASONS } from '../../domain/purchase/trade.ts';
import { REFUSAL_CODES, REQUEST_CODES, type Code } from '../../domain/shared/codes.ts';
import { ATTENTION_KINDS } from '../../db/cp/desk/attention.ts';
import { DESK_VERBS } from '../../db/cp/tables/desk.ts';
import { readPage, sectionsOf } from './pages.ts';

const page = readPage('docs/errors.md');
const parts = sectionsOf(page, 2);

function part(title: string): Map<string, string> {
  return sectionsOf(parts.get(title) ?? '', 3);
}

function line(section: string | undefined, name: string): string | undefined {
  return new RegExp(`^- ${name}: (.+)$`, 'm').exec(section ?? '')?.[1];
}

function tableColumn(section: string): string[] {
  return [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] ?? '');
}

describe('docs/errors.md', () => {
  const refusals = part('Refusals');
  const requests = part('Request codes');

  test('names every refusal once, in the order of the code', () => {
    expect([...refusals.keys()]).toEqual([...REFUSAL_CODES]);
  });

  test('names every request code once, in the order of the code', () => {
    expect([...requests.keys()]).toEqual([...REQUEST_CODES]);
  });

  test.each<Code>([...REFUSAL_CODES, ...REQUEST_CODES])(
    '%s has its status, a meaning and something to do',
    (code) => {
      const section = refusals.get(code) ?? requests.get(code);
      expect(line(section, 'HTTP')).toBe(String(PROBLEMS[code].status));
      expect(line(section, 'What to do')).toMatch(/\.$/);
      expect(section?.trimStart()).toMatch(/^[A-Z`].+\.\n/);
    },
  );

  test.each([...REFUSAL_CODES])('%s says what the buyer reads', (code) => {
    const section = refusals.get(code);
    expect(line(section, 'pt-BR')).toBe(BUYER_MESSAGES[code]['pt-BR']);
    expect(line(section, 'en')).toBe(BUYER_MESSAGES[code].en);
  });

  test('names every reason of a parked trade', () => {
    const section = parts.get('Reasons of a parked trade') ?? '';
    expect(tableColumn(section)).toEqual([...PARK_REASONS]);
  });
});

describe('docs/support.md', () => {
  const sections = sectionsOf(readPage('docs/support.md'), 2);
  const firstOf = (title: string): string[] =>
    [...(sections.get(title) ?? '').matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? '');

  test('says of every kind that waits for a person what to do', () => {
    expect(firstOf('Find it')).toEqual([...ATTENTION_KINDS]);
  });

  test('says of every reason of a parked purchase what it means and what helps', () => {
    expect(firstOf('What a parked purchase means').toSorted()).toEqual(
      [...PARK_REASONS].toSorted(),
    );
  });

  test('names every action on a purchase', () => {
    expect(firstOf('What you can do').toSorted()).toEqual([...DESK_VERBS].toSorted());
  });
});
