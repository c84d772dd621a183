import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../support/shutdown-process.ts', import.meta.url));

interface Line {
  readonly msg: string;
  readonly step?: string;
  readonly left?: readonly string[];
}

/** Starts the process, sends the signals once it is ready, and tells how it ended. */
async function stop(args: readonly string[], signals: readonly NodeJS.Signals[]) {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.msg === 'ready') for (const signal of signals) child.kill(signal);
  }
  const [code, signal] = await exited;
  return { code, signal, lines, steps: lines.flatMap(({ step }) => step ?? []) };
}

describe('shutdown', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s stops in reverse order and exits 0',
    async (s) => {
      const { code, steps } = await stop([], [s]);
      expect(steps).toEqual(['second started', 'first started']);
      expect(code).toBe(0);
    },
  );

  test('by two signals runs once', async () => {
    const { code, steps } = await stop([], ['SIGINT', 'SIGTERM']);
    expect(steps).toEqual(['second started', 'first started']);
    expect(code).toBe(0);
  });

  test('goes on after a step that fails and exits 1', async () => {
    const { code, lines, steps } = await stop(['fails'], ['SIGTERM']);
    expect(steps).toEqual(['second started', 'first started']);
    expect(lines.map(({ msg }) => msg)).toContain('could not be stopped');
    expect(code).toBe(1);
  });

  test('that hangs ends with its grace, says what is left, and exits 1', async () => {
    const { code, lines } = await stop(['hangs', '50'], ['SIGTERM']);
    expect(lines.find(({ msg }) => msg === 'grace ran out')?.left).toEqual([
      'first started',
      'second started',
    ]);
    expect(code).toBe(1);
  });
});
