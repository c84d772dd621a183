// A process of its own for the tests of shutdown: signals belong to whole processes.
import { createLogger } from '../../runtime/log.ts';
import { createShutdown } from '../../runtime/shutdown.ts';

const [behaviour = 'well', graceMs = '2000'] = process.argv.slice(2);
const log = createLogger({ name: 'shutdown', level: 'debug' });
const shutdown = createShutdown({ log, graceMs: Number(graceMs) });
const alive = setInterval(() => undefined, 1_000);

shutdown.add('first started', () => clearInterval(alive));
shutdown.add('second started', async () => {
  if (behaviour === 'fails') throw new Error('no');
  if (behaviour === 'hangs') await new Promise(() => undefined);
});
log.info('ready');
