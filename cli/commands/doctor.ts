import type { Command } from 'commander';
import { examine } from '../doctor/examine.ts';
import { judge, type Line } from '../doctor/judge.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { isColourful } from '../output/table.ts';
import { DATA_DIR, type PlaceOptions } from '../place.ts';
import { nowOf, type Surroundings } from '../surroundings.ts';
import { JSON_OUTPUT, writeJson, type Run } from './command.ts';

interface Options extends PlaceOptions {
  readonly json?: boolean;
}

/** `xwl doctor` */
export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('looks at everything the system needs and says what to do')
    .option(...DATA_DIR)
    .option(...JSON_OUTPUT)
    .action(
      run(async (around: Surroundings, options: Options) => {
        const lines = judge(await examine(around, options), nowOf(around));
        return report(around, lines, options);
      }),
    );
}

/** Warnings are for people; only a failure is one for scripts. */
export function report(
  around: Surroundings,
  lines: readonly Line[],
  { json }: Pick<Options, 'json'>,
): ExitCode {
  const isHealthy = lines.every(({ state }) => state !== 'fail');
  if (json === true) writeJson(around, { healthy: isHealthy, lines });
  else around.write(render(lines, isColourful(around)));
  return isHealthy ? EXIT.ok : EXIT.failed;
}

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;
const STATE_WIDTH = 4;

function render(lines: readonly Line[], isColoured: boolean): string {
  const widthOf = (key: 'check' | 'subject'): number =>
    Math.max(0, ...lines.map((line) => line[key].length));
  const [checks, subjects] = [widthOf('check'), widthOf('subject')];
  const said = lines.map(({ state, check, subject, detail, way }) => {
    const word = state.padEnd(STATE_WIDTH);
    const mark = isColoured ? `\u001B[${COLOURS[state]}m${word}\u001B[0m` : word;
    const line = `${mark}  ${check.padEnd(checks)}  ${subject.padEnd(subjects)}  ${detail}\n`;
    return way === undefined ? line : `${line}${' '.repeat(STATE_WIDTH)}  → ${way}\n`;
  });
  const count = (state: Line['state']) => lines.filter((line) => line.state === state).length;
  return `${said.join('')}${count('ok')} ok, ${count('warn')} to watch, ${count('fail')} failed\n`;
}
