import { isHolding, renderInvariants } from '../../invariants/index.ts';
import { SWEEP_SECONDS_DEFAULT, checkPlace } from '../../stack/invariants.ts';
import { readPorts } from '../../stack/ports.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { databasesOf, type PlaceOptions } from '../place.ts';
import type { Surroundings } from '../surroundings.ts';

interface Options extends PlaceOptions {
  readonly engine: boolean;
  readonly json?: boolean;
}

/** `xwl check` */
export async function check(around: Surroundings, options: Options): Promise<ExitCode> {
  const { env, write, complain } = around;
  const databaseUrl = await databasesOf(around, options);
  const local = `127.0.0.1:${readPorts(env).temporal}`;
  const temporalAddress = options.engine ? (env['TEMPORAL_ADDRESS'] ?? local) : undefined;
  const sweepSeconds = Number(env['ORPHAN_SWEEP_SECONDS'] ?? SWEEP_SECONDS_DEFAULT);
  complain('waiting until nothing is open for two sweeps\n');
  const { rows, quiet } = await checkPlace(
    { databaseUrl, temporalAddress, sweepSeconds },
    {
      onQuiet: (isQuiet) => complain(isQuiet ? 'quiet\n' : 'purchases are still open\n'),
      onTrouble: (message) => complain(`${message}\n`),
    },
  );
  const holds = isHolding(rows, { traded: false });
  write(
    options.json === true
      ? `${JSON.stringify({ holds, quiet, invariants: rows }, null, 2)}\n`
      : `${renderInvariants(rows)}\n`,
  );
  return holds ? EXIT.ok : EXIT.failed;
}
