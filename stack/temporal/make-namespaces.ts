import { formatStackError, StackError } from '../errors.ts';
import { ensureNamespaces } from './temporal-namespaces.ts';

/**
 * `node stack/temporal/make-namespaces.ts NAME…` with TEMPORAL_ADDRESS: makes the namespaces and
 * their search attributes where missing. For deployments; `npm start` does it itself.
 */

const address = process.env['TEMPORAL_ADDRESS'] ?? '';
const namespaces = process.argv.slice(2);
if (address === '' || namespaces.length === 0) {
  process.stderr.write(
    'usage: TEMPORAL_ADDRESS=host:port node stack/temporal/make-namespaces.ts NAME…\n',
  );
  process.exit(2);
}
try {
  await ensureNamespaces({ address, namespaces });
  process.stdout.write(`${namespaces.join(', ')}: ready\n`);
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${formatStackError(error)}\n`);
  process.exitCode = 1;
}
