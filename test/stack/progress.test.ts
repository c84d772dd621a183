import { expect, test } from '@jest/globals';
import { StackError, formatStackError } from '../../stack/errors.ts';
import { renderLine } from '../../stack/supervision/log-lines.ts';
import { createProgress } from '../../stack/progress.ts';

const prefix = { name: 'cp-api', width: 10, color: undefined };
const label = '[cp-api]    ';

test.each([
  [
    '{"level":30,"time":1,"pid":2,"hostname":"h","msg":"listening","port":8443}',
    'info listening port=8443',
  ],
  [
    '{"level":"WARN","ts":1,"msg":"slow","why":"two words","n":{"a":1}}',
    'warn slow why="two words" n={"a":1}',
  ],
  [
    '{"level":50,"msg":"failed","err":{"type":"Error","message":"no way","stack":"s"}}',
    'error failed err="no way"',
  ],
  ['{not json', '{not json'],
  ['plain text', 'plain text'],
])('the line %s is shown as %s', (line, shown) => {
  expect(renderLine(line, prefix)).toBe(`${label} ${shown}`);
});

test('a long value is cut', () => {
  const line = JSON.stringify({ level: 30, msg: 'm', big: 'x'.repeat(5_000) });
  expect(renderLine(line, prefix).length).toBeLessThan(250);
});

test('a colour paints the name only', () => {
  expect(renderLine('text', { ...prefix, color: 'cyan' })).toBe(
    `\u001b[36m${label}\u001b[39m text`,
  );
});

type Written = { output: string[]; clock: { time: number } };

function setup(isTerminal: boolean): Written & { progress: ReturnType<typeof createProgress> } {
  const output: string[] = [];
  const clock = { time: 0 };
  const progress = createProgress({
    write: (text) => output.push(text),
    isTerminal,
    columns: 40,
    now: () => clock.time,
  });
  return { output, clock, progress };
}

test('without a terminal each step is plain lines with seconds', () => {
  const { output, clock, progress } = setup(false);
  const step = progress.step('Temporal');
  clock.time = 1_200;
  step.update('downloading');
  progress.print('[other] line');
  clock.time = 2_500;
  step.done('server 1.32.0');
  step.fail('too late');
  expect(output).toEqual([
    '… Temporal\n',
    '… Temporal: downloading (1.2 s)\n',
    '[other] line\n',
    '✓ Temporal (2.5 s) server 1.32.0\n',
  ]);
});

test('on a terminal one line moves, never wraps, and foreign lines go above it', () => {
  const { output, clock, progress } = setup(true);
  const step = progress.step('Temporal');
  step.update('downloading from somewhere far away indeed');
  clock.time = 900;
  progress.print('[other] line');
  step.fail();
  progress.close();
  const drawn = output.filter((text) => text.startsWith('\r\u001b[2K⠋'));
  expect(drawn.length).toBe(3);
  for (const text of drawn) expect(text.replace('\r\u001b[2K', '').length).toBeLessThan(40);
  expect(output).toContain('\r\u001b[2K[other] line\n');
  expect(output.at(-1)).toBe('✗ Temporal (0.9 s)\n');
});

test('an error is printed with what was seen and the way out', () => {
  const error = new StackError({
    code: 'PYTHON_MISSING',
    message: 'No python3.',
    details: ['spawn python3 ENOENT'],
    wayOut: ['Install it.'],
  });
  expect(formatStackError(error)).toBe(
    'PYTHON_MISSING: No python3.\n    spawn python3 ENOENT\n  Way out:\n    Install it.',
  );
});
