import { Agent, type Dispatcher } from 'undici';
import type { Alert } from '../../db/cp/alert-delivery.ts';
import type { Profile } from '../../runtime/config.ts';
import { CORRELATION_HEADER } from '../../runtime/correlation.ts';
import { maskJson, maskText } from '../../runtime/mask.ts';
import { publicLookup, refusalOfUrl } from '../../runtime/public-url.ts';
import { signWebhook } from '../../runtime/webhook-signature.ts';
import { callJson, ConnectionFailure } from '../clients/agent.ts';
import { AlertNotTaken } from './not-taken.ts';

export type WebhookSender = (alert: {
  readonly messageId: string;
  readonly destination: { readonly url: string; readonly secret: string };
  readonly notification: Alert['notification'];
  readonly signal?: AbortSignal | undefined;
}) => Promise<void>;

// Strangers' servers, over the open network: slower than a partner may be.
const SEND_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
// Nobody reads the answer: its status counts.
const MAX_ANSWER_BYTES = 65_536;
// Alerts are rare; a burst to one target queues for a moment.
const CONNECTIONS = 2;

/**
 * Connections to servers outside: no certificate of ours is shown, and addresses inside are refused
 * when they are resolved. `ca` is trusted beside the system's own authorities.
 */
export function createPublicAgent(profile: Profile, ca?: readonly string[]): Agent {
  return new Agent({
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      lookup: publicLookup(profile),
      ...(ca !== undefined && { ca: [...ca] }),
    },
  });
}

/** Standard Webhooks over https, without redirects. */
export function createWebhookSender(deps: {
  readonly agent: Dispatcher;
  readonly profile: Profile;
}): WebhookSender {
  return async ({ messageId, destination, notification, signal }) => {
    const { url, secret } = destination;
    // An address instead of a name is never resolved, so it is looked at here.
    const rules = { profile: deps.profile, protocols: ['https:'] };
    if (refusalOfUrl(url, rules) !== undefined) throw new AlertNotTaken('ADDRESS_REFUSED');
    const body = JSON.stringify(messageOf(notification));
    const signed = signWebhook({ id: `msg_${messageId}`, at: new Date(), body, secret });
    const answer = await callJson({
      agent: deps.agent,
      method: 'POST',
      url,
      headers: { ...signed, [CORRELATION_HEADER]: notification.correlationId },
      body,
      timeoutMs: SEND_TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    }).catch((cause: unknown) => {
      if (!(cause instanceof ConnectionFailure)) throw cause;
      throw new AlertNotTaken(cause.phase.toUpperCase(), { cause });
    });
    const { status } = answer;
    if (status < 200 || status > 299) throw new AlertNotTaken(`HTTP_${status}`);
  };
}

/** What leaves. Notifications hold ids and masked forms only; masking again costs nothing. */
export function messageOf(notification: Alert['notification']) {
  const { id, kind, severity, title, subject, details, correlationId, createdAt } = notification;
  return {
    type: `notification.${kind.toLowerCase().replaceAll('_', '-')}`,
    timestamp: createdAt.toISOString(),
    data: {
      ...{ id, kind, severity, title: maskText(title), subject },
      details: maskJson(details),
      correlationId,
    },
  };
}
