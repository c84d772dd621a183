import { runCommand } from './program.ts';
import { readAll, terminalOf } from './terminal.ts';

const terminal = terminalOf(process);

/** `xwl`: what operators and auditors do from a terminal (docs/xwl.md). */
process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  write: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  readInput: () => readAll(process.stdin),
  ...(terminal === undefined ? {} : { terminal }),
});
