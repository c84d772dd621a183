import { StackError, formatStackError } from '../errors.ts';
import { ensureConsole } from './console.ts';

/** `npm run build`: the console, into build/console. */

try {
  await ensureConsole();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${formatStackError(error)}\n`);
  process.exitCode = 1;
}
