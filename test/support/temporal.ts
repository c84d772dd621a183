import { findTemporal, startTemporal, type TemporalHandle } from '../../stack/temporal/temporal.ts';
import { freePort } from '../stack/setup.ts';

/** A Temporal server of one test file, on which time may be skipped for single workflows. */
export async function startTestTemporal(
  dataDir: string,
  namespaces: readonly string[],
  dynamicConfig: Readonly<Record<string, number>> = {},
): Promise<TemporalHandle> {
  const found = await findTemporal({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
  if (found.kind !== 'binary') throw new Error('the tests start a server of their own');
  return startTemporal({
    binary: found,
    dataDir,
    port: await freePort(),
    uiPort: await freePort(),
    namespaces,
    dynamicConfig,
    timeSkipping: true,
  });
}
