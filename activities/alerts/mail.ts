import { createTransport } from 'nodemailer';
import type { Alert } from '../../db/cp/alert-delivery.ts';
import type { MailConfig, Profile } from '../../runtime/config.ts';
import { AlertNotTaken } from './not-taken.ts';
import { messageOf } from './webhook.ts';

export type Mailer = (alert: {
  readonly messageId: string;
  readonly address: string;
  readonly notification: Alert['notification'];
  readonly signal?: AbortSignal | undefined;
}) => Promise<void>;

// A mail server may let strangers wait before it greets them.
const CONNECT_TIMEOUT_MS = 10_000;
const GREETING_TIMEOUT_MS = 15_000;
const SOCKET_TIMEOUT_MS = 20_000;

export interface MailerOptions extends MailConfig {
  readonly profile: Profile;
  /** Trusted beside the system's own authorities. */
  readonly ca?: readonly string[] | undefined;
}

/**
 * One mail an alert, over TLS: at once for `smtps:`, by STARTTLS for `smtp:`, which only the local
 * profile may do without.
 */
export function createMailer({ url, from, profile, ca }: MailerOptions): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url);
  const isSecure = protocol === 'smtps:';
  const transport = createTransport({
    // The library's own resolver does not know that `*.localhost` is loopback (RFC 6761).
    host: hostname.endsWith('.localhost') ? '127.0.0.1' : hostname,
    ...(port !== '' && { port: Number(port) }),
    secure: isSecure,
    requireTLS: !isSecure && profile !== 'local',
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    tls: { servername: hostname, ...(ca !== undefined && { ca: [...ca] }) },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return async ({ messageId, address, notification, signal }) => {
    const message = messageOf(notification);
    try {
      await transport.sendMail({
        from,
        to: { name: '', address },
        subject: `[XporY] ${message.data.severity}: ${message.data.title}`,
        messageId: `<${messageId}@${domain}>`,
        // Out-of-office replies to a machine help nobody (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
        text: textOf(message),
        ...(signal !== undefined && { signal }),
      });
    } catch (cause) {
      // Some of these messages repeat the recipient; what is kept is the code alone.
      const { code = 'SMTP', responseCode } = cause as { code?: string; responseCode?: number };
      throw new AlertNotTaken(responseCode === undefined ? code : `${code}_${responseCode}`);
    }
  };
}

function textOf({ timestamp, data }: ReturnType<typeof messageOf>): string {
  return [
    data.title,
    '',
    `Kind: ${data.kind}`,
    `Severity: ${data.severity}`,
    `About: ${data.subject}`,
    `At: ${timestamp}`,
    `Notification: ${data.id}`,
    `Correlation: ${data.correlationId}`,
    '',
    JSON.stringify(data.details, null, 2),
    '',
  ].join('\n');
}
