import type { PartyConfig } from '../../runtime/config.ts';
import { watchTls, type WatchedTls } from '../../runtime/live-tls.ts';
import type { Logger } from '../../runtime/log.ts';
import { certificateFacts } from '../../runtime/tls.ts';
import { watchRevocations, type WatchedRevocations } from '../../runtime/revocations.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';

const MS_PER_SECOND = 1_000;

export interface TransportDeps {
  readonly log: Logger;
  readonly shutdown: Shutdown;
}

/** The party's certificate files, looked at until the process ends. */
export function openTls(
  config: PartyConfig,
  { log, shutdown, metrics }: TransportDeps & { readonly metrics: Metrics },
): WatchedTls {
  const tls = watchTls(config.listen.certificates, { log });
  shutdown.add('certificate files', async () => tls.close());
  metrics.watch(
    {
      name: 'certificate_expiry_timestamp_seconds',
      help: 'When the certificate that this process shows runs out, seconds since 1970',
    },
    async () => certificateFacts(tls.current().cert).notAfter.getTime() / MS_PER_SECOND,
  );
  return tls;
}

/** Revoked certificates as `read` knows them, from before the first call on. */
export async function openRevocations(
  read: () => Promise<ReadonlySet<string>>,
  { log, shutdown }: TransportDeps,
): Promise<WatchedRevocations> {
  const revocations = watchRevocations({ read, log });
  shutdown.add('revocations', async () => revocations.close());
  await revocations.look();
  return revocations;
}
