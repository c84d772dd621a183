import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { RequestFacts } from '../../http/route.ts';
import { Problem } from '../../http/problem.ts';

/** Standard Webhooks: what is older or younger than this by the sender's clock is refused. */
const TOLERANCE_SECONDS = 300;
const MS_PER_SECOND = 1_000;
const TIMESTAMP_FORM = /^\d{1,12}$/;

/**
 * Checks a Standard Webhooks signature (v1, HMAC-SHA256) over the body as it came. Throws
 * TOKEN_MISSING without its headers, TOKEN_EXPIRED where the time is too far off, else TOKEN_INVALID.
 */
export function checkSignature(
  { header, rawBody }: RequestFacts,
  { secret, now }: { readonly secret: string; readonly now: Date },
): void {
  const headers = {
    'webhook-id': header('webhook-id') ?? '',
    'webhook-timestamp': header('webhook-timestamp') ?? '',
    'webhook-signature': header('webhook-signature') ?? '',
  };
  if (Object.values(headers).includes('')) {
    throw new Problem('TOKEN_MISSING', { detail: 'The webhook headers are missing.' });
  }
  const { 'webhook-timestamp': stamp } = headers;
  const offBy = Math.abs(now.getTime() / MS_PER_SECOND - Number(stamp));
  if (!TIMESTAMP_FORM.test(stamp) || offBy > TOLERANCE_SECONDS) {
    throw new Problem('TOKEN_EXPIRED', { detail: 'The signature is outside its time.' });
  }
  try {
    new Webhook(secret).verify(rawBody.toString('utf8'), headers);
  } catch (cause) {
    if (!(cause instanceof WebhookVerificationError)) throw cause;
    throw new Problem('TOKEN_INVALID', { detail: 'The signature does not fit.', cause });
  }
}
