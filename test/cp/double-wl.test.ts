import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { callJson, createAgent, type PartnerAgent } from '../../activities/clients/agent.ts';
import { SIGNAL_PATH } from '../../domain/imbalance/signal.ts';
import { signalConformance, type SignalReceiver } from '../conformance/signals.ts';
import { createTestPki } from '../support/certificates.ts';
import { startDoubleWl, type DoubleWl } from '../support/double-wl.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const KID = 'webhook-1';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const publicKeys = new Map([[KID, publicKey]]);
const HOST = 'double.localhost';
const CALL_TIMEOUT_MS = 5_000;

let double: DoubleWl;
let receiver: SignalReceiver;
let agents: Readonly<Record<'CONTROL_PLANE' | 'PARTNER', PartnerAgent>>;

beforeAll(async () => {
  const pki = await createTestPki();
  const [wlId, partnerId] = [randomUUID(), randomUUID()];
  const sanUri = `urn:xpory:wl:${wlId}`;
  const tls = await pki.issue({ sanUri, dnsNames: [HOST] });
  double = await startDoubleWl({ wlId, tls, host: HOST, secret: () => SECRET, publicKeys });
  const agentOf = async (uri: string): Promise<PartnerAgent> =>
    createAgent({ tls: await pki.issue({ sanUri: uri }), connections: 4 });
  agents = {
    CONTROL_PLANE: await agentOf('urn:xpory:cp'),
    PARTNER: await agentOf(`urn:xpory:wl:${partnerId}`),
  };
  receiver = {
    ...{ wlId, partnerId, secret: SECRET, key: { kid: KID, privateKey } },
    send: ({ as, body, headers }) =>
      callJson({
        ...{ agent: agents[as], method: 'POST', body, headers },
        url: `${double.url}${SIGNAL_PATH}`,
        timeoutMs: CALL_TIMEOUT_MS,
      }),
    later: {
      begin: async () =>
        double.behave(async ({ apply }) => {
          apply();
          return { status: 202, body: { status: 'PENDING' } };
        }),
      finish: async () => double.heal(),
      end: async () => undefined,
    },
    isDisabled: (pair) => Promise.resolve(double.isDisabled(pair)),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(agents).map((agent) => agent.close()));
  await double.down();
});

signalConformance('the double of a white label', () => receiver);
