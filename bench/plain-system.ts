import { fileURLToPath } from 'node:url';
import { launch, type Child } from '../stack/supervision/child.ts';
import { createLifeline } from '../stack/supervision/lifeline.ts';
import { EXPORTER, IMPORTER, tlsUrl } from '../stack/parties.ts';
import type { Stack } from '../stack/stack.ts';
import { peerToken } from './market.ts';

export interface PlainSystem {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./plain-handler.ts', import.meta.url));
const LISTENING = /^listening (\d+)$/;
const STOP_GRACE_MS = 2_000;

/** The plain handler as a process of its own, with the importer's certificate and database. */
export async function startPlain(stack: Stack): Promise<PlainSystem> {
  const files = stack.pki.parties[IMPORTER.slug];
  const listening = Promise.withResolvers<number>();
  const lifeline = createLifeline();
  const child: Child = await launch(
    {
      name: 'plain',
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', ENTRY],
      env: {
        DATABASE_URL: stack.databaseUrl(IMPORTER),
        EXPORTER_URL: tlsUrl(EXPORTER, stack.ports),
        PEER_TOKEN: await peerToken(stack),
        WL_ID: IMPORTER.wlId,
        TLS_CA_FILE: stack.pki.caPath,
        TLS_CERT_FILE: files?.certPath,
        TLS_KEY_FILE: files?.keyPath,
        NODE_ENV: 'production',
      },
    },
    {
      lifeline,
      onLine(line) {
        const [, port] = LISTENING.exec(line) ?? [];
        if (port === undefined) process.stderr.write(`plain handler: ${line}\n`);
        else listening.resolve(Number(port));
      },
    },
  );
  void child.exited.then(() => listening.reject(new Error(child.lastLines().join('\n'))));
  const port = await listening.promise;
  return {
    url: `https://${IMPORTER.host}:${port}`,
    pid: child.pid,
    async stop() {
      await child.stop(STOP_GRACE_MS);
      lifeline.close();
    },
  };
}
