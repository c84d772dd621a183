import { describe, expect, test } from '@jest/globals';
import { report } from '../../cli/commands/doctor.ts';
import type { Facts } from '../../cli/doctor/facts.ts';
import { samplesOf } from '../../cli/doctor/figures.ts';
import { judge } from '../../cli/doctor/judge.ts';
import { PORT_TABLE } from '../../stack/ports.ts';
import { freePort, testFolder } from '../stack/setup.ts';
import { createXwl } from './xwl.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const LONG_MS = 60_000;
const inDays = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000 + 1);

const WELL: Facts = {
  processes: [{ name: 'cp-api', url: 'https://cp', state: 'READY', failing: [], skewMs: 0 }],
  certificates: [{ name: 'cp-api', notAfter: inDays(60) }],
  databases: [{ name: 'cp', isReached: true, missing: [], unknown: [] }],
  keys: {
    isReached: true,
    published: [
      { owner: 'control-plane', state: 'CURRENT' },
      { owner: 'control-plane', state: 'NEXT' },
    ],
    activated: [{ owner: 'control-plane', at: inDays(-10) }],
  },
  engine: { address: '127.0.0.1:7233', version: '1.32.0' },
  queues: [{ namespace: 'cp', queue: 'cp', kind: 'workflow', pollers: 2 }],
  breakers: [{ process: 'importer-gateway', partner: 'exporter', value: 0 }],
  outboxes: [{ process: 'importer-worker', lagSeconds: 0, unsent: 0 }],
};

const [process] = WELL.processes;
const [database] = WELL.databases;
const [queue] = WELL.queues;
const [breaker] = WELL.breakers;
const [outbox] = WELL.outboxes;

/** One thing wrong each, and what is made of it. */
const WRONG: readonly [what: string, state: string, check: string, Partial<Facts>][] = [
  [
    'nothing answers',
    'fail',
    'process',
    { processes: [{ ...process, name: 'a', url: 'u', failing: [], state: 'ABSENT' }] },
  ],
  [
    'a check fails',
    'fail',
    'process',
    { processes: [{ name: 'a', url: 'u', state: 'NOT_READY', failing: ['engine'] }] },
  ],
  [
    'a clock drifts',
    'warn',
    'clock',
    { processes: [{ name: 'a', url: 'u', state: 'READY', failing: [], skewMs: -6_000 }] },
  ],
  [
    'a clock is off',
    'fail',
    'clock',
    { processes: [{ name: 'a', url: 'u', state: 'READY', failing: [], skewMs: 31_000 }] },
  ],
  [
    'a certificate ends soon',
    'warn',
    'certificate',
    { certificates: [{ name: 'a', notAfter: inDays(13) }] },
  ],
  [
    'a certificate ended',
    'fail',
    'certificate',
    { certificates: [{ name: 'a', notAfter: inDays(-1) }] },
  ],
  ['no handshake', 'warn', 'certificate', { certificates: [{ name: 'a' }] }],
  [
    'a database is away',
    'fail',
    'schema',
    { databases: [{ name: 'cp', missing: [], unknown: [], ...database, isReached: false }] },
  ],
  [
    'a schema is old',
    'fail',
    'schema',
    { databases: [{ name: 'cp', isReached: true, missing: ['0042.sql'], unknown: [] }] },
  ],
  [
    'a schema is newer',
    'warn',
    'schema',
    { databases: [{ name: 'cp', isReached: true, missing: [], unknown: ['0099.sql'] }] },
  ],
  ['the engine is away', 'fail', 'engine', { engine: { address: 'x' } }],
  [
    'nobody polls',
    'fail',
    'workers',
    { queues: [{ namespace: 'cp', queue: 'cp', kind: 'activity', ...queue, pollers: 0 }] },
  ],
  [
    'the JWKS is away',
    'fail',
    'keys',
    { keys: { isReached: false, published: [], activated: [] } },
  ],
  [
    'a key has no successor',
    'fail',
    'keys',
    { keys: { ...WELL.keys, published: [{ owner: 'control-plane', state: 'CURRENT' }] } },
  ],
  [
    'a key is old',
    'warn',
    'keys',
    { keys: { ...WELL.keys, activated: [{ owner: 'control-plane', at: inDays(-91) }] } },
  ],
  [
    'a breaker is open',
    'fail',
    'breaker',
    { breakers: [{ process: 'g', partner: 'p', ...breaker, value: 2 }] },
  ],
  [
    'a breaker tries',
    'warn',
    'breaker',
    { breakers: [{ process: 'g', partner: 'p', ...breaker, value: 1 }] },
  ],
  [
    'an outbox lags',
    'warn',
    'outbox',
    { outboxes: [{ process: 'w', unsent: 3, ...outbox, lagSeconds: 61 }] },
  ],
];

describe('what is judged', () => {
  test('all is well: a line each, nothing to do, exit code 0', () => {
    const lines = judge(WELL, NOW);
    expect(lines.map(({ state }) => state)).toEqual(lines.map(() => 'ok'));
    expect(lines.every(({ way }) => way === undefined)).toBe(true);
    let out = '';
    const around = {
      env: {},
      write: (text: string) => void (out += text),
      complain: () => undefined,
    };
    expect(report(around, lines, {})).toBe(0);
    expect(out).toContain(`${lines.length} ok, 0 to watch, 0 failed`);
  });

  test.each(WRONG)('%s: %s of %s, with what to do', (_what, state, check, change) => {
    const wrong = judge({ ...WELL, ...change }, NOW).filter((line) => line.state !== 'ok');
    expect(wrong).toMatchObject([{ state, check, way: expect.stringMatching(/\S/) }]);
    let out = '';
    const around = {
      env: {},
      write: (text: string) => void (out += text),
      complain: () => undefined,
    };
    expect(report(around, wrong, { json: true })).toBe(state === 'fail' ? 1 : 0);
    expect(JSON.parse(out)).toMatchObject({ healthy: state !== 'fail', lines: wrong });
  });

  test('samples are read from Prometheus text', () => {
    const text = '# HELP x\npartner_breaker_state{partner="a",process="g"} 2\nother 1\nx_lag 0.5\n';
    expect(samplesOf(text, 'partner_breaker_state')).toEqual([
      { labels: { partner: 'a', process: 'g' }, value: 2 },
    ]);
    expect(samplesOf(text, 'x_lag')).toEqual([{ labels: {}, value: 0.5 }]);
  });
});

test(
  'where no stack runs every process is missed, each with the variable that moves it',
  async () => {
    const folder = await testFolder();
    try {
      const env: Record<string, string> = { DATA_DIR: folder.path };
      const taken = new Set<number>();
      for (const { variable } of PORT_TABLE) {
        let port = await freePort();
        while (taken.has(port)) port = await freePort();
        taken.add(port);
        env[variable] = String(port);
      }
      const xwl = createXwl(env);
      const { code, out } = await xwl('doctor --json');
      expect(code).toBe(1);
      const { lines } = JSON.parse(out) as {
        lines: { check: string; state: string; way: string }[];
      };
      const missed = lines.filter(({ check, state }) => check === 'process' && state === 'fail');
      expect(missed).toHaveLength(6);
      expect(missed[0]?.way).toContain('CP_TLS_PORT');
      expect(lines.filter(({ check }) => check === 'engine')).toMatchObject([{ state: 'fail' }]);
      expect(await xwl('stack status')).toMatchObject({
        code: 1,
        out: expect.stringContaining(`no stack runs on ${folder.path}`),
      });
      expect((await xwl('stack stop')).code).toBe(0);
    } finally {
      await folder.remove();
    }
  },
  LONG_MS,
);
