/**
 * Masks personal data and credentials in whatever is about to leave the process as text
 * (DESIGN.md 4, PII). A form that is already masked, such as `qa***@xpory.local`, stays as it is.
 */

export const REDACTED = '[redacted]';

// Keys whose whole value goes, wherever they stand.
const SECRET_KEY = new RegExp(
  [
    'authorization|cookie|passw(or)?d|secret|token|api[-_]?key|private[-_]?key',
    'e[-_]?mail|phone|telefone|celular|whatsapp|cpf|cnpj',
  ].join('|'),
  'i',
);
const MAX_DEPTH = 8;
// A log line is for reading; and however patterns are written, their cost grows with the text.
const MAX_CHARACTERS = 8_192;

// A pattern with an open end may only start where a run of its letters starts: tried at every
// letter of a long run it would cost the square of its length.
const RULES: readonly (readonly [RegExp, string | ((match: string) => string)])[] = [
  // Credentials first: a password inside a URL would otherwise look like an e-mail.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]+@/gi, '$1***@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '***jwt***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***key***'],
  [
    /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu,
    maskEmail,
  ],
  // CNPJ and CPF, punctuated or bare, then phones with and without country and area code.
  [/(?<![\w.-])\d{2}\.?\d{3}\.?\d{3}\/?\d{4}-?\d{2}(?![\w-]|\.\d)/g, '**cnpj**'],
  [/(?<![\w.-])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\w-]|\.\d)/g, '**cpf**'],
  [
    /(?<![\w.-])(?:\+|00)?55[\s.-]?\(?0?[1-9][1-9]\)?[\s.-]?9?\d{4}[\s.-]?\d{4}(?![\w-]|\.\d)/g,
    '**phone**',
  ],
  [/(?<![\w.-])\(?0?[1-9][1-9]\)?[\s.-]?9?[2-9]\d{3}[\s.-]?\d{4}(?![\w-]|\.\d)/g, '**phone**'],
  [/(?<![\w.-])9\d{4}[\s.-]\d{4}(?![\w-]|\.\d)/g, '**phone**'],
];

/** Two letters and the domain stay, so that support can still recognise whom it is talking to. */
export function maskEmail(email: string): string {
  const at = email.search(/@|%40/i);
  if (at < 0) return '***';
  return `${email.slice(0, 2)}***${email.slice(at)}`;
}

/** Masks e-mails, Brazilian phones and documents, tokens and keys inside free text. */
export function maskText(text: string): string {
  const bounded = text.length > MAX_CHARACTERS ? cut(text) : text;
  return RULES.reduce(
    (masked, [pattern, mask]) =>
      typeof mask === 'string' ? masked.replace(pattern, mask) : masked.replace(pattern, mask),
    bounded,
  );
}

// Cut between words: half an e-mail would no longer be known for one.
function cut(text: string): string {
  const start = text.slice(0, MAX_CHARACTERS);
  return `${start.slice(0, Math.max(start.lastIndexOf(' '), start.lastIndexOf('\n'), 0))}…`;
}

/** Masks a JSON value: secret keys lose their value, every other string is masked as text. */
export function maskJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return maskText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => maskJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      maskText(key),
      SECRET_KEY.test(key) && member !== null ? REDACTED : maskJson(member, depth + 1),
    ]),
  );
}
